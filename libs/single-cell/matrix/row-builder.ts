import type { SparseRows } from '@cfgen/tensors';
import type { Numbers } from '../hdf5/decoding';

/** A column index that no feature has; the caller knows the file and the part to name. */
export class BadColumnIndex extends Error {
  readonly row: number;
  readonly index: number;
  constructor(row: number, index: number) {
    super(`column index ${index} in row ${row}`);
    this.name = 'BadColumnIndex';
    this.row = row;
    this.index = index;
  }
}

/** Builds `SparseRows` row by row: sorts columns, adds up repeated ones, drops zeros. */
export class RowBuilder {
  readonly #rows: number;
  readonly #columns: number;
  readonly #indptr: Uint32Array;
  #indices: Uint32Array;
  #values: Float32Array;
  #row = 0;
  #length = 0;

  constructor(rows: number, columns: number, capacity: number) {
    this.#rows = rows;
    this.#columns = columns;
    this.#indptr = new Uint32Array(rows + 1);
    this.#indices = new Uint32Array(capacity);
    this.#values = new Float32Array(capacity);
  }

  /** The next row: entries `from .. to` of the two arrays, in any order, repeats allowed. */
  addRow(columns: Numbers, values: Numbers, from: number, to: number): void {
    this.#reserve(to - from);
    const begin = this.#length;
    let at = begin;
    let previous = -1;
    let ascending = true;
    for (let entry = from; entry < to; entry++) {
      const column = columns[entry];
      if (!(column >= 0 && column < this.#columns)) throw new BadColumnIndex(this.#row, column);
      if (column <= previous) ascending = false;
      previous = column;
      this.#indices[at] = column;
      this.#values[at] = values[entry];
      at++;
    }
    if (!ascending) at = mergeUnordered(this.#indices, this.#values, begin, at);
    this.#length = dropZeros(this.#indices, this.#values, begin, at);
    this.#indptr[++this.#row] = this.#length;
  }

  /** The next row, given densely. */
  addDenseRow(values: Numbers, from: number): void {
    this.#reserve(this.#columns);
    let at = this.#length;
    for (let column = 0; column < this.#columns; column++) {
      const value = values[from + column];
      if (value === 0) continue;
      this.#indices[at] = column;
      this.#values[at] = value;
      at++;
    }
    this.#length = at;
    this.#indptr[++this.#row] = at;
  }

  finish(): SparseRows {
    return {
      rows: this.#rows,
      columns: this.#columns,
      indptr: this.#indptr,
      indices: this.#indices.subarray(0, this.#length),
      values: this.#values.subarray(0, this.#length),
    };
  }

  #reserve(entries: number): void {
    const needed = this.#length + entries;
    if (needed <= this.#indices.length) return;
    const capacity = Math.max(needed, Math.ceil(this.#indices.length * 1.5));
    const indices = new Uint32Array(capacity);
    indices.set(this.#indices.subarray(0, this.#length));
    const values = new Float32Array(capacity);
    values.set(this.#values.subarray(0, this.#length));
    this.#indices = indices;
    this.#values = values;
  }
}

/** Sorts entries `begin .. end` by column and adds up repeats (in float64). Returns the new end. */
function mergeUnordered(indices: Uint32Array, values: Float32Array, begin: number, end: number): number {
  const order = Array.from({ length: end - begin }, (_, i) => begin + i).sort((a, b) => indices[a] - indices[b] || a - b);
  const sortedColumns = order.map((entry) => indices[entry]);
  const sortedValues = order.map((entry) => values[entry]);
  let at = begin - 1;
  let sum = 0;
  for (const [i, column] of sortedColumns.entries()) {
    if (at >= begin && indices[at] === column) {
      sum += sortedValues[i];
    } else {
      at++;
      indices[at] = column;
      sum = sortedValues[i];
    }
    values[at] = sum;
  }
  return at + 1;
}

/** Moves entries that are not zero together (NaN stays). Returns the new end. */
function dropZeros(indices: Uint32Array, values: Float32Array, begin: number, end: number): number {
  let at = begin;
  for (let entry = begin; entry < end; entry++) {
    if (values[entry] === 0) continue;
    indices[at] = indices[entry];
    values[at] = values[entry];
    at++;
  }
  return at;
}
