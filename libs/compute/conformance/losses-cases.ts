import type { SparseRows } from '@cfgen/tensors';
import { countRange, fromDense, integers, normals, rowRange, sparseCounts, uniforms } from './inputs';
import { read, type KernelCase } from './kernel-case';

interface NegativeBinomialInputs {
  readonly title: string;
  readonly counts: SparseRows;
  readonly logits: Float64Array;
  readonly sizeFactors: Float64Array;
  /** [G], or [C, G] with a category of each row. */
  readonly logTheta: Float64Array;
  readonly category?: Int32Array;
  readonly scale: number;
  readonly magnitude?: Readonly<Record<string, number>>;
}

/** With gradients, and the loss alone, which must leave the logits as they are. */
function negativeBinomialCases(inputs: NegativeBinomialInputs): KernelCase[] {
  const { counts, logits, sizeFactors, logTheta, category, scale, magnitude } = inputs;
  const { rows, columns } = counts;
  const thetaShape = category === undefined ? [columns] : [logTheta.length / columns, columns];
  return [true, false].map((gradients) => ({
    kernel: 'negativeBinomialLoss',
    title: `${inputs.title}${gradients ? '' : ', loss alone'}`,
    rowwise: { rows, outputs: ['logits', 'rowLoss'] },
    ...(magnitude === undefined ? {} : { magnitude }),
    async run(scope, from, to) {
      const s = scope.real([to - from, columns], rowRange(logits, columns, from, to));
      const rowLoss = scope.dirty([to - from]);
      const dLogTheta = gradients ? scope.dirty(thetaShape) : undefined;
      scope.engine.negativeBinomialLoss({
        logits: s,
        logTheta: scope.real(thetaShape, logTheta),
        sizeFactors: scope.real([to - from], rowRange(sizeFactors, 1, from, to)),
        counts: scope.counts(countRange(counts, from, to)),
        rowLoss,
        scale,
        ...(category === undefined ? {} : { category: scope.int32([to - from], rowRange(category, 1, from, to)) }),
        ...(dLogTheta === undefined ? {} : { dLogTheta }),
      });
      return read(scope, { logits: s, rowLoss, ...(dLogTheta === undefined ? {} : { dLogTheta }) });
    },
  }));
}

function ordinaryNegativeBinomialCases(): KernelCase[] {
  return (
    [
      [1, 1],
      [1, 17],
      [2, 3],
      [9, 33],
      [30, 258],
      [67, 1001],
    ] as const
  ).flatMap(([rows, genes], i) => {
    const counts = sparseCounts(rows, genes, 0.2, 200 + i);
    const logits = normals(rows * genes, 210 + i, 0, 1.5);
    const sizeFactors = uniforms(rows, 220 + i, 1, 4 * genes);
    return [
      ...negativeBinomialCases({
        title: `${rows}x${genes}`,
        counts,
        logits,
        sizeFactors,
        logTheta: normals(genes, 230 + i),
        scale: 1 / rows,
        magnitude: { rowLoss: 5 },
      }),
      ...negativeBinomialCases({
        title: `${rows}x${genes}, 3 categories`,
        counts,
        logits,
        sizeFactors,
        logTheta: normals(3 * genes, 240 + i),
        category: integers(rows, 250 + i, 0, 3),
        scale: 2,
        magnitude: { rowLoss: 5, logits: 4, dLogTheta: 20 },
      }),
    ];
  });
}

/** Every theta from 1e-4 to 1e8 against means from 1e-8 to 1e6 and counts from 0 to 1e5, each as one row of its own. */
function extremeNegativeBinomialCases(): KernelCase[] {
  const thetas = [1e-4, 1e-2, 1, 1e2, 1e4, 1e6, 1e8];
  const observed = [0, 1, 2, 7, 40, 1000, 1e5];
  const genes = thetas.length * observed.length;
  const means = [1e-8, 1e-4, 0.03, 1, 30, 1e3, 1e6];
  const counts = fromDense(means.length, genes, (_, g) => observed[g % observed.length]);
  return negativeBinomialCases({
    title: 'extreme means, inverse dispersions and counts',
    counts,
    logits: uniforms(means.length * genes, 260, -0.1, 0.1),
    sizeFactors: Float64Array.from(means, (mean) => Math.fround(mean * genes)),
    logTheta: Float64Array.from({ length: genes }, (_, g) => Math.fround(Math.log(thetas[Math.floor(g / observed.length)]))),
    scale: 1,
    // Sums of terms up to 1e5 ln 1e12.
    magnitude: { rowLoss: 1e5, logits: 1e4, dLogTheta: 1e4 },
  });
}

