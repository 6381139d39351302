import { randomKey, RandomStream } from '@cfgen/math';

/** What the cells of an atlas are drawn from. */
export interface ExpressionProfiles {
  /** Probability of each feature, for each label, state and batch; each sums to 1. */
  readonly probabilities: readonly (readonly (readonly Float64Array[])[])[];
  /** Median of the library sizes, counts a cell. */
  readonly medianLibrarySize: number;
}

export interface ProfileOptions {
  readonly features: number;
  readonly labels: number;
  readonly batches: number;
  /** Share of non-zeros to aim at, above 0 and below 1. */
  readonly density: number;
  readonly seed: number;
}

/** Two ends of a continuum inside each label: every cell is a mixture of them, which makes counts overdispersed. */
export const statesPerLabel = 2;

/** Standard deviation of the logarithm of the library size. */
export const librarySpread = 0.4;

const baselineSpread = 1.8;
const markerShare = 0.05;
const stateShare = 0.05;
const markerFold = 2;
const stateFold = 1;
const batchSpread = 0.15;

/** Log-normal abundances with markers for each label, a program for each state and a shift for each batch. */
export function expressionProfiles(options: ProfileOptions): ExpressionProfiles {
  const { features, labels, batches, density, seed } = options;
  const baseline = Float64Array.from({ length: features }, normals(seed, 'baseline', 0, baselineSpread));
  const shifts = Array.from({ length: batches }, (_, batch) =>
    Float64Array.from({ length: features }, normals(seed, 'batch', batch, batchSpread)),
  );
  const probabilities = Array.from({ length: labels }, (_, label) => {
    const markers = program(seed, 'label', label, features, markerShare, markerFold);
    return Array.from({ length: statesPerLabel }, (_, state) => {
      const active = program(seed, 'state', label * statesPerLabel + state, features, stateShare, stateFold);
      return shifts.map((shift) => normalised(baseline, markers, active, shift));
    });
  });
  return { probabilities, medianLibrarySize: librarySizeFor(density, probabilities.flat(2)) };
}

function normals(seed: number, purpose: string, row: number, spread: number): () => number {
  const stream = new RandomStream(randomKey(seed, `synthetic-atlas/${purpose}`), row);
  return () => spread * stream.normal();
}

/** Log fold change of each feature: positive for a random share of them, 0 for the rest. */
function program(seed: number, purpose: string, row: number, features: number, share: number, fold: number): Float64Array {
  const stream = new RandomStream(randomKey(seed, `synthetic-atlas/${purpose}`), row);
  return Float64Array.from({ length: features }, () => (stream.uniform() < share ? fold * (0.5 + Math.abs(stream.normal())) : 0));
}

function normalised(...logarithms: readonly Float64Array[]): Float64Array {
  const [first = new Float64Array(0)] = logarithms;
  const weights = first.map((_, feature) => Math.exp(logarithms.reduce((sum, part) => sum + (part[feature] ?? 0), 0)));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.map((weight) => weight / total);
}

/**
 * Median library size at which the expected share of non-zeros is `density`. For a Poisson count of mean m the chance of a
 * non-zero is 1 - exp(-m); library sizes are averaged over seven quantiles of their distribution.
 */
function librarySizeFor(density: number, profiles: readonly Float64Array[]): number {
  const quantiles = [-1.47, -0.79, -0.37, 0, 0.37, 0.79, 1.47].map((z) => Math.exp(librarySpread * z));
  const densityAt = (size: number): number => {
    let sum = 0;
    let terms = 0;
    for (const profile of profiles) {
      for (const quantile of quantiles) for (const probability of profile) sum -= Math.expm1(-size * quantile * probability);
      terms += profile.length * quantiles.length;
    }
    return sum / terms;
  };
  let [low, high] = [0, 1];
  while (densityAt(high) < density && high < 1e9) [low, high] = [high, high * 4];
  for (let step = 0; step < 30 && high - low > 0.01 * low; step += 1) {
    const middle = (low + high) / 2;
    if (densityAt(middle) < density) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}
