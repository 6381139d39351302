/** A dense matrix of float64, row-major: entry (i, j) lies at `values[i * columns + j]`. */
export interface DenseMatrix {
  readonly rows: number;
  readonly columns: number;
  /** Length `rows * columns`. */
  readonly values: Float64Array;
}

/** A matrix of the given shape around `values` (not copied), or of zeros. */
export function denseMatrix(rows: number, columns: number, values: Float64Array = new Float64Array(rows * columns)): DenseMatrix {
  if (values.length !== rows * columns) {
    throw new RangeError(`A ${rows} x ${columns} matrix needs ${rows * columns} values, not ${values.length}.`);
  }
  return { rows, columns, values };
}

/** The given rows in the given order, copied; repeats allowed. */
export function gatherRows(matrix: DenseMatrix, rows: ArrayLike<number>): DenseMatrix {
  const { columns, values } = matrix;
  const picked = new Float64Array(rows.length * columns);
  for (let i = 0; i < rows.length; i++) {
    const start = rows[i] * columns;
    picked.set(values.subarray(start, start + columns), i * columns);
  }
  return { rows: rows.length, columns, values: picked };
}

/** The first `count` rows as a view on the same values. */
export function leadingRows(matrix: DenseMatrix, count: number): DenseMatrix {
  return { rows: count, columns: matrix.columns, values: matrix.values.subarray(0, count * matrix.columns) };
}

/** Mean of each column, float64, length `columns`; zeros for a matrix without rows. */
export function columnMeans(matrix: DenseMatrix): Float64Array {
  const { rows, columns, values } = matrix;
  const means = new Float64Array(columns);
  for (let i = 0; i < rows; i++) {
    const start = i * columns;
    for (let j = 0; j < columns; j++) means[j] += values[start + j];
  }
  for (let j = 0; j < columns && rows > 0; j++) means[j] /= rows;
  return means;
}
