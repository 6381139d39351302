import { philox } from '@cfgen/math';
import { describe, expect, it } from 'vitest';
import { integers, normals, sparseCounts, toDense, uniforms } from '../conformance/inputs';
import { TensorScope } from '../conformance/tensor-scope';
import type { Tensor } from '../port/tensor';
import { createReferenceEngine } from './reference-engine';

/** Each kernel against its formula written down element by element; those with golden numbers are in golden.spec.ts. */
const engine = createReferenceEngine();
const scope = new TensorScope(engine);

async function expectElements(tensor: Tensor, formula: (row: number, column: number) => number): Promise<void> {
  const got = await engine.download(tensor);
  const width = tensor.shape[1] ?? 1;
  got.forEach((value: number, i: number) => {
    const want = formula(Math.floor(i / width), i % width);
    expect(Math.abs(value - want), `element ${i}: ${value}, formula ${want}`).toBeLessThanOrEqual(1e-12 * Math.max(1, Math.abs(want)));
  });
}

const sum = (count: number, term: (i: number) => number) => Array.from({ length: count }, (_, i) => term(i)).reduce((a, b) => a + b, 0);

describe('products', () => {
  const [m, k, n] = [4, 5, 3];
  const a = normals(m * k, 1);
  const b = normals(k * n, 2);
  const bias = normals(n, 3);
  const product = (i: number, j: number) => sum(k, (p) => a[i * k + p] * b[p * n + j]);

  it('NN, TN and NT read the same factors in three layouts', async () => {
    const aT = a.map((_, at) => a[(at % m) * k + Math.floor(at / m)]);
    const bT = b.map((_, at) => b[(at % k) * n + Math.floor(at / k)]);
    const out = scope.dirty([m, n]);
    engine.gemm(out, scope.real([m, k], a), scope.real([k, n], b));
    await expectElements(out, product);
    engine.gemm(out, scope.real([k, m], aT), scope.real([k, n], b), { form: 'TN' });
    await expectElements(out, product);
    engine.gemm(out, scope.real([m, k], a), scope.real([n, k], bT), { form: 'NT' });
    await expectElements(out, product);
  });

  it('bias is added to every row, and with accumulate what was there', async () => {
    const before = normals(m * n, 4);
    const out = scope.real([m, n], before);
    engine.gemm(out, scope.real([m, k], a), scope.real([k, n], b), { bias: scope.real([n], bias), accumulate: true });
    await expectElements(out, (i, j) => product(i, j) + bias[j] + before[i * n + j]);
  });

  it('sparse products are the dense ones of the transformed counts', async () => {
    const [rows, genes, hidden] = [7, 11, 3];
    const counts = sparseCounts(rows, genes, 0.4, 5);
    const dense = toDense(counts);
    const l = uniforms(rows, 6, 2, 20);
    const w = normals(genes * hidden, 7);
    const dy = normals(rows * hidden, 8);
    const shift = normals(hidden, 9);
    const batch = scope.counts(counts);
    const transforms = {
      log1p: (x: number) => Math.log(1 + x),
      'log1p-normalised': (x: number, r: number) => Math.log(1 + (10_000 * x) / l[r]),
      proportion: (x: number, r: number) => x / l[r],
      'log1p-proportion': (x: number, r: number) => Math.log(1 + x / l[r]),
      binary: (x: number) => (x > 0 ? 1 : 0),
    };
    for (const kind of ['log1p', 'log1p-normalised', 'proportion', 'log1p-proportion', 'binary'] as const) {
      const f = (r: number, g: number) => transforms[kind](dense[r * genes + g], r);
      engine.transformCounts(batch, kind, scope.real([rows], l));
      const out = scope.dirty([rows, hidden]);
      engine.sparseGemm(out, batch, scope.real([genes, hidden], w), scope.real([hidden], shift));
      await expectElements(out, (r, h) => shift[h] + sum(genes, (g) => f(r, g) * w[g * hidden + h]));
      const dw = scope.dirty([genes, hidden]);
      engine.sparseGemmTransposed(dw, batch, scope.real([rows, hidden], dy));
      await expectElements(dw, (g, h) => sum(rows, (r) => f(r, g) * dy[r * hidden + h]));
    }
  });

  it('column sums', async () => {
    const out = scope.dirty([k]);
    engine.columnSums(out, scope.real([m, k], a));
    await expectElements(out, (j) => sum(m, (i) => a[i * k + j]));
  });
});

