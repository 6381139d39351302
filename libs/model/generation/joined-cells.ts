import type { RealArray } from '@cfgen/compute';
import type { SparseRows } from '@cfgen/tensors';
import type { DecodedCells, DecodedCounts } from './decoded-cells';

/** Parts of consecutive cells as one; all have counts or all have means. At least one part. */
export function joinedCells(parts: readonly DecodedCells[]): DecodedCells {
  const [first] = parts;
  if (parts.length === 1) return first;
  const atac = parts.flatMap((part) => part.atac ?? []);
  return { ...joinedCounts(parts), ...(atac.length === 0 ? {} : { atac: joinedCounts(atac) }) };
}

function joinedCounts(parts: readonly DecodedCounts[]): DecodedCounts {
  const counts = parts.flatMap((part) => part.counts ?? []);
  const means = parts.flatMap((part) => part.means ?? []);
  return {
    counts: counts.length === 0 ? undefined : joinedRows(counts),
    means: means.length === 0 ? undefined : joinedNumbers(means),
  };
}

function joinedRows(parts: readonly SparseRows[]): SparseRows {
  const sum = (of: (part: SparseRows) => number): number => parts.reduce((total, part) => total + of(part), 0);
  const entriesOf = ({ indptr, rows }: SparseRows): number => indptr[rows];
  const [rows, entries] = [sum((part) => part.rows), sum(entriesOf)];
  const joined = { indptr: new Uint32Array(rows + 1), indices: new Uint32Array(entries), values: new Float32Array(entries) };
  let [row, at] = [0, 0];
  for (const part of parts) {
    joined.indices.set(part.indices.subarray(0, entriesOf(part)), at);
    joined.values.set(part.values.subarray(0, entriesOf(part)), at);
    for (let r = 1; r <= part.rows; r++) joined.indptr[row + r] = at + part.indptr[r];
    row += part.rows;
    at += entriesOf(part);
  }
  return { rows, columns: parts[0].columns, ...joined };
}

function joinedNumbers(parts: readonly RealArray[]): RealArray {
  const length = parts.reduce((total, part) => total + part.length, 0);
  const joined = parts[0] instanceof Float32Array ? new Float32Array(length) : new Float64Array(length);
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}
