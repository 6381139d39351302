// Training steps made of kernels, on random weights and counts of a realistic density: what the benchmark times.
import type { Engine, ParameterSpec, Tensor } from '@cfgen/compute';

/** A prepared step: everything it needs lies in the engine already. */
export interface Step {
  run(engine: Engine): void;
  release(engine: Engine): void;
}

const key = { k0: 11, k1: 12 };

/** Batch of synthetic counts: about a tenth of the genes seen in a cell, most of them once. */
function syntheticCounts(rows: number, columns: number) {
  let state = 12345;
  const next = (): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  const indptr = new Uint32Array(rows + 1);
  const indices: number[] = [];
  const values: number[] = [];
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      // A few genes are seen in most cells, most genes in few.
      if (next() >= 0.98 * Math.exp(-column / (columns / 10))) continue;
      indices.push(column);
      values.push(1 + Math.floor(-Math.log(1 - next()) * (column < columns / 50 ? 8 : 0.8)));
    }
    indptr[row + 1] = indices.length;
  }
  return { rows, columns, indptr, indices: Uint32Array.from(indices), values: Float32Array.from(values) };
}

function linearSpecs(layers: readonly (readonly [name: string, into: number, out: number])[]): ParameterSpec[] {
  return layers.flatMap(([name, into, out]) => [
    { name: `${name}.weight`, shape: [into, out], group: 'all' },
    { name: `${name}.bias`, shape: [out], group: 'all' },
  ]);
}

const optimiser = { groups: { all: { learningRate: 1e-3, weightDecay: 1e-5 } }, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, clipNorm: 1 };

