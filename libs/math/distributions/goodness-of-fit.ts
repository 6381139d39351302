import { regularisedGammaQ } from '../special/incomplete-gamma';

/**
 * Pearson's chi-square test that counts come from given probabilities: the p-value, small when they do not.
 * Neighbouring bins are pooled until each is expected to hold at least `minExpected`; what the probabilities lack to 1 is one more bin.
 *
 * @param observed how often each outcome was seen; outcomes past the end of `probabilities` belong to the last, open bin
 * @param probabilities of the outcomes 0, 1, ...
 */
export function chiSquarePValue(observed: ArrayLike<number>, probabilities: ArrayLike<number>, minExpected = 10): number {
  let total = 0;
  for (let i = 0; i < observed.length; i++) total += observed[i];
  let statistic = 0;
  let bins = 0;
  let seen = 0;
  let expected = 0;
  let seenBefore = 0;
  let probabilityBefore = 0;
  for (let i = 0; i < probabilities.length; i++) {
    seen += observed[i] ?? 0;
    expected += probabilities[i] * total;
    const left = (1 - probabilityBefore) * total - expected;
    if (expected >= minExpected && left >= minExpected) {
      statistic += (seen - expected) ** 2 / expected;
      bins++;
      seenBefore += seen;
      probabilityBefore += expected / total;
      seen = 0;
      expected = 0;
    }
  }
  const lastExpected = (1 - probabilityBefore) * total;
  statistic += (total - seenBefore - lastExpected) ** 2 / lastExpected;
  if (bins === 0) throw new RangeError(`chi-square needs two bins with ${minExpected} expected in each of ${total} draws`);
  return regularisedGammaQ(bins / 2, statistic / 2);
}

/**
 * The Kolmogorov-Smirnov test that a sample comes from a continuous distribution: the asymptotic p-value (good from about 35 draws on),
 * small when it does not.
 *
 * @param sample sorted in place
 */
export function kolmogorovSmirnovPValue(sample: Float64Array, cdf: (x: number) => number): number {
  sample.sort();
  const n = sample.length;
  let distance = 0;
  for (let i = 0; i < n; i++) {
    const expected = cdf(sample[i]);
    distance = Math.max(distance, expected - i / n, (i + 1) / n - expected);
  }
  const lambda = (Math.sqrt(n) + 0.12 + 0.11 / Math.sqrt(n)) * distance;
  if (lambda < 0.2) return 1;
  let sum = 0;
  for (let j = 1; j <= 100; j++) sum += (j % 2 === 1 ? 2 : -2) * Math.exp(-2 * j * j * lambda * lambda);
  return Math.min(1, Math.max(0, sum));
}
