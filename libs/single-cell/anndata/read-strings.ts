import type { DecodedStrings } from '../hdf5/decoding';
import type { ArrayFile, StoredArray } from '../array-file/array-file';

/** Strings read in one call: keeps what the library allocates for variable-length text small. */
const stringsAtOnce = 1 << 16;

/** A one-dimensional dataset of text, whole. */
export function readStrings(file: ArrayFile, array: StoredArray): DecodedStrings {
  if (array.kind !== 'string') throw file.damaged(`${array.path} holds no text`);
  if (array.shape.length > 1) throw file.damaged(`${array.path} has ${array.shape.length} dimensions where a list of text is expected`);
  const length = array.shape[0] ?? 0;
  const values: string[] = [];
  let invalid = 0;
  for (let start = 0; start < length; start += stringsAtOnce) {
    const part = file.readStrings(array, start, Math.min(stringsAtOnce, length - start));
    for (const value of part.values) values.push(value);
    invalid += part.invalid;
  }
  return { values, invalid };
}
