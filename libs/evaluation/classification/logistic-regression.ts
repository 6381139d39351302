import { logSumExp, type DenseMatrix } from '@cfgen/math';
import { minimise } from './minimise';

/** A fitted linear classifier. */
export interface LogisticRegression {
  readonly classes: number;
  readonly features: number;
  /** One row of `features` weights and an intercept per logit: a single row for two classes, otherwise a row per class. */
  readonly weights: Float64Array;
}

/** Strength of the data against the penalty, as scikit-learn's default. */
const inverseRegularisation = 1;

/**
 * Logistic regression with an L2 penalty on the weights (not on the intercepts): minimises `1/2 ||w||^2 + sum of the log losses`.
 * Two classes share one logit; more classes are multinomial (softmax).
 *
 * @param classOf class of each row, 0 .. classes - 1
 */
export function fitLogisticRegression(x: DenseMatrix, classOf: ArrayLike<number>, classes: number): LogisticRegression {
  const { rows: n, columns: d, values } = x;
  const logits = classes === 2 ? 1 : classes;
  const width = d + 1;
  const scores = new Float64Array(logits);
  const softmax = new Float64Array(classes);
  const weights = minimise(
    (w, gradient) => {
      gradient.fill(0);
      let loss = 0;
      for (let i = 0; i < n; i++) {
        scoreRow(values, i * d, d, w, scores);
        loss += rowLoss(scores, classes, classOf[i], softmax);
        for (let c = 0; c < logits; c++) {
          // With one shared logit the class it speaks for is class 1.
          const spokenFor = classes === 2 ? 1 : c;
          const error = inverseRegularisation * (softmax[spokenFor] - (classOf[i] === spokenFor ? 1 : 0));
          for (let k = 0; k < d; k++) gradient[c * width + k] += error * values[i * d + k];
          gradient[c * width + d] += error;
        }
      }
      let penalty = 0;
      for (let c = 0; c < logits; c++) {
        for (let k = c * width; k < c * width + d; k++) {
          penalty += (w[k] * w[k]) / 2;
          gradient[k] += w[k];
        }
      }
      return penalty + inverseRegularisation * loss;
    },
    new Float64Array(logits * width),
  );
  return { classes, features: d, weights };
}

/** Class probabilities of each row: rows x classes. */
export function predictProbabilities(model: LogisticRegression, x: DenseMatrix): DenseMatrix {
  const { classes, features: d, weights } = model;
  const scores = new Float64Array(classes === 2 ? 1 : classes);
  const out = new Float64Array(x.rows * classes);
  for (let i = 0; i < x.rows; i++) {
    scoreRow(x.values, i * d, d, weights, scores);
    rowLoss(scores, classes, 0, out.subarray(i * classes, (i + 1) * classes));
  }
  return { rows: x.rows, columns: classes, values: out };
}

function scoreRow(values: Float64Array, start: number, d: number, weights: Float64Array, scores: Float64Array): void {
  for (let c = 0; c < scores.length; c++) {
    const row = c * (d + 1);
    let score = weights[row + d];
    for (let k = 0; k < d; k++) score += weights[row + k] * values[start + k];
    scores[c] = score;
  }
}

/** Negative log probability of `wanted`; writes all class probabilities. */
function rowLoss(scores: Float64Array, classes: number, wanted: number, probabilities: Float64Array): number {
  const all = classes === 2 ? Float64Array.of(0, scores[0]) : scores;
  const normaliser = logSumExp(all);
  for (let c = 0; c < classes; c++) probabilities[c] = Math.exp(all[c] - normaliser);
  return normaliser - all[wanted];
}
