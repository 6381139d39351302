import type { SparseRows } from '@cfgen/tensors';
import { countRange, fromDense, normals, rowRange, sparseCounts, toDense } from './inputs';
import { read, type KernelCase } from './kernel-case';

const shapes = [
  [1, 1],
  [1, 17],
  [2, 3],
  [9, 33],
  [30, 258],
  [67, 1001],
] as const;

const key = { k0: 0x13198a2e, k1: 0x03707344 };

/** With the gradient, and the loss alone, which must leave the logits as they are. */
function lossCases(
  title: string,
  counts: SparseRows,
  logits: Float64Array,
  scale: number,
  magnitude?: KernelCase['magnitude'],
): KernelCase[] {
  const { rows, columns } = counts;
  return [true, false].map((gradient) => ({
    kernel: 'bernoulliLoss',
    title: `${title}${gradient ? '' : ', loss alone'}`,
    rowwise: { rows, outputs: ['logits', 'rowLoss'] },
    ...(magnitude === undefined ? {} : { magnitude }),
    async run(scope, from, to) {
      const s = scope.real([to - from, columns], rowRange(logits, columns, from, to));
      const rowLoss = scope.dirty([to - from]);
      scope.engine.bernoulliLoss({ logits: s, counts: scope.counts(countRange(counts, from, to)), rowLoss, scale, gradient });
      return read(scope, { logits: s, rowLoss });
    },
  }));
}

function ordinaryLossCases(): KernelCase[] {
  return shapes.flatMap(([rows, features], i) =>
    lossCases(`${rows}x${features}`, sparseCounts(rows, features, 0.2, 900 + i), normals(rows * features, 910 + i, -1, 3), 1 / rows, {
      rowLoss: 5,
    }),
  );
}

/** Logits from -200 to 200: losses far below 1 keep their digits, losses of 200 too. */
const wideLogits = [-200, -100, -88, -87.4, -87, -30, -9, -1, -1e-3, 0, 1e-3, 1, 9, 17, 30, 87, 87.4, 88, 100, 200].map(Math.fround);

function extremeLossCases(): KernelCase[] {
  const { length } = wideLogits;
  // One feature a row shows each loss by itself.
  const alone = fromDense(2 * length, 1, (r) => (r < length ? 0 : 3));
  const together = fromDense(3, length, (r, p) => (r === 0 ? 0 : r === 1 ? 1 : p % 2));
  return [
    ...lossCases('extreme logits, one a row', alone, Float64Array.of(...wideLogits, ...wideLogits), 1, { rowLoss: 1e-32, logits: 1e-32 }),
    ...lossCases('extreme logits together', together, Float64Array.of(...wideLogits, ...wideLogits, ...wideLogits), 2, { rowLoss: 100 }),
  ];
}

function meanCases(): KernelCase[] {
  return ([...shapes, [1, wideLogits.length]] as const).flatMap(([rows, features], i) => {
    const logits = features === wideLogits.length ? Float64Array.from(wideLogits) : normals(rows * features, 920 + i, 0, 4);
    return [false, true].map((inPlace) => ({
      kernel: 'bernoulliMeans',
      title: `${rows}x${features}${inPlace ? ', out is the logits' : ''}`,
      rowwise: { rows, outputs: ['out'] },
      async run(scope, from, to) {
        const s = scope.real([to - from, features], rowRange(logits, features, from, to));
        const out = inPlace ? s : scope.dirty([to - from, features]);
        scope.engine.bernoulliMeans(out, { logits: s });
        return read(scope, { out });
      },
    }));
  });
}

/** Draws as a dense matrix, and the logits, which must be left as they are. Rows are numbered across 2^32. */
function drawCases(): KernelCase[] {
  return shapes.map(([rows, features], i) => {
    const logits = normals(rows * features, 930 + i, -0.5, 3);
    return {
      kernel: 'sampleBernoulli',
      title: `${rows}x${features}`,
      rowwise: { rows, outputs: ['counts', 'logits'] },
      async run(scope, from, to) {
        const s = scope.real([to - from, features], rowRange(logits, features, from, to));
        const counts = await scope.engine.sampleBernoulli({ logits: s, key, rowStart: 2 ** 32 - 2 + from });
        return { counts: toDense(counts), ...(await read(scope, { logits: s })) };
      },
    };
  });
}

export const bernoulliCases: readonly KernelCase[] = [...ordinaryLossCases(), ...extremeLossCases(), ...meanCases(), ...drawCases()];
