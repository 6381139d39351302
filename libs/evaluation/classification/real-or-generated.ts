import { RandomStream, gatherRows, randomKey, shuffle } from '@cfgen/math';
import type { CountSource } from '@cfgen/tensors';
import { subsample } from '../distances/subsample';
import { logNormalisedSparse } from '../preprocessing/log-normalise';
import { componentsOfSparse, stackedSparse } from '../preprocessing/sparse-components';
import type { CellEffects } from '../intervals/draws';
import { areaEffects, areaUnderCurve } from './area-under-curve';
import { fitLogisticRegression, predictProbabilities } from './logistic-regression';
import { fitRandomForest, predictForest } from './random-forest';

/** How well classifiers that were trained for it tell real cells from generated ones. 0.5: not at all; 1: always. */
export interface RealOrGenerated {
  /** Out-of-fold area under the ROC curve of a random forest; `null` with a reason when there are too few cells. */
  readonly randomForestAuc: number | null;
  readonly logisticAuc: number | null;
  /** Cells of each side, equal. */
  readonly cells: number;
  readonly folds: number;
  readonly reason?: string;
}

/** The areas with what each cell adds to them. The classifiers are taken as they are: how they would change with their cells is left out. */
export interface RealOrGeneratedAndEffects {
  readonly classifiers: RealOrGenerated;
  readonly effects: { readonly randomForestAuc: CellEffects; readonly logisticAuc: CellEffects } | null;
}

export interface RealOrGeneratedSettings {
  readonly seed: number;
  /** Principal components the classifiers see. */
  readonly components: number;
  /** Cells of each side above which a seeded subsample is taken. */
  readonly classifierCells: number;
  readonly trees: number;
  readonly folds: number;
}

/**
 * Cross-validated area under the ROC curve of telling two sets of cells apart. Every cell is scored by a classifier that has not seen it; both
 * sides have the same number of cells in every fold, up to one.
 *
 * The classifiers see principal components of both sides TOGETHER (log-normalised, the given genes). In components of the real cells alone
 * even other real cells would be recognised: the axes were fitted to the noise of the ones and not of the others.
 *
 * @param genes columns of the highly variable genes
 * @param beforeFold awaited before each fold, the longest piece of work here: where a caller reports progress and stops
 */
export async function realOrGenerated(
  real: CountSource,
  generated: CountSource,
  genes: ArrayLike<number>,
  settings: RealOrGeneratedSettings,
  beforeFold: (fold: number) => Promise<void> = () => Promise.resolve(),
): Promise<RealOrGeneratedAndEffects> {
  const { seed, folds } = settings;
  const cells = Math.min(real.rows, generated.rows, settings.classifierCells);
  if (cells < 2 * folds) {
    const reason = `${cells} cells a side are too few for ${folds} folds`;
    return { classifiers: { randomForestAuc: null, logisticAuc: null, cells, folds, reason }, effects: null };
  }
  const key = randomKey(seed, 'evaluation/real-or-generated');
  const chosen = [real, generated].map((side, at) => subsample(side.rows, cells, key, at));
  const [ofReal, ofGenerated] = [real, generated].map((side, at) => logNormalisedSparse(side, genes, chosen[at]));
  const x = componentsOfSparse(stackedSparse(ofReal, ofGenerated), settings.components).scores;
  const isGenerated = Uint8Array.from({ length: 2 * cells }, (_, i) => (i < cells ? 0 : 1));
  const foldOf = dealtFolds(cells, folds, new RandomStream(key, 2));
  const forestScores = new Float64Array(2 * cells);
  const logisticScores = new Float64Array(2 * cells);
  for (let fold = 0; fold < folds; fold++) {
    await beforeFold(fold);
    const held = Uint32Array.from(foldOf.keys()).filter((i) => foldOf[i] === fold);
    const kept = Uint32Array.from(foldOf.keys()).filter((i) => foldOf[i] !== fold);
    const trainX = gatherRows(x, kept);
    const heldX = gatherRows(x, held);
    const trainY = Uint8Array.from(kept, (i) => isGenerated[i]);
    const forest = fitRandomForest(trainX, trainY, { trees: settings.trees, key, stream: fold + 1 });
    const byForest = predictForest(forest, heldX);
    const byLogistic = predictProbabilities(fitLogisticRegression(trainX, trainY, 2), heldX);
    held.forEach((i, at) => {
      forestScores[i] = byForest[at];
      logisticScores[i] = byLogistic.values[2 * at + 1];
    });
  }
  const effectsOf = (scores: Float64Array): CellEffects => {
    const effects = areaEffects(scores, isGenerated);
    const sides = { real: new Float64Array(real.rows), set: new Float64Array(generated.rows) };
    chosen[0].forEach((cell, at) => (sides.real[cell] = effects[at]));
    chosen[1].forEach((cell, at) => (sides.set[cell] = effects[cells + at]));
    return sides;
  };
  return {
    classifiers: {
      randomForestAuc: areaUnderCurve(forestScores, isGenerated),
      logisticAuc: areaUnderCurve(logisticScores, isGenerated),
      cells,
      folds,
    },
    effects: { randomForestAuc: effectsOf(forestScores), logisticAuc: effectsOf(logisticScores) },
  };
}

/** Fold of each of twice `cells` rows; each half is dealt out by itself, in random order. */
function dealtFolds(cells: number, folds: number, random: RandomStream): Int32Array {
  const foldOf = new Int32Array(2 * cells);
  for (const start of [0, cells]) {
    const order = Uint32Array.from({ length: cells }, (_, i) => start + i);
    shuffle(order, random);
    order.forEach((row, at) => (foldOf[row] = at % folds));
  }
  return foldOf;
}
