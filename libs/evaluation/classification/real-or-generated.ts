import { RandomStream, denseMatrix, gatherRows, principalComponents, randomKey, shuffle, type DenseMatrix } from '@cfgen/math';
import type { CountSource } from '@cfgen/tensors';
import { subsample } from '../distances/subsample';
import { logNormalised } from '../preprocessing/log-normalise';
import { areaUnderCurve } from './area-under-curve';
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
): Promise<RealOrGenerated> {
  const { seed, folds } = settings;
  const cells = Math.min(real.rows, generated.rows, settings.classifierCells);
  if (cells < 2 * folds) {
    const reason = `${cells} cells a side are too few for ${folds} folds`;
    return { randomForestAuc: null, logisticAuc: null, cells, folds, reason };
  }
  const key = randomKey(seed, 'evaluation/real-or-generated');
  const [ofReal, ofGenerated] = [real, generated].map((side, at) => logNormalised(side, genes, subsample(side.rows, cells, key, at)));
  const x = principalComponents(stacked(ofReal, ofGenerated), settings.components).scores;
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
  return {
    randomForestAuc: areaUnderCurve(forestScores, isGenerated),
    logisticAuc: areaUnderCurve(logisticScores, isGenerated),
    cells,
    folds,
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

function stacked(a: DenseMatrix, b: DenseMatrix): DenseMatrix {
  const out = denseMatrix(a.rows + b.rows, a.columns);
  out.values.set(a.values);
  out.values.set(b.values, a.values.length);
  return out;
}
