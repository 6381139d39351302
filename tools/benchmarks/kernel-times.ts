// Times the kernels of an engine: GFLOP/s of the products, one training step of the autoencoder and of the flow at the sizes of the
// `paper` preset, kernel by kernel. Best of several rounds, because other programs share the machine: compare ratios of one run.
//
//   npx tsx tools/benchmarks/kernel-times.ts [--engines wasm,native,mixed] [--threads 1,2] [--rounds 15]
import type { Engine, Tensor } from '@cfgen/compute';
import { availableEngines, startEngine } from './engine-choices';
import { autoencoderStep, flowStep, type Step } from './kernel-steps';

const option = (name: string, fallback: string): string => {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? fallback : (process.argv[at + 1] ?? fallback);
};
const rounds = Number(option('rounds', '15'));
const print = (line: string): void => void process.stdout.write(`${line}\n`);

const products = [
  { title: 'decoder, forward', form: 'NN', m: 256, n: 8573, k: 512 },
  { title: 'decoder, weight gradient', form: 'TN', m: 512, n: 8573, k: 256 },
  { title: 'decoder, input gradient', form: 'NT', m: 256, n: 512, k: 8573 },
  { title: 'hidden', form: 'NN', m: 256, n: 256, k: 256 },
  { title: 'flow block', form: 'NN', m: 256, n: 64, k: 64 },
  { title: 'flow block, weight gradient', form: 'TN', m: 64, n: 64, k: 256 },
  { title: 'flow block, input gradient', form: 'NT', m: 256, n: 64, k: 64 },
  { title: 'time embedding', form: 'NN', m: 256, n: 100, k: 100 },
  { title: 'large flow', form: 'NN', m: 256, n: 768, k: 128 },
] as const;

/** Best time of one call in ms: short samples (about 0.1 ms each, or one call), as many as fit the rounds' share of time. */
function bestTime(run: () => void): number {
  for (let call = 0; call < 3; call++) run();
  const start = performance.now();
  run();
  const once = performance.now() - start;
  const calls = Math.max(1, Math.floor(0.1 / Math.max(1e-3, once)));
  const samples = Math.max(rounds, Math.floor((rounds * 20) / Math.max(0.1, once * calls)));
  let best = Infinity;
  for (let sample = 0; sample < samples; sample++) {
    const begin = performance.now();
    for (let call = 0; call < calls; call++) run();
    best = Math.min(best, (performance.now() - begin) / calls);
  }
  return best;
}

function filled(engine: Engine, rows: number, columns: number): Tensor {
  const tensor = engine.tensor([rows, columns]);
  engine.normal(tensor, { key: { k0: 1, k1: rows }, stream: columns, rowStart: 0 });
  return tensor;
}

function benchProducts(engine: Engine): void {
  for (const { title, form, m, n, k } of products) {
    const a = form === 'TN' ? filled(engine, k, m) : filled(engine, m, k);
    const b = form === 'NT' ? filled(engine, n, k) : filled(engine, k, n);
    const out = engine.tensor([m, n]);
    const time = bestTime(() => engine.gemm(out, a, b, { form }));
    const rate = (2 * m * n * k) / time / 1e6;
    print(
      `  ${`${form} [${m}, ${n}] over ${k}`.padEnd(26)} ${title.padEnd(30)} ${time.toFixed(3).padStart(9)} ms ${rate.toFixed(1).padStart(7)} GFLOP/s`,
    );
    engine.release(a, b, out);
  }
}

/** The same engine with every kernel's time added up in `times`. */
function timed(engine: Engine, times: Map<string, number>): Engine {
  return new Proxy(engine, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name);
      if (typeof member !== 'function') return member;
      return (...args: unknown[]): unknown => {
        const start = performance.now();
        const result: unknown = Reflect.apply(member, target, args);
        times.set(String(name), (times.get(String(name)) ?? 0) + performance.now() - start);
        return result;
      };
    },
  });
}

function benchStep(engine: Engine, title: string, prepare: (engine: Engine) => Step): void {
  const plain = prepare(engine);
  const total = bestTime(() => plain.run(engine));
  const best = new Map<string, number>();
  for (let round = 0; round < Math.max(rounds, Math.floor((rounds * 20) / total)); round++) {
    const times = new Map<string, number>();
    plain.run(timed(engine, times));
    for (const [name, time] of times) best.set(name, Math.min(best.get(name) ?? Infinity, time));
  }
  plain.release(engine);
  print(`  ${title}: ${total.toFixed(2)} ms`);
  const parts = [...best].sort(([, a], [, b]) => b - a);
  print(`    ${parts.map(([name, time]) => `${name} ${time.toFixed(2)}`).join(', ')}`);
}

async function benchSampling(engine: Engine): Promise<void> {
  const [rows, genes] = [256, 8573];
  const logits = filled(engine, rows, genes);
  const logTheta = engine.tensor([genes]);
  const sizeFactors = engine.tensor([rows]);
  engine.upload(sizeFactors, new Float32Array(rows).fill(2500));
  let best = Infinity;
  for (let round = 0; round < rounds; round++) {
    const start = performance.now();
    await engine.sampleNegativeBinomial({ logits, logTheta, sizeFactors, key: { k0: 3, k1: 4 }, rowStart: round * rows });
    best = Math.min(best, performance.now() - start);
  }
  engine.release(logits, logTheta, sizeFactors);
  print(`  draw ${rows} cells of ${genes} genes: ${best.toFixed(2)} ms`);
}

print(`times are the best of at least ${rounds} samples; rates of products count 2 m n k operations`);
const names = option('engines', 'wasm,native,mixed').split(',');
const found = await availableEngines(names);
for (const threads of option('threads', '1,2').split(',').map(Number)) {
  for (const name of names) {
    const choice = found[name];
    if (choice === undefined || 'missing' in choice) {
      print(`${name}: left out, ${choice?.missing ?? 'unknown'}`);
      continue;
    }
    const engine = await startEngine(name, threads);
    print(engine.describe());
    benchProducts(engine);
    benchStep(engine, 'autoencoder step, 8573 genes, 512-256-50, batch 256', autoencoderStep);
    benchStep(engine, 'flow step, hidden 64, embedding 100, latent 50, 3 blocks, batch 256', flowStep);
    await benchSampling(engine);
    await engine.close();
  }
}
