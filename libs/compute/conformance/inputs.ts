import { philox } from '@cfgen/math';
import type { SparseRows } from '@cfgen/tensors';

/** Numbers rounded to float32, so that engines of either precision are given the same ones. Every list is a function of its seed. */

export function uniforms(count: number, seed: number, from = 0, to = 1): Float64Array {
  const values = new Float64Array(count);
  const words = new Uint32Array(4);
  for (let i = 0; i < count; i++) {
    if (i % 4 === 0) philox(words, { k0: seed, k1: 0x5eed }, i / 4, 0, 0, 0);
    values[i] = Math.fround(from + (to - from) * ((words[i % 4] + 0.5) / 2 ** 32));
  }
  return values;
}

export function normals(count: number, seed: number, mean = 0, deviation = 1): Float64Array {
  const u = uniforms(count, seed, 1e-9, 1);
  const v = uniforms(count, seed + 1_000_000);
  return u.map((_, i) => Math.fround(mean + deviation * Math.sqrt(-2 * Math.log(u[i])) * Math.cos(2 * Math.PI * v[i])));
}

export function integers(count: number, seed: number, from: number, below: number): Int32Array {
  return Int32Array.from(uniforms(count, seed, from, below), (value) => Math.min(Math.floor(value), below - 1));
}

/** Counts at the given density, mostly small; every fourth row, from the second on, is empty. */
export function sparseCounts(rows: number, columns: number, density: number, seed: number): SparseRows {
  const chosen = uniforms(rows * columns, seed);
  const sizes = uniforms(rows * columns, seed + 2_000_000, 1e-6, 1);
  return fromDense(rows, columns, (r, g) => {
    const i = r * columns + g;
    return r % 4 === 1 || chosen[i] > density ? 0 : 1 + Math.floor(-4 * Math.log(sizes[i]));
  });
}

export function fromDense(rows: number, columns: number, count: (row: number, column: number) => number): SparseRows {
  const indptr = new Uint32Array(rows + 1);
  const indices: number[] = [];
  const values: number[] = [];
  for (let r = 0; r < rows; r++) {
    for (let g = 0; g < columns; g++) {
      const value = count(r, g);
      if (value === 0) continue;
      indices.push(g);
      values.push(value);
    }
    indptr[r + 1] = indices.length;
  }
  return { rows, columns, indptr, indices: Uint32Array.from(indices), values: Float32Array.from(values) };
}

export function toDense(source: SparseRows): Float64Array {
  const dense = new Float64Array(source.rows * source.columns);
  for (let r = 0; r < source.rows; r++) {
    for (let e = source.indptr[r]; e < source.indptr[r + 1]; e++) dense[r * source.columns + source.indices[e]] = source.values[e];
  }
  return dense;
}

/** Rows from .. to of a row-major matrix. */
export function rowRange<T extends Float64Array | Int32Array>(values: T, width: number, from: number, to: number): T {
  return values.slice(from * width, to * width) as T;
}

/** Rows from .. to of a block of counts. */
export function countRange(source: SparseRows, from: number, to: number): SparseRows {
  const start = source.indptr[from];
  const end = source.indptr[to];
  return {
    rows: to - from,
    columns: source.columns,
    indptr: source.indptr.slice(from, to + 1).map((at) => at - start),
    indices: source.indices.slice(start, end),
    values: source.values.slice(start, end),
  };
}
