import type { Task } from './plan';

export interface MeasureOptions {
  /** Folder for temporary files. */
  readonly work: string;
  /** What `--memory` of `cfgen` says, bytes. */
  readonly memory: number;
  /** Epochs of the autoencoder; the first is warm-up. */
  readonly epochs: number;
}

/** What is to be measured, and where its files are. */
export interface MeasureRequest {
  readonly task: Task;
  readonly options: MeasureOptions;
  /** File that is read, or written. */
  readonly data: string;
  /** Model folder that is written (training) or read (generation). */
  readonly model: string;
}

export interface Measured {
  /** Seconds by what was timed. */
  readonly seconds: Readonly<Record<string, number>>;
  /** Largest resident memory by part, bytes; `whole` is that of the process over its life. */
  readonly peaks: Readonly<Record<string, number>>;
  /** What was computed: cells, non-zeros, bytes on disk. */
  readonly facts: Readonly<Record<string, number>>;
  /** The engine in words. */
  readonly engine?: string;
}
