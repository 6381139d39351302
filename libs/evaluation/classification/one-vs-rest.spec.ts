import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { golden, goldenCounts } from '../fixtures/golden';
import { selectedCounts } from '../cells/stored-counts';
import { fitOneVsRest, predictOneVsRest } from './one-vs-rest';
import { fitExpressionScale, standardised } from './standardised-expression';

/** What scikit-learn 1.9 makes of the same cells: StandardScaler, cut at 10, LogisticRegression(C=1, tol=1e-10) of each class. */
const sklearn = JSON.parse(readFileSync(new URL('../fixtures/celltypist.json', import.meta.url), 'utf8')) as {
  genes: number;
  clipped: number;
  predictions: string[];
  /** Null: no training cell has the class. */
  scores_cell_150: (number | null)[];
};

const classes = [...new Set(golden.distances.real_labels)].sort();
const classOf = Int32Array.from(golden.distances.real_labels, (name) => classes.indexOf(name));
const counts = goldenCounts('real_counts', 200);
const part = (from: number, to: number) =>
  selectedCounts(
    counts,
    Uint32Array.from({ length: to - from }, (_, i) => from + i),
  );
const training = part(0, 150);
const held = part(150, 200);

describe('the linear classifier of CellTypist', () => {
  it('predicts and scores as scikit-learn does', async () => {
    const model = await fitOneVsRest(training, classOf.subarray(0, 150), classes.length);
    expect(model.scale.genes).toHaveLength(sklearn.genes);
    expect(Array.from(predictOneVsRest(model, held), (k) => classes[k])).toEqual(sklearn.predictions);
    const x = standardised(part(150, 151), model.scale);
    const width = x.columns + 1;
    const scores = classes.map((_, k) => {
      const w = model.weights.subarray(k * width, (k + 1) * width);
      let score = w[x.columns];
      for (let j = 0; j < x.columns; j++) score += w[j] * x.zeros[j];
      for (let at = 0; at < x.indptr[1]; at++) score += w[x.indices[at]] * x.values[at];
      return score;
    });
    scores.forEach((score, k) => expect(score).toBeCloseTo(sklearn.scores_cell_150[k] ?? -Infinity, 2));
  });

  it('standardises without a dense matrix, and cuts at 10 from above alone', () => {
    const scale = fitExpressionScale(training);
    const x = standardised(training, scale);
    const dense = Array.from({ length: x.rows }, () => Float64Array.from(x.zeros));
    for (let i = 0; i < x.rows; i++) for (let at = x.indptr[i]; at < x.indptr[i + 1]; at++) dense[i][x.indices[at]] += x.values[at];
    const all = dense.flatMap((row) => [...row]);
    expect(all.filter((value) => Math.abs(value - 10) < 1e-9)).toHaveLength(sklearn.clipped);
    expect(all.every((value) => value < 10 + 1e-9)).toBe(true);
    const uncut = x.zeros.findIndex((_, j) => dense.every((row) => row[j] < 9.9));
    const column = dense.map((row) => row[uncut]);
    expect(column.reduce((sum, value) => sum + value, 0) / 150).toBeCloseTo(0, 9);
    expect(column.reduce((sum, value) => sum + value * value, 0) / 150).toBeCloseTo(1, 9);
  });

  it('never predicts a class without cells', async () => {
    const model = await fitOneVsRest(training, classOf.subarray(0, 150), classes.length + 1);
    expect(predictOneVsRest(model, held)).not.toContain(classes.length);
  });
});
