import { CfgenError } from '@cfgen/contracts';

/** Signals by which a user or a machine asks a program to stop. */
const stopSignals = ['SIGINT', 'SIGTERM'] as const;
const interruptedStatus = 130;

/** The part of `process` that this needs. */
export interface SignalSource {
  on(signal: NodeJS.Signals, listener: () => void): unknown;
  off(signal: NodeJS.Signals, listener: () => void): unknown;
  exit(status: number): never;
}

/** A wish to stop, given once by a signal. */
export interface Interruption {
  readonly signal: AbortSignal;
  /** Gives the signals back. */
  release(): void;
}

/**
 * Turns the first stop signal into an abort, so that a step ends at its next boundary; a second one ends the process at once.
 *
 * @param onStop called at the first signal
 */
export function interruptible(source: SignalSource, onStop: () => void): Interruption {
  const controller = new AbortController();
  const listener = (): void => {
    if (controller.signal.aborted) source.exit(interruptedStatus);
    controller.abort(new CfgenError('INTERRUPTED', 'stopped by a signal', { retryable: true }));
    onStop();
  };
  for (const name of stopSignals) source.on(name, listener);
  return {
    signal: controller.signal,
    release: () => {
      for (const name of stopSignals) source.off(name, listener);
    },
  };
}
