/** What a column of obs or var holds. */
export type ColumnKind = 'categorical' | 'string' | 'integer' | 'float' | 'boolean' | 'unsupported';

/** Values of a column; `missing[i]` is 1 where the file says "no value". */
export type ColumnValues =
  | {
      readonly kind: 'categorical';
      /** In the file's order; may hold categories no cell has. */
      readonly categories: readonly string[];
      /** Category of each cell, -1 missing. */
      readonly codes: Int32Array;
      readonly ordered: boolean;
      /** Set when the categories are stored as numbers. */
      readonly numbers?: Float64Array;
      readonly invalidText: number;
    }
  | { readonly kind: 'string'; readonly values: readonly string[]; readonly missing?: Uint8Array; readonly invalidText: number }
  | { readonly kind: 'integer' | 'float' | 'boolean'; readonly values: Float64Array; readonly missing?: Uint8Array };

/** A column that is read when asked for. */
export interface Column {
  readonly name: string;
  readonly kind: ColumnKind;
  /** Throws `INPUT_DAMAGED` when the stored values contradict each other, `INPUT_UNSUPPORTED` when the kind is unsupported. */
  read(): ColumnValues;
}

/** obs or var. */
export interface DataFrame {
  /** How messages call it: `obs`, `var`, `raw/var`. */
  readonly where: string;
  readonly length: number;
  /** Names of the rows as stored, not made unique. */
  readonly names: readonly string[];
  /** Names that were not valid UTF-8. */
  readonly invalidNames: number;
  readonly columns: readonly Column[];
}

/** A frame of which only the names are known. */
export function namesOnly(where: string, names: readonly string[]): DataFrame {
  return { where, length: names.length, names, invalidNames: 0, columns: [] };
}

/** A text column that is already in memory. */
export function textColumn(name: string, values: readonly string[]): Column {
  return { name, kind: 'string', read: () => ({ kind: 'string', values, invalidText: 0 }) };
}
