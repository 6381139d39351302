import { denseMatrix } from '@cfgen/math';
import { describe, expect, it } from 'vitest';
import { batchEffectPerLabel, batchEffectTest } from './batch-effect-test';
import { clusteringAgreement, kMeansAgreement } from './clustering-agreement';
import { golden, goldenArray, goldenEmbedding, groupsOfNames, smallCells } from './fixtures/golden';
import { fuzzyConnectivities } from './fuzzy-connectivities';
import { graphConnectivity } from './graph-connectivity';
import { median } from '../statistics/averages';
import { batchLisi, labelLisi, lisi } from './lisi';
import { nearestOf, withSelf } from './neighbours';
import { principalComponentRegression, regressionComparison } from './principal-component-regression';
import { silhouetteWidths } from './silhouette';
import { batchRemovalOptions, isolatedLabels, silhouetteBatch, silhouetteLabel } from './silhouette-scores';

function expectNear(found: number | null, expected: number, relative = 1e-9): void {
  expect(Math.abs((found ?? NaN) - expected)).toBeLessThan(relative * Math.max(Math.abs(expected), 1e-3));
}

describe('on 60 made cells in five dimensions', () => {
  const { x, shifted, label, batch } = smallCells();
  const labels = groupsOfNames(label);
  const batches = groupsOfNames(batch);
  const fifteen = withSelf(x, 15).neighbours;

  it('silhouettes equal the reference', () => {
    const widths = silhouetteWidths(x, labels);
    expectNear(silhouetteLabel(widths), 0.6097681084268874);
    expectNear(silhouetteBatch(x, labels, batches).score, 0.8662126171434643);
    expectNear(silhouetteBatch(shifted, labels, batches).score, 0.7403347949273867);
    expectNear(silhouetteBatch(x, labels, batches, batchRemovalOptions()).score, 0.7474243526123211);
    expectNear(silhouetteBatch(shifted, labels, batches, batchRemovalOptions()).score, 0.5058943565493946);
    expectNear(silhouetteBatch(x, labels, batches, batchRemovalOptions('furthest')).score, 0.7112721352925268);
    const isolated = isolatedLabels(widths, labels, batches);
    expectNear(isolated.score, 0.6050775109182284);
    expect(isolated.labels.map((found) => found.label)).toEqual(['2']);
  });

  it('LISI equals the reference as far as its entropy does', () => {
    const ofBatch = lisi(fifteen, batches);
    const ofLabel = lisi(fifteen, labels);
    expectNear(median(ofBatch), 1.9609838111591045, 1e-4);
    expectNear(median(ofLabel), 1.1043038101749598, 1e-4);
    expectNear(batchLisi(ofBatch, 3), 0.48049190557955224, 1e-4);
    expectNear(labelLisi(ofLabel, 3), 0.9478480949125201, 1e-4);
    expectNear(ofBatch[0], 1.568469288806137, 1e-4);
    expectNear(ofLabel[0], 1.6392903516193067, 1e-4);
    expectNear(batchLisi(lisi(withSelf(shifted, 15).neighbours, batches), 3), 0.3261100122347991, 1e-4);
  });

  it('graph connectivity follows the arrows of the neighbours', () => {
    const five = graphConnectivity(nearestOf(fifteen, 5), labels);
    expectNear(five.score, 0.6722222222222222);
    [0.966666666666, 0.55, 0.5].forEach((value, at) => expect(five.labels[at].value).toBeCloseTo(value, 9));
    expect(graphConnectivity(fifteen, labels).score).toBe(1);
  });

  it('principal component regression equals the reference', () => {
    const means = denseMatrix(3, 5);
    batch.forEach((b, i) => {
      for (let k = 0; k < 5; k++) means.values[b * 5 + k] += x.values[i * 5 + k] / batches.sizes[b];
    });
    const overall = Float64Array.from({ length: 5 }, (_, k) =>
      x.values.reduce((sum, value, at) => sum + (at % 5 === k ? value / 60 : 0), 0),
    );
    const halved = denseMatrix(
      60,
      5,
      x.values.map((value, at) => value - 0.5 * (means.values[batch[Math.floor(at / 5)] * 5 + (at % 5)] - overall[at % 5])),
    );
    const before = principalComponentRegression(x, batches);
    const after = principalComponentRegression(halved, batches);
    expectNear(before, 0.07437803372906605);
    expectNear(after, 0.01969305655052396);
    expectNear(regressionComparison(before, after), 0.7352302075871072);
    expectNear(principalComponentRegression(shifted, batches), 0.28715627728485005);
  });

  it('NMI and ARI equal the reference', () => {
    const { nmi, ari } = clusteringAgreement(
      label,
      label.map((value, i) => (value + (i % 7 === 0 ? 1 : 0)) % 3),
    );
    expectNear(nmi, 0.6123205622783207);
    expectNear(ari, 0.6078466450156877);
  });

  it('kBET counts as the reference does', () => {
    const found = batchEffectTest(fifteen, batches);
    expect(found.acceptance).toBe(0.95);
    expect(batchEffectTest(withSelf(shifted, 15).neighbours, batches).acceptance).toBe(0.6);
    expectNear(found.statistics[0], 1.4545454545454546);
    expectNear(found.pValues[0], 0.4832250811898253);
  });

  it('kBET within labels follows the float64 rule; a label too small for its neighbours has no value', () => {
    const graph = fuzzyConnectivities(withSelf(shifted, 15).neighbours);
    const { labels: found } = batchEffectPerLabel(graph, labels, batches, {});
    expect(found[0].value).toBeCloseTo(0.3, 12);
    expect(found[1].value).toBe(1);
    expect(found[2]).toMatchObject({ value: null, reason: expect.stringContaining('10 cells are too few') as string });
  });

  it('fuzzy connectivities sum to the reference', () => {
    const { weights } = fuzzyConnectivities(fifteen);
    expectNear(
      weights.reduce((sum, weight) => sum + weight, 0),
      365.7259533479972,
      // The bandwidth is searched to 1e-5.
      1e-6,
    );
  });
});

