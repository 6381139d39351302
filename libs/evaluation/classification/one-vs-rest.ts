import type { CountSource } from '@cfgen/tensors';
import { minimise } from './minimise';
import { fitExpressionScale, standardised, type ExpressionScale, type StandardisedExpression } from './standardised-expression';

/**
 * The linear classifier of CellTypist: log1p of counts scaled to 10,000, genes without counts left out, standardised, cut at 10, and
 * for each class a logistic regression of it against the rest with an L2 penalty (C = 1, intercept free).
 */
export interface OneVsRestClassifier {
  readonly classes: number;
  readonly scale: ExpressionScale;
  /** Per class a weight for each gene of the scale and an intercept: classes x (genes + 1). */
  readonly weights: Float64Array;
}

/** Stop when no entry of the gradient of the mean loss is larger: a hundred times tighter than scikit-learn's default. */
const gradientTolerance = 1e-6;
/** As CellTypist below 50,000 cells. */
const steps = 1000;

/**
 * @param classOf class of each cell, 0 .. classes - 1; a class without cells is never predicted
 * @param beforeClass awaited before each class, the longest piece of work here: where a caller reports progress and stops
 */
export async function fitOneVsRest(
  counts: CountSource,
  classOf: ArrayLike<number>,
  classes: number,
  beforeClass: (k: number) => Promise<void> = () => Promise.resolve(),
): Promise<OneVsRestClassifier> {
  const scale = fitExpressionScale(counts);
  const x = standardised(counts, scale);
  const width = x.columns + 1;
  const weights = new Float64Array(classes * width);
  for (let k = 0; k < classes; k++) {
    await beforeClass(k);
    const isClass = Uint8Array.from({ length: x.rows }, (_, i) => (classOf[i] === k ? 1 : 0));
    if (!isClass.includes(1)) weights[k * width + x.columns] = -Infinity;
    else weights.set(fitClass(x, isClass), k * width);
  }
  return { classes, scale, weights };
}

/** Class with the highest score of each cell; the one with the smaller number wins a tie. */
export function predictOneVsRest({ classes, scale, weights }: OneVsRestClassifier, counts: CountSource): Int32Array {
  const x = standardised(counts, scale);
  const width = x.columns + 1;
  const predicted = new Int32Array(x.rows);
  const best = new Float64Array(x.rows).fill(-Infinity);
  const scores = new Float64Array(x.rows);
  for (let k = 0; k < classes; k++) {
    scoreRows(x, weights.subarray(k * width, (k + 1) * width), scores);
    scores.forEach((score, i) => {
      if (score <= best[i]) return;
      best[i] = score;
      predicted[i] = k;
    });
  }
  return predicted;
}

/** Minimises `1/2 ||w||² + sum of ln(1 + exp(∓ score))`. */
function fitClass(x: StandardisedExpression, isClass: Uint8Array): Float64Array {
  const { rows, columns, zeros, indptr, indices, values } = x;
  return minimise(
    (w, gradient) => {
      const ofZeros = scoreOfZeros(x, w);
      gradient.fill(0);
      let loss = 0;
      let errors = 0;
      for (let i = 0; i < rows; i++) {
        let score = ofZeros;
        for (let at = indptr[i]; at < indptr[i + 1]; at++) score += w[indices[at]] * values[at];
        const margin = isClass[i] === 1 ? score : -score;
        loss += margin > 0 ? Math.log1p(Math.exp(-margin)) : Math.log1p(Math.exp(margin)) - margin;
        const error = 1 / (1 + Math.exp(-score)) - isClass[i];
        errors += error;
        for (let at = indptr[i]; at < indptr[i + 1]; at++) gradient[indices[at]] += error * values[at];
      }
      let penalty = 0;
      for (let j = 0; j < columns; j++) {
        gradient[j] += w[j] + errors * zeros[j];
        penalty += w[j] * w[j];
      }
      gradient[columns] = errors;
      return loss + penalty / 2;
    },
    new Float64Array(columns + 1),
    gradientTolerance * rows,
    steps,
  );
}

/** Score of a cell without counts. */
function scoreOfZeros({ columns, zeros }: StandardisedExpression, w: Float64Array): number {
  let score = w[columns];
  for (let j = 0; j < columns; j++) score += w[j] * zeros[j];
  return score;
}

function scoreRows(x: StandardisedExpression, w: Float64Array, scores: Float64Array): void {
  const { rows, indptr, indices, values } = x;
  const ofZeros = scoreOfZeros(x, w);
  for (let i = 0; i < rows; i++) {
    let score = ofZeros;
    for (let at = indptr[i]; at < indptr[i + 1]; at++) score += w[indices[at]] * values[at];
    scores[i] = score;
  }
}
