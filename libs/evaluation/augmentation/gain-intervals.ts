import { RandomStream, randomKey } from '@cfgen/math';
import { pearson, spearman } from '../statistics/correlation';
import type { Estimate } from './result';
import { mean } from '../statistics/averages';

/** Whether each held-out cell of a label was recalled: before, and its share of replicates after. */
export interface LabelOutcome {
  readonly frequency: number;
  readonly before: Float64Array;
  readonly after: Float64Array;
}

export interface GainIntervals {
  /** In the order of the labels. */
  readonly gains: readonly Estimate[];
  readonly macro: Estimate;
  readonly pearson: Estimate;
  readonly spearman: Estimate;
}

/**
 * Gains of recall, and their correlation with the frequency of the label, with 95 % percentile intervals over draws of the held-out cells
 * with replacement within each label. Replicates are averaged before: the intervals speak of other held-out cells, not of other models.
 */
export function gainIntervals(labels: readonly LabelOutcome[], draws: number, seed: number): GainIntervals {
  const frequencies = Float64Array.from(labels, ({ frequency }) => frequency);
  const differences = labels.map(({ before, after }) => after.map((value, i) => value - before[i]));
  const gains = Float64Array.from(differences, mean);
  const drawn = labels.map(() => new Float64Array(draws));
  const macros = new Float64Array(draws);
  const pearsons: number[] = [];
  const spearmans: number[] = [];
  const key = randomKey(seed, 'augmentation/intervals');
  for (let draw = 0; draw < draws; draw++) {
    const random = new RandomStream(key, draw);
    const ofLabels = Float64Array.from(differences, (cells) => resampledMean(cells, random));
    ofLabels.forEach((gain, k) => (drawn[k][draw] = gain));
    macros[draw] = mean(ofLabels);
    const [linear, ranked] = [pearson(ofLabels, frequencies), spearman(ofLabels, frequencies)];
    if (linear !== null) pearsons.push(linear);
    if (ranked !== null) spearmans.push(ranked);
  }
  return {
    gains: labels.map((_, k) => estimate(gains[k], drawn[k])),
    macro: estimate(mean(gains), macros),
    pearson: estimate(pearson(gains, frequencies), Float64Array.from(pearsons)),
    spearman: estimate(spearman(gains, frequencies), Float64Array.from(spearmans)),
  };
}

function resampledMean(values: Float64Array, random: RandomStream): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[random.below(values.length)];
  return sum / values.length;
}

function estimate(value: number | null, drawn: Float64Array): Estimate {
  if (value === null || drawn.length === 0) return { value, low: null, high: null };
  const sorted = drawn.toSorted();
  return { value, low: quantile(sorted, 0.025), high: quantile(sorted, 0.975) };
}

/** Linear interpolation between order statistics. */
function quantile(sorted: Float64Array, q: number): number {
  const place = q * (sorted.length - 1);
  const low = Math.floor(place);
  return sorted[low] + (place - low) * (sorted[Math.min(low + 1, sorted.length - 1)] - sorted[low]);
}
