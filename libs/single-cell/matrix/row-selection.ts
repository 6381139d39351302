import type { SparseRows } from '@cfgen/tensors';
import type { WorkingRoom } from '../temporary/working-room';
import { RowStore, type EntryBatch } from './row-store';
import type { StoredMatrix } from './stored-matrix';

/**
 * Some rows of a matrix, in the order given. Ascending rows are read as they are asked for; any other order is made once, in memory or in a
 * temporary file (see `RowStore`), when the first row is asked for.
 * @param rows each at most once
 */
export function selectMatrixRows(whole: StoredMatrix, rows: Uint32Array, room: WorkingRoom): StoredMatrix {
  const ascending = rows.every((row, i) => i === 0 || row > rows[i - 1]);
  if (ascending && rows.length === whole.rows) return whole;
  return ascending ? new AscendingRows(whole, rows) : new ReorderedRows(whole, rows, room);
}

class AscendingRows implements StoredMatrix {
  readonly #whole: StoredMatrix;
  readonly #rows: Uint32Array;

  constructor(whole: StoredMatrix, rows: Uint32Array) {
    this.#whole = whole;
    this.#rows = rows;
  }

  get where(): string {
    return this.#whole.where;
  }
  get layout(): StoredMatrix['layout'] {
    return this.#whole.layout;
  }
  get rows(): number {
    return this.#rows.length;
  }
  get columns(): number {
    return this.#whole.columns;
  }
  get storedEntries(): number {
    return this.#whole.storedEntries;
  }

  readRows(start: number, end: number): SparseRows {
    if (end <= start) return emptyRows(this.columns);
    const first = this.#rows[start];
    return pickRows(this.#whole.readRows(first, this.#rows[end - 1] + 1), this.#rows.subarray(start, end), first);
  }

  blockEnd(start: number, memory: number): number {
    // What lies between the rows is read with them.
    const last = this.#whole.blockEnd(this.#rows[start], memory);
    let end = start + 1;
    while (end < this.#rows.length && this.#rows[end] < last) end++;
    return end;
  }

  close(): void {
    this.#whole.close();
  }
}

class ReorderedRows implements StoredMatrix {
  readonly layout = 'csc';
  readonly #whole: StoredMatrix;
  readonly #rows: Uint32Array;
  readonly #room: WorkingRoom;
  #store: RowStore | undefined;

  constructor(whole: StoredMatrix, rows: Uint32Array, room: WorkingRoom) {
    this.#whole = whole;
    this.#rows = rows;
    this.#room = room;
  }

  get where(): string {
    return this.#whole.where;
  }
  get rows(): number {
    return this.#rows.length;
  }
  get columns(): number {
    return this.#whole.columns;
  }
  get storedEntries(): number {
    return this.#whole.storedEntries;
  }

  readRows(start: number, end: number): SparseRows {
    return this.#rowStore().readRows(start, end);
  }

  blockEnd(start: number, memory: number): number {
    return this.#rowStore().blockEnd(start, memory);
  }

  close(): void {
    this.#store?.close();
    this.#store = undefined;
    this.#whole.close();
  }

  #rowStore(): RowStore {
    this.#store ??= this.#reorder();
    return this.#store;
  }

  #reorder(): RowStore {
    const target = new Int32Array(this.#whole.rows).fill(-1);
    for (const [i, row] of this.#rows.entries()) target[row] = i;
    const perRow = new Uint32Array(this.#rows.length);
    for (const { start, rows } of this.#blocks()) {
      for (let row = 0; row < rows.rows; row++) {
        if (target[start + row] >= 0) perRow[target[start + row]] = rows.indptr[row + 1] - rows.indptr[row];
      }
    }
    return new RowStore(perRow, this.columns, this.#entries(target), this.#room);
  }

  *#entries(target: Int32Array): Generator<EntryBatch> {
    for (const { start, rows } of this.#blocks()) {
      const kept = Uint32Array.from({ length: rows.rows }, (_, row) => start + row).filter((row) => target[row] >= 0);
      const block = pickRows(rows, kept, start);
      const rowOf = new Uint32Array(block.indptr[block.rows]);
      for (const [i, row] of kept.entries()) rowOf.fill(target[row], block.indptr[i], block.indptr[i + 1]);
      yield { rows: rowOf, columns: block.indices, values: block.values };
    }
  }

  *#blocks(): Generator<{ start: number; rows: SparseRows }> {
    const memory = Math.min(this.#room.memory / 8, 1 << 27);
    for (let start = 0; start < this.#whole.rows;) {
      const end = this.#whole.blockEnd(start, memory);
      yield { start, rows: this.#whole.readRows(start, end) };
      start = end;
    }
  }
}

/** @param first row of the matrix that the block starts at */
function pickRows(block: SparseRows, rows: Uint32Array, first: number): SparseRows {
  if (rows.length === block.rows) return block;
  const indptr = new Uint32Array(rows.length + 1);
  for (const [i, row] of rows.entries()) indptr[i + 1] = indptr[i] + block.indptr[row - first + 1] - block.indptr[row - first];
  const indices = new Uint32Array(indptr[rows.length]);
  const values = new Float32Array(indptr[rows.length]);
  for (const [i, row] of rows.entries()) {
    const [from, to] = [block.indptr[row - first], block.indptr[row - first + 1]];
    indices.set(block.indices.subarray(from, to), indptr[i]);
    values.set(block.values.subarray(from, to), indptr[i]);
  }
  return { rows: rows.length, columns: block.columns, indptr, indices, values };
}

function emptyRows(columns: number): SparseRows {
  return { rows: 0, columns, indptr: new Uint32Array(1), indices: new Uint32Array(0), values: new Float32Array(0) };
}
