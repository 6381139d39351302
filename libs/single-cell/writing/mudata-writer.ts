import { CfgenError } from '@cfgen/contracts';
import { outputError } from '@cfgen/tensors';
import { arrayEncoding, checkKey, checkTable, checkUns, dictEncoding, writeTable, writeUns } from './anndata-elements';
import { AnnDataTree, type AnnDataTreeOptions } from './anndata-tree';
import type { ArrayStore } from './array-store';
import type { AnnDataRest, H5adColumn, H5adTable, UnsValue } from './h5ad-content';
import { appendInTurns, rowsOf, type ModalityRows } from './append-in-turns';

/** What is known of a MuData object once all its rows are written. */
export interface MuDataRest {
  /** The cells in the order in which they were appended; the columns stand beside the modalities and again in the obs of each. */
  readonly obs: H5adTable;
  readonly uns?: Readonly<Record<string, UnsValue>>;
  /** Row-major matrices of one row a cell, beside the modalities. */
  readonly obsm?: AnnDataRest['obsm'];
  /** What a modality has of its own; `columns` are added to those of its obs. */
  readonly modalities?: Readonly<Record<string, ModalityRest>>;
}

export interface ModalityRest extends Omit<AnnDataRest, 'obs'> {
  readonly columns?: Readonly<Record<string, H5adColumn>>;
}

/** A MuData object being written, whatever the format. Calls must not overlap: await each before the next. */
export interface MuDataWriter {
  /**
   * Appends the same cells to every modality: sparse rows, or row-major numbers where its X is dense.
   * @throws CfgenError REQUEST_INVALID where modalities are missing or differ in their number of cells (nothing is appended); OUTPUT_UNWRITABLE,
   * after which what was written is gone.
   */
  append(rows: ModalityRows): Promise<void>;
  /**
   * Writes the tables, gives the output its name and ends the writer.
   * @throws CfgenError REQUEST_INVALID for tables that do not fit (the writer stays usable); OUTPUT_UNWRITABLE, after which what was written is gone.
   */
  finish(rest: MuDataRest): Promise<void>;
  /** Removes what was written; nothing happens after `finish` or a second time. */
  abort(): Promise<void>;
}

/** What has to be known before the first cell: the modalities in their order, each with what an AnnData object needs. */
export type ModalityOptions = Readonly<Record<string, AnnDataTreeOptions>>;

/**
 * A writer of MuData over a store of its own: a failure leaves nothing under the final name.
 * https://mudata.readthedocs.io/en/latest/io/spec.html
 *
 * @param path the output as messages call it
 * @param open makes the store; called once the options are found good. What it throws comes out as OUTPUT_UNWRITABLE
 */
export function mudataWriter(path: string, modalities: ModalityOptions, open: () => ArrayStore): MuDataWriter {
  checkModalities(modalities);
  let store: ArrayStore;
  try {
    store = open();
  } catch (cause) {
    throw outputError(path, cause);
  }
  try {
    return new StreamedMuData(path, store, modalities);
  } catch (cause) {
    store.discard();
    throw outputError(path, cause);
  }
}

function checkModalities(modalities: ModalityOptions): void {
  if (Object.keys(modalities).length === 0) throw new CfgenError('REQUEST_INVALID', 'MuData needs at least one modality.');
  for (const [name, { features }] of Object.entries(modalities)) {
    checkKey('mod', name);
    checkTable(`var of ${name}`, features);
  }
}

class StreamedMuData implements MuDataWriter {
  readonly #path: string;
  readonly #store: ArrayStore;
  readonly #modalities: ModalityOptions;
  readonly #trees: ReadonlyMap<string, AnnDataTree>;
  #cells = 0;
  #open = true;

  constructor(path: string, store: ArrayStore, modalities: ModalityOptions) {
    this.#path = path;
    this.#store = store;
    this.#modalities = modalities;
    this.#trees = new Map(Object.entries(modalities).map(([name, options]) => [name, new AnnDataTree(store, `mod/${name}`, options)]));
  }

