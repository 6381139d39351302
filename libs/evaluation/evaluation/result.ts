import type { Problem } from '@cfgen/contracts';
import type { ChromatinResult } from '../chromatin/result';
import type { LabelAgreement } from '../classification/label-agreement';
import type { RealOrGenerated } from '../classification/real-or-generated';
import type { ConditionalDistances } from '../distances/conditional-distances';
import type { SetDistances } from '../distances/set-distances';
import type { Interval } from '../intervals/interval';
import type { MarkerAgreement } from '../markers/marker-agreement';
import type { Protocol } from '../preprocessing/real-space';
import type { PrivacyAudit } from '../privacy/result';
import type { Realism } from '../realism/realism';
import type { RequestAgreement } from '../requests/request-agreement';
import type { NotScored } from './not-scored';
import type { EvaluationSettings } from './settings';
import type { SummaryRow } from './summary-row';

/** Every score of one set of cells against the real ones. */
export interface SetScores {
  readonly name: string;
  readonly cells: number;
  /** Over all cells, by protocol. */
  readonly distances: { readonly [P in Protocol]?: SetDistances };
  /** Label by label, by protocol; `null` when a side has no labels. */
  readonly conditional: { readonly [P in Protocol]?: ConditionalDistances } | null;
  readonly classifiers: RealOrGenerated;
  /** `null` when a side has no labels. */
  readonly agreement: LabelAgreement | null;
  readonly realism: Realism;
  /** `null` when a side has no labels, or when no markers are wanted. */
  readonly markers: MarkerAgreement | null;
  /** 95 % interval of each figure of the summary, by its id; `null` where there is none. Empty when nothing was resampled. */
  readonly intervals: Readonly<Record<string, Interval | null>>;
}

/** What stands in the place of the generated cells in the floor. */
export interface FloorScores extends SetScores {
  /**
   * `training`: cells the model was trained on, against all real cells. `halves`: one half of the real cells against the other, for want of training
   * cells; distances that depend on the number of cells (MMD, W1, W2) are then larger than a floor for all cells.
   */
  readonly of: 'training' | 'halves';
}

export type { NotScored };

export interface SetDescription {
  readonly name: string;
  readonly cells: number;
  /** Cells by label, most frequent first; `null` without labels. */
  readonly labels: readonly { readonly label: string; readonly cells: number }[] | null;
}

/**
 * The result of an evaluation: JSON values only, no NaN. `metrics.json` is its serialisation.
 */
export interface EvaluationResult {
  readonly format: 'cfgen-evaluation';
  readonly formatVersion: 2;
  /** Version of the software that computed it, as the caller gave it. */
  readonly software: string | null;
  readonly settings: EvaluationSettings;
  readonly real: SetDescription;
  readonly generated: readonly SetDescription[];
  readonly training: SetDescription | null;
  readonly space: {
    /** Genes all totals are over. */
    readonly genes: number;
    readonly highlyVariableGenes: readonly string[];
    readonly components: number;
    readonly explainedVariance: readonly number[];
    /** Share of the variance of the highly variable genes that the components hold. */
    readonly explainedShare: number;
    /** Length of the projected real mean: the offset that protocol `paper` leaves between real and generated cells. */
    readonly uncentredOffset: number;
  };
  /** The table to look at first. */
  readonly summary: readonly SummaryRow[];
  /** One entry a replicate. */
  readonly scores: readonly SetScores[];
  /** Other real cells in the place of the generated ones: what a perfect generator would score. */
  readonly floor: FloorScores | NotScored;
  /** Cells of the label-profile model: what no latent at all would score. */
  readonly baseline: SetScores | NotScored;
  /** Are training cells copied? Needs training cells. */
  readonly privacy: PrivacyAudit | NotScored;
  /** Open chromatin (ATAC) of the same cells; absent where only gene expression is compared. */
  readonly chromatin?: ChromatinResult;
  /** What was asked for against what came, of each generated set that carries its requests; absent where none does. */
  readonly requests?: readonly RequestAgreement[];
  /** What the reader has to be told: labels skipped, labels short of cells, subsamples taken. */
  readonly problems: readonly Problem[];
}

/** Whether a reference was scored. */
export function isScored<T extends SetScores>(reference: T | NotScored): reference is T {
  return 'distances' in reference;
}
