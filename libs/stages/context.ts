import type { Problem } from '@cfgen/contracts';
import type { Engine } from '@cfgen/compute';

/** Where a step stands. */
export interface StepProgress {
  /** What is being done, e.g. `read`, `autoencoder`, `flow`, `generate`. */
  readonly stage: string;
  readonly done: number;
  readonly total: number;
  /** What `done` counts: `cells`, `steps`. */
  readonly unit: string;
  /** Last known figures worth showing, such as losses. */
  readonly figures?: Readonly<Record<string, number>>;
}

/** What reading data takes. */
export interface ReadingContext {
  /** Ceiling in bytes for counts held in memory; what does not fit goes through a temporary file. */
  readonly memory: number;
  /** Folder for temporary files; default the system's. */
  readonly tempFolder?: string;
  readonly onProgress?: (progress: StepProgress) => void;
  /** Something the user has to be told; the step goes on. */
  readonly onProblem?: (problem: Problem) => void;
}

/** What every step gets from whoever runs it. */
export interface StepContext extends ReadingContext {
  readonly engine: Engine;
  /** Version of CFGen, for provenance. */
  readonly version: string;
  readonly signal?: AbortSignal;
}
