import { CfgenError } from '@cfgen/contracts';
import type { Column, ColumnKind, ColumnValues, DataFrame } from '../frames/column';
import { Hdf5File } from '../hdf5/hdf5-file';
import type { ArrayFile, StoredArray } from '../array-file/array-file';
import { categoricalFrom } from './categories';
import { readCompoundFrame } from './compound-frame';
import { readStrings } from './read-strings';

/**
 * obs or var of an AnnData file of any generation: a group of columns (0.7 and later; before 0.8 the categories lie in `__categories`)
 * or one compound table (0.6). Only the names are read now; every column's length is checked.
 *
 * Encodings: https://anndata.readthedocs.io/en/stable/fileformat-prose.html
 */
export function readFrame(file: ArrayFile, path: string): DataFrame {
  if (file instanceof Hdf5File && file.kind(path) === 'array') return readCompoundFrame(file, path);
  if (file.kind(path) === 'array') throw file.damaged(`${path} is no group of columns`);
  const index = indexName(file, path);
  if (index === undefined) {
    throw new CfgenError('INPUT_INCOMPLETE', `${file.name} is incomplete: ${path} has no index (names of its rows)`, {
      hint: 'save the file again with anndata',
      details: { file: file.name, part: path },
    });
  }
  const at = `${path}/${index}`;
  if (file.kind(at) === 'group') throw file.damaged(`${at} is a group where names are expected`);
  const array = file.array(at);
  const length = array.shape[0] ?? 0;
  const { values, invalid } = array.kind === 'string' ? readStrings(file, array) : numberedNames(file, array);
  const legacy = file.kind(`${path}/__categories`) === 'group';
  const columns = columnNames(file, path, index).map((name) => groupColumn(file, path, name, length, legacy));
  return { where: path, length, names: values, invalidNames: invalid, columns };
}

function indexName(file: ArrayFile, path: string): string | undefined {
  const members = file.members(path);
  const named = file.textAttribute(path, '_index');
  if (named !== undefined && members.includes(named)) return named;
  return ['_index', 'index'].find((name) => members.includes(name));
}

function numberedNames(file: ArrayFile, array: StoredArray): { values: string[]; invalid: number } {
  if (array.kind !== 'integer' && array.kind !== 'float') throw file.damaged(`${array.path} holds no names`);
  return { values: Array.from(file.readNumbers(array, [0], [array.shape[0] ?? 0]), String), invalid: 0 };
}

function columnNames(file: ArrayFile, path: string, index: string): string[] {
  const members = file.members(path).filter((name) => name !== index && name !== '__categories');
  const order = file.attribute(path, 'column-order');
  if (!Array.isArray(order)) return [...members];
  const lost = order.filter((name) => name !== index && !members.includes(name));
  if (lost.length > 0) {
    throw new CfgenError('INPUT_INCOMPLETE', `${file.name} is incomplete: ${path} lists the column ${lost[0]} but does not hold it`, {
      details: { file: file.name, part: `${path}/${lost[0]}` },
    });
  }
  return [...order.filter((name) => name !== index), ...members.filter((name) => !order.includes(name))];
}

function groupColumn(file: ArrayFile, frame: string, name: string, length: number, legacy: boolean): Column {
  const path = `${frame}/${name}`;
  const column = file.kind(path) === 'group' ? encodedColumn(file, frame, name, length) : plainColumn(file, frame, name, length, legacy);
  return column ?? { name, kind: 'unsupported', read: () => unsupported(file, path) };
}

/** Columns that are groups: categorical, nullable integers, booleans and strings. */
function encodedColumn(file: ArrayFile, frame: string, name: string, length: number): Column | undefined {
  const path = `${frame}/${name}`;
  const members = file.members(path);
  if (members.includes('codes') && members.includes('categories')) {
    const codes = file.array(`${path}/codes`);
    checkLength(file, frame, name, codes, length);
    const ordered = file.attribute(path, 'ordered') === true;
    return { name, kind: 'categorical', read: () => readCategorical(file, frame, name, codes, file.array(`${path}/categories`), ordered) };
  }
  if (!members.includes('values') || !members.includes('mask')) return undefined;
  const values = file.array(`${path}/values`);
  const mask = file.array(`${path}/mask`);
  checkLength(file, frame, name, values, length);
  checkLength(file, frame, name, mask, length);
  const kind = columnKind(values);
  if (kind === 'unsupported') return undefined;
  return { name, kind, read: () => ({ ...readPlain(file, values), missing: Uint8Array.from(file.readNumbers(mask, [0], [length])) }) };
}

function plainColumn(file: ArrayFile, frame: string, name: string, length: number, legacy: boolean): Column | undefined {
  const path = `${frame}/${name}`;
  if (file.kind(path) !== 'array') return undefined;
  const array = file.array(path);
  checkLength(file, frame, name, array, length);
  const categories = `${frame}/__categories/${name}`;
  if (legacy && file.kind(categories) === 'array') {
    const ordered = file.attribute(categories, 'ordered') === true;
    return { name, kind: 'categorical', read: () => readCategorical(file, frame, name, array, file.array(categories), ordered) };
  }
  const kind = columnKind(array);
  return kind === 'unsupported' || array.shape.length !== 1 ? undefined : { name, kind, read: () => readPlain(file, array) };
}

function columnKind(array: StoredArray): ColumnKind {
  return array.kind === 'compound' || array.kind === 'other' ? 'unsupported' : array.kind;
}

function readPlain(file: ArrayFile, array: StoredArray): Exclude<ColumnValues, { kind: 'categorical' }> {
  if (array.kind === 'string') {
    const { values, invalid } = readStrings(file, array);
    return { kind: 'string', values, invalidText: invalid };
  }
  const values = Float64Array.from(file.readNumbers(array, [0], [array.shape[0] ?? 0]));
  return { kind: array.kind === 'float' ? 'float' : array.kind === 'boolean' ? 'boolean' : 'integer', values };
}

function readCategorical(
  file: ArrayFile,
  frame: string,
  name: string,
  codesArray: StoredArray,
  categoriesArray: StoredArray,
  ordered: boolean,
): ColumnValues {
  const codes = Int32Array.from(file.readNumbers(codesArray, [0], [codesArray.shape[0] ?? 0]));
  return { ...categoricalFrom(file, `${frame} column ${name}`, codes, categoriesArray), ordered };
}

function checkLength(file: ArrayFile, frame: string, name: string, array: StoredArray, length: number): void {
  const has = array.shape[0] ?? 0;
  if (has === length) return;
  const things = frame.startsWith('obs') ? 'cells' : 'genes';
  throw file.damaged(`${frame} column ${name} has ${has.toLocaleString('en-US')} values for ${length.toLocaleString('en-US')} ${things}`);
}

function unsupported(file: ArrayFile, path: string): never {
  const encoding = file.textAttribute(path, 'encoding-type') ?? 'unknown';
  throw new CfgenError('INPUT_UNSUPPORTED', `${file.name}: ${path} has the encoding ${encoding}, which is not read here`, {
    hint: 'store the column as text, numbers, booleans or categories',
    details: { file: file.name, part: path, encoding },
  });
}
