import { randomKey, RandomStream } from '@cfgen/math';

/** What the cells of an atlas are drawn from. */
export interface ExpressionProfiles {
  /** Probability of each feature, for each label, state and batch; each sums to 1. */
  readonly probabilities: readonly (readonly (readonly Float64Array[])[])[];
  /** Variance over mean of the counts of each feature in cells that expect the same, F > 1 [features]. */
  readonly fanoFactors: Float64Array;
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

/** Two ends of a continuum inside each label: every cell is a mixture of them. */
export const statesPerLabel = 2;

/** Standard deviation of the logarithm of the library size. */
export const librarySpread = 0.4;

const baselineSpread = 1.8;
const markerShare = 0.05;
const stateShare = 0.05;
const markerFold = 2;
const stateFold = 1;
const batchSpread = 0.15;
/** Inverse dispersions theta are log-normal about this. */
const typicalTheta = 3;
const thetaSpread = 0.5;
/** So many profiles say well enough how dense an atlas of all of them is. */
const mostProfilesAveraged = 8;

/**
 * Log-normal abundances with markers for each label, a program for each state and a shift for each batch. A gene of mean m in a typical
 * cell has there the variance m + m^2 / theta of a negative binomial.
 */
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
  const deviation = normals(seed, 'theta', 0, thetaSpread);
  // Excess of the Fano factor over 1 for each count of the typical library size.
  const excess = normalised(baseline).map((share) => share / (typicalTheta * Math.exp(deviation())));
  const medianLibrarySize = librarySizeFor(density, evenlySpaced(probabilities.flat(2), mostProfilesAveraged), excess);
  return { probabilities, medianLibrarySize, fanoFactors: excess.map((each) => 1 + medianLibrarySize * each) };
}

/**
 * A negative binomial of mean m and Fano factor F is a Poisson number of events, each of one or more counts (logarithmic with
 * p = 1 - 1/F): the mean number of events for each expected count, ln F / (F - 1).
 */
export function eventsPerCount(fanoFactor: number): number {
  const excess = fanoFactor - 1;
  return excess < 1e-9 ? 1 : Math.log1p(excess) / excess;
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

function evenlySpaced<Item>(items: readonly Item[], most: number): Item[] {
  const count = Math.min(most, items.length);
  return Array.from({ length: count }, (_, at) => items[Math.floor((at * items.length) / count)] as Item);
}

/**
 * Median library size at which the expected share of non-zeros is `density`. A count of mean m is above zero with chance
 * 1 - exp(-m ln F / (F - 1)); library sizes are averaged over seven quantiles of their distribution.
 */
function librarySizeFor(density: number, profiles: readonly Float64Array[], excess: Float64Array): number {
  const quantiles = [-1.47, -0.79, -0.37, 0, 0.37, 0.79, 1.47].map((z) => Math.exp(librarySpread * z));
  const densityAt = (size: number): number => {
    const events = excess.map((each) => size * eventsPerCount(1 + size * each));
    let sum = 0;
    let terms = 0;
    for (const profile of profiles) {
      for (const quantile of quantiles) {
        for (let feature = 0; feature < profile.length; feature += 1)
          sum -= Math.expm1(-quantile * (events[feature] ?? 0) * (profile[feature] ?? 0));
      }
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
