import type { Attribute, ModelDescription } from '@cfgen/model';
import type { Column, ColumnValues } from '@cfgen/single-cell';

type CarriedColumn = NonNullable<ModelDescription['carried']>[number];

/** Columns and length of texts that a model carries at most: annotation, not data. */
const mostColumns = 64;
const longestText = 256;

/**
 * Columns of obs that follow from a label (such as the ontology term of a cell type), or are the same for all cells (such as the organism): they hold
 * of generated cells too. Of text and truth values only; in the order of the file.
 *
 * @param rows cells that are trained on, as the codes of the attributes have them
 */
export function carriedColumns(columns: readonly Column[], rows: Uint32Array, attributes: readonly Attribute[]): CarriedColumn[] {
  const carried: CarriedColumn[] = [];
  for (const column of columns) {
    if (carried.length === mostColumns) break;
    if (attributes.some(({ name }) => name === column.name)) continue;
    if (column.kind !== 'string' && column.kind !== 'categorical' && column.kind !== 'boolean') continue;
    const valueOf = valuesOf(column.read());
    const kind = column.kind === 'boolean' ? 'boolean' : 'text';
    const constant = valuesBy(rows, undefined, 1, valueOf);
    if (constant !== undefined) carried.push({ name: column.name, kind, by: null, values: constant });
    else {
      const by = attributes.findIndex(({ codes, categories }) => valuesBy(rows, codes, categories.length, valueOf) !== undefined);
      const attribute = attributes[by];
      const values = attribute && valuesBy(rows, attribute.codes, attribute.categories.length, valueOf);
      if (values !== undefined) carried.push({ name: column.name, kind, by, values });
    }
  }
  return carried;
}

/** The value of each category, where all its cells share one; undefined where some do not, or where no cell has any. */
function valuesBy(
  rows: Uint32Array,
  codes: Int32Array | undefined,
  categories: number,
  valueOf: (row: number) => string | null,
): (string | null)[] | undefined {
  const values: (string | null | undefined)[] = Array.from({ length: categories }, () => undefined);
  for (const [i, row] of rows.entries()) {
    const code = codes?.[i] ?? 0;
    const value = valueOf(row);
    const known = values[code];
    if (known === undefined && (value === null || value.length <= longestText)) values[code] = value;
    else if (known !== value) return undefined;
  }
  const found = values.map((value) => value ?? null);
  return found.some((value) => value !== null) ? found : undefined;
}

function valuesOf(values: ColumnValues): (row: number) => string | null {
  if (values.kind === 'categorical') return (row) => values.categories[values.codes[row] ?? -1] ?? null;
  const missing = (row: number): boolean => (values.missing?.[row] ?? 0) !== 0;
  if (values.kind === 'string') return (row) => (missing(row) ? null : (values.values[row] ?? null));
  return (row) => (missing(row) ? null : values.values[row] === 0 ? 'False' : 'True');
}
