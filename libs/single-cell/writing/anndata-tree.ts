import { CfgenError } from '@cfgen/contracts';
import type { SparseRows } from '@cfgen/tensors';
import { arrayEncoding, checkKey, checkTable, checkUns, dictEncoding, encoding, writeTable, writeUns } from './anndata-elements';
import { below, type ArrayStore, type NumericArray } from './array-store';
import { DenseMatrix, SparseMatrix } from './growing-matrices';
import type { AnnDataRest, H5adTable } from './h5ad-content';
import { NormalisedMatrix } from './normalised-matrix';

/** What has to be known of an AnnData object before its first cell. */
export interface AnnDataTreeOptions {
  /** `var`: the features (columns) in order. */
  readonly features: H5adTable;
  /** Element type of sparse counts; float32 by default. */
  readonly xDtype?: 'float32' | 'int32';
  /** `sparse` (the default): CSR, rows come through `append`. `dense`: float32, rows come through `appendDense`. */
  readonly layout?: 'sparse' | 'dense';
  /** Keep the counts that are appended in `raw`, and ln(1 + 10,000 c / sum) in X; sparse float32 only. */
  readonly normalised?: boolean;
  /** With `normalised`: columns of var that `raw` does not repeat. */
  readonly notInRaw?: readonly string[];
}

/** An AnnData object being written to a group of a store: the root for a file of its own, `mod/rna` for a modality of MuData. */
export class AnnDataTree {
  readonly #store: ArrayStore;
  readonly #path: string;
  readonly #features: H5adTable;
  readonly #matrix: SparseMatrix | DenseMatrix | NormalisedMatrix;
  readonly #rawFeatures: H5adTable | undefined;

  /** @param path group of the object, `''` for the root. @throws CfgenError REQUEST_INVALID for features that cannot be written */
  constructor(store: ArrayStore, path: string, options: AnnDataTreeOptions) {
    const { features, xDtype = 'float32', layout = 'sparse', normalised = false, notInRaw = [] } = options;
    checkTable('var', features);
    this.#store = store;
    this.#path = path;
    this.#features = features;
    const width = features.names.length;
    const x = below(path, 'X');
    if (normalised) {
      this.#matrix = new NormalisedMatrix(store, path, width);
      this.#rawFeatures = {
        ...features,
        columns: Object.fromEntries(Object.entries(features.columns).filter(([name]) => !notInRaw.includes(name))),
      };
      return;
    }
    this.#matrix = layout === 'dense' ? new DenseMatrix(store, x, width) : new SparseMatrix(store, x, width, xDtype);
  }

  /** Cells appended so far. */
  get cells(): number {
    return this.#matrix.rows;
  }

  /** Features of a cell. */
  get width(): number {
    return this.#features.names.length;
  }

  /** Entries (numbers, where X is dense) that fit before a chunk of X is full. */
  get room(): number {
    return this.#matrix.room;
  }

  /** Appends cells. @throws CfgenError REQUEST_INVALID for another number of columns, or a dense matrix */
  append(rows: SparseRows): Promise<void> {
    if (!(this.#matrix instanceof DenseMatrix)) return this.#matrix.append(rows);
    throw new CfgenError('REQUEST_INVALID', 'Sparse rows cannot be appended to a dense matrix.');
  }

  /** Appends cells of a dense matrix: row-major, a whole number of rows. Errors as `append`. */
  appendDense(values: Float32Array): Promise<void> {
    if (this.#matrix instanceof DenseMatrix) return this.#matrix.append(values);
    throw new CfgenError('REQUEST_INVALID', 'Dense rows cannot be appended to a sparse matrix.');
  }

  /** Refuses what does not fit the cells that were appended. @throws CfgenError REQUEST_INVALID; nothing is written */
  check({ obs, uns = {}, obsm = {}, layers = {} }: AnnDataRest): void {
    const { cells } = this;
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

  /** Ends the matrix and writes all else, which `check` has seen. */
  async complete({ obs, uns = {}, obsm, layers }: AnnDataRest): Promise<void> {
    const store = this.#store;
    const at = (name: string): string => below(this.#path, name);
    store.group(this.#path, encoding('anndata', '0.1.0'));
    await this.#matrix.complete();
    await this.#matrices(at('layers'), layers);
    await writeTable(store, at('obs'), obs);
    await this.#matrices(at('obsm'), obsm);
    store.group(at('obsp'), dictEncoding);
    if (this.#rawFeatures !== undefined) {
      store.group(at('raw'), encoding('raw', '0.1.0'));
      await writeTable(store, at('raw/var'), this.#rawFeatures);
      store.group(at('raw/varm'), dictEncoding);
    }
    await writeUns(store, at('uns'), uns);
    await writeTable(store, at('var'), this.#features);
    store.group(at('varm'), dictEncoding);
    store.group(at('varp'), dictEncoding);
  }

  async #matrices(path: string, matrices: AnnDataRest['obsm'] = {}): Promise<void> {
    const { cells } = this;
    this.#store.group(path, dictEncoding);
    for (const [name, values] of Object.entries(matrices)) {
      await this.#store.numbers(below(path, name), values, [cells, cells === 0 ? 0 : values.length / cells], arrayEncoding);
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
