import { type Problem } from '@cfgen/contracts';
import { type SolverSettings } from '@cfgen/model';
import type { StepContext } from '../context';
import { type ConditionOptions } from './conditions';
export interface GenerateOptions extends ConditionOptions {
  readonly model: string;
  /** `.h5ad` file to write. */
  readonly out: string;
  readonly overwrite: boolean;
  /** Guidance weight by column; columns that are not named have weight 1. */
  readonly guidance: ReadonlyMap<string, number>;
  /** Solver to use instead of the model's own. */
  readonly solver?: SolverSettings;
  /** Means instead of drawn counts (dense X). */
  readonly means: boolean;
  /** Keep the latents in `obsm['X_cfgen']`. */
  readonly latents: boolean;
  readonly compression: 'gzip' | 'none';
  readonly level?: number;
  readonly chunkCells?: number;
}
export interface GenerateSummary {
  readonly out: string;
  readonly cells: number;
  readonly features: number;
  readonly modelHash: string;
  /** Counts that are not zero, and their sum; for means: 0. */
  readonly nonzeros: number;
  readonly total: number;
  /** Mean passes of the velocity network a cell. */
  readonly evaluationsPerCell: number;
  readonly problems: readonly Problem[];
}
/** From a model folder to an AnnData file with provenance. The same seed and options give the same bytes. */
export declare function generateToFile(options: GenerateOptions, context: StepContext): Promise<GenerateSummary>;