/** Autoencoder G-512-256-50 and back, with batch norm, negative binomial loss, gradients and AdamW. */
export function autoencoderStep(start: Engine): Step {
  const [batch, genes] = [256, 8573];
  const hidden = [
    ['encoder.1', 512, 256],
    ['decoder.0', 50, 256],
    ['decoder.1', 256, 512],
  ] as const;
  const norms = [
    ['encoder.0', 512],
    ['encoder.1', 256],
    ['decoder.0', 256],
    ['decoder.1', 512],
  ] as const;
  const set = start.parameters(
    [
      ...linearSpecs([['encoder.0', genes, 512], ...hidden, ['encoder.2', 256, 50], ['decoder.2', 512, genes]]),
      ...norms.flatMap(([name, width]) => [
        { name: `${name}.gamma`, shape: [width], group: 'all' },
        { name: `${name}.beta`, shape: [width], group: 'all' },
      ]),
      { name: 'logTheta', shape: [genes], group: 'all' },
    ],
    { trainable: true },
  );
  for (const [i, { name, shape }] of set.specs.entries()) {
    if (!name.endsWith('.weight')) continue;
    start.normal(set.value(name), { key, stream: i, rowStart: 0 });
    start.combine(set.value(name), [[1 / Math.sqrt(shape[0] ?? 1), set.value(name)]]);
  }
  const held: Tensor[] = [];
  const make = (...shape: number[]): Tensor => {
    const tensor = start.tensor(shape);
    held.push(tensor);
    return tensor;
  };
  for (const [name, width] of norms) start.upload(set.value(`${name}.gamma`), new Float32Array(width).fill(1));
  const state = Object.fromEntries(
    norms.map(([name, width]) => [
      name,
      {
        x: make(batch, width),
        y: make(batch, width),
        d: make(batch, width),
        runningMean: make(width),
        runningVariance: make(width),
        saved: make(2, width),
      },
    ]),
  );
  const [z, dz, logits, sizeFactors, rowLoss, total, norm] = [
    make(batch, 50),
    make(batch, 50),
    make(batch, genes),
    make(batch),
    make(batch),
    make(1),
    make(1),
  ];
  const rows = syntheticCounts(batch, genes);
  const counts = start.countsBatch(batch, genes);
  const totals = Float32Array.from({ length: batch }, (_, r) =>
    rows.values.subarray(rows.indptr[r], rows.indptr[r + 1]).reduce((a, b) => a + b, 0),
  );
  let step = 0;

  const run = (engine: Engine): void => {
    const of = (name: string) => {
      const found = state[name];
      if (found === undefined) throw new Error(`no layer ${name}`);
      return found;
    };
    const normalise = (name: string): Tensor => {
      const { x, y, runningMean, runningVariance, saved } = of(name);
      const [gamma, beta] = [set.value(`${name}.gamma`), set.value(`${name}.beta`)];
      engine.batchNormElu(y, { x, gamma, beta, runningMean, runningVariance, saved, epsilon: 1e-5, momentum: 0.1 });
      return y;
    };
    const linear = (name: string, x: Tensor, out: Tensor): void =>
      engine.gemm(out, x, set.value(`${name}.weight`), { bias: set.value(`${name}.bias`) });
    const linearGradient = (name: string, x: Tensor, dy: Tensor, dx: Tensor): void => {
      engine.gemm(set.gradient(`${name}.weight`), x, dy, { form: 'TN' });
      engine.columnSums(set.gradient(`${name}.bias`), dy);
      engine.gemm(dx, dy, set.value(`${name}.weight`), { form: 'NT' });
    };
    const normGradient = (name: string): Tensor => {
      const { x, y, d, saved } = of(name);
      const [dGamma, dBeta] = [set.gradient(`${name}.gamma`), set.gradient(`${name}.beta`)];
      engine.batchNormEluGradient(d, { dy: d, x, y, gamma: set.value(`${name}.gamma`), saved, dGamma, dBeta });
      return d;
    };

    engine.uploadCounts(counts, rows);
    engine.upload(sizeFactors, totals);
    engine.transformCounts(counts, 'log1p', sizeFactors);
    engine.sparseGemm(of('encoder.0').x, counts, set.value('encoder.0.weight'), set.value('encoder.0.bias'));
    linear('encoder.1', normalise('encoder.0'), of('encoder.1').x);
    linear('encoder.2', normalise('encoder.1'), z);
    linear('decoder.0', z, of('decoder.0').x);
    linear('decoder.1', normalise('decoder.0'), of('decoder.1').x);
    linear('decoder.2', normalise('decoder.1'), logits);
    const [logTheta, dLogTheta] = [set.value('logTheta'), set.gradient('logTheta')];
    engine.negativeBinomialLoss({ logits, logTheta, sizeFactors, counts, rowLoss, dLogTheta, scale: 1 / batch });
    engine.addSum(total, rowLoss, 1 / batch);
    linearGradient('decoder.2', of('decoder.1').y, logits, of('decoder.1').d);
    linearGradient('decoder.1', of('decoder.0').y, normGradient('decoder.1'), of('decoder.0').d);
    linearGradient('decoder.0', z, normGradient('decoder.0'), dz);
    linearGradient('encoder.2', of('encoder.1').y, dz, of('encoder.1').d);
    linearGradient('encoder.1', of('encoder.0').y, normGradient('encoder.1'), of('encoder.0').d);
    const d = normGradient('encoder.0');
    engine.sparseGemmTransposed(set.gradient('encoder.0.weight'), counts, d);
    engine.columnSums(set.gradient('encoder.0.bias'), d);
    step++;
    engine.adamw(set, { ...optimiser, step, norm });
  };
  return {
    run,
    release(engine) {
      engine.release(...held);
      engine.releaseCounts(counts);
      engine.releaseParameters(set);
    },
  };
}