/** One feature takes almost everything: the proportions of the others fall below the smallest float32. */
function peakedSoftmaxCases(): KernelCase[] {
  const genes = 21;
  return negativeBinomialCases({
    title: 'a softmax with all its mass on one feature',
    counts: fromDense(4, genes, (r, g) => (g % 5 === r ? 3 : 0)),
    logits: Float64Array.from({ length: 4 * genes }, (_, i) => (i % genes === 2 ? 60 : -60 + (i % 7))),
    sizeFactors: Float64Array.of(1, 50, 2000, 100_000),
    logTheta: normals(genes, 270),
    scale: 1,
    magnitude: { rowLoss: 100 },
  });
}

function crossEntropyCases(): KernelCase[] {
  return (
    [
      [1, 1],
      [5, 3],
      [33, 17],
      [8, 130],
    ] as const
  ).map(([rows, categories], i) => {
    const logits = normals(rows * categories, 280 + i, 0, 3);
    logits[0] = 80;
    const labels = integers(rows, 290 + i, -1, categories);
    return {
      kernel: 'crossEntropyLoss',
      title: `${rows}x${categories}`,
      rowwise: { rows, outputs: ['logits', 'rowLoss'] },
      magnitude: { rowLoss: 10 },
      async run(scope, from, to) {
        const s = scope.real([to - from, categories], rowRange(logits, categories, from, to));
        const rowLoss = scope.dirty([to - from]);
        scope.engine.crossEntropyLoss({ logits: s, labels: scope.int32([to - from], rowRange(labels, 1, from, to)), rowLoss, scale: 0.25 });
        return read(scope, { logits: s, rowLoss });
      },
    };
  });
}

function squaredErrorCases(): KernelCase[] {
  return (
    [
      [1, 1],
      [3, 7],
      [65, 50],
    ] as const
  ).map(([rows, columns], i) => {
    const predicted = normals(rows * columns, 300 + i);
    const wanted = normals(rows * columns, 310 + i);
    return {
      kernel: 'squaredErrorLoss',
      title: `${rows}x${columns}`,
      rowwise: { rows, outputs: ['prediction', 'rowLoss'] },
      async run(scope, from, to) {
        const prediction = scope.real([to - from, columns], rowRange(predicted, columns, from, to));
        const target = scope.real([to - from, columns], rowRange(wanted, columns, from, to));
        const rowLoss = scope.dirty([to - from]);
        scope.engine.squaredErrorLoss({ prediction, target, rowLoss, scale: 1 / (rows * columns) });
        return read(scope, { prediction, rowLoss });
      },
    };
  });
}

function gaussianHeadCases(): KernelCase[] {
  return (
    [
      [1, 1],
      [3, 5],
      [33, 50],
    ] as const
  ).flatMap(([rows, size], i) => {
    const heads = normals(rows * 2 * size, 320 + i);
    const noises = normals(rows * size, 330 + i);
    const upstream = normals(rows * size, 340 + i);
    return [
      {
        kernel: 'gaussianHead',
        title: `${rows}x${size}`,
        rowwise: { rows, outputs: ['z', 'rowKl'] },
        magnitude: { rowKl: 10 },
        async run(scope, from, to) {
          const head = scope.real([to - from, 2 * size], rowRange(heads, 2 * size, from, to));
          const noise = scope.real([to - from, size], rowRange(noises, size, from, to));
          const z = scope.dirty([to - from, size]);
          const rowKl = scope.dirty([to - from]);
          scope.engine.gaussianHead({ head, noise, z, rowKl });
          return read(scope, { z, rowKl });
        },
      },
      {
        kernel: 'gaussianHeadGradient',
        title: `${rows}x${size}`,
        rowwise: { rows, outputs: ['dHead'] },
        async run(scope, from, to) {
          const head = scope.real([to - from, 2 * size], rowRange(heads, 2 * size, from, to));
          const noise = scope.real([to - from, size], rowRange(noises, size, from, to));
          const dz = scope.real([to - from, size], rowRange(upstream, size, from, to));
          const dHead = scope.dirty([to - from, 2 * size]);
          scope.engine.gaussianHeadGradient({ head, noise, dz, dHead, klScale: 0.3 });
          return read(scope, { dHead });
        },
      },
    ] satisfies KernelCase[];
  });
}

function addSumCases(): KernelCase[] {
  return [1, 3, 64, 1001].map((count, i) => ({
    kernel: 'addSum',
    title: `${count} values`,
    async run(scope) {
      const total = scope.real([1], [2.5]);
      scope.engine.addSum(total, scope.real([count], uniforms(count, 350 + i)), 0.5);
      scope.engine.addSum(total, scope.real([count], uniforms(count, 360 + i)), -0.125);
      return read(scope, { total });
    },
  }));
}

export const lossCases: readonly KernelCase[] = [
  ...ordinaryNegativeBinomialCases(),
  ...extremeNegativeBinomialCases(),
  ...peakedSoftmaxCases(),
  ...crossEntropyCases(),
  ...squaredErrorCases(),
  ...gaussianHeadCases(),
  ...addSumCases(),
];
