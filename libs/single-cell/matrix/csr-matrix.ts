import type { SparseRows } from '@cfgen/tensors';
import type { ArrayFile } from '../array-file/array-file';
import { NumberWindow } from '../hdf5/number-window';
import type { CompressedParts } from './compressed-parts';
import { BadColumnIndex, RowBuilder } from './row-builder';
import { bytesPerEntryRead, lastRowWithin, type StoredMatrix } from './stored-matrix';

/** A CSR matrix in an HDF5 group: row offsets in memory (8 bytes a cell), entries read as they are asked for. */
export class CsrMatrix implements StoredMatrix {
  readonly layout = 'csr';
  readonly where: string;
  readonly rows: number;
  readonly columns: number;
  readonly storedEntries: number;
  readonly #file: ArrayFile;
  readonly #offsets: Float64Array;
  readonly #indices: NumberWindow;
  readonly #data: NumberWindow;

  constructor(file: ArrayFile, parts: CompressedParts) {
    this.where = parts.where;
    this.rows = parts.rows;
    this.columns = parts.columns;
    this.storedEntries = parts.storedEntries;
    this.#file = file;
    this.#offsets = parts.offsets;
    this.#indices = new NumberWindow(file, parts.indices);
    this.#data = new NumberWindow(file, parts.data);
  }

  readRows(start: number, end: number): SparseRows {
    const first = this.#offsets[start];
    const last = this.#offsets[end];
    const indices = this.#indices.range(first, last);
    const data = this.#data.range(first, last);
    const builder = new RowBuilder(end - start, this.columns, last - first);
    try {
      for (let row = start; row < end; row++) builder.addRow(indices, data, this.#offsets[row] - first, this.#offsets[row + 1] - first);
    } catch (cause) {
      if (cause instanceof BadColumnIndex) throw badIndex(this.#file, this, cause.index);
      throw cause;
    }
    return builder.finish();
  }

  blockEnd(start: number, memory: number): number {
    return lastRowWithin(this.#offsets, start, this.rows, Math.floor(memory / bytesPerEntryRead));
  }

  close(): void {
    // Nothing is kept outside the file.
  }
}

/** @returns the error for an index that no feature (CSR) or cell (CSC) has */
export function badIndex(
  file: ArrayFile,
  matrix: { where: string; rows: number; columns: number; layout: 'csr' | 'csc' },
  index: number,
): Error {
  const [axis, extent, things] = matrix.layout === 'csr' ? ['column', matrix.columns, 'genes'] : ['row', matrix.rows, 'cells'];
  if (index < 0) return file.damaged(`${matrix.where} has the negative ${axis} index ${index}`);
  return file.damaged(`${matrix.where} has ${axis} index ${index} but only ${extent} ${things} (0-${extent - 1})`);
}
