import type { DenseMatrix } from '@cfgen/math';
import type { CellSet } from '../cells/cell-set';
import { sideDraws, type SideDraws } from '../intervals/draws';
import { groupedGeneSums, labelledGeneSums, type GroupedGeneSums, type LabelledGeneSums } from '../intervals/gene-draws';
import type { RealSpace } from '../preprocessing/real-space';
import { expressionProfile, type ExpressionProfile } from '../realism/expression-profile';
import type { EvaluationSettings } from './settings';

/** The real cells that sets are compared with, prepared once for all of them. */
export interface RealReference {
  readonly set: CellSet;
  readonly space: RealSpace;
  /** Coordinates of the cells in the space, centred. */
  readonly coordinates: DenseMatrix;
  readonly profile: ExpressionProfile;
  readonly draws: SideDraws;
  readonly sums: LabelledGeneSums;
  /** `null` when nothing is resampled. */
  readonly grouped: GroupedGeneSums | null;
}

/** Values of a figure on each draw, by its id. */
export type Replicates = Map<string, Float64Array>;

/** Prepares real cells as what sets are compared with. */
export function realReference(set: CellSet, space: RealSpace, cells: DenseMatrix, settings: EvaluationSettings): RealReference {
  const draws = sideDraws(set, settings.bootstrap, settings.seed, 0);
  return {
    set,
    space,
    coordinates: cells,
    profile: expressionProfile(set.counts),
    draws,
    sums: labelledGeneSums(set.counts, draws),
    grouped: settings.bootstrap === 0 ? null : groupedGeneSums(set.counts, draws),
  };
}

/** How a set is scored. */
export interface Scoring {
  readonly settings: EvaluationSettings;
  /** Names of the genes. */
  readonly genes: readonly string[];
  /** Tells the draws of sets apart, from 1. */
  readonly side: number;
  /** Whether the figures get intervals. */
  readonly resampled: boolean;
  /** Awaited before each part, which lets the caller report progress and stop. */
  readonly step: (part: string) => Promise<void>;
}
