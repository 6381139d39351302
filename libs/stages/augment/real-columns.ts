import type { Column, ColumnValues, H5adColumn } from '@cfgen/single-cell';

/** Real cells, and how many generated ones follow them. */
interface Rows {
  /** Row of the data of each real cell. */
  readonly real: Uint32Array;
  readonly generated: number;
}

/**
 * A column of obs for real cells and generated ones after them, which have no value in it. Text and truth values become categories, the one
 * form in which AnnData keeps "no value" for them; numbers get NaN.
 */
export function lengthenedColumn(column: Column, rows: Rows): H5adColumn | undefined {
  return column.kind === 'unsupported' ? undefined : lengthened(column.read(), rows);
}

function lengthened(values: ColumnValues, rows: Rows): H5adColumn {
  switch (values.kind) {
    case 'categorical':
      return {
        kind: 'categorical',
        codes: codesOf(rows, (row) => values.codes[row] ?? -1),
        categories: values.numbers ?? values.categories,
        ordered: values.ordered,
      };
    case 'string': {
      const texts = values.values;
      const present = (row: number): boolean => values.missing?.[row] !== 1;
      const categories = [...new Set(Array.from(rows.real).flatMap((row) => (present(row) ? [texts[row] ?? ''] : [])))].sort();
      const code = new Map(categories.map((category, i) => [category, i]));
      return { kind: 'categorical', codes: codesOf(rows, (row) => (present(row) ? (code.get(texts[row] ?? '') ?? -1) : -1)), categories };
    }
    case 'boolean':
      return {
        kind: 'categorical',
        codes: codesOf(rows, (row) => (values.missing?.[row] === 1 ? -1 : values.values[row] === 0 ? 0 : 1)),
        categories: ['False', 'True'],
      };
    default: {
      const out = new Float64Array(rows.real.length + rows.generated).fill(NaN);
      rows.real.forEach((row, i) => (out[i] = values.missing?.[row] === 1 ? NaN : (values.values[row] ?? NaN)));
      return { kind: 'numeric', values: out };
    }
  }
}

/** A column of labels that real and generated cells have, by name. */
export function labelColumn(real: readonly (string | undefined)[], generated: readonly string[], known: readonly string[]): H5adColumn {
  const extra = [...new Set(real.filter((name) => name !== undefined))].filter((name) => !known.includes(name));
  const categories = [...known, ...extra].sort();
  const code = new Map(categories.map((category, i) => [category, i]));
  const codes = Int32Array.from([...real, ...generated], (name) => (name === undefined ? -1 : (code.get(name) ?? -1)));
  return { kind: 'categorical', codes, categories };
}

function codesOf({ real, generated }: Rows, code: (row: number) => number): Int32Array {
  const codes = new Int32Array(real.length + generated).fill(-1);
  real.forEach((row, i) => (codes[i] = code(row)));
  return codes;
}
