import { CfgenError } from '@cfgen/contracts';

/** Waits; refused at once when the signal is aborted. */
export function pause(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = (): void => {
      clearTimeout(timer);
      reject(stopped(signal?.reason));
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', stop);
      resolve();
    }, ms);
    signal?.addEventListener('abort', stop, { once: true });
    if (signal?.aborted === true) stop();
  });
}

/** The error of work that its caller stopped. */
export function stopped(reason: unknown): CfgenError {
  if (reason instanceof CfgenError) return reason;
  return new CfgenError('INTERRUPTED', 'stopped before the server had answered', { retryable: true, cause: reason });
}
