import type { RandomStream } from '@cfgen/math';
import type { ModelSettings } from '../settings/model-settings';
import type { Attribute } from '../training/cells';
import { quantile } from './quantile';

/** How ln l is drawn for one group of cells (all of them, or one category). */
export interface SizeFactorGroup {
  /** Training cells of the group. */
  readonly cells: number;
  /** Mean and standard deviation (ddof 1, pooled over groups below 20 cells) of ln l. */
  readonly mean: number;
  readonly deviation: number;
  /** True where the pooled standard deviation stands in for the group's own. */
  readonly pooled: boolean;
  /** Smoothed bootstrap only: the ln l it draws from, and the bandwidth of its kernel. */
  readonly sample?: readonly number[] | undefined;
  readonly bandwidth?: number | undefined;
}

/** Prior of the size factor. `by`: index of the attribute whose category chooses the group; null: one group. */
export interface SizeFactorPrior {
  readonly kind: 'log-normal' | 'smoothed-bootstrap';
  readonly by: number | null;
  readonly groups: readonly SizeFactorGroup[];
}

/** Groups of fewer cells use the pooled standard deviation. */
const smallestGroup = 20;

/**
 * Fits the prior of ln l.
 *
 * Log-normal: mean and sd (ddof 1) of each group. Smoothed bootstrap: kernel density of each group with at least 20 cells, Gaussian
 * kernel of bandwidth h = 0.9 min(sd, IQR/1.34) n^-0.2; smaller groups stay log-normal with the pooled (within-group) sd.
 */
export function fitSizeFactors(
  sizeFactors: Float64Array,
  label: { attribute: Attribute; index: number } | undefined,
  settings: ModelSettings['priors']['sizeFactor'],
): SizeFactorPrior {
  const byLabel = settings.by === 'label' && label !== undefined;
  const samples: number[][] = Array.from({ length: byLabel ? label.attribute.categories.length : 1 }, () => []);
  sizeFactors.forEach((l, i) => samples[byLabel ? label.attribute.codes[i] : 0].push(Math.log(l)));
  const pooled = pooledDeviation(samples);
  return {
    kind: settings.kind,
    by: byLabel ? label.index : null,
    groups: samples.map((sample) => fitGroup(sample, pooled, settings.kind)),
  };
}

function fitGroup(sample: number[], pooled: number, kind: SizeFactorPrior['kind']): SizeFactorGroup {
  const n = sample.length;
  const mean = n > 0 ? sample.reduce((sum, x) => sum + x, 0) / n : 0;
  if (n < smallestGroup) return { cells: n, mean, deviation: pooled, pooled: true };
  const deviation = Math.sqrt(squaresAbout(sample, mean) / (n - 1));
  const group = { cells: n, mean, deviation, pooled: false };
  if (kind === 'log-normal') return group;
  const sorted = [...sample].sort((a, b) => a - b);
  const spread = (quantile(sorted, 0.75) - quantile(sorted, 0.25)) / 1.34;
  const narrow = spread > 0 ? Math.min(deviation, spread) : deviation;
  // float32 is far finer than the kernel, and keeps model.json small.
  return { ...group, sample: sorted.map((x) => Number(x.toPrecision(7))), bandwidth: 0.9 * narrow * n ** -0.2 };
}

/** Within-group sd over all groups; with single cells only, the sd over all cells. */
function pooledDeviation(samples: readonly number[][]): number {
  let squares = 0;
  let freedom = 0;
  for (const sample of samples) {
    if (sample.length < 2) continue;
    squares += squaresAbout(sample, sample.reduce((sum, x) => sum + x, 0) / sample.length);
    freedom += sample.length - 1;
  }
  if (freedom > 0) return Math.sqrt(squares / freedom);
  const all = samples.flat();
  const mean = all.reduce((sum, x) => sum + x, 0) / Math.max(1, all.length);
  return all.length > 1 ? Math.sqrt(squaresAbout(all, mean) / (all.length - 1)) : 0;
}

function squaresAbout(sample: readonly number[], mean: number): number {
  return sample.reduce((sum, x) => sum + (x - mean) ** 2, 0);
}

/**
 * One draw of l for a cell of the given categories. The bootstrap picks a training cell of the group, adds kernel noise and shrinks
 * towards the mean so that the variance stays that of the sample: ln l = mean + (x - mean + h e)/sqrt(1 + h²/sd²).
 *
 * @param logSize ln l of the training cell that was picked otherwise, with its covariates
 */
export function drawSizeFactor(prior: SizeFactorPrior, codes: readonly number[], random: RandomStream, logSize?: number): number {
  const group = prior.groups[prior.by === null ? 0 : codes[prior.by]];
  // Both draws are always taken, so that the cell's later draws never depend on its group.
  const place = random.uniform();
  const noise = random.normal();
  const { mean, deviation, sample, bandwidth } = group;
  if (sample === undefined || bandwidth === undefined || !(deviation > 0)) return Math.exp(mean + deviation * noise);
  const picked = logSize ?? sample[Math.min(sample.length - 1, Math.floor(place * sample.length))];
  return Math.exp(mean + (picked - mean + bandwidth * noise) / Math.sqrt(1 + (bandwidth / deviation) ** 2));
}
