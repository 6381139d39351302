import { CfgenError } from '@cfgen/contracts';
import { checkOutputPath, outputError, partialPath, publishPartialFile, removePartialFile, type SparseRows } from '@cfgen/tensors';
import { arrayEncoding, checkKey, checkTable, checkUns, dict, encoding, writeTable, writeUns } from './anndata-elements';
import type { H5adTable, UnsValue } from './h5ad-content';
import type { ChunkedArray } from './hdf5/chunked-array';
import { typeOfArray, type NumericArray } from './hdf5/datatype';
import { Hdf5File, type Hdf5Node } from './hdf5/hdf5-file';

export interface H5adWriterOptions {
  /** `var`: the features (columns) in order. */
  readonly features: H5adTable;
  /** `gzip` (with byte shuffle) by default. */
  readonly compression?: 'gzip' | 'none';
  /** 1 (fast, the default) to 9 (small). */
  readonly level?: number;
  /** Element type of sparse counts in the file; float32 by default. */
  readonly xDtype?: 'float32' | 'int32';
  /** `sparse` (the default): CSR, rows come through `append`. `dense`: float32, rows come through `appendDense`. */
  readonly layout?: 'sparse' | 'dense';
  /** Whether an existing file may be replaced; false by default. */
  readonly overwrite?: boolean;
}

/** What is known once all rows are written. */
export interface H5adRest {
  /** `obs`: the cells (rows) in the order in which they were appended. */
  readonly obs: H5adTable;
  readonly uns?: Readonly<Record<string, UnsValue>>;
  /** Row-major matrices of one row a cell; the number of columns follows from the length. */
  readonly obsm?: Readonly<Record<string, Float32Array | Float64Array>>;
  /** Dense row-major matrices, cells x features. */
  readonly layers?: Readonly<Record<string, Float32Array | Float64Array>>;
}

/** An AnnData file being written. Calls must not overlap: await each before the next. */
export interface H5adWriter {
  /**
   * Appends cells; the block may be reused once the promise is kept.
   * @throws CfgenError REQUEST_INVALID for another number of columns; OUTPUT_UNWRITABLE, after which the file is gone.
   */
  append(rows: SparseRows): Promise<void>;
  /** Appends cells of a dense matrix: row-major, a whole number of rows. Errors as `append`. */
  appendDense(values: Float32Array): Promise<void>;
  /**
   * Writes the tables, gives the file its name and ends the writer.
   * @throws CfgenError REQUEST_INVALID for tables that do not fit (the writer stays usable); OUTPUT_UNWRITABLE, after which the file is gone.
   */
  finish(rest: H5adRest): Promise<void>;
  /** Removes what was written; nothing happens after `finish` or a second time. */
  abort(): Promise<void>;
}

/** Beyond this many non-zeros a 32-bit row pointer would overflow. */
const mostInInt32 = 2 ** 31 - 1;

/**
 * Begins an AnnData file (`.h5ad`, root encoding `anndata` 0.1.0) that takes cells block by block in bounded memory: 8 bytes
 * a cell for the row pointers and some chunks of 512 KiB. The bytes depend on the content and the options alone, not on the
 * sizes of the blocks, the time or the path (with gzip also on the version of Node).
 *
 * The file is written under a hidden name beside the final one and renamed at the end: a failure leaves no file.
 *
 * @example
 * const writer = createH5adWriter('cells.h5ad', { features: { names: genes, columns: {} } });
 * for (const block of blocks) await writer.append(block);
 * await writer.finish({ obs: { names: cells, columns: { is_synthetic: { kind: 'boolean', values: synthetic } } } });
 *
 * @throws CfgenError OUTPUT_EXISTS, OUTPUT_UNWRITABLE, REQUEST_INVALID (level, features).
 */
export function createH5adWriter(path: string, options: H5adWriterOptions): H5adWriter {
  const { compression = 'gzip', level = 1, overwrite = false } = options;
  if (!Number.isInteger(level) || level < 1 || level > 9)
    throw new CfgenError('REQUEST_INVALID', `The gzip level is ${level}, not 1 to 9.`);
  checkTable('var', options.features);
  checkOutputPath(path, overwrite);
  try {
    return new StreamedH5ad(path, options, new Hdf5File(partialPath(path), compression === 'gzip' ? level : undefined));
  } catch (cause) {
    removePartialFile(path);
    throw outputError(path, cause);
  }
}

