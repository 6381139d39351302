import { denseMatrix, principalComponents, sparsePrincipalComponents, type PrincipalComponents, type SparseMatrix } from '@cfgen/math';

/** Share of entries that are not zero above which products with the sparse matrix cost more than one Gram matrix. */
const densestSparse = 0.2;

/** Principal components by whichever of two ways costs less; both give the same to about ten digits. */
export function componentsOfSparse(x: SparseMatrix, components: number): PrincipalComponents {
  const density = x.values.length / Math.max(1, x.rows * x.columns);
  return density < densestSparse ? sparsePrincipalComponents(x, components) : principalComponents(madeDense(x), components);
}

/** The rows of one matrix above those of another. */
export function stackedSparse(a: SparseMatrix, b: SparseMatrix): SparseMatrix {
  const indptr = new Uint32Array(a.rows + b.rows + 1);
  indptr.set(a.indptr);
  for (let i = 1; i <= b.rows; i++) indptr[a.rows + i] = a.indptr[a.rows] + b.indptr[i];
  const indices = new Uint32Array(indptr[a.rows + b.rows]);
  const values = new Float64Array(indices.length);
  for (const [from, at] of [
    [a, 0],
    [b, a.indptr[a.rows]],
  ] as const) {
    indices.set(from.indices.subarray(0, from.indptr[from.rows]), at);
    values.set(from.values.subarray(0, from.indptr[from.rows]), at);
  }
  return { rows: a.rows + b.rows, columns: a.columns, indptr, indices, values };
}

function madeDense({ rows, columns, indptr, indices, values }: SparseMatrix) {
  const out = denseMatrix(rows, columns);
  for (let i = 0; i < rows; i++) for (let at = indptr[i]; at < indptr[i + 1]; at++) out.values[i * columns + indices[at]] = values[at];
  return out;
}
