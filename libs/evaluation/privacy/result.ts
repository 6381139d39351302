import type { Interval } from '../intervals/interval';
import type { Copies } from './copies';
import type { QuantileShare, ShareWithInterval } from './nearness';

/** Which test speaks for copied training cells. */
export type PrivacySign = 'exact-copies' | 'near-copies' | 'training-nearer' | 'membership';

/** What copies cause, but cells that vary less than real ones too: no sign by itself. */
export type PrivacyRemark = 'below-quantile' | 'nearer-than-held-out';

/** A share with an interval, and the cells it is over. */
export interface ShareOfCells extends ShareWithInterval {
  /** Cells of each kind, equal numbers of each label. */
  readonly cells: number;
}

export interface PrivacyOfLabel {
  readonly label: string;
  readonly generatedCells: number;
  readonly heldOutCells: number;
  readonly nearerThanHeldOut: ShareWithInterval;
  /** `null` when there are too few training cells of the label. */
  readonly trainingNearer: ShareWithInterval | null;
}

export interface PrivacyOfDonor {
  readonly donor: string;
  readonly trainingCells: number;
  readonly heldOutCells: number;
  /** Share of the generated cells whose nearest training cell is of this donor. */
  readonly nearestOfGenerated: number;
  /** The same of held-out cells: what is to be expected. */
  readonly nearestOfHeldOut: number;
  /** Area of the attack on this donor's training cells; `null` with too few cells. */
  readonly membership: ShareOfCells | null;
}

/** Donors of the training cells, one by one. */
export interface PrivacyByDonor {
  /**
   * `shared`: the held-out cells are of the same donors, so only single cells are tested, not whether somebody took part. `other`: they are of other
   * donors. `both`: some are.
   */
  readonly heldOutDonors: 'shared' | 'other' | 'both';
  readonly donors: readonly PrivacyOfDonor[];
}

/** The audit of one set of cells. */
export interface PrivacyOfSet {
  readonly name: string;
  /** Cells looked at. */
  readonly cells: number;
  /** Cells left out because no held-out cell has their label. */
  readonly leftOut: number;
  readonly copies: Copies;
  /** The same of the held-out cells: chance. */
  readonly copiesOfHeldOut: Copies & { readonly cells: number };
  /** Median distance to the nearest training cell. */
  readonly medianDistance: number;
  readonly medianDistanceOfHeldOut: number;
  /** Chance that a generated cell is nearer to its nearest training cell than a held-out cell is. 0.5 is expected. */
  readonly nearerThanHeldOut: ShareWithInterval;
  /** Shares nearer than the 1 % and 5 % quantiles of the held-out cells. */
  readonly belowQuantiles: readonly QuantileShare[];
  /** Share of generated cells whose nearest cell among equal numbers of training and held-out cells is a training cell. 0.5 is expected. */
  readonly trainingNearer: ShareOfCells | null;
  /** Area under the curve of telling training from held-out cells by their distance to the nearest generated cell. 0.5: not at all. */
  readonly membership: ShareOfCells | null;
  /** `null` without labels on all sides. */
  readonly labels: readonly PrivacyOfLabel[] | null;
  /** `null` without donors of the training and of the held-out cells. */
  readonly donors: PrivacyByDonor | null;
  readonly signs: readonly PrivacySign[];
  readonly remarks: readonly PrivacyRemark[];
}

/** Are training cells copied? What the tests of the audit found; no result of them is a proof of privacy. */
export interface PrivacyAudit {
  /** Highly variable genes and components of the spaces the distances are measured in. */
  readonly hvg: number;
  readonly components: number;
  /** A test speaks for copies above these, when its interval leaves out 0.5 too. */
  readonly limits: typeof privacyLimits;
  /** One entry a generated set. */
  readonly sets: readonly PrivacyOfSet[];
  /** Half of the held-out cells in the place of the generated ones, against the other half: cells that copy nothing. `null` with too few. */
  readonly floor: PrivacyOfSet | null;
  /** Every sign found in any set. */
  readonly signs: readonly PrivacySign[];
  /** Every remark on any set. */
  readonly remarks: readonly PrivacyRemark[];
  /** Whether no test found a sign of copies. */
  readonly passed: boolean;
}

export const privacyLimits = {
  /** Of the three shares that are 0.5 when nothing is copied. */
  share: 0.55,
  /** Times as many copies, or cells below the 1 % quantile, as among held-out cells. */
  times: 3,
} as const;

/** The interval leaves the expected value below it, and the share is above the limit. */
export function speaksForCopies({ value, interval }: { readonly value: number; readonly interval: Interval | null }): boolean {
  return value > privacyLimits.share && (interval === null || interval[0] > 0.5);
}
