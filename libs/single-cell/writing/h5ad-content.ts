import type { NumericArray } from './array-store';

/** A column of `obs` or `var`. All columns of a table have as many entries as it has rows. */
export type H5adColumn =
  | {
      readonly kind: 'categorical';
      /** Place of each row's value in `categories`; -1 where it is missing. */
      readonly codes: ArrayLike<number>;
      /** All values in order, those that no row has included. */
      readonly categories: readonly string[] | NumericArray;
      /** Whether the order means something; false by default. */
      readonly ordered?: boolean;
    }
  | { readonly kind: 'numeric'; readonly values: NumericArray }
  | { readonly kind: 'boolean'; readonly values: ArrayLike<boolean | number> }
  | { readonly kind: 'string'; readonly values: readonly string[] };

/** A table: a name for each row and columns in order. Names should be unique; readers warn about those that are not. */
export interface H5adTable {
  readonly names: readonly string[];
  readonly columns: Readonly<Record<string, H5adColumn>>;
}

/**
 * A value of `uns`. Whole numbers become int64, others float64 (a list of numbers as soon as one is not whole);
 * entries that are undefined are left out.
 */
export type UnsValue =
  | string
  | number
  | boolean
  | NumericArray
  | readonly string[]
  | readonly number[]
  | readonly boolean[]
  | { readonly [key: string]: UnsValue | undefined };

/** What is known of an AnnData object once all its rows are written. */
export interface AnnDataRest {
  /** `obs`: the cells (rows) in the order in which they were appended. */
  readonly obs: H5adTable;
  readonly uns?: Readonly<Record<string, UnsValue>>;
  /** Row-major matrices of one row a cell; the number of columns follows from the length. */
  readonly obsm?: Readonly<Record<string, Float32Array | Float64Array>>;
  /** Dense row-major matrices, cells x features. */
  readonly layers?: Readonly<Record<string, Float32Array | Float64Array>>;
}
