import { CfgenError } from '@cfgen/contracts';

export function interrupted(): CfgenError {
  return new CfgenError('INTERRUPTED', 'the transfer was interrupted', { hint: 'start it again' });
}

/** @throws CfgenError INTERRUPTED once the signal is aborted */
export function refuseWhenAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted === true) throw interrupted();
}

/** A promise that rejects with INTERRUPTED when the signal is aborted, to race against; `release` takes the listener off again. */
export function abortion(signal: AbortSignal | undefined): { readonly promise: Promise<never>; release(): void } {
  let release = (): void => undefined;
  const promise = new Promise<never>((_, reject) => {
    if (signal === undefined) return;
    const onAbort = (): void => reject(interrupted());
    if (signal.aborted) onAbort();
    else {
      signal.addEventListener('abort', onAbort, { once: true });
      release = () => signal.removeEventListener('abort', onAbort);
    }
  });
  // Whoever races against it hears of the rejection; one that comes when nobody races any more has nobody to tell.
  promise.catch(() => undefined);
  return { promise, release: () => release() };
}
