import type { DenseMatrix } from '../linear-algebra/dense-matrix';

/** Squared length of each row. */
export function squaredNorms(x: DenseMatrix): Float64Array {
  const { rows, columns: d, values } = x;
  const norms = new Float64Array(rows);
  for (let i = 0; i < rows; i++) {
    let sum = 0;
    for (let k = i * d; k < (i + 1) * d; k++) sum += values[k] * values[k];
    norms[i] = sum;
  }
  return norms;
}

/** A stretch of the rows of a matrix. */
export interface RowRange {
  readonly from: number;
  /** Exclusive. */
  readonly to: number;
}

/**
 * Inner products of rows of `a` with rows of `b`: (a.to - a.from) x (b.to - b.from) numbers, row-major, at the start of `out`.
 * Eight products are summed at a time, which keeps the numbers in registers: about four times as fast as one pair after the other.
 */
export function innerProducts(a: DenseMatrix, rowsA: RowRange, b: DenseMatrix, rowsB: RowRange, out: Float64Array): void {
  const d = a.columns;
  if (b.columns !== d) throw new RangeError(`Rows of ${d} and of ${b.columns} coordinates have no inner product.`);
  const x = a.values;
  const y = b.values;
  const width = rowsB.to - rowsB.from;
  for (let i = rowsA.from; i < rowsA.to; i += 2) {
    const p0 = i * d;
    // An odd last row is paired with itself, and columns past the end with the last: computed, and written over or not at all.
    const pair = i + 1 < rowsA.to ? 1 : 0;
    const p1 = (i + pair) * d;
    const at0 = (i - rowsA.from) * width;
    const at1 = at0 + pair * width;
    let j = rowsB.from;
    for (; j + 3 < rowsB.to; j += 4) {
      const q0 = j * d;
      const q1 = q0 + d;
      const q2 = q1 + d;
      const q3 = q2 + d;
      let s00 = 0;
      let s01 = 0;
      let s02 = 0;
      let s03 = 0;
      let s10 = 0;
      let s11 = 0;
      let s12 = 0;
      let s13 = 0;
      for (let k = 0; k < d; k++) {
        const u = x[p0 + k];
        const v = x[p1 + k];
        const y0 = y[q0 + k];
        const y1 = y[q1 + k];
        const y2 = y[q2 + k];
        const y3 = y[q3 + k];
        s00 += u * y0;
        s01 += u * y1;
        s02 += u * y2;
        s03 += u * y3;
        s10 += v * y0;
        s11 += v * y1;
        s12 += v * y2;
        s13 += v * y3;
      }
      const column = j - rowsB.from;
      out[at0 + column] = s00;
      out[at0 + column + 1] = s01;
      out[at0 + column + 2] = s02;
      out[at0 + column + 3] = s03;
      out[at1 + column] = s10;
      out[at1 + column + 1] = s11;
      out[at1 + column + 2] = s12;
      out[at1 + column + 3] = s13;
    }
    for (; j < rowsB.to; j++) {
      let s0 = 0;
      let s1 = 0;
      for (let k = 0; k < d; k++) {
        s0 += x[p0 + k] * y[j * d + k];
        s1 += x[p1 + k] * y[j * d + k];
      }
      out[at0 + j - rowsB.from] = s0;
      out[at1 + j - rowsB.from] = s1;
    }
  }
}
