import type { DenseMatrix } from '@cfgen/math';
import { cellsByLabel, type CellSet } from '../cells/cell-set';
import { labelAgreement } from '../classification/label-agreement';
import { realOrGenerated } from '../classification/real-or-generated';
import { conditionalDistances, type ConditionalDistances } from '../distances/conditional-distances';
import { setDistances, type SetDistances } from '../distances/set-distances';
import { coordinates, underProtocol, type Protocol, type RealSpace } from '../preprocessing/real-space';
import { expressionProfile, type ExpressionProfile } from '../realism/expression-profile';
import { realism } from '../realism/realism';
import type { SetScores } from './result';
import type { EvaluationSettings } from './settings';

/** The real cells, prepared once for all sets. */
export interface RealReference {
  readonly set: CellSet;
  readonly space: RealSpace;
  readonly profile: ExpressionProfile;
}

/** The scores of a set with what the plots need of it. */
export interface ScoredSet {
  readonly scores: SetScores;
  /** Centred coordinates in the real PCA space. */
  readonly coordinates: DenseMatrix;
  readonly profile: ExpressionProfile;
}

/** Computes every score of one set; `step` is awaited before each part, which lets the caller report progress and stop. */
export async function scoreSet(
  real: RealReference,
  set: CellSet,
  settings: EvaluationSettings,
  step: (part: string) => Promise<void>,
): Promise<ScoredSet> {
  const { space } = real;
  await step('projection');
  const centred = coordinates(space, set.counts);
  const realCentred = space.components.scores;
  const labelled = real.set.labels !== undefined && set.labels !== undefined;
  const realCells = cellsByLabel(real.set.labels);
  const setCells = cellsByLabel(set.labels);
  const distances: { [P in Protocol]?: SetDistances } = {};
  const conditional: { [P in Protocol]?: ConditionalDistances } = {};
  for (const protocol of settings.protocols) {
    await step(`distances, ${protocol}`);
    const projected = underProtocol(space, centred, protocol);
    distances[protocol] = setDistances(realCentred, projected, settings);
    if (labelled) conditional[protocol] = conditionalDistances(realCentred, projected, realCells, setCells, settings);
  }
  const classifiers = await realOrGenerated(real.set.counts, set.counts, space.genes, settings, (fold) =>
    step(`classifiers, fold ${fold + 1} of ${settings.folds}`),
  );
  const agreement =
    real.set.labels !== undefined && set.labels !== undefined ? labelAgreement(realCentred, real.set.labels, centred, set.labels) : null;
  await step('genes and cells');
  const profile = expressionProfile(set.counts);
  return {
    scores: {
      name: set.name,
      cells: set.counts.rows,
      distances,
      conditional: labelled ? conditional : null,
      classifiers,
      agreement,
      realism: realism(real.profile, profile),
    },
    coordinates: centred,
    profile,
  };
}
