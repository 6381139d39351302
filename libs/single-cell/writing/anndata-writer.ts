import { CfgenError } from '@cfgen/contracts';
import { outputError, type SparseRows } from '@cfgen/tensors';
import { AnnDataTree, type AnnDataTreeOptions } from './anndata-tree';
import type { ArrayStore } from './array-store';
import type { AnnDataRest } from './h5ad-content';

/** An AnnData object being written, whatever the format. Calls must not overlap: await each before the next. */
export interface AnnDataWriter {
  /**
   * Appends cells; the block may be reused once the promise is kept.
   * @throws CfgenError REQUEST_INVALID for another number of columns; OUTPUT_UNWRITABLE, after which what was written is gone.
   */
  append(rows: SparseRows): Promise<void>;
  /** Appends cells of a dense matrix: row-major, a whole number of rows. Errors as `append`. */
  appendDense(values: Float32Array): Promise<void>;
  /**
   * Writes the tables, gives the output its name and ends the writer.
   * @throws CfgenError REQUEST_INVALID for tables that do not fit (the writer stays usable); OUTPUT_UNWRITABLE, after which what was written is gone.
   */
  finish(rest: AnnDataRest): Promise<void>;
  /** Removes what was written; nothing happens after `finish` or a second time. */
  abort(): Promise<void>;
}

/**
 * A writer of AnnData over a store of its own: a failure leaves nothing under the final name.
 * @param path the output as messages call it
 * @param open makes the store; called once the options are found good. What it throws comes out as OUTPUT_UNWRITABLE
 */
export function anndataWriter(path: string, options: AnnDataTreeOptions, open: () => ArrayStore): AnnDataWriter {
  const store = opened(path, open);
  try {
    return new StreamedAnnData(path, store, new AnnDataTree(store, '', options));
  } catch (cause) {
    store.discard();
    throw outputError(path, cause);
  }
}

function opened(path: string, open: () => ArrayStore): ArrayStore {
  try {
    return open();
  } catch (cause) {
    throw outputError(path, cause);
  }
}

class StreamedAnnData implements AnnDataWriter {
  readonly #path: string;
  readonly #store: ArrayStore;
  readonly #tree: AnnDataTree;
  #open = true;

  constructor(path: string, store: ArrayStore, tree: AnnDataTree) {
    this.#path = path;
    this.#store = store;
    this.#tree = tree;
  }

  append(rows: SparseRows): Promise<void> {
    return this.#guarded(() => this.#tree.append(rows));
  }

  appendDense(values: Float32Array): Promise<void> {
    return this.#guarded(() => this.#tree.appendDense(values));
  }

  async finish(rest: AnnDataRest): Promise<void> {
    await this.#guarded(async () => {
      this.#tree.check(rest);
      await this.#tree.complete(rest);
      await this.#store.finish();
    });
    this.#open = false;
  }

  abort(): Promise<void> {
    if (this.#open) this.#store.discard();
    this.#open = false;
    return Promise.resolve();
  }

  /** Runs a step that writes; when it fails what was written is removed. A refused block leaves everything as it was. */
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
