import { approximateNeighbours, nearestNeighbours, type DenseMatrix, type NearestNeighbours } from '@cfgen/math';

/** How neighbours are searched. */
export interface NeighbourOptions {
  /** `auto` (default): exact below {@link exactBelow} cells. */
  readonly neighbours?: NeighbourMethod;
  readonly seed?: number;
}

export type NeighbourMethod = 'exact' | 'approximate' | 'auto';

/** Cells from which on `auto` searches approximately: the exact search grows with their square. */
export const exactBelow = 50_000;

/** Neighbours of every cell, the cell itself first. */
export interface CellNeighbours {
  readonly neighbours: NearestNeighbours;
  readonly method: 'exact' | 'approximate';
  /** Share of the true neighbours that were found, measured on some cells; 1 for an exact search. */
  readonly recall: number;
  /** Cells on which the recall was measured; `null` for an exact search. */
  readonly recallCells: number | null;
}

/** The `k` nearest cells of every cell, the cell itself first at distance 0, then by distance. */
export function withSelf(x: DenseMatrix, k: number, { neighbours: wanted = 'auto', seed = 0 }: NeighbourOptions = {}): CellNeighbours {
  const method = wanted === 'auto' ? (x.rows < exactBelow ? 'exact' : 'approximate') : wanted;
  if (method === 'exact') {
    return {
      neighbours: putSelfFirst(nearestNeighbours(x, x, k - 1, { excludeSelf: true }), x.rows),
      method,
      recall: 1,
      recallCells: null,
    };
  }
  const { neighbours, recall, recallRows } = approximateNeighbours(x, k - 1, { seed });
  return { neighbours: putSelfFirst(neighbours, x.rows), method, recall, recallCells: recallRows };
}

/** The first `k` of each cell's neighbours. */
export function nearestOf({ k: all, indices, distances }: NearestNeighbours, k: number): NearestNeighbours {
  if (k >= all) return { k: all, indices, distances };
  const cells = indices.length / all;
  const kept: NearestNeighbours = { k, indices: new Int32Array(cells * k), distances: new Float64Array(cells * k) };
  for (let i = 0; i < cells; i++) {
    kept.indices.set(indices.subarray(i * all, i * all + k), i * k);
    kept.distances.set(distances.subarray(i * all, i * all + k), i * k);
  }
  return kept;
}

function putSelfFirst({ k, indices, distances }: NearestNeighbours, cells: number): NearestNeighbours {
  const wide: NearestNeighbours = { k: k + 1, indices: new Int32Array(cells * (k + 1)), distances: new Float64Array(cells * (k + 1)) };
  for (let i = 0; i < cells; i++) {
    wide.indices[i * (k + 1)] = i;
    wide.indices.set(indices.subarray(i * k, (i + 1) * k), i * (k + 1) + 1);
    wide.distances.set(distances.subarray(i * k, (i + 1) * k), i * (k + 1) + 1);
  }
  return wide;
}
