import type { DecodedStrings, Numbers } from '../hdf5/decoding';
import type { Hdf5Kind } from '../hdf5/hdf5-array';
import type { AttributeValue } from '../hdf5/hdf5-file';
import type { Hdf5Metadata } from '../hdf5/hdf5-library';
import type { CfgenError } from '@cfgen/contracts';

/** An array in a file: what is known before reading it. */
export interface StoredArray {
  readonly path: string;
  readonly kind: Hdf5Kind;
  readonly shape: readonly number[];
  readonly chunks: readonly number[] | undefined;
  /** Bytes of a number as stored; says nothing where `kind` is something else. */
  readonly elementBytes: number;
  /** HDF5's own description, where the file is one. */
  readonly metadata?: Hdf5Metadata;
}

/**
 * Named arrays in a tree of groups, open for reading: an HDF5 file, a Zarr store. Paths are absolute and without a leading slash (`obs/_index`),
 * `''` is the root. Failures are `INPUT_DAMAGED`, `INPUT_INCOMPLETE` or `INPUT_UNSUPPORTED` errors that name the file and the part.
 */
export interface ArrayFile {
  /** How messages call it. */
  readonly name: string;
  /** Names in a group. */
  members(group: string): readonly string[];
  /** What lies at a path; undefined when nothing does. */
  kind(path: string): 'group' | 'array' | undefined;
  /** Value of an attribute; undefined when there is none or when its type is none of numbers, booleans, text. */
  attribute(path: string, name: string): AttributeValue;
  /** Attribute that must be text to mean anything, such as `encoding-type`. */
  textAttribute(path: string, name: string): string | undefined;
  array(path: string): StoredArray;
  /** Numbers of a box of an array (row-major), whatever their stored type. */
  readNumbers(array: StoredArray, offset: readonly number[], count: readonly number[]): Numbers;
  /** Text of a range of a one-dimensional array. */
  readStrings(array: StoredArray, start: number, length: number): DecodedStrings;
  /** An `INPUT_DAMAGED` error about this file. */
  damaged(what: string, cause?: unknown): CfgenError;
}
