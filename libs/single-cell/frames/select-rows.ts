import type { Column, ColumnValues, DataFrame } from './column';

/**
 * Rows of a frame in another order; its columns are read when asked for.
 * @param rows row of the frame for each row that comes out; -1 for one without name and values
 */
export function selectRows(frame: DataFrame, rows: ArrayLike<number>): DataFrame {
  return {
    ...frame,
    length: rows.length,
    names: Array.from(rows, (row) => frame.names[row] ?? ''),
    columns: frame.columns.map((column): Column => ({ ...column, read: () => selectValues(column.read(), rows) })),
  };
}

/** Values of a column in another order; -1 makes a missing value. */
export function selectValues(values: ColumnValues, rows: ArrayLike<number>): ColumnValues {
  if (values.kind === 'categorical') return { ...values, codes: Int32Array.from(rows, (row) => (row < 0 ? -1 : values.codes[row])) };
  const { missing: stored, ...rest } = values;
  const missing = Uint8Array.from(rows, (row) => (row < 0 ? 1 : (stored?.[row] ?? 0)));
  const some = stored !== undefined || missing.includes(1) ? { missing } : {};
  if (rest.kind === 'string') return { ...rest, values: Array.from(rows, (row) => rest.values[row] ?? ''), ...some };
  return { ...rest, values: Float64Array.from(rows, (row) => rest.values[row] ?? 0), ...some };
}
