import { randomKey, type DenseMatrix } from '@cfgen/math';
import { labelNames, type CellSet } from '../cells/cell-set';
import { subsample } from '../distances/subsample';
import type { RealReference } from '../evaluation/real-reference';
import type { ScoredSet } from '../evaluation/score-set';
import type { EvaluationSettings } from '../evaluation/settings';
import type { NearestTrainingDistances } from '../privacy/audit';
import type { ExpressionProfile } from '../realism/expression-profile';
import { gatherRows } from '@cfgen/math';
import { umapOfBoth } from './umap';

/** Points of one set in one map. */
export interface MapPoints {
  /** x and y of each cell: `labels.length` x 2. */
  readonly points: DenseMatrix;
  /** Label of each cell; `undefined` where it has none. */
  readonly labels: readonly (string | undefined)[];
}

/** What the plots of a report are drawn from. */
export interface PlotData {
  /** Real and generated cells on the first two components, and on a UMAP of both together; absent when no maps are wanted. */
  readonly maps?: {
    readonly pca: { readonly real: MapPoints; readonly generated: MapPoints };
    readonly umap: { readonly real: MapPoints; readonly generated: MapPoints };
  };
  readonly real: ExpressionProfile;
  /** The first generated set. */
  readonly generated: ExpressionProfile;
  /** Absent without a privacy audit. */
  readonly privacy?: NearestTrainingDistances;
}

/** Gathers the plots' data of the real cells and of one generated set. */
export async function plotData(real: RealReference, set: CellSet, scored: ScoredSet, settings: EvaluationSettings): Promise<PlotData> {
  const profiles = { real: real.profile, generated: scored.profile };
  if (settings.mapCells === 0) return profiles;
  const key = randomKey(settings.seed, 'evaluation/maps');
  const shown = [real.coordinates, scored.coordinates].map((all, at) => {
    const rows = subsample(all.rows, settings.mapCells, key, at);
    const names = at === 0 ? real.set.labels : set.labels;
    const labels = names === undefined ? undefined : labelNames(names);
    return { coordinates: gatherRows(all, rows), labels: Array.from(rows, (row) => labels?.[row]) };
  });
  const [ofReal, ofGenerated] = shown;
  const umap = await umapOfBoth(ofReal.coordinates, ofGenerated.coordinates, settings.seed);
  return {
    ...profiles,
    maps: {
      pca: {
        real: { points: firstTwo(ofReal.coordinates), labels: ofReal.labels },
        generated: { points: firstTwo(ofGenerated.coordinates), labels: ofGenerated.labels },
      },
      umap: {
        real: { points: umap.real, labels: ofReal.labels },
        generated: { points: umap.generated, labels: ofGenerated.labels },
      },
    },
  };
}

function firstTwo(matrix: DenseMatrix): DenseMatrix {
  const second = matrix.columns > 1 ? 1 : 0;
  const values = new Float64Array(matrix.rows * 2);
  for (let i = 0; i < matrix.rows; i++) {
    values[2 * i] = matrix.values[i * matrix.columns];
    values[2 * i + 1] = matrix.values[i * matrix.columns + second];
  }
  return { rows: matrix.rows, columns: 2, values };
}
