import { CfgenError } from '@cfgen/contracts';
import { below, type ArrayStore, type Attributes, type NumericArray } from './array-store';
import type { H5adColumn, H5adTable, UnsValue } from './h5ad-content';

// Encodings: https://anndata.readthedocs.io/en/stable/fileformat-prose.html

export function encoding(type: string, version: string): Attributes {
  return { 'encoding-type': type, 'encoding-version': version };
}

export const arrayEncoding = encoding('array', '0.2.0');
const stringArrayEncoding = encoding('string-array', '0.2.0');
/** Of a group of named elements, empty or not. */
export const dictEncoding = encoding('dict', '0.1.0');

/** Name of the data set that holds the row names of a table. */
const indexName = '_index';

/**
 * Refuses a table that cannot be written: columns of another length, names AnnData cannot hold, codes outside the categories.
 * @param what `obs` or `var`, for messages.
 * @throws CfgenError REQUEST_INVALID that names the column.
 */
export function checkTable(what: string, { names, columns }: H5adTable): void {
  for (const [name, column] of Object.entries(columns)) {
    checkKey(what, name);
    if (name === indexName)
      throw new CfgenError('REQUEST_INVALID', `${what} cannot have a column ${indexName}: the row names are kept under it.`);
    const length = column.kind === 'categorical' ? column.codes.length : column.values.length;
    if (length !== names.length) {
      throw new CfgenError('REQUEST_INVALID', `Column ${JSON.stringify(name)} of ${what} has ${length} entries for ${names.length} rows.`);
    }
    if (column.kind === 'categorical') checkCodes(what, name, column.codes, column.categories.length);
  }
}

function checkCodes(what: string, name: string, codes: ArrayLike<number>, categories: number): void {
  for (let row = 0; row < codes.length; row += 1) {
    const code = codes[row];
    if (!Number.isInteger(code) || code < -1 || code >= categories) {
      throw new CfgenError(
        'REQUEST_INVALID',
        `Column ${JSON.stringify(name)} of ${what} has code ${code} in row ${row}, but ${categories} categories.`,
      );
    }
  }
}

/** @throws CfgenError REQUEST_INVALID for a name that HDF5 would take for a path. */
export function checkKey(what: string, key: string): void {
  if (key === '' || key === '.' || key.includes('/') || key.includes('\0') || Buffer.byteLength(key) > 1024) {
    throw new CfgenError('REQUEST_INVALID', `${what} cannot have an entry named ${JSON.stringify(key)}.`, {
      hint: 'Names are not empty, at most 1,024 bytes long and hold no slash.',
    });
  }
}

/** Writes a table as the group `path`. */
export async function writeTable(store: ArrayStore, path: string, { names, columns }: H5adTable): Promise<void> {
  store.group(path, { ...encoding('dataframe', '0.2.0'), _index: indexName, 'column-order': Object.keys(columns) });
  await store.strings(below(path, indexName), names, [names.length], stringArrayEncoding);
  for (const [name, column] of Object.entries(columns)) await writeColumn(store, below(path, name), column);
}

async function writeColumn(store: ArrayStore, path: string, column: H5adColumn): Promise<void> {
  switch (column.kind) {
    case 'numeric':
      return store.numbers(path, column.values, [column.values.length], arrayEncoding);
    case 'boolean':
      return store.booleans(path, toBytes(column.values), [column.values.length], arrayEncoding);
    case 'string':
      return store.strings(path, column.values, [column.values.length], stringArrayEncoding);
    case 'categorical': {
      const { codes, categories, ordered = false } = column;
      store.group(path, { ...encoding('categorical', '0.2.0'), ordered });
      if (isNumericArray(categories)) await store.numbers(`${path}/categories`, categories, [categories.length], arrayEncoding);
      else await store.strings(`${path}/categories`, categories, [categories.length], stringArrayEncoding);
      return store.numbers(`${path}/codes`, smallestCodes(codes, categories.length), [codes.length], arrayEncoding);
    }
  }
}

/** The narrowest signed integers that hold the codes, as pandas has them. */
function smallestCodes(codes: ArrayLike<number>, categories: number): NumericArray {
  if (categories <= 128) return Int8Array.from(codes);
  return categories <= 32768 ? Int16Array.from(codes) : Int32Array.from(codes);
}

/**
 * Refuses a value of `uns` that cannot be written.
 * @throws CfgenError REQUEST_INVALID that names the entry.
 */
export function checkUns(path: string, value: UnsValue): void {
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' || isNumericArray(value)) return;
  if (Array.isArray(value)) {
    const kinds = new Set(value.map((entry) => typeof entry));
    const [kind] = kinds;
    if (kinds.size > 1 || (kind !== undefined && kind !== 'string' && kind !== 'number' && kind !== 'boolean')) {
      throw new CfgenError('REQUEST_INVALID', `${path} cannot be written: a list holds only texts, only numbers or only truth values.`);
    }
    return;
  }
  if (typeof value !== 'object' || value === null)
    throw new CfgenError('REQUEST_INVALID', `${path} cannot be written: it is ${String(value)}.`);
  for (const [key, entry] of Object.entries(value)) {
    checkKey(path, key);
    if (entry !== undefined) checkUns(`${path}/${key}`, entry);
  }
}

/** Writes a value of `uns` as the element `path`. */
export async function writeUns(store: ArrayStore, path: string, value: UnsValue): Promise<void> {
  const scalar = encoding('numeric-scalar', '0.2.0');
  if (typeof value === 'string') return store.strings(path, [value], [], encoding('string', '0.2.0'));
  if (typeof value === 'boolean') return store.booleans(path, toBytes([value]), [], scalar);
  if (typeof value === 'number') return store.numbers(path, toNumbers([value]), [], scalar);
  if (isNumericArray(value)) return store.numbers(path, value, [value.length], arrayEncoding);
  if (Array.isArray(value)) return writeList(store, path, value as readonly string[] | readonly number[] | readonly boolean[]);
  store.group(path, dictEncoding);
  for (const [key, entry] of Object.entries(value)) if (entry !== undefined) await writeUns(store, below(path, key), entry);
}

function writeList(store: ArrayStore, path: string, list: readonly string[] | readonly number[] | readonly boolean[]): Promise<void> {
  const shape = [list.length];
  if (typeof list[0] === 'string') return store.strings(path, list as readonly string[], shape, stringArrayEncoding);
  if (typeof list[0] === 'boolean') return store.booleans(path, toBytes(list as readonly boolean[]), shape, arrayEncoding);
  return store.numbers(path, toNumbers(list as readonly number[]), shape, arrayEncoding);
}

function toNumbers(values: readonly number[]): NumericArray {
  const whole = values.length > 0 && values.every((value) => Number.isSafeInteger(value));
  return whole ? BigInt64Array.from(values, BigInt) : Float64Array.from(values);
}

function toBytes(values: ArrayLike<boolean | number>): Uint8Array {
  return Uint8Array.from(values, (value) => (value ? 1 : 0));
}

function isNumericArray(value: unknown): value is NumericArray {
  return ArrayBuffer.isView(value) && !(value instanceof DataView);
}
