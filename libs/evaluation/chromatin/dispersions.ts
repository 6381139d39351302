/** How much features vary, beside others of the same mean. */
export interface Dispersions {
  /** ln(1 + mean). */
  readonly means: Float64Array;
  /** ln(variance / mean); NaN for a feature without variance. */
  readonly dispersions: Float64Array;
  /** Standardised within the bin of the mean; NaN where there is no dispersion, or all of its bin are the same. */
  readonly normalised: Float64Array;
}

const bins = 20;

/**
 * Dispersions by the `seurat` rule: features are cut into 20 bins of equal width by ln(1 + mean), and ln(variance / mean) is standardised inside
 * each; the only feature of a bin gets 1. Satija et al., Nature Biotechnology 33:495-502, 2015; https://scanpy.readthedocs.io
 * (`highly_variable_genes`, flavour `seurat`), whose values this reproduces.
 *
 * @param mean of each feature, NOT on a logarithmic scale
 * @param variance of each feature, ddof 1
 */
export function normalisedDispersions(mean: Float64Array, variance: Float64Array): Dispersions {
  const floored = mean.map((value) => (value === 0 ? 1e-12 : value));
  const dispersions = variance.map((value, j) => (value === 0 ? NaN : Math.log(value / floored[j])));
  const means = floored.map(Math.log1p);
  const binOf = equalWidthBins(means);
  const sums = new Float64Array(bins);
  const squares = new Float64Array(bins);
  const members = new Float64Array(bins);
  const known = Uint32Array.from(dispersions.keys()).filter((j) => !Number.isNaN(dispersions[j]));
  for (const j of known) {
    sums[binOf[j]] += dispersions[j];
    members[binOf[j]]++;
  }
  for (const j of known) squares[binOf[j]] += (dispersions[j] - sums[binOf[j]] / members[binOf[j]]) ** 2;
  const normalised = new Float64Array(mean.length).fill(NaN);
  for (const j of known) {
    const bin = binOf[j];
    const deviation = Math.sqrt(squares[bin] / (members[bin] - 1));
    if (members[bin] === 1) normalised[j] = 1;
    else if (deviation > 0) normalised[j] = (dispersions[j] - sums[bin] / members[bin]) / deviation;
  }
  return { means, dispersions, normalised };
}

/** Bin of each value: 20 of equal width from the least to the largest, closed on the right. */
function equalWidthBins(values: Float64Array): Uint8Array {
  let least = Infinity;
  let largest = -Infinity;
  for (const value of values) {
    least = Math.min(least, value);
    largest = Math.max(largest, value);
  }
  const width = (largest - least) / bins;
  const edges = Float64Array.from({ length: bins - 1 }, (_, b) => least + (b + 1) * width);
  return Uint8Array.from(values, (value) => {
    let bin = 0;
    while (bin < bins - 1 && value > edges[bin]) bin++;
    return bin;
  });
}

/** The `count` largest, as ascending columns; ties go to the earlier feature, features without a figure come last. */
export function mostDispersed({ normalised }: Dispersions, count: number): Uint32Array {
  const rank = (j: number): number => (Number.isNaN(normalised[j]) ? -Infinity : normalised[j]);
  return Uint32Array.from(normalised.keys())
    .sort((a, b) => (rank(a) === rank(b) ? a - b : rank(b) - rank(a)))
    .slice(0, count)
    .sort();
}
