import { CfgenError } from '@cfgen/contracts';
import { readStrings } from '../anndata/read-strings';
import type { ArrayFile, StoredArray } from '../array-file/array-file';
import type { Column, ColumnValues, DataFrame } from '../frames/column';
import type { DecodedStrings } from '../hdf5/decoding';

/** Attributes that hold names, in the order in which they are looked for; upper and lower case, `_` and `.` make no difference. */
const nameAttributes = {
  col_attrs: ['cellid', 'obsnames', 'cellnames', 'cellname', 'cell', 'barcode', 'barcodes', 'index'],
  row_attrs: ['gene', 'varnames', 'genenames', 'genename', 'genesymbol', 'genesymbols', 'symbol', 'genes', 'accession', 'geneid', 'index'],
} as const;

/**
 * `col_attrs` (cells) or `row_attrs` (genes) of a Loom file as a frame. Attributes with several values a row, such as embeddings, are left out.
 * @param length cells or genes of the matrix
 */
export function readAttributes(file: ArrayFile, group: 'col_attrs' | 'row_attrs', length: number): DataFrame {
  const names = file.members(group);
  const nameOf = nameAttribute(group, names);
  if (nameOf === undefined) {
    const things = group === 'col_attrs' ? 'cells' : 'genes';
    throw new CfgenError(
      'INPUT_INCOMPLETE',
      `${file.name} has no names of ${things}: ${group} holds ${names.length === 0 ? 'nothing' : names.join(', ')}`,
      {
        hint: `store them as the attribute ${group === 'col_attrs' ? 'CellID' : 'Gene'} of ${group}`,
        details: { file: file.name, part: group, found: names },
      },
    );
  }
  const columns = names.filter((name) => name !== nameOf).flatMap((name) => attributeColumn(file, group, name, length) ?? []);
  const array = attributeArray(file, group, nameOf, length);
  const { values, invalid } = array.kind === 'string' ? texts(file, array) : numberedNames(file, array);
  return { where: group, length, names: values, invalidNames: invalid, columns };
}

function nameAttribute(group: 'col_attrs' | 'row_attrs', names: readonly string[]): string | undefined {
  const plain = new Map(names.map((name) => [name.toLowerCase().replace(/[\s._-]+/g, ''), name]));
  const wanted = nameAttributes[group].find((name) => plain.has(name));
  return wanted === undefined ? undefined : plain.get(wanted);
}

function attributeArray(file: ArrayFile, group: string, name: string, length: number): StoredArray {
  const path = `${group}/${name}`;
  const array = file.array(path);
  if (array.shape[0] !== length) {
    const things = group === 'col_attrs' ? 'cells' : 'genes';
    throw file.damaged(`${path} has ${count(array.shape[0] ?? 1)} values for ${count(length)} ${things}`);
  }
  return array;
}

function attributeColumn(file: ArrayFile, group: string, name: string, length: number): Column | undefined {
  if (file.kind(`${group}/${name}`) !== 'array') return undefined;
  const array = attributeArray(file, group, name, length);
  if (array.shape.length !== 1 || array.kind === 'compound' || array.kind === 'other') return undefined;
  return { name, kind: array.kind, read: () => attributeValues(file, array, length) };
}

function attributeValues(file: ArrayFile, array: StoredArray, length: number): ColumnValues {
  if (array.kind === 'string') {
    const { values, invalid } = texts(file, array);
    return { kind: 'string', values, invalidText: invalid };
  }
  const values = Float64Array.from(file.readNumbers(array, [0], [length]));
  return { kind: array.kind === 'float' ? 'float' : array.kind === 'boolean' ? 'boolean' : 'integer', values };
}

function numberedNames(file: ArrayFile, array: StoredArray): DecodedStrings {
  if (array.shape.length !== 1 || (array.kind !== 'integer' && array.kind !== 'float')) throw file.damaged(`${array.path} holds no names`);
  return { values: Array.from(file.readNumbers(array, [0], [array.shape[0] ?? 0]), String), invalid: 0 };
}

/** Text; Loom files before version 3 hold ASCII alone and write other characters as XML entities. */
function texts(file: ArrayFile, array: StoredArray): DecodedStrings {
  const { values, invalid } = readStrings(file, array);
  return { values: values.map((value) => (value.includes('&') ? withoutEntities(value) : value)), invalid };
}

const named: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

function withoutEntities(text: string): string {
  return text.replace(/&(?:#(\d{1,7})|#x([0-9a-fA-F]{1,6})|([a-z]{2,4}));/g, (whole, decimal?: string, hex?: string, name?: string) => {
    if (name !== undefined) return named[name] ?? whole;
    const code = decimal === undefined ? parseInt(hex ?? '', 16) : Number(decimal);
    return code <= 0x10ffff ? String.fromCodePoint(code) : whole;
  });
}

function count(value: number): string {
  return value.toLocaleString('en-US');
}
