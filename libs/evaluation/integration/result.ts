import type { IntegrationMetricId, IntegrationProfile, MetricGroup } from './profiles';

/** One metric of an embedding: between 0 and 1, higher is better. */
export interface IntegrationMetric {
  readonly id: IntegrationMetricId;
  readonly title: string;
  readonly group: MetricGroup;
  /** `null` where the metric is not defined for these cells; `reason` says why. */
  readonly value: number | null;
  readonly reason?: string;
}

/** A mean over metrics. */
export interface IntegrationAggregate {
  readonly value: number | null;
  /** Metrics the mean is over. */
  readonly of: readonly IntegrationMetricId[];
  /** Metrics left out because they are not defined, with the reason of each. */
  readonly leftOut: readonly { readonly id: IntegrationMetricId; readonly reason: string }[];
}

/** A figure of a label, `null` with the reason where it has none. */
export interface LabelFigure {
  readonly value: number | null;
  readonly reason?: string;
}

/** Figures of one label. */
export interface IntegrationLabel {
  readonly label: string;
  readonly cells: number;
  /** Batches it occurs in. */
  readonly batches: number;
  /** Whether it counts among the isolated labels. */
  readonly isolated: boolean;
  /** Silhouette batch or BRAS, as the profile has it. */
  readonly batchSilhouette: LabelFigure;
  readonly kbet: LabelFigure;
  readonly graphConnectivity: LabelFigure;
  /** Total variance of its cells in this embedding over that in the unintegrated one; far below 1: the cells collapsed. */
  readonly varianceRatio: LabelFigure;
  /** The same after dividing each embedding by its total variance over all cells: comparable when the two are on different scales. */
  readonly relativeVarianceRatio: LabelFigure;
}

/** Everything that changes a number of the result; stored with it. */
export interface IntegrationSettings {
  readonly profile: IntegrationProfile;
  /** How neighbours were asked to be searched. */
  readonly neighbours: 'exact' | 'approximate' | 'auto';
  readonly seed: number;
  /**
   * Cells without a label: `refuse` them, or let them take part in what needs no labels (`batch-only`): iLISI and the PCR comparison. All other
   * metrics are then of the labelled cells, among themselves.
   */
  readonly unlabelled: 'refuse' | 'batch-only';
  /** BRAS against all other batches together, or the furthest. */
  readonly bras: 'mean-other' | 'furthest';
  /** Labels in up to this many batches are isolated; `null`: those in the fewest. */
  readonly isolatedLabelBatches: number | null;
  /** Starts of k-means, of which the best counts for NMI and ARI. */
  readonly kMeansStarts: number;
  /** Neighbours of LISI, of the graph of kBET and of the graph connectivity, the cell itself counted. Fewer where there are fewer cells. */
  readonly lisiNeighbours: number;
  readonly kbetNeighbours: number;
  readonly graphNeighbours: number;
}

/** Scores of one embedding. JSON values only, no NaN. */
export interface IntegrationResult {
  readonly format: 'cfgen-integration';
  readonly formatVersion: 1;
  readonly settings: IntegrationSettings;
  readonly cells: number;
  /** Those with a label. */
  readonly labelledCells: number;
  readonly dims: number;
  readonly batches: readonly { readonly batch: string; readonly cells: number }[];
  /** How neighbours were found. */
  readonly neighbours: {
    readonly method: 'exact' | 'approximate';
    readonly k: number;
    /** Share of the true neighbours that were found; 1 when exact. */
    readonly recall: number;
    /** Cells the recall was measured on; `null` when exact. */
    readonly recallCells: number | null;
  };
  readonly metrics: readonly IntegrationMetric[];
  readonly aggregates: {
    readonly bio: IntegrationAggregate;
    readonly batch: IntegrationAggregate;
    /** 0.6 bio + 0.4 batch; `null` when one of them is. */
    readonly total: number | null;
  };
  readonly labels: readonly IntegrationLabel[];
}
