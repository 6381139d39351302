import { CfgenError } from '@cfgen/contracts';
import type { TrainingState } from './state';

/** Where a training stands; sent after every step. */
export interface TrainingProgress {
  readonly stage: 'autoencoder' | 'encode' | 'flow';
  /** Steps (or cells, when encoding) done, and in all. */
  readonly done: number;
  readonly total: number;
  /** Last known mean losses, when there are any. */
  readonly trainingLoss?: number;
  readonly validationLoss?: number;
}

/** What a training calls back; all optional. */
export interface TrainingHooks {
  readonly onProgress?: (progress: TrainingProgress) => void;
  /** Stops at the next step with INTERRUPTED; the last checkpoint is what a later training goes on from. */
  readonly signal?: AbortSignal;
  /** Called every `checkpointEvery` epochs of the autoencoder, or steps of the flow. */
  readonly saveCheckpoint?: (state: TrainingState) => Promise<void>;
  readonly checkpointEvery?: number;
  /** A state saved by the same training. */
  readonly resumeFrom?: TrainingState;
}

/** Lets signals and timers be served between two steps of computing. */
export function breathe(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

export function interrupted(what: string): CfgenError {
  return new CfgenError('INTERRUPTED', `${what} was stopped`, { retryable: true });
}

/** Stops a training whose loss is no longer a number. */
export function requireFinite(loss: number, what: string, where: string): void {
  if (Number.isFinite(loss)) return;
  throw new CfgenError('TRAINING_DIVERGED', `the loss of the ${what} became ${String(loss)} in ${where}`, {
    hint: 'Lower the learning rate, or check the data for cells with extreme counts (cfgen inspect).',
    details: { loss: String(loss), where },
  });
}