describe('rows', () => {
  const [rows, width, categories] = [9, 4, 5];
  const index = integers(rows, 20, -1, categories);
  const table = normals(categories * width, 21);
  const values = normals(rows * width, 22);

  it('gather reads rows of a table, a negative index none', async () => {
    const codes = scope.int32([rows], index);
    const out = scope.dirty([rows, width]);
    const embedding = (r: number, e: number) => (index[r] < 0 ? 0 : table[index[r] * width + e]);
    engine.gatherRows(out, scope.real([categories, width], table), codes);
    await expectElements(out, embedding);
    engine.upload(out, values);
    engine.gatherRows(out, scope.real([categories, width], table), codes, { accumulate: true });
    await expectElements(out, (r, e) => values[r * width + e] + embedding(r, e));
    expect(Math.min(...index)).toBe(-1);
  });

  it('scatter adds the rows of each index', async () => {
    const out = scope.dirty([categories, width]);
    engine.scatterRowSums(out, scope.int32([rows], index), scope.real([rows, width], values));
    await expectElements(out, (c, e) => sum(rows, (r) => (index[r] === c ? values[r * width + e] : 0)));
  });

  it('select replaces the rows of a mask', async () => {
    const mask = integers(rows, 23, 0, 2);
    const out = scope.real([rows, width], values);
    engine.selectRows(out, scope.real([rows, width], normals(rows * width, 24)), scope.int32([rows], mask));
    const other = normals(rows * width, 24);
    await expectElements(out, (r, e) => (mask[r] === 0 ? values : other)[r * width + e]);
  });

  it('normals are Box-Muller pairs of the words of the block of their row', async () => {
    const key = { k0: 5, k1: 6 };
    const out = scope.dirty([3, 6]);
    const rowStart = 2 ** 32 - 1;
    engine.normal(out, { key, stream: 9, rowStart });
    const words = new Uint32Array(4);
    await expectElements(out, (r, j) => {
      philox(words, key, j >> 2, (rowStart + r) % 2 ** 32, Math.floor((rowStart + r) / 2 ** 32), 9);
      const [u, v] = [words[(j & 2) + 0], words[(j & 2) + 1]].map((word) => (word + 0.5) / 2 ** 32);
      return Math.sqrt(-2 * Math.log(u)) * (j % 2 === 0 ? Math.cos(2 * Math.PI * v) : Math.sin(2 * Math.PI * v));
    });
  });

  it('dropout keeps an element when the word of its row and column says so', async () => {
    const key = { k0: 7, k1: 8 };
    const x = scope.real([rows, width], values);
    engine.dropout(x, { rate: 0.4, key, stream: 2 });
    const words = new Uint32Array(4);
    await expectElements(x, (r, j) => {
      philox(words, key, j >> 2, r, 0, 2);
      return (words[j & 3] + 0.5) / 2 ** 32 >= 0.4 ? values[r * width + j] / 0.6 : 0;
    });
  });
});

