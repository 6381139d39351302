import type { DenseMatrix } from '@cfgen/math';
import type { CellSet } from '../cells/cell-set';
import { labelAgreement, type LabelAgreement } from '../classification/label-agreement';
import { realOrGenerated } from '../classification/real-or-generated';
import { linearReplicates, sideDraws, type CellEffects, type Draws } from '../intervals/draws';
import { intervalAround, type Interval } from '../intervals/interval';
import { coordinates } from '../preprocessing/real-space';
import { expressionProfile, type ExpressionProfile } from '../realism/expression-profile';
import { realism } from '../realism/realism';
import { figures } from './figures';
import type { RealReference, Replicates, Scoring } from './real-reference';
import type { SetScores } from './result';
import { scoreDistances } from './score-distances';
import { scoreGenes } from './score-genes';

/** The scores of a set with what the plots and the summary need of it. */
export interface ScoredSet {
  readonly scores: SetScores;
  readonly replicates: Replicates;
  /** Centred coordinates in the real PCA space. */
  readonly coordinates: DenseMatrix;
  readonly profile: ExpressionProfile;
}

/** Computes every score of one set. */
export async function scoreSet(real: RealReference, set: CellSet, scoring: Scoring): Promise<ScoredSet> {
  const { settings, step } = scoring;
  await step('projection');
  const centred = coordinates(real.space, set.counts);
  const resampled = scoring.resampled && settings.bootstrap > 0;
  const draws: Draws = { real: real.draws, set: sideDraws(set, resampled ? settings.bootstrap : 0, settings.seed, scoring.side) };
  const replicates: Replicates = new Map();
  const linear = (id: string, value: number | null, effects: CellEffects): void => {
    if (resampled && value !== null) replicates.set(id, linearReplicates(value, effects, draws));
  };

  const { distances, conditional } = await scoreDistances(real, set, centred, { settings, step, linear, ...(resampled ? { draws } : {}) });
  const { classifiers, effects } = await realOrGenerated(real.set.counts, set.counts, real.space.genes, settings, (fold) =>
    step(`classifiers, fold ${fold + 1} of ${settings.folds}`),
  );
  if (effects !== null) {
    linear('auc.forest', classifiers.randomForestAuc, effects.randomForestAuc);
    linear('auc.logistic', classifiers.logisticAuc, effects.logisticAuc);
  }
  const agreement = agreementOf(real, set, centred, resampled ? draws : null, linear);
  await step('genes and cells');
  const profile = expressionProfile(set.counts);
  const markers = await scoreGenes(real, set, profile, scoring, draws, replicates);
  const scores: SetScores = {
    name: set.name,
    cells: set.counts.rows,
    distances,
    conditional,
    classifiers,
    agreement,
    realism: realism(real.profile, profile),
    markers,
    intervals: {},
  };
  const intervals = figures(settings.protocols).map(({ id, value, range }): [string, Interval | null] => {
    return [id, intervalAround(value(scores), replicates.get(id) ?? new Float64Array(), range)];
  });
  return { scores: { ...scores, intervals: Object.fromEntries(intervals) }, replicates, coordinates: centred, profile };
}

/** Label agreement. The real cells that vote are taken as they are; the cells that are voted on are resampled. */
function agreementOf(
  real: RealReference,
  set: CellSet,
  centred: DenseMatrix,
  draws: Draws | null,
  linear: (id: string, value: number | null, effects: CellEffects) => void,
): LabelAgreement | null {
  if (real.set.labels === undefined || set.labels === undefined) return null;
  const { agreement, agrees } = labelAgreement(real.coordinates, real.set.labels, centred, set.labels);
  const none = new Float64Array(real.set.counts.rows);
  const asked = agrees.filter((outcome) => outcome >= 0).length;
  const effects = (cells: number): Float64Array => Float64Array.from(agrees, (outcome) => (outcome === 1 ? 1 / cells : 0));
  linear('agreement', agreement.overall, { real: none, set: effects(asked) });
  if (draws === null) return agreement;
  const { categories, codes } = set.labels;
  const labels = agreement.labels.map((entry) => {
    const own = effects(entry.cells).map((effect, cell) => (categories[codes[cell]] === entry.label ? effect : 0));
    const found = linearReplicates(entry.agreement, { real: none, set: own }, draws);
    return { ...entry, interval: intervalAround(entry.agreement, found, { least: 0, most: 1 }) };
  });
  return { ...agreement, labels };
}
