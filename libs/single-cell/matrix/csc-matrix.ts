import type { SparseRows } from '@cfgen/tensors';
import type { ArrayFile } from '../array-file/array-file';
import { NumberWindow } from '../hdf5/number-window';
import type { WorkingRoom } from '../temporary/working-room';
import type { CompressedParts } from './compressed-parts';
import { badIndex } from './csr-matrix';
import { RowStore, type EntryBatch } from './row-store';
import { bytesPerEntryRead, lastRowWithin, type StoredMatrix } from './stored-matrix';

/**
 * A CSC matrix in an HDF5 group. Rows are made in two passes over the columns when the first row is asked for: one counts the entries of
 * each row, one puts them where they belong (in memory or in a temporary file, see `RowStore`).
 */
export class CscMatrix implements StoredMatrix {
  readonly layout = 'csc';
  readonly where: string;
  readonly rows: number;
  readonly columns: number;
  readonly storedEntries: number;
  readonly #file: ArrayFile;
  readonly #parts: CompressedParts;
  readonly #room: WorkingRoom;
  #store: RowStore | undefined;

  constructor(file: ArrayFile, parts: CompressedParts, room: WorkingRoom) {
    this.where = parts.where;
    this.rows = parts.rows;
    this.columns = parts.columns;
    this.storedEntries = parts.storedEntries;
    this.#file = file;
    this.#parts = parts;
    this.#room = room;
  }

  readRows(start: number, end: number): SparseRows {
    return this.#rowStore().readRows(start, end);
  }

  blockEnd(start: number, memory: number): number {
    return this.#rowStore().blockEnd(start, memory);
  }

  /** Stored values of the first columns, up to `entries`, without turning the matrix round. */
  firstValues(entries: number): Float32Array {
    return Float32Array.from(new NumberWindow(this.#file, this.#parts.data).range(0, Math.min(entries, this.storedEntries)));
  }

  close(): void {
    this.#store?.close();
    this.#store = undefined;
  }

  #rowStore(): RowStore {
    this.#store ??= new RowStore(this.#countRows(), this.columns, this.#entries(), this.#room);
    return this.#store;
  }

  #countRows(): Uint32Array {
    const perRow = new Uint32Array(this.rows);
    const indices = new NumberWindow(this.#file, this.#parts.indices);
    for (const [first, last] of this.#ranges()) {
      for (const row of indices.range(this.#parts.offsets[first], this.#parts.offsets[last])) {
        if (!(row >= 0 && row < this.rows)) throw badIndex(this.#file, this, row);
        perRow[row]++;
      }
    }
    return perRow;
  }

  *#entries(): Generator<EntryBatch> {
    const { offsets } = this.#parts;
    const indices = new NumberWindow(this.#file, this.#parts.indices);
    const data = new NumberWindow(this.#file, this.#parts.data);
    for (const [first, last] of this.#ranges()) {
      const start = offsets[first];
      const columns = new Uint32Array(offsets[last] - start);
      for (let column = first; column < last; column++) columns.fill(column, offsets[column] - start, offsets[column + 1] - start);
      yield {
        rows: Uint32Array.from(indices.range(start, offsets[last])),
        columns,
        values: Float32Array.from(data.range(start, offsets[last])),
      };
    }
  }

  /** Ranges of columns that are read within the memory given. */
  *#ranges(): Generator<[number, number]> {
    const limit = Math.max(1, Math.floor(Math.min(this.#room.memory / 8, 1 << 28) / bytesPerEntryRead));
    for (let first = 0; first < this.columns;) {
      const last = lastRowWithin(this.#parts.offsets, first, this.columns, limit);
      yield [first, last];
      first = last;
    }
  }
}
