import { gatherRows, type DenseMatrix } from '@cfgen/math';
import type { Interval } from '../intervals/interval';
import type { CellEffects } from '../intervals/draws';
import { resampledDistances, setDistances, type DistanceLimits, type ResampledDistance, type SetDistances } from './set-distances';

/** 95 % intervals of the distances; `null` where there is none. */
export type DistanceIntervals = Readonly<Record<ResampledDistance, Interval | null>>;

/** Distances inside one label. */
export interface LabelDistances extends SetDistances {
  readonly label: string;
  readonly realCells: number;
  readonly generatedCells: number;
  /** Absent when nothing was resampled. */
  readonly intervals?: DistanceIntervals;
}

/** A label without a score, and why. */
export interface SkippedLabel {
  readonly label: string;
  readonly realCells: number;
  readonly generatedCells: number;
  readonly reason: string;
}

/** Distances label by label and their unweighted means. */
export interface ConditionalDistances {
  /** Plain means over the scored labels; `null` when no label could be scored. */
  readonly mean: { readonly mmd2: number; readonly mmd2Unbiased: number; readonly w1: number; readonly w2: number } | null;
  readonly labels: readonly LabelDistances[];
  readonly skipped: readonly SkippedLabel[];
}

/** Gives the intervals of a label's distances from the effects of its cells, over all cells of both sides. */
export type IntervalsOfLabel = (distances: SetDistances, effects: Readonly<Record<ResampledDistance, CellEffects>>) => DistanceIntervals;

/** Distances label by label, and what each cell adds to their means. */
export interface ConditionalAndEffects {
  readonly conditional: ConditionalDistances;
  readonly effects: Readonly<Record<ResampledDistance, CellEffects>>;
}

/**
 * Scores every label that has more than one real and more than one generated cell, then takes the plain mean over labels.
 *
 * @param realCells rows of `real` by label; `generatedCells` likewise
 * @param intervalsOf left out: labels have no intervals
 */
export function conditionalDistances(
  real: DenseMatrix,
  generated: DenseMatrix,
  realCells: ReadonlyMap<string, Uint32Array>,
  generatedCells: ReadonlyMap<string, Uint32Array>,
  limits: DistanceLimits,
  intervalsOf?: IntervalsOfLabel,
): ConditionalAndEffects {
  const labels: LabelDistances[] = [];
  const skipped: SkippedLabel[] = [];
  const total = eachDistance(() => noEffects(real.rows, generated.rows));
  for (const label of [...new Set([...realCells.keys(), ...generatedCells.keys()])].sort()) {
    const ofReal = realCells.get(label) ?? new Uint32Array();
    const ofGenerated = generatedCells.get(label) ?? new Uint32Array();
    const counts = { label, realCells: ofReal.length, generatedCells: ofGenerated.length };
    if (ofReal.length > 1 && ofGenerated.length > 1) {
      const { distances, effects } = setDistances(gatherRows(real, ofReal), gatherRows(generated, ofGenerated), limits);
      const spread = eachDistance((name) => {
        const onAll = noEffects(real.rows, generated.rows);
        ofReal.forEach((row, at) => (onAll.real[row] = effects[name].real[at]));
        ofGenerated.forEach((row, at) => (onAll.set[row] = effects[name].set[at]));
        ofReal.forEach((row, at) => (total[name].real[row] += effects[name].real[at]));
        ofGenerated.forEach((row, at) => (total[name].set[row] += effects[name].set[at]));
        return onAll;
      });
      labels.push({ ...counts, ...distances, ...(intervalsOf === undefined ? {} : { intervals: intervalsOf(distances, spread) }) });
    } else {
      skipped.push({
        ...counts,
        reason: `needs more than one real and one generated cell, has ${ofReal.length} and ${ofGenerated.length}`,
      });
    }
  }
  const share = (values: Float64Array): Float64Array => values.map((value) => value / Math.max(1, labels.length));
  const effects = eachDistance((name) => ({ real: share(total[name].real), set: share(total[name].set) }));
  return { conditional: { mean: meanOf(labels), labels, skipped }, effects };
}

function eachDistance<T>(value: (name: ResampledDistance) => T): Record<ResampledDistance, T> {
  return Object.fromEntries(resampledDistances.map((name) => [name, value(name)])) as Record<ResampledDistance, T>;
}

function noEffects(real: number, set: number): CellEffects {
  return { real: new Float64Array(real), set: new Float64Array(set) };
}

function meanOf(labels: readonly LabelDistances[]): ConditionalDistances['mean'] {
  if (labels.length === 0) return null;
  const mean = (value: (label: LabelDistances) => number): number => labels.reduce((sum, label) => sum + value(label), 0) / labels.length;
  return {
    mmd2: mean((label) => label.mmd2),
    // A scored label has at least two cells on each side, so its unbiased form exists.
    mmd2Unbiased: mean((label) => label.mmd2Unbiased ?? 0),
    w1: mean((label) => label.w1),
    w2: mean((label) => label.w2),
  };
}
