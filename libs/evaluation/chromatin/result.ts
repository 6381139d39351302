import type { LabelAgreement } from '../classification/label-agreement';
import type { ConditionalDistances } from '../distances/conditional-distances';
import type { SetDistances } from '../distances/set-distances';
import type { NotScored } from '../evaluation/not-scored';
import type { SummaryRow } from '../evaluation/summary-row';
import type { Protocol } from '../preprocessing/real-space';
import type { PeakAgreement } from './peak-agreement';
import type { ChromatinSettings } from './settings';

/** Every score of open chromatin of one set of cells against the real ones. */
export interface ChromatinScores {
  readonly name: string;
  readonly cells: number;
  /** Over all cells, by protocol. */
  readonly distances: { readonly [P in Protocol]?: SetDistances };
  /** Label by label, by protocol; `null` when a side has no labels. */
  readonly conditional: { readonly [P in Protocol]?: ConditionalDistances } | null;
  /** By neighbours in the space of open chromatin; `null` when a side has no labels. */
  readonly agreement: LabelAgreement | null;
  readonly peaks: PeakAgreement;
}

/** One figure over the replicates, beside floor and baseline. Shares of open peaks have no interval. */
export type ChromatinFigure = SummaryRow;

/** The part of an evaluation that is about open chromatin (ATAC): JSON values only, no NaN. */
export interface ChromatinResult {
  readonly settings: ChromatinSettings;
  readonly space: {
    /** Peaks that frequencies are over. */
    readonly peaks: number;
    readonly highlyVariablePeaks: readonly string[];
    readonly components: number;
    readonly explainedVariance: readonly number[];
    /** Share of the variance of the highly variable peaks that the components hold. */
    readonly explainedShare: number;
    /** Length of the projected real mean: the offset that protocol `paper` leaves between real and generated cells. */
    readonly uncentredOffset: number;
    /** Mean number of open peaks of a real cell. */
    readonly meanOpenPeaks: number;
  };
  /** The table to look at first; ids begin with `atac.`. */
  readonly summary: readonly ChromatinFigure[];
  /** One entry a replicate. */
  readonly scores: readonly ChromatinScores[];
  /**
   * Other real cells in the place of the generated ones: training cells against all real cells, or, without any, one half of the real cells
   * against the other.
   */
  readonly floor: (ChromatinScores & { readonly of: 'training' | 'halves' }) | NotScored;
  /** Each peak open with its share in the label, whatever the other peaks are: what no latent at all would score. */
  readonly baseline: ChromatinScores | NotScored;
}