class StreamedH5ad implements H5adWriter {
  readonly #path: string;
  readonly #features: H5adTable;
  readonly #file: Hdf5File;
  readonly #matrix: SparseMatrix | DenseMatrix;
  #open = true;

  constructor(path: string, { features, xDtype = 'float32', layout = 'sparse' }: H5adWriterOptions, file: Hdf5File) {
    this.#path = path;
    this.#features = features;
    this.#file = file;
    this.#matrix =
      layout === 'dense' ? new DenseMatrix(file, features.names.length) : new SparseMatrix(file, features.names.length, xDtype);
  }

  async append(rows: SparseRows): Promise<void> {
    const matrix = this.#matrix;
    if (!(matrix instanceof SparseMatrix)) throw new CfgenError('REQUEST_INVALID', 'Sparse rows cannot be appended to a dense matrix.');
    await this.#guarded(() => matrix.append(rows));
  }

  async appendDense(values: Float32Array): Promise<void> {
    const matrix = this.#matrix;
    if (!(matrix instanceof DenseMatrix)) throw new CfgenError('REQUEST_INVALID', 'Dense rows cannot be appended to a sparse matrix.');
    await this.#guarded(() => matrix.append(values));
  }

  async finish(rest: H5adRest): Promise<void> {
    this.#checkRest(rest);
    await this.#guarded(async () => {
      const file = this.#file;
      const cells = this.#matrix.rows;
      const x = await this.#matrix.complete();
      file.finish({
        kind: 'group',
        attributes: encoding('anndata', '0.1.0'),
        children: {
          X: x,
          layers: dict(await this.#matrices(rest.layers, cells)),
          obs: await writeTable(file, rest.obs),
          obsm: dict(await this.#matrices(rest.obsm, cells)),
          obsp: dict({}),
          uns: await writeUns(file, rest.uns ?? {}),
          var: await writeTable(file, this.#features),
          varm: dict({}),
          varp: dict({}),
        },
      });
    });
    this.#open = false;
    publishPartialFile(this.#path);
  }

  async abort(): Promise<void> {
    if (!this.#open) return;
    this.#open = false;
    this.#file.discard();
    removePartialFile(this.#path);
  }

  async #matrices(matrices: H5adRest['obsm'], cells: number): Promise<Record<string, Hdf5Node>> {
    const nodes: Record<string, Hdf5Node> = {};
    for (const [name, values] of Object.entries(matrices ?? {})) {
      nodes[name] = await this.#file.numbers(values, [cells, cells === 0 ? 0 : values.length / cells], arrayEncoding);
    }
    return nodes;
  }

  #checkRest({ obs, uns = {}, obsm = {}, layers = {} }: H5adRest): void {
    const cells = this.#matrix.rows;
    if (obs.names.length !== cells)
      throw new CfgenError('REQUEST_INVALID', `obs names ${obs.names.length} cells, but ${cells} were written.`);
    checkTable('obs', obs);
    checkUns('uns', uns);
    for (const [name, values] of Object.entries(obsm)) {
      checkKey('obsm', name);
      checkLength('obsm', name, values, values.length % Math.max(1, cells) === 0 && (cells > 0 || values.length === 0), `${cells} cells`);
    }
    for (const [name, values] of Object.entries(layers)) {
      checkKey('layers', name);
      const features = this.#features.names.length;
      checkLength('layers', name, values, values.length === cells * features, `${cells} cells and ${features} features`);
    }
  }

  /** Runs a step that writes; when it fails the file is removed. A refused block leaves everything as it was. */
  async #guarded(step: () => Promise<void>): Promise<void> {
    if (!this.#open) throw new CfgenError('INTERNAL', `${this.#path} is finished or given up and takes no more.`);
    try {
      await step();
    } catch (cause) {
      if (cause instanceof CfgenError && cause.code === 'REQUEST_INVALID') throw cause;
      await this.abort();
      throw outputError(this.#path, cause);
    }
  }
}

function checkLength(what: string, name: string, values: NumericArray, fits: boolean, expected: string): void {
  if (!fits)
    throw new CfgenError(
      'REQUEST_INVALID',
      `${what} ${JSON.stringify(name)} has ${values.length} numbers, which do not make rows for ${expected}.`,
    );
}

/** Counts in CSR form. */
class SparseMatrix {
  readonly #file: Hdf5File;
  readonly #columns: number;
  readonly #integers: boolean;
  readonly #indices: ChunkedArray;
  readonly #data: ChunkedArray;
  /** Non-zeros before each row; float64 is exact far beyond any file. */
  #starts = new Float64Array(1024);
  #rows = 0;

  constructor(file: Hdf5File, columns: number, dtype: 'float32' | 'int32') {
    this.#file = file;
    this.#columns = columns;
    this.#integers = dtype === 'int32';
    this.#indices = file.growing({ kind: 'integer', bytes: 4, signed: true });
    this.#data = file.growing(this.#integers ? { kind: 'integer', bytes: 4, signed: true } : { kind: 'float', bytes: 4 });
  }

  get rows(): number {
    return this.#rows;
  }

  async append({ rows, columns, indptr, indices, values }: SparseRows): Promise<void> {
    if (columns !== this.#columns)
      throw new CfgenError('REQUEST_INVALID', `Rows have ${columns} columns, but the file has ${this.#columns} features.`);
    checkRows(rows, columns, indptr, indices, values);
    const before = this.#indices.elements;
    this.#reserve(this.#rows + rows + 1);
    for (let row = 0; row < rows; row += 1) this.#starts[this.#rows + row + 1] = before + indptr[row + 1];
    this.#rows += rows;
    const total = indptr[rows];
    const data = this.#integers ? Int32Array.from(values.subarray(0, total)) : values;
    // Both arrays reach the end of a chunk together: their chunks take turns in the file whatever the size of the block.
    for (let at = 0; at < total;) {
      const end = Math.min(total, at + this.#indices.room);
      await this.#indices.append(bytesOf(indices.subarray(at, end)));
      await this.#data.append(bytesOf(data.subarray(at, end)));
      at = end;
    }
  }

  async complete(): Promise<Hdf5Node> {
    const starts = this.#starts.subarray(0, this.#rows + 1);
    const total = this.#indices.elements;
    const indptr = total > mostInInt32 ? BigInt64Array.from(starts, BigInt) : Int32Array.from(starts);
    const pointers = this.#file.growing(typeOfArray(indptr));
    await pointers.append(bytesOf(indptr));
    return {
      kind: 'group',
      attributes: { ...encoding('csr_matrix', '0.1.0'), shape: BigInt64Array.of(BigInt(this.#rows), BigInt(this.#columns)) },
      children: {
        data: await this.#file.complete(this.#data),
        indices: await this.#file.complete(this.#indices),
        indptr: await this.#file.complete(pointers),
      },
    };
  }

  #reserve(length: number): void {
    if (length <= this.#starts.length) return;
    const grown = new Float64Array(Math.max(length, 2 * this.#starts.length));
    grown.set(this.#starts);
    this.#starts = grown;
  }
}

/** Readers trust the structure of a CSR matrix and crash on a broken one, so none is written. */
function checkRows(rows: number, columns: number, indptr: Uint32Array, indices: Uint32Array, values: Float32Array): void {
  let sound = indptr.length > rows && indptr[0] === 0;
  for (let row = 0; sound && row < rows; row += 1) sound = indptr[row] <= indptr[row + 1];
  const total = indptr[rows];
  sound &&= indices.length >= total && values.length >= total;
  for (let at = 0; sound && at < total; at += 1) sound = indices[at] < columns;
  if (!sound) throw new CfgenError('REQUEST_INVALID', `A block of ${rows} sparse rows with ${columns} columns is not sound CSR.`);
}

/** A dense float32 matrix. */
class DenseMatrix {
  readonly #file: Hdf5File;
  readonly #columns: number;
  readonly #values: ChunkedArray;

  constructor(file: Hdf5File, columns: number) {
    this.#file = file;
    this.#columns = columns;
    this.#values = file.growing({ kind: 'float', bytes: 4 }, [columns]);
  }

  get rows(): number {
    return this.#columns === 0 ? 0 : this.#values.elements / this.#columns;
  }

  async append(values: Float32Array): Promise<void> {
    if (this.#columns === 0 ? values.length > 0 : values.length % this.#columns !== 0) {
      throw new CfgenError('REQUEST_INVALID', `${values.length} numbers do not make whole rows of ${this.#columns} features.`);
    }
    await this.#values.append(bytesOf(values));
  }

  complete(): Promise<Hdf5Node> {
    return this.#file.complete(this.#values, arrayEncoding);
  }
}

function bytesOf(values: NumericArray): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}
