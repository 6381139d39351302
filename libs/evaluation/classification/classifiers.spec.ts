import { RandomStream, denseMatrix, gatherRows, randomKey, type DenseMatrix } from '@cfgen/math';
import { describe, expect, it } from 'vitest';
import { golden, goldenCounts, goldenMatrix } from '../fixtures/golden';
import { selectedCounts } from '../cells/stored-counts';
import { areaUnderCurve } from './area-under-curve';
import { labelAgreement } from './label-agreement';
import { fitLogisticRegression, predictProbabilities } from './logistic-regression';
import { nearestNeighbourVote } from './nearest-neighbour-vote';
import { fitRandomForest, predictForest } from './random-forest';
import { realOrGenerated } from './real-or-generated';

const classes = [...new Set(golden.distances.real_labels)].sort();
const classOf = golden.distances.real_labels.map((name) => classes.indexOf(name));
const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i);
const coordinates = goldenMatrix('real_pca');
const train = gatherRows(coordinates, range(0, 150));
const held = gatherRows(coordinates, range(150, 200));

describe('classifiers of labels', () => {
  it('vote as scikit-learn with 15 neighbours does', () => {
    const found = nearestNeighbourVote(held, train, classOf.slice(0, 150), classes.length, 15);
    expect(Array.from(found, (at) => classes[at])).toEqual(golden.classifiers.knn15_predictions);
  });

  it('separate as multinomial logistic regression of scikit-learn does', () => {
    const model = fitLogisticRegression(train, classOf.slice(0, 150), classes.length);
    const { values } = predictProbabilities(model, held);
    const rows = range(0, 50).map((i) => Array.from(values.subarray(i * classes.length, (i + 1) * classes.length)));
    expect(rows.map((row) => classes[row.indexOf(Math.max(...row))])).toEqual(golden.classifiers.logistic_multinomial_predictions);
    expect(Math.max(...rows[0])).toBeCloseTo(golden.classifiers.logistic_max_probability_row150, 4);
  });

  it('with two classes share one logit: the gradient of the penalised loss vanishes', () => {
    const y = classOf.slice(0, 150).map((c) => (c === 0 ? 1 : 0));
    const model = fitLogisticRegression(train, y, 2);
    const { values } = predictProbabilities(model, train);
    for (let k = 0; k < 30; k++) {
      let gradient = model.weights[k];
      for (let i = 0; i < 150; i++) gradient += (values[2 * i + 1] - y[i]) * train.values[i * 30 + k];
      expect(Math.abs(gradient)).toBeLessThan(1e-6);
    }
  });
});

describe('label agreement', () => {
  it('is high for cells given back, and counts label by label', () => {
    const labels = { categories: classes, codes: Int32Array.from(classOf) };
    const { agreement: found } = labelAgreement(coordinates, labels, coordinates, labels);
    const byLabel = found.labels.reduce((sum, { cells, agreement }) => sum + cells * agreement, 0);
    expect(found.overall).toBeCloseTo(byLabel / 200, 12);
    expect(found.overall).toBeGreaterThan(0.85);
  });

  it('is near chance when labels are rotated', () => {
    const labels = { categories: classes, codes: Int32Array.from(classOf) };
    const rotated = { categories: classes, codes: Int32Array.from(classOf, (c) => (c + 1) % classes.length) };
    expect(labelAgreement(coordinates, labels, coordinates, rotated).agreement.overall).toBeLessThan(0.1);
  });
});

describe('area under the ROC curve', () => {
  it('counts pairs in the right order, ties half', () => {
    expect(areaUnderCurve(Float64Array.of(0.1, 0.4, 0.35, 0.8), Uint8Array.of(0, 0, 1, 1))).toBeCloseTo(0.75, 14);
    expect(areaUnderCurve(Float64Array.of(1, 1, 1), Uint8Array.of(0, 1, 1))).toBe(0.5);
    expect(areaUnderCurve(Float64Array.of(1, 2), Uint8Array.of(1, 1))).toBeNull();
  });
});

describe('random forest', () => {
  /** A ring around a disc: no line separates them. */
  function rings(n: number, seed: number): { x: DenseMatrix; outer: Uint8Array } {
    const random = new RandomStream(randomKey(seed, 'rings'));
    const x = denseMatrix(n, 4);
    const outer = new Uint8Array(n);
    for (let i = 0; i < n; i++) {
      outer[i] = i % 2;
      const radius = outer[i] === 1 ? 2 + random.uniform() : 1.5 * random.uniform();
      const angle = 2 * Math.PI * random.uniform();
      x.values.set([radius * Math.cos(angle), radius * Math.sin(angle), random.normal(), random.normal()], i * 4);
    }
    return { x, outer };
  }

  it('learns what a line cannot', () => {
    const { x, outer } = rings(400, 1);
    const test = rings(400, 2);
    const forest = fitRandomForest(x, outer, { trees: 50, key: randomKey(0, 'forest'), stream: 0 });
    expect(areaUnderCurve(predictForest(forest, test.x), test.outer)).toBeGreaterThan(0.98);
    const line = predictProbabilities(fitLogisticRegression(x, outer, 2), test.x);
    expect(
      areaUnderCurve(
        line.values.filter((_, at) => at % 2 === 1),
        test.outer,
      ),
    ).toBeLessThan(0.65);
  });

  it('is the same for the same key and another for another', () => {
    const { x, outer } = rings(100, 1);
    const scores = (seed: number): Float64Array =>
      predictForest(fitRandomForest(x, outer, { trees: 5, key: randomKey(seed, 'forest'), stream: 0 }), x);
    expect(scores(7)).toEqual(scores(7));
    expect(scores(7)).not.toEqual(scores(8));
  });
});

describe('telling real from generated', () => {
  const settings = { seed: 0, components: 20, classifierCells: 2000, trees: 60, folds: 5 };
  const cells = goldenCounts('real_counts');
  const genes = range(0, 1000);

  it('is no better than chance on two halves of the same cells', async () => {
    const even = selectedCounts(
      cells,
      Uint32Array.from(range(0, 150), (i) => 2 * i),
    );
    const odd = selectedCounts(
      cells,
      Uint32Array.from(range(0, 150), (i) => 2 * i + 1),
    );
    const { randomForestAuc, logisticAuc } = (await realOrGenerated(even, odd, genes, settings)).classifiers;
    for (const auc of [randomForestAuc, logisticAuc]) {
      expect(auc).toBeGreaterThan(0.36);
      expect(auc).toBeLessThan(0.64);
    }
  });

  it('sees noisy copies', async () => {
    const { classifiers: found } = await realOrGenerated(cells, goldenCounts('generated_counts'), genes, settings);
    expect(found.cells).toBe(180);
    expect(found.randomForestAuc).toBeGreaterThan(0.7);
  });

  it('has no answer for a handful of cells', async () => {
    const few = selectedCounts(cells, Uint32Array.from(range(0, 8)));
    expect((await realOrGenerated(few, few, genes, settings)).classifiers).toMatchObject({
      randomForestAuc: null,
      reason: '8 cells a side are too few for 5 folds',
    });
  });
});
