import type { SparseRows } from '@cfgen/tensors';
import { countRange, fromDense, normals, rowRange, sparseCounts, toDense, uniforms } from './inputs';
import { read, type KernelCase } from './kernel-case';

const shapes = [
  [1, 1],
  [1, 17],
  [2, 3],
  [9, 33],
  [30, 258],
  [67, 1001],
] as const;

const key = { k0: 0xa4093822, k1: 0x299f31d0 };

interface PoissonInputs {
  readonly title: string;
  readonly counts: SparseRows;
  readonly logits: Float64Array;
  readonly sizeFactors: Float64Array;
  readonly scale: number;
  readonly magnitude?: Readonly<Record<string, number>>;
}

/** With the gradient, and the loss alone, which must leave the logits as they are. */
function lossCases({ title, counts, logits, sizeFactors, scale, magnitude }: PoissonInputs): KernelCase[] {
  const { rows, columns } = counts;
  return [true, false].map((gradient) => ({
    kernel: 'poissonLoss',
    title: `${title}${gradient ? '' : ', loss alone'}`,
    rowwise: { rows, outputs: ['logits', 'rowLoss'] },
    ...(magnitude === undefined ? {} : { magnitude }),
    async run(scope, from, to) {
      const s = scope.real([to - from, columns], rowRange(logits, columns, from, to));
      const rowLoss = scope.dirty([to - from]);
      scope.engine.poissonLoss({
        logits: s,
        sizeFactors: scope.real([to - from], rowRange(sizeFactors, 1, from, to)),
        counts: scope.counts(countRange(counts, from, to)),
        rowLoss,
        scale,
        gradient,
      });
      return read(scope, { logits: s, rowLoss });
    },
  }));
}

function ordinaryLossCases(): KernelCase[] {
  return shapes.flatMap(([rows, features], i) =>
    lossCases({
      title: `${rows}x${features}`,
      counts: sparseCounts(rows, features, 0.2, 1000 + i),
      logits: normals(rows * features, 1010 + i, 0, 1.5),
      sizeFactors: uniforms(rows, 1020 + i, 1, 4 * features),
      scale: 1 / rows,
      magnitude: { rowLoss: 5 },
    }),
  );
}

/** Means from 1e-8 to 1e6 against counts from 0 to 1e5, each mean as one row. */
function extremeLossCases(): KernelCase[] {
  const observed = [0, 1, 2, 7, 16, 17, 40, 1000, 1e5];
  const means = [1e-8, 1e-4, 0.03, 1, 30, 1e3, 1e6];
  const features = observed.length;
  return lossCases({
    title: 'extreme means and counts',
    counts: fromDense(means.length, features, (_, p) => observed[p]),
    logits: uniforms(means.length * features, 1030, -0.1, 0.1),
    sizeFactors: Float64Array.from(means, (mean) => Math.fround(mean * features)),
    scale: 1,
    magnitude: { rowLoss: 1e5, logits: 1e4 },
  });
}

/** One feature takes almost everything: the means of the others fall below the smallest float32. Row 0 is empty. */
function peakedSoftmaxCases(): KernelCase[] {
  const features = 21;
  return lossCases({
    title: 'a softmax with all its mass on one feature',
    counts: fromDense(4, features, (r, p) => (r > 0 && p % 5 === r ? 3 : 0)),
    logits: Float64Array.from({ length: 4 * features }, (_, i) => (i % features === 2 ? 90 : -90 + (i % 7))),
    sizeFactors: Float64Array.of(1, 50, 2000, 100_000),
    scale: 1,
    magnitude: { rowLoss: 100 },
  });
}

/** Draws by inversion (means below 46), as a dense matrix, and the logits, which must be left as they are. */
function drawCases(): KernelCase[] {
  return shapes.map(([rows, features], i) => {
    const logits = normals(rows * features, 1040 + i, 0, 0.8);
    const sizeFactors = uniforms(rows, 1050 + i, 0.02 * features, 2 * features);
    return {
      kernel: 'samplePoisson',
      title: `${rows}x${features}`,
      rowwise: { rows, outputs: ['counts', 'logits'] },
      async run(scope, from, to) {
        const s = scope.real([to - from, features], rowRange(logits, features, from, to));
        const counts = await scope.engine.samplePoisson({
          logits: s,
          sizeFactors: scope.real([to - from], rowRange(sizeFactors, 1, from, to)),
          key,
          rowStart: 2 ** 32 - 2 + from,
        });
        return { counts: toDense(counts), ...(await read(scope, { logits: s })) };
      },
    };
  });
}

export const poissonCases: readonly KernelCase[] = [...ordinaryLossCases(), ...extremeLossCases(), ...peakedSoftmaxCases(), ...drawCases()];
