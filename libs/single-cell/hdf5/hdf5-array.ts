import type { Hdf5Metadata } from './hdf5-library';

/** Classes of stored values. */
export type Hdf5Kind = 'integer' | 'float' | 'boolean' | 'string' | 'compound' | 'other';

/** A dataset of the file: what is known before reading it. */
export interface Hdf5Array {
  readonly path: string;
  readonly kind: Hdf5Kind;
  readonly shape: readonly number[];
  readonly chunks: readonly number[] | undefined;
  readonly elementBytes: number;
  readonly metadata: Hdf5Metadata;
}

/** The class of a stored type. */
export function kindOf(metadata: Hdf5Metadata): Hdf5Kind {
  if (metadata.type === 0) return 'integer';
  if (metadata.type === 1) return 'float';
  if (metadata.type === 3) return 'string';
  if (metadata.type === 6) return 'compound';
  // h5py stores booleans as an enumeration FALSE, TRUE; other enumerations are integers.
  if (metadata.type === 8) return 'FALSE' in (metadata.enum_type?.members ?? {}) ? 'boolean' : 'integer';
  return 'other';
}
