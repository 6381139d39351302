import { type EvaluationResult, type EvaluationSettings } from '@cfgen/evaluation';
import type { StepContext } from '../context';
export interface EvaluateOptions {
  /** Real cells to judge by: all cells of the file, or its `test` part with `split`. */
  readonly real: string;
  /** Generated files; several are replicates. Their genes, those of the first, are what is compared. */
  readonly generated: readonly string[];
  /** Label column of all files; none: overall scores alone. */
  readonly label?: string;
  /** Real cells the model was trained on, for floor and baseline; with `split` the `train` part of the real file unless given. */
  readonly training?: string;
  readonly split?: string;
  /** Layer of the counts in the real files. */
  readonly layer?: string;
  /** Model folder: its loss curves go into the report. */
  readonly model?: string;
  /** Folder for `metrics.json` and `report.html`. */
  readonly out: string;
  readonly overwrite: boolean;
  readonly settings?: Partial<EvaluationSettings>;
}
export interface EvaluateSummary {
  readonly metrics: string;
  readonly report: string;
  readonly result: EvaluationResult;
}
/** Compares generated files with real cells; writes figures and a report. */
export declare function evaluateFiles(options: EvaluateOptions, context: StepContext): Promise<EvaluateSummary>;