describe('flow', () => {
  const [rows, size] = [5, 3];
  const x = normals(rows * size, 30);
  const y = normals(rows * size, 31);
  const e = normals(rows * size, 32);
  const h = uniforms(rows, 33);

  it('the path leads from noise to the latent, and the target is its velocity', async () => {
    const s = 0.1;
    const latents = normals(4 * size, 34);
    const index = [3, 0, 0, 2, 1];
    const [zt, target, ahead, unused] = [0, 1, 2, 3].map(() => scope.dirty([rows, size]));
    const args = { latents: scope.real([4, size], latents), rows: scope.int32([rows], index), noise: scope.real([rows, size], e) };
    engine.flowPath({ ...args, times: scope.real([rows], h), zt, target, sigmaMin: s });
    engine.flowPath({
      ...args,
      times: scope.real(
        [rows],
        h.map((t) => t + 1e-3),
      ),
      zt: ahead,
      target: unused,
      sigmaMin: s,
    });
    const z1 = (r: number, d: number) => latents[index[r] * size + d];
    await expectElements(zt, (r, d) => h[r] * z1(r, d) + (1 - 0.9 * h[r]) * e[r * size + d]);
    const [now, later, velocity] = [await engine.download(zt), await engine.download(ahead), await engine.download(target)];
    velocity.forEach((value: number, i: number) => expect((later[i] - now[i]) / 1e-3).toBeCloseTo(value, 9));
  });

  it('with jitter the path is between the pair, blurred by sigma', async () => {
    const [zt, target] = [scope.dirty([rows, size]), scope.dirty([rows, size])];
    engine.flowPath({
      latents: scope.real([rows, size], x),
      rows: scope.int32([rows], [0, 1, 2, 3, 4]),
      times: scope.real([rows], h),
      noise: scope.real([rows, size], e),
      jitter: scope.real([rows, size], y),
      zt,
      target,
      sigmaMin: 0.1,
    });
    await expectElements(zt, (r, d) => h[r] * x[r * size + d] + (1 - h[r]) * e[r * size + d] + 0.1 * y[r * size + d]);
    await expectElements(target, (r, d) => x[r * size + d] - e[r * size + d]);
  });

  it('combinations, with one step for all or a step for each row', async () => {
    const [xs, ys, out] = [scope.real([rows, size], x), scope.real([rows, size], y), scope.dirty([rows, size])];
    engine.combine(out, [
      [2, xs],
      [-0.5, ys],
    ]);
    await expectElements(out, (r, d) => 2 * x[r * size + d] - 0.5 * y[r * size + d]);
    engine.combineRows(out, scope.real([rows, size], e), scope.real([rows], h), [
      [2, xs],
      [-0.5, ys],
    ]);
    await expectElements(out, (r, d) => e[r * size + d] + h[r] * (2 * x[r * size + d] - 0.5 * y[r * size + d]));
  });

  it('error norm and squared distances', async () => {
    const [xs, ys, es] = [x, y, e].map((values) => scope.real([rows, size], values));
    const norms = scope.dirty([rows]);
    engine.scaledErrorNorm(norms, { error: es, y0: xs, y1: ys, atol: 0.01, rtol: 0.1 });
    await expectElements(norms, (r) => {
      const term = (i: number) => (e[i] / (0.01 + 0.1 * Math.max(Math.abs(x[i]), Math.abs(y[i])))) ** 2;
      return Math.sqrt(sum(size, (d) => term(r * size + d)) / size);
    });
    const distances = scope.dirty([rows, 2]);
    engine.squaredDistances(distances, xs, scope.real([2, size], y.subarray(0, 2 * size)));
    await expectElements(distances, (i, j) => sum(size, (d) => (x[i * size + d] - y[j * size + d]) ** 2));
  });
});

function normaliseOneRow(): void {
  const [gamma, beta, runningMean, runningVariance] = [0, 1, 2, 3].map(() => scope.real([1]));
  const args = {
    x: scope.real([1, 1]),
    gamma,
    beta,
    runningMean,
    runningVariance,
    saved: scope.real([2, 1]),
    epsilon: 1e-5,
    momentum: 0.1,
  };
  engine.batchNormElu(scope.real([1, 1]), args);
}

describe('what a wrong call is told', () => {
  it.each<[string, () => void, RegExp]>([
    ['inner sizes', () => engine.gemm(scope.real([2, 2]), scope.real([2, 3]), scope.real([4, 2])), /gemm: a \[2, 3\] and b \[4, 2\].*NN/],
    ['shape', () => engine.columnSums(scope.real([3]), scope.real([2, 2])), /columnSums: out has shape \[3\], must have \[2\]/],
    ['type', () => engine.silu(scope.real([2]), scope.int32([2], [0, 0])), /silu: x is int32, must be real/],
    ['dimensions', () => engine.dropout(scope.real([4]), { rate: 0, key: { k0: 0, k1: 0 }, stream: 0 }), /dropout: x has shape \[4\]/],
    ['rate', () => engine.dropout(scope.real([1, 1]), { rate: 1, key: { k0: 0, k1: 0 }, stream: 0 }), /rate is 1/],
    ['index', () => engine.gatherRows(scope.real([1, 2]), scope.real([3, 2]), scope.int32([1], [3])), /index\[0\] is 3, table has 3 rows/],
    [
      'no transform',
      () => engine.sparseGemm(scope.real([2, 1]), scope.counts(sparseCounts(2, 3, 1, 1)), scope.real([3, 1]), scope.real([1])),
      /transformed/,
    ],
    [
      'rows of a batch',
      () => engine.transformCounts(scope.counts(sparseCounts(2, 3, 1, 1)), 'log1p', scope.real([3])),
      /sizeFactors has shape \[3\]/,
    ],
    ['one row', () => normaliseOneRow(), /1 rows: a batch variance needs at least 2/],
    [
      'aliasing',
      () => {
        const a = scope.real([2, 2]);
        engine.gemm(a, a, scope.real([2, 2]));
      },
      /gemm: out must not be a/,
    ],
    ['unknown parameter', () => scope.parameters([{ name: 'w', shape: [1], group: 'g' }]).value('v'), /no parameter 'v'; there are 'w'/],
    [
      'released',
      () => {
        const t = engine.tensor([1]);
        engine.release(t);
        engine.silu(t, t);
      },
      /silu: x was used after its release/,
    ],
  ])('%s', (_, call, message) => {
    expect(call).toThrow(message);
  });
});
