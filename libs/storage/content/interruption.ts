import { CfgenError } from '@cfgen/contracts';

export function interrupted(): CfgenError {
  return new CfgenError('INTERRUPTED', 'the transfer was interrupted', { hint: 'start it again' });
}

/** @throws CfgenError INTERRUPTED once the signal is aborted */
export function refuseWhenAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted === true) throw interrupted();
}

/**
 * Waits for some work, but no longer than until the signal is aborted: then rejects with INTERRUPTED.
 *
 * Not a `Promise.race` against one promise of the abort: such a promise would keep every result it ever raced with, that is every piece of a
 * transfer, until the transfer is over.
 */
export function unlessAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return work;
  return new Promise<T>((resolve, reject) => {
    const onAbort = (): void => reject(interrupted());
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, { once: true });
    const release = (): void => signal.removeEventListener('abort', onAbort);
    work.then(
      (value) => {
        release();
        resolve(value);
      },
      (error: unknown) => {
        release();
        reject(error instanceof Error ? error : new Error(String(error)));
      },
    );
  });
}
