import { describe, expect, it } from 'vitest';
import { wassersteinOnLine } from '../distances/wasserstein';
import { countsOf, golden, goldenCounts } from '../fixtures/golden';
import { logNormalised } from '../preprocessing/log-normalise';
import { ranks, spearman } from '../statistics/correlation';
import { expressionProfile, type ExpressionProfile } from './expression-profile';
import { realism } from './realism';

/** Profile of some genes only, normalised over all. */
function profileOf(counts: ReturnType<typeof goldenCounts>, genes: readonly number[]): ExpressionProfile {
  const whole = expressionProfile(counts);
  const matrix = logNormalised(counts, genes);
  const pick = (values: Float64Array): Float64Array => Float64Array.from(genes, (gene) => values[gene]);
  const zeroGenes = new Float64Array(counts.rows);
  matrix.values.forEach((value, at) => (zeroGenes[Math.floor(at / genes.length)] += value === 0 ? 1 : 0));
  return {
    ...whole,
    zeroGenes,
    geneMeans: pick(whole.geneMeans),
    geneVariances: pick(whole.geneVariances),
    zeroFractions: pick(whole.zeroFractions),
  };
}

describe('realism', () => {
  it('equals the reference on the selected genes', () => {
    const genes = golden.distances.hvg.map((name) => golden.genes.indexOf(name));
    const found = realism(profileOf(goldenCounts('real_counts', 200), genes), profileOf(goldenCounts('generated_counts'), genes));
    const expected = golden.distances.realism;
    expect(found.sparsityW1).toBeCloseTo(expected['sparsity_W1'] ?? NaN, 10);
    expect(found.geneMeanSpearman).toBeCloseTo(expected['spearman_gene_mean'] ?? NaN, 10);
    // Genes with equal variances: NumPy's rounding orders some of them, which moves the reference by 1e-5.
    expect(found.geneVarianceSpearman).toBeCloseTo(expected['spearman_gene_variance'] ?? NaN, 4);
    expect(found.meanZeroFractionDifference).toBeCloseTo(expected['mean_abs_delta_zero_fraction'] ?? NaN, 12);
  });

  it('is perfect for a set beside itself', () => {
    const profile = expressionProfile(goldenCounts('real_counts'));
    expect(realism(profile, profile)).toMatchObject({
      geneMeanSpearman: expect.closeTo(1, 12) as number,
      sparsityW1: 0,
      meanZeroFractionDifference: 0,
      librarySizeW1: 0,
    });
  });

  it('gives means and variances per gene and totals and zeros per cell', () => {
    const profile = expressionProfile(countsOf({ rows: 2, columns: 3, values: Float64Array.of(1, 0, 1, 0, 0, 4) }));
    const [a, b] = [Math.log1p(5000), Math.log1p(10000)];
    expect(profile.geneMeans[0]).toBeCloseTo(a / 2, 12);
    expect(profile.geneVariances[2]).toBeCloseTo((b - a) ** 2 / 2, 12);
    expect(Array.from(profile.zeroFractions)).toEqual([0.5, 1, 0]);
    expect(Array.from(profile.zeroGenes)).toEqual([1, 2]);
    expect(Array.from(profile.totals)).toEqual([2, 4]);
    expect(profile.largestCount).toBe(4);
  });
});

describe('rank correlation', () => {
  it('shares ranks among ties and has no value for constants', () => {
    expect(Array.from(ranks(Float64Array.of(3, 1, 3, 2)))).toEqual([3.5, 1, 3.5, 2]);
    expect(spearman(Float64Array.of(1, 2, 3), Float64Array.of(10, 100, 1000))).toBeCloseTo(1, 14);
    expect(spearman(Float64Array.of(1, 2, 3), Float64Array.of(5, 5, 5))).toBeNull();
  });

  it('leaves a distance on the line where it was when both sides move', () => {
    expect(wassersteinOnLine(Float64Array.of(1, 5), Float64Array.of(2, 9))).toBeCloseTo(
      wassersteinOnLine(Float64Array.of(11, 15), Float64Array.of(12, 19)),
      12,
    );
  });
});
