import type { InputTransform } from '../index';
import { countRange, integers, normals, rowRange, sparseCounts, uniforms } from './inputs';
import { read, type KernelCase } from './kernel-case';

const gemmShapes = [
  [1, 1, 1],
  [1, 5, 3],
  [3, 1, 7],
  [2, 4, 1],
  [5, 8, 16],
  [17, 33, 19],
  [31, 64, 9],
  [6, 1100, 21],
  [300, 517, 129],
] as const;

/** Element (i, j) of a matrix for element (j, i). */
function transposed(values: Float64Array, rows: number, columns: number): Float64Array {
  return values.map((_, at) => values[(at % rows) * columns + Math.floor(at / rows)]);
}

function gemmCases(): KernelCase[] {
  return gemmShapes.flatMap(([m, k, n]) => {
    // Rows of the result are rows of `a` however it is stored: `a` is kept as [M, K] here and laid out as the form wants it.
    const a = normals(m * k, 1);
    const b = normals(k * n, 2);
    const bias = normals(n, 3);
    const before = normals(m * n, 4);
    return (['NN', 'TN', 'NT'] as const).flatMap((form) =>
      [
        { biased: false, accumulate: false },
        { biased: true, accumulate: false },
        { biased: false, accumulate: true },
        { biased: true, accumulate: true },
      ].map(({ biased, accumulate }): KernelCase => ({
        kernel: 'gemm',
        title: `${form} ${m}x${k}x${n}${biased ? ' + bias' : ''}${accumulate ? ' + out' : ''}`,
        rowwise: { rows: m, outputs: ['out'] },
        async run(scope, from, to) {
          const rows = to - from;
          const part = rowRange(a, k, from, to);
          const out = scope.real([rows, n], rowRange(before, n, from, to));
          scope.engine.gemm(
            out,
            form === 'TN' ? scope.real([k, rows], transposed(part, rows, k)) : scope.real([rows, k], part),
            form === 'NT' ? scope.real([n, k], transposed(b, k, n)) : scope.real([k, n], b),
            { form, accumulate, ...(biased ? { bias: scope.real([n], bias) } : {}) },
          );
          return read(scope, { out });
        },
      })),
    );
  });
}

const inputTransforms: readonly InputTransform[] = ['log1p', 'log1p-normalised', 'proportion', 'log1p-proportion', 'binary'];

const sparseShapes = [
  [1, 1, 1],
  [2, 3, 1],
  [5, 13, 7],
  [33, 101, 20],
  [64, 300, 65],
  [130, 257, 12],
] as const;

function sparseCases(): KernelCase[] {
  return sparseShapes.flatMap(([rows, genes, hidden], i) => {
    const counts = sparseCounts(rows, genes, 0.3, 10 + i);
    const l = uniforms(rows, 20 + i, 0.5, 40);
    const w = normals(genes * hidden, 30 + i);
    const bias = normals(hidden, 40 + i);
    const dy = normals(rows * hidden, 50 + i);
    const kind = inputTransforms[i % inputTransforms.length];
    return [
      {
        kernel: 'sparseGemm',
        title: `${rows}x${genes}x${hidden}, ${kind}`,
        rowwise: { rows, outputs: ['out'] },
        magnitude: { out: 4 },
        async run(scope, from, to) {
          const batch = scope.counts(countRange(counts, from, to));
          const out = scope.dirty([to - from, hidden]);
          scope.engine.transformCounts(batch, kind, scope.real([to - from], rowRange(l, 1, from, to)));
          scope.engine.sparseGemm(out, batch, scope.real([genes, hidden], w), scope.real([hidden], bias));
          return read(scope, { out });
        },
      },
      {
        kernel: 'sparseGemmTransposed',
        title: `${rows}x${genes}x${hidden}, ${kind}`,
        magnitude: { out: 4 },
        async run(scope) {
          const batch = scope.counts(counts);
          const out = scope.dirty([genes, hidden]);
          scope.engine.transformCounts(batch, kind, scope.real([rows], l));
          scope.engine.sparseGemmTransposed(out, batch, scope.real([rows, hidden], dy));
          return read(scope, { out });
        },
      },
    ] satisfies KernelCase[];
  });
}

