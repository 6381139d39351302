import type { DenseMatrix } from '@cfgen/math';
import { cellsByLabel, type CellSet } from '../cells/cell-set';
import { conditionalDistances, type ConditionalDistances, type DistanceIntervals } from '../distances/conditional-distances';
import { resampledDistances, setDistances, type ResampledDistance, type SetDistances } from '../distances/set-distances';
import { linearReplicates, type CellEffects, type Draws } from '../intervals/draws';
import { intervalAround } from '../intervals/interval';
import { underProtocol, type Protocol } from '../preprocessing/real-space';
import { distanceIds, rangeOfDistance } from './figures';
import type { SetScores } from './result';
import type { RealReference } from './real-reference';
import type { EvaluationSettings } from './settings';

interface DistanceScoring {
  readonly settings: EvaluationSettings;
  readonly step: (part: string) => Promise<void>;
  /** Keeps the draws of a figure. */
  readonly linear: (id: string, value: number | null, effects: CellEffects) => void;
  /** Absent when nothing is resampled. */
  readonly draws?: Draws;
}

/** Distances over all cells and label by label, under every protocol. */
export async function scoreDistances(
  real: RealReference,
  set: CellSet,
  centred: DenseMatrix,
  { settings, step, linear, draws }: DistanceScoring,
): Promise<Pick<SetScores, 'distances' | 'conditional'>> {
  const labelled = real.set.labels !== undefined && set.labels !== undefined;
  const realCells = cellsByLabel(real.set.labels);
  const setCells = cellsByLabel(set.labels);
  const distances: { [P in Protocol]?: SetDistances } = {};
  const conditional: { [P in Protocol]?: ConditionalDistances } = {};
  const intervalsOf = draws === undefined ? undefined : intervalsWith(draws);
  for (const protocol of settings.protocols) {
    await step(`distances, ${protocol}`);
    const projected = underProtocol(real.space, centred, protocol);
    const whole = setDistances(real.coordinates, projected, settings);
    distances[protocol] = whole.distances;
    for (const name of resampledDistances) linear(`${distanceIds[name]}.${protocol}`, whole.distances[name], whole.effects[name]);
    if (!labelled) continue;
    const byLabel = conditionalDistances(real.coordinates, projected, realCells, setCells, settings, intervalsOf);
    conditional[protocol] = byLabel.conditional;
    const { mean } = byLabel.conditional;
    for (const name of resampledDistances) linear(`${distanceIds[name]}.label.${protocol}`, mean?.[name] ?? null, byLabel.effects[name]);
  }
  return { distances, conditional: labelled ? conditional : null };
}

function intervalsWith(draws: Draws) {
  return (distances: SetDistances, effects: Readonly<Record<ResampledDistance, CellEffects>>): DistanceIntervals => {
    const interval = (name: ResampledDistance): DistanceIntervals[ResampledDistance] => {
      const value = distances[name];
      return value === null ? null : intervalAround(value, linearReplicates(value, effects[name], draws), rangeOfDistance(name));
    };
    return { mmd2: interval('mmd2'), mmd2Unbiased: interval('mmd2Unbiased'), w1: interval('w1'), w2: interval('w2') };
  };
}
