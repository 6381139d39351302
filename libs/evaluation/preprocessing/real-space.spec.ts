import { describe, expect, it } from 'vitest';
import { countsOf, golden, goldenCounts, goldenMatrix } from '../fixtures/golden';
import { geneVariability, highlyVariableGenes } from './highly-variable-genes';
import { logNormalised } from './log-normalise';
import { coordinates, fitRealSpace, underProtocol } from './real-space';

const names = (columns: Iterable<number>): (string | undefined)[] => Array.from(columns, (column) => golden.genes[column]);

describe('highly variable genes (seurat_v3)', () => {
  it('have the normalised variances that scanpy computes', () => {
    const { normalisedVariances } = geneVariability(goldenCounts('real_counts'));
    golden.seurat_v3.variancesNorm.forEach((value, gene) => expect(normalisedVariances[gene]).toBeCloseTo(value, 10));
  });

  it('are the genes that scanpy selects', () => {
    expect(new Set(names(highlyVariableGenes(goldenCounts('real_counts'), 200)))).toEqual(new Set(golden.seurat_v3.selected));
  });

  it('are all genes when there are no more than wanted', () => {
    expect(Array.from(highlyVariableGenes(countsOf({ rows: 2, columns: 3, values: Float64Array.of(1, 0, 2, 1, 0, 3) }), 3))).toEqual([
      0, 1, 2,
    ]);
  });
});

describe('log-normalised expression', () => {
  const counts = countsOf({ rows: 3, columns: 3, values: Float64Array.of(1, 0, 3, 0, 0, 0, 2, 2, 4) });

  it('scales each cell to 10,000 over all genes before genes are chosen', () => {
    const matrix = logNormalised(counts, [2, 0]);
    expect(matrix.values[0]).toBeCloseTo(Math.log(1 + 7500), 14);
    expect(matrix.values[1]).toBeCloseTo(Math.log(1 + 2500), 14);
    expect(matrix.values[4]).toBeCloseTo(Math.log(1 + 5000), 14);
  });

  it('leaves a cell without counts at zero', () => {
    expect(Array.from(logNormalised(counts, [0, 1, 2], Uint32Array.of(1)).values)).toEqual([0, 0, 0]);
  });
});

describe('the PCA space of the real cells', () => {
  const space = fitRealSpace(goldenCounts('real_counts', 200), 300, 30);

  it('has the genes, variances and offset of the reference', () => {
    expect(names(space.genes)).toEqual(golden.distances.hvg);
    golden.distances.pca_variance.forEach((value, k) => expect(space.components.variances[k]).toBeCloseTo(value, 10));
    expect(space.components.totalVariance).toBeCloseTo(golden.distances.pca_variance_sum_all_genes, 9);
    expect(Math.hypot(...space.offset)).toBeCloseTo(golden.distances.norm_of_projected_mean, 10);
  });

  it('places real and generated cells where the reference does, under both protocols, up to the sign of a component', () => {
    const generated = coordinates(space, goldenCounts('generated_counts'));
    const pairs = [
      [space.components.scores, goldenMatrix('real_pca')],
      [underProtocol(space, generated, 'paper'), goldenMatrix('generated_pca_paper')],
      [underProtocol(space, generated, 'centred'), goldenMatrix('generated_pca_centred')],
    ] as const;
    for (const [found, expected] of pairs) {
      expect(found.values).toHaveLength(expected.values.length);
      for (let k = 0; k < 30; k++) {
        const inner = found.values.reduce((sum, value, at) => (at % 30 === k ? sum + value * expected.values[at] : sum), 0);
        const sign = Math.sign(inner);
        for (let at = k; at < found.values.length; at += 30) expect(sign * found.values[at]).toBeCloseTo(expected.values[at], 4);
      }
    }
  });
});
