import type { TrainingState } from './state';

/** The parts of a training, in order; each has a running checkpoint or a finished result. */
export type CheckpointPart = 'autoencoder' | 'autoencoder-done' | 'flow';

/** Keeps what a training can go on from: in a folder, or as checkpoints of a job. The state is on record when `save` resolves. */
export interface TrainingCheckpoints {
  load(part: CheckpointPart): Promise<TrainingState | undefined>;
  save(part: CheckpointPart, state: TrainingState): Promise<void>;
  /** A part is no longer needed. */
  drop(part: CheckpointPart): Promise<void>;
  /** The training is finished. */
  clear(): Promise<void>;
}

/** Where checkpoints go, and after how many epochs or steps. */
export interface Checkpointing {
  /** None: the training cannot be resumed. */
  readonly checkpoints?: TrainingCheckpoints | undefined;
  readonly checkpointEvery?: number;
}
