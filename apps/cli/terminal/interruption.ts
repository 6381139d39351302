import { CfgenError } from '@cfgen/contracts';

/** Where a user's wish to stop comes from. */
export interface StopRequests {
  /** Answers a function that ends the listening. */
  listen(listener: () => void): () => void;
}

/** A wish to stop, given once. */
export interface Interruption {
  readonly signal: AbortSignal;
  /** Ends the listening. */
  release(): void;
}

/**
 * Turns the first wish to stop into an abort, so that a step ends at its next boundary.
 *
 * @param onStop called at the first wish
 */
export function interruptible(stops: StopRequests, onStop: () => void): Interruption {
  const controller = new AbortController();
  const release = stops.listen(() => {
    if (controller.signal.aborted) return;
    controller.abort(new CfgenError('INTERRUPTED', 'stopped by a signal', { retryable: true }));
    onStop();
  });
  return { signal: controller.signal, release };
}
