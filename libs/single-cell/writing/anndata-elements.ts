import { CfgenError } from '@cfgen/contracts';
import type { NumericArray } from './hdf5/datatype';
import type { Attributes, GroupNode, Hdf5File, Hdf5Node } from './hdf5/hdf5-file';
import type { H5adColumn, H5adTable, UnsValue } from './h5ad-content';

// Encodings: https://anndata.readthedocs.io/en/stable/fileformat-prose.html

export function encoding(type: string, version: string): Attributes {
  return { 'encoding-type': type, 'encoding-version': version };
}

export const arrayEncoding = encoding('array', '0.2.0');
const stringArrayEncoding = encoding('string-array', '0.2.0');
const dictEncoding = encoding('dict', '0.1.0');

/** Name of the data set that holds the row names of a table. */
const indexName = '_index';

/** A group of named elements, empty or not. */
export function dict(children: Readonly<Record<string, Hdf5Node>>): GroupNode {
  return { kind: 'group', attributes: dictEncoding, children };
}

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

export async function writeTable(file: Hdf5File, { names, columns }: H5adTable): Promise<GroupNode> {
  const children: Record<string, Hdf5Node> = { [indexName]: await file.strings(names, [names.length], stringArrayEncoding) };
  for (const [name, column] of Object.entries(columns)) children[name] = await writeColumn(file, column);
  return {
    kind: 'group',
    attributes: { ...encoding('dataframe', '0.2.0'), _index: indexName, 'column-order': Object.keys(columns) },
    children,
  };
}

async function writeColumn(file: Hdf5File, column: H5adColumn): Promise<Hdf5Node> {
  switch (column.kind) {
    case 'numeric':
      return file.numbers(column.values, [column.values.length], arrayEncoding);
    case 'boolean':
      return file.booleans(toBytes(column.values), [column.values.length], arrayEncoding);
    case 'string':
      return file.strings(column.values, [column.values.length], stringArrayEncoding);
    case 'categorical': {
      const { codes, categories, ordered = false } = column;
      return {
        kind: 'group',
        attributes: { ...encoding('categorical', '0.2.0'), ordered },
        children: {
          categories: isNumericArray(categories)
            ? await file.numbers(categories, [categories.length], arrayEncoding)
            : await file.strings(categories, [categories.length], stringArrayEncoding),
          codes: await file.numbers(smallestCodes(codes, categories.length), [codes.length], arrayEncoding),
        },
      };
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

export async function writeUns(file: Hdf5File, value: UnsValue): Promise<Hdf5Node> {
  const scalar = encoding('numeric-scalar', '0.2.0');
  if (typeof value === 'string') return file.strings([value], [], encoding('string', '0.2.0'));
  if (typeof value === 'boolean') return file.booleans(toBytes([value]), [], scalar);
  if (typeof value === 'number') return file.numbers(toNumbers([value]), [], scalar);
  if (isNumericArray(value)) return file.numbers(value, [value.length], arrayEncoding);
  if (Array.isArray(value)) return writeList(file, value as readonly string[] | readonly number[] | readonly boolean[]);
  const children: Record<string, Hdf5Node> = {};
  for (const [key, entry] of Object.entries(value)) if (entry !== undefined) children[key] = await writeUns(file, entry);
  return dict(children);
}

function writeList(file: Hdf5File, list: readonly string[] | readonly number[] | readonly boolean[]): Promise<Hdf5Node> {
  const shape = [list.length];
  if (typeof list[0] === 'string') return file.strings(list as readonly string[], shape, stringArrayEncoding);
  if (typeof list[0] === 'boolean') return file.booleans(toBytes(list as readonly boolean[]), shape, arrayEncoding);
  return file.numbers(toNumbers(list as readonly number[]), shape, arrayEncoding);
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