  append(rows: ModalityRows): Promise<void> {
    return this.#guarded(async () => {
      const cells = rowsOf(rows, this.#trees);
      await appendInTurns(rows, this.#trees, cells);
      this.#cells += cells;
    });
  }

  async finish(rest: MuDataRest): Promise<void> {
    await this.#guarded(async () => {
      this.#check(rest);
      await this.#complete(rest);
      await this.#store.finish();
    });
    this.#open = false;
  }

  abort(): Promise<void> {
    if (this.#open) this.#store.discard();
    this.#open = false;
    return Promise.resolve();
  }

  #check(rest: MuDataRest): void {
    const { obs, uns = {}, obsm = {}, modalities = {} } = rest;
    const stray = Object.keys(modalities).find((name) => !this.#trees.has(name));
    if (stray !== undefined) throw new CfgenError('REQUEST_INVALID', `There is no modality ${JSON.stringify(stray)} in the output.`);
    checkTable('obs', obs);
    checkUns('uns', uns);
    for (const [name, values] of Object.entries(obsm)) {
      checkKey('obsm', name);
      if (this.#trees.has(name))
        throw new CfgenError('REQUEST_INVALID', `obsm cannot have an entry ${name}: it tells which cells ${name} has.`);
      if (values.length % Math.max(1, this.#cells) !== 0 || (this.#cells === 0 && values.length > 0)) {
        throw new CfgenError(
          'REQUEST_INVALID',
          `obsm ${JSON.stringify(name)} has ${values.length} numbers, which do not make rows for ${this.#cells} cells.`,
        );
      }
    }
    for (const [name, tree] of this.#trees) tree.check(modalityRest(rest, name));
  }

  async #complete(rest: MuDataRest): Promise<void> {
    const store = this.#store;
    const { obs, uns = {}, obsm = {} } = rest;
    const cells = this.#cells;
    const names = [...this.#trees.keys()];
    store.group('', { 'encoding-type': 'MuData', 'encoding-version': '0.1.0', axis: 0 });
    store.group('mod', { 'mod-order': names });
    for (const [name, tree] of this.#trees) await tree.complete(modalityRest(rest, name));
    await writeTable(store, 'obs', obs);
    await writeTable(store, 'var', { names: Object.values(this.#modalities).flatMap(({ features }) => features.names), columns: {} });
    await writeUns(store, 'uns', uns);
    for (const group of ['obsm', 'varm', 'obsp', 'varp', 'obsmap', 'varmap']) store.group(group, dictEncoding);
    const features = Object.values(this.#modalities).reduce((sum, options) => sum + options.features.names.length, 0);
    let first = 0;
    for (const [name, tree] of this.#trees) {
      await this.#member('obs', name, cells, 0, cells);
      await this.#member('var', name, features, first, tree.width);
      first += tree.width;
    }
    for (const [name, values] of Object.entries(obsm)) {
      await store.numbers(`obsm/${name}`, values, [cells, cells === 0 ? 0 : values.length / cells], arrayEncoding);
    }
  }

  /** Which of all cells or features belong to a modality: as truth values, and as their places in it from 1 on (0 for none). */
  async #member(axis: 'obs' | 'var', name: string, length: number, first: number, count: number): Promise<void> {
    await this.#store.booleans(`${axis}m/${name}`, new Uint8Array(length).fill(1, first, first + count), [length, 1], arrayEncoding);
    const map = new Uint32Array(length);
    for (let i = 0; i < count; i += 1) map[first + i] = i + 1;
    await this.#store.numbers(`${axis}map/${name}`, map, [length], arrayEncoding);
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

function modalityRest({ obs, modalities = {} }: MuDataRest, name: string): AnnDataRest {
  const { columns = {}, ...own } = modalities[name] ?? {};
  return { ...own, obs: { names: obs.names, columns: { ...obs.columns, ...columns } } };
}