/** The flow's velocity network with three residual blocks: path, loss, gradients and AdamW. */
export function flowStep(start: Engine): Step {
  const [batch, D, H, E, categories, cells] = [256, 50, 64, 100, 10, 4096];
  const blocks = [0, 1, 2];
  const set = start.parameters(
    [
      ...linearSpecs([
        ['time1', E, E],
        ['time2', E, E],
        ['input', D, H],
        ...blocks.flatMap((i) => [[`first${i}`, H, H] as const, [`condition${i}`, E, H] as const, [`second${i}`, H, H] as const]),
        ['output', H, D],
      ]),
      { name: 'categories', shape: [categories, E], group: 'all' },
    ],
    { trainable: true },
  );
  for (const [i, { name, shape }] of set.specs.entries()) {
    if (!name.endsWith('.weight')) continue;
    start.normal(set.value(name), { key, stream: i, rowStart: 0 });
    start.combine(set.value(name), [[1 / Math.sqrt(shape[0] ?? 1), set.value(name)]]);
  }
  const held: Tensor[] = [];
  const make = (...shape: number[]): Tensor => {
    const tensor = start.tensor(shape);
    held.push(tensor);
    return tensor;
  };
  const codes = (limit: number, stride: number): Tensor => {
    const tensor = start.tensor([batch], 'int32');
    start.upload(
      tensor,
      Int32Array.from({ length: batch }, (_, i) => (i * stride) % limit),
    );
    held.push(tensor);
    return tensor;
  };
  const latents = make(cells, D);
  start.normal(latents, { key, stream: 100, rowStart: 0 });
  const [rowNumbers, category, times] = [codes(cells, 13), codes(categories, 7), make(batch)];
  start.upload(
    times,
    Float32Array.from({ length: batch }, (_, i) => i / batch),
  );
  const wide = (): Tensor => make(batch, H);
  const [noise, zt, target, waves] = [make(batch, D), make(batch, D), make(batch, D), make(batch, E)];
  const [time1, time1Active, emb, embActive, dEmb, dTime] = [1, 2, 3, 4, 5, 6].map(() => make(batch, E)) as [
    Tensor,
    Tensor,
    Tensor,
    Tensor,
    Tensor,
    Tensor,
  ];
  const h = [0, 1, 2, 3].map(wide) as [Tensor, ...Tensor[]];
  const parts = blocks.map(() => ({ active: wide(), inner: wide(), innerActive: wide() }));
  const [hActive, prediction, dh, dInner, dActive] = [wide(), make(batch, D), wide(), wide(), wide()];
  const [rowLoss, total, norm] = [make(batch), make(1), make(1)];
  let step = 0;

  const run = (engine: Engine): void => {
    const linear = (name: string, x: Tensor, out: Tensor, accumulate = false): void =>
      engine.gemm(out, x, set.value(`${name}.weight`), { bias: set.value(`${name}.bias`), accumulate });
    const weightGradient = (name: string, x: Tensor, dy: Tensor): void => {
      engine.gemm(set.gradient(`${name}.weight`), x, dy, { form: 'TN' });
      engine.columnSums(set.gradient(`${name}.bias`), dy);
    };
    const inputGradient = (name: string, dy: Tensor, dx: Tensor, accumulate = false): void =>
      engine.gemm(dx, dy, set.value(`${name}.weight`), { form: 'NT', accumulate });

    engine.normal(noise, { key, stream: 200, rowStart: step * batch });
    engine.flowPath({ latents, rows: rowNumbers, times, noise, zt, target, sigmaMin: 1e-4 });
    engine.sinusoidalEmbedding(waves, times, 1000);
    linear('time1', waves, time1);
    engine.silu(time1Active, time1);
    linear('time2', time1Active, emb);
    engine.gatherRows(emb, set.value('categories'), category, { accumulate: true });
    engine.silu(embActive, emb);
    linear('input', zt, h[0]);
    for (const [i, { active, inner, innerActive }] of parts.entries()) {
      const [from, to] = [h[i] as Tensor, h[i + 1] as Tensor];
      engine.silu(active, from);
      linear(`first${i}`, active, inner);
      linear(`condition${i}`, embActive, inner, true);
      engine.silu(innerActive, inner);
      engine.combine(to, [[1, from]]);
      linear(`second${i}`, innerActive, to, true);
    }
    const last = h[3] as Tensor;
    engine.silu(hActive, last);
    linear('output', hActive, prediction);
    engine.squaredErrorLoss({ prediction, target, rowLoss, scale: 1 / (batch * D) });
    engine.addSum(total, rowLoss, 1 / (batch * D));
    weightGradient('output', hActive, prediction);
    inputGradient('output', prediction, dActive);
    engine.siluGradient(dh, last, dActive);
    for (const i of [2, 1, 0]) {
      const { active, inner, innerActive } = parts[i] as (typeof parts)[number];
      weightGradient(`second${i}`, innerActive, dh);
      inputGradient(`second${i}`, dh, dInner);
      engine.siluGradient(dInner, inner, dInner);
      weightGradient(`condition${i}`, embActive, dInner);
      inputGradient(`condition${i}`, dInner, dEmb, i !== 2);
      weightGradient(`first${i}`, active, dInner);
      inputGradient(`first${i}`, dInner, dActive);
      engine.siluGradient(dh, h[i] as Tensor, dActive, { accumulate: true });
    }
    weightGradient('input', zt, dh);
    engine.siluGradient(dEmb, emb, dEmb);
    engine.scatterRowSums(set.gradient('categories'), category, dEmb);
    weightGradient('time2', time1Active, dEmb);
    inputGradient('time2', dEmb, dTime);
    engine.siluGradient(dTime, time1, dTime);
    weightGradient('time1', waves, dTime);
    step++;
    engine.adamw(set, { ...optimiser, step, norm });
  };
  return {
    run,
    release(engine) {
      engine.release(...held);
      engine.releaseParameters(set);
    },
  };
}
