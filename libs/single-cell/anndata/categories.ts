import type { ColumnValues } from '../frames/column';
import type { ArrayFile, StoredArray } from '../array-file/array-file';
import { readStrings } from './read-strings';

/** Codes with their categories, refused when a code has no category. */
export function categoricalFrom(
  file: ArrayFile,
  what: string,
  codes: Int32Array,
  categoriesArray: StoredArray,
): Omit<Extract<ColumnValues, { kind: 'categorical' }>, 'ordered'> {
  const { categories, numbers, invalid } = readCategories(file, categoriesArray);
  for (const code of codes) {
    if (code < -1 || code >= categories.length) {
      throw file.damaged(`${what} has the code ${code} but only ${categories.length} categories`);
    }
  }
  return { kind: 'categorical', categories, codes, invalidText: invalid, ...(numbers ? { numbers } : {}) };
}

function readCategories(file: ArrayFile, array: StoredArray): { categories: string[]; numbers?: Float64Array; invalid: number } {
  if (array.kind === 'string') {
    const { values, invalid } = readStrings(file, array);
    return { categories: values, invalid };
  }
  const stored = file.readNumbers(array, [0], [array.shape[0] ?? 0]);
  if (array.kind === 'boolean') return { categories: Array.from(stored, (value) => (value === 0 ? 'False' : 'True')), invalid: 0 };
  return { categories: Array.from(stored, String), numbers: Float64Array.from(stored), invalid: 0 };
}
