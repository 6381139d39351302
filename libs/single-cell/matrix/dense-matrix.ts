import type { SparseRows } from '@cfgen/tensors';
import type { Numbers } from '../hdf5/decoding';
import type { ArrayFile, StoredArray } from '../array-file/array-file';
import { RowBuilder } from './row-builder';
import type { StoredMatrix } from './stored-matrix';

/** A dense matrix (cells x features) in an HDF5 dataset. Whole rows of chunks are read and kept, so that none is decompressed twice. */
export class DenseMatrix implements StoredMatrix {
  readonly layout = 'dense';
  readonly where: string;
  readonly rows: number;
  readonly columns: number;
  readonly #file: ArrayFile;
  readonly #array: StoredArray;
  #start = 0;
  #end = 0;
  #values: Numbers = new Float32Array(0);

  /** @param array two-dimensional, its shape already known to agree with obs and var */
  constructor(file: ArrayFile, array: StoredArray, where: string) {
    this.#file = file;
    this.#array = array;
    this.where = where;
    this.rows = array.shape[0] ?? 0;
    this.columns = array.shape[1] ?? 0;
  }

  get storedEntries(): number {
    return this.rows * this.columns;
  }

  readRows(start: number, end: number): SparseRows {
    this.#load(start, end);
    const builder = new RowBuilder(end - start, this.columns, 0);
    for (let row = start; row < end; row++) builder.addDenseRow(this.#values, (row - this.#start) * this.columns);
    return builder.finish();
  }

  blockEnd(start: number, memory: number): number {
    // Each value takes its stored size twice (library and copy); what comes out of the row is sparse, at most 8 bytes an entry.
    const rowBytes = this.columns * (2 * this.#array.elementBytes + 8);
    const rows = Math.max(1, Math.floor(memory / rowBytes));
    const chunk = this.#array.chunks?.[0] ?? 1;
    const end = Math.min(this.rows, start + rows);
    const aligned = Math.floor(end / chunk) * chunk;
    return aligned > start && end < this.rows ? aligned : end;
  }

  close(): void {
    // Nothing is kept outside the file.
  }

  #load(start: number, end: number): void {
    if (start >= this.#start && end <= this.#end) return;
    this.#values = this.#file.readNumbers(this.#array, [start, 0], [end - start, this.columns]);
    this.#start = start;
    this.#end = end;
  }
}
