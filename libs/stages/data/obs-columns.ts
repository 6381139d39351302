import type { Column, ColumnValues, Dataset, H5adColumn } from '@cfgen/single-cell';

/** Obs columns that can be written back as they were read, over rows of the data set. */
export function obsColumnsOf(dataset: Dataset, rows: Uint32Array): Record<string, H5adColumn> {
  return Object.fromEntries(
    dataset.obsColumns.flatMap((column): [string, H5adColumn][] => {
      const written = writable(column, rows);
      return written === undefined ? [] : [[column.name, written]];
    }),
  );
}

function writable(column: Column, rows: Uint32Array): H5adColumn | undefined {
  return column.kind === 'unsupported' ? undefined : written(column.read(), rows);
}

function written(values: ColumnValues, rows: Uint32Array): H5adColumn {
  switch (values.kind) {
    case 'categorical':
      return {
        kind: 'categorical',
        codes: Int32Array.from(rows, (row) => values.codes[row] ?? -1),
        categories: values.numbers ?? values.categories,
        ordered: values.ordered,
      };
    case 'string':
      return { kind: 'string', values: Array.from(rows, (row) => (values.missing?.[row] === 1 ? '' : (values.values[row] ?? ''))) };
    case 'boolean':
      return { kind: 'boolean', values: Uint8Array.from(rows, (row) => values.values[row] ?? 0) };
    default:
      return {
        kind: 'numeric',
        values: Float64Array.from(rows, (row) => (values.missing?.[row] === 1 ? NaN : (values.values[row] ?? NaN))),
      };
  }
}
