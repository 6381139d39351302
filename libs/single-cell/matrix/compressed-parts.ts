import { CfgenError } from '@cfgen/contracts';
import type { ArrayFile, StoredArray } from '../array-file/array-file';

/** The three arrays of a CSR or CSC matrix after all checks that need no entry to be read. */
export interface CompressedParts {
  readonly where: string;
  readonly rows: number;
  readonly columns: number;
  readonly storedEntries: number;
  /** Offsets of rows (CSR) or columns (CSC), length one more than their number; checked: from 0, never down, last = entries stored. */
  readonly offsets: Float64Array;
  readonly indices: StoredArray;
  readonly data: StoredArray;
}

/**
 * @param path group with `data`, `indices`, `indptr`
 * @param where how users call the matrix
 * @param shape rows (cells) and columns (features), already known to agree with obs and var
 * @param layout which axis `indptr` runs along
 */
export function compressedParts(
  file: ArrayFile,
  path: string,
  where: string,
  shape: readonly [number, number],
  layout: 'csr' | 'csc',
): CompressedParts {
  const [rows, columns] = shape;
  const part = (name: string): StoredArray => {
    if (file.kind(`${path}/${name}`) === undefined) {
      throw new CfgenError('INPUT_INCOMPLETE', `${file.name}: ${where} is incomplete: ${where}/${name} is missing`, {
        hint: 'save the file again from its source',
        details: { file: file.name, part: `${where}/${name}` },
      });
    }
    const array = file.array(`${path}/${name}`);
    requireNumbers(file, array, `${where}/${name}`, where);
    if (array.shape.length !== 1) throw file.damaged(`${where}/${name} has ${array.shape.length} dimensions instead of 1`);
    return array;
  };
  const indptr = part('indptr');
  const indices = part('indices');
  const data = part('data');
  if (indices.shape[0] !== data.shape[0]) {
    throw file.damaged(`in ${where} indices and data have different lengths (${count(indices.shape[0])} and ${count(data.shape[0])})`);
  }
  const [major, axis] = layout === 'csr' ? [rows, 'row'] : [columns, 'column'];
  if (indptr.shape[0] !== major + 1) {
    throw file.damaged(`${where} has ${count(indptr.shape[0])} ${axis} pointers for ${count(major)} ${axis}s (one more is needed)`);
  }
  const offsets = Float64Array.from(file.readNumbers(indptr, [0], [major + 1]));
  const storedEntries = data.shape[0];
  if (offsets[0] !== 0) throw file.damaged(`${where}: ${axis} pointers start at ${offsets[0]} instead of 0`);
  for (let i = 0; i < major; i++) {
    if (!(offsets[i + 1] >= offsets[i])) throw file.damaged(`${where}: ${axis} pointers are not increasing at ${axis} ${i}`);
  }
  const last = offsets[major];
  if (last > storedEntries) {
    throw file.damaged(`${where}: ${axis} pointers ask for more values than are stored (${count(last)} of ${count(storedEntries)})`);
  }
  if (last < storedEntries) {
    throw file.damaged(`${where} stores ${count(storedEntries)} values but its ${axis} pointers end at ${count(last)}`);
  }
  return { where, rows, columns, storedEntries, offsets, indices, data };
}

/** Refuses text, complex numbers and anything else that is not plain numbers. */
export function requireNumbers(file: ArrayFile, array: StoredArray, part: string, where: string): void {
  if (array.kind === 'integer' || array.kind === 'float' || array.kind === 'boolean') return;
  const what = array.kind === 'string' ? 'text' : array.kind === 'compound' ? compoundName(array) : 'values of an unknown type';
  throw new CfgenError(
    'INPUT_NOT_COUNTS',
    `${file.name}: ${part} holds ${what}, ${array.kind === 'string' ? 'numbers' : 'counts'} are needed`,
    {
      hint: `store raw counts in ${where}`,
      details: { file: file.name, part },
    },
  );
}

function compoundName(array: StoredArray): string {
  const names = array.metadata?.compound_type?.members.map(({ name }) => name) ?? [];
  return names.join() === 'r,i' ? 'complex numbers' : `records (${names.join(', ')})`;
}

function count(value: number | undefined): string {
  return (value ?? 0).toLocaleString('en-US');
}