describe.each(['before', 'after'] as const)('on three donors %s a correction', (which) => {
  const expected = golden[which];
  const x = goldenEmbedding(which);
  const labels = groupsOfNames(golden.labels);
  const batches = groupsOfNames(golden.batches);
  const { neighbours } = withSelf(x, 90);
  // The reference searched with rounded products and left some cells a rounding error away from themselves, which the smallest distance that
  // is not 0 then is. Given the same, the graph must be the same.
  const asReference = { ...nearestOf(neighbours, 50), distances: nearestOf(neighbours, 50).distances.slice() };
  for (const cell of golden.cellsOffThemselves[which]) asReference.distances[cell * 50] = 5e-7;

  it('silhouettes equal scib-metrics', () => {
    const widths = silhouetteWidths(x, labels);
    expectNear(silhouetteLabel(widths), expected.silhouette_label, 1e-4);
    expectNear(silhouetteBatch(x, labels, batches).score, expected.silhouette_batch, 1e-4);
    expectNear(silhouetteBatch(x, labels, batches, batchRemovalOptions()).score, expected.bras, 1e-4);
    expectNear(silhouetteBatch(x, labels, batches, batchRemovalOptions('furthest')).score, expected.bras_furthest, 1e-4);
    expectNear(isolatedLabels(widths, labels, batches).score, expected.isolated_labels, 1e-4);
    expectNear(isolatedLabels(widths, labels, batches, 3).score, expected.isolated_labels_iso_threshold_all, 1e-4);
  });

  it('LISI equals scib-metrics', () => {
    const ofBatch = lisi(neighbours, batches);
    const ofLabel = lisi(neighbours, labels);
    expected.lisi_batch.first10.forEach((value, i) => expectNear(ofBatch[i], value, 1e-3));
    expected.lisi_label.first10.forEach((value, i) => expectNear(ofLabel[i], value, 1e-3));
    expectNear(batchLisi(ofBatch, batches.names.length), expected.ilisi_knn, 1e-3);
    expectNear(labelLisi(ofLabel, labels.names.length), expected.clisi_knn, 1e-3);
  });

  it('graph connectivity and regression equal scib-metrics', () => {
    expectNear(graphConnectivity(nearestOf(neighbours, 15), labels).score, expected.graph_connectivity, 1e-4);
    expectNear(principalComponentRegression(x, batches), expected.principal_component_regression_E, 1e-4);
  });

  it('kBET equals scib-metrics over all cells, and the float64 rule within labels', () => {
    const plain = batchEffectTest(nearestOf(neighbours, 50), batches);
    expect(plain.acceptance).toBe(expected.kbet_plain.acceptance);
    expected.kbet_plain.stat_first10.forEach((value, i) => expectNear(plain.statistics[i], value, 1e-4));
    expected.kbet_plain.p_first10.forEach((value, i) => expectNear(plain.pValues[i], value, 1e-4));
    const perLabel = batchEffectPerLabel(fuzzyConnectivities(asReference), labels, batches, {});
    expect(Object.fromEntries(perLabel.labels.map(({ label, value }) => [label, value]))).toEqual(golden.kbetFloat64[which].per_label);
    expectNear(perLabel.score, golden.kbetFloat64[which].score);
  });

  it('connectivities of 50 neighbours equal scib-metrics', () => {
    const { weights } = fuzzyConnectivities(asReference);
    expect(weights).toHaveLength(expected.fuzzy_connectivities_50.nnz);
    expectNear(
      weights.reduce((sum, weight) => sum + weight, 0),
      expected.fuzzy_connectivities_50.sum,
      1e-4,
    );
  });

  it('k-means agrees with the labels as much as that of scib-metrics', () => {
    const { nmi, ari } = kMeansAgreement(x, labels, 0, 10);
    expect(Math.abs(nmi - expected.nmi_ari_cluster_labels_kmeans.nmi)).toBeLessThan(0.05);
    expect(Math.abs(ari - expected.nmi_ari_cluster_labels_kmeans.ari)).toBeLessThan(0.05);
  });
});

describe('on the graph of scanpy', () => {
  const x = goldenEmbedding('neighbour_input');
  const { neighbours } = withSelf(x, 15);

  it('neighbours are the same', () => {
    const sorted = Array.from({ length: x.rows }, (_, i) =>
      Array.from(neighbours.indices.subarray(i * 15 + 1, (i + 1) * 15)).sort((a, b) => a - b),
    );
    expect(sorted.flat()).toEqual(Array.from(goldenArray('neighbour_indices').values));
    expectNear(
      neighbours.distances.reduce((sum, distance) => sum + distance, 0),
      golden.neighbours.distance_sum,
      1e-6,
    );
  });

  it('connectivities are the same, entry by entry', () => {
    const graph = fuzzyConnectivities(neighbours);
    expect(Array.from(graph.starts)).toEqual(Array.from(goldenArray('connectivities_indptr').values));
    const expected = goldenArray('connectivities_data').values;
    expect(Array.from(graph.targets)).toEqual(Array.from(goldenArray('connectivities_indices').values));
    graph.weights.forEach((weight, at) => expect(Math.abs(weight - expected[at])).toBeLessThan(2e-5));
  });
});
