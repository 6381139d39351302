import type { SparseRows } from '@cfgen/tensors';

/** Collects draws row by row: `draw(row, feature)` for every feature in order, of which the non-zeros are kept. */
export function drawRows(
  rows: number,
  features: number,
  startRow: (row: number) => void,
  draw: (row: number, feature: number) => number,
): SparseRows {
  const indptr = new Uint32Array(rows + 1);
  const indices: number[] = [];
  const values: number[] = [];
  for (let r = 0; r < rows; r++) {
    startRow(r);
    for (let f = 0; f < features; f++) {
      const value = draw(r, f);
      if (value === 0) continue;
      indices.push(f);
      values.push(value);
    }
    indptr[r + 1] = indices.length;
  }
  return { rows, columns: features, indptr, indices: Uint32Array.from(indices), values: Float32Array.from(values) };
}