/** A product with the identity shows the transform itself. */
function transformCases(): KernelCase[] {
  const rows = 9;
  const genes = 23;
  const counts = sparseCounts(rows, genes, 0.5, 60);
  const l = uniforms(rows, 61, 0.01, 50_000);
  const identity = new Float64Array(genes * genes).map((_, i) => (i % (genes + 1) === 0 ? 1 : 0));
  return inputTransforms.map((kind) => ({
    kernel: 'transformCounts',
    title: kind,
    rowwise: { rows, outputs: ['out'] },
    async run(scope, from, to) {
      const batch = scope.counts(countRange(counts, from, to));
      const out = scope.dirty([to - from, genes]);
      scope.engine.transformCounts(batch, kind, scope.real([to - from], rowRange(l, 1, from, to)));
      scope.engine.sparseGemm(out, batch, scope.real([genes, genes], identity), scope.real([genes]));
      return read(scope, { out });
    },
  }));
}

/** A batch is refilled for every step: nothing of a longer batch before may be left. */
function refilledBatchCase(): KernelCase {
  const [genes, hidden] = [40, 9];
  const first = sparseCounts(12, genes, 0.6, 70);
  const second = sparseCounts(5, genes, 0.2, 71);
  const w = normals(genes * hidden, 72);
  const dy = normals(5 * hidden, 73);
  return {
    kernel: 'sparseGemmTransposed',
    title: 'a batch filled a second time with fewer rows',
    magnitude: { out: 4, dw: 4 },
    async run(scope) {
      const batch = scope.counts(first);
      scope.engine.transformCounts(batch, 'log1p', scope.real([12], new Float64Array(12).fill(1)));
      scope.engine.uploadCounts(batch, second);
      scope.engine.transformCounts(batch, 'log1p', scope.real([5], new Float64Array(5).fill(1)));
      const out = scope.dirty([5, hidden]);
      const dw = scope.dirty([genes, hidden]);
      scope.engine.sparseGemm(out, batch, scope.real([genes, hidden], w), scope.real([hidden]));
      scope.engine.sparseGemmTransposed(dw, batch, scope.real([5, hidden], dy));
      return { ...(await read(scope, { out, dw })), rows: [batch.rows] };
    },
  };
}

function columnSumCases(): KernelCase[] {
  const shapes = [
    [1, 1],
    [1, 9],
    [3, 1],
    [17, 33],
    [256, 130],
    [1000, 3],
  ] as const;
  return shapes.map(([rows, columns], i) => {
    const a = normals(rows * columns, 80 + i);
    return {
      kernel: 'columnSums',
      title: `${rows}x${columns}`,
      async run(scope) {
        const out = scope.dirty([columns]);
        scope.engine.columnSums(out, scope.real([rows, columns], a));
        return read(scope, { out });
      },
    };
  });
}

/** A batch without any stored count. */
function emptyBatchCase(): KernelCase {
  const bias = Float64Array.from(integers(6, 90, -5, 6));
  return {
    kernel: 'sparseGemm',
    title: 'a batch of empty rows',
    async run(scope) {
      const batch = scope.counts({
        rows: 3,
        columns: 4,
        indptr: new Uint32Array(4),
        indices: new Uint32Array(0),
        values: new Float32Array(0),
      });
      scope.engine.transformCounts(batch, 'proportion', scope.real([3], [1, 2, 3]));
      const out = scope.dirty([3, 6]);
      const dw = scope.dirty([4, 6]);
      scope.engine.sparseGemm(out, batch, scope.real([4, 6], normals(24, 91)), scope.real([6], bias));
      scope.engine.sparseGemmTransposed(dw, batch, scope.real([3, 6], normals(18, 92)));
      return read(scope, { out, dw });
    },
  };
}

export const productCases: readonly KernelCase[] = [
  ...gemmCases(),
  ...transformCases(),
  ...sparseCases(),
  refilledBatchCase(),
  emptyBatchCase(),
  ...columnSumCases(),
];
