import { afterAll, describe, expect, it } from 'vitest';
import { normals } from '../conformance/inputs';
import { compiledEngine } from '../compiled/compiled-engine';
import type { Engine } from '../port/engine';
import { createReferenceEngine } from '../reference/reference-engine';
import { createNativeEngine, startNativeHost } from './native-engine';
import { loadNativeAddon } from './native-module';

type Form = 'NN' | 'TN' | 'NT';

const forms = ['NN', 'TN', 'NT'] as const;
/** Rows, columns and depth, with as many weights as mixed products ask for, at sizes that fill no tile. */
const shapes = [
  [37, 301, 333],
  [300, 260, 517],
  [1, 512, 129],
] as const;

/** Of a narrow network in training. */
const smallShapes = [
  [256, 64, 100],
  [37, 50, 64],
  [100, 100, 213],
] as const;

const cases = forms.flatMap((form) => [
  ...shapes.map(([m, n, k]) => ({ form, m, n, k, mixSmall: false })).filter(({ m, n }) => form !== 'TN' || m * n >= 65536),
  ...smallShapes.map(([m, n, k]) => ({ form, m, n, k, mixSmall: true })),
]);

/** How products can be computed here: 1 by vectors, 2 by tiles. */
const ways = waysHere();
const engines: Engine[] = [];
afterAll(async () => {
  for (const engine of engines) await engine.close();
});

function waysHere(): number[] {
  try {
    const host = startNativeHost(loadNativeAddon(), 1);
    const best = host.exports.mix_precision(2);
    void host.close();
    return [1, 2].filter((way) => way <= best);
  } catch {
    return [];
  }
}

function mixedEngine(way: number, threads: number): Engine {
  const host = startNativeHost(loadNativeAddon(), threads);
  expect(host.exports.mix_precision(way)).toBe(way);
  const engine = compiledEngine('native', 'mixed', host);
  engines.push(engine);
  return engine;
}

/** To the nearest number with 8 significant bits, ties to even. */
function rounded(values: Float64Array): Float64Array {
  const bits = new Uint32Array(Float32Array.from(values).buffer).map((word) => {
    const even = (word >>> 16) & 1;
    return ((word + 0x7fff + even) & 0xffff0000) >>> 0;
  });
  return Float64Array.from(new Float32Array(bits.buffer));
}

const turned = (values: Float64Array, rows: number, columns: number): Float64Array =>
  values.map((_, at) => values[(at % rows) * columns + Math.floor(at / rows)]);

interface Product {
  readonly form: Form;
  readonly a: Float64Array;
  readonly b: Float64Array;
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly mixSmall: boolean;
}

/** With a bias, added to what was there. */
async function product(engine: Engine, { form, a, b, m, n, k, mixSmall }: Product): Promise<Float64Array> {
  const filled = (shape: number[], values: Float64Array) => {
    const tensor = engine.tensor(shape);
    engine.upload(tensor, values);
    return tensor;
  };
  const out = filled([m, n], normals(m * n, 4));
  const bias = filled([n], normals(n, 3));
  const left = form === 'TN' ? filled([k, m], turned(a, m, k)) : filled([m, k], a);
  const right = form === 'NT' ? filled([n, k], turned(b, k, n)) : filled([k, n], b);
  engine.gemm(out, left, right, { form, bias, accumulate: true, mixSmall });
  const values = Float64Array.from(await engine.download(out));
  engine.release(out, bias, left, right);
  return values;
}

const largestDifference = (x: Float64Array, y: Float64Array): number =>
  x.reduce((most, value, i) => Math.max(most, Math.abs(value - y[i])), 0);

describe.each(ways)('products of bfloat16 numbers, way %i', (way) => {
  const alone = mixedEngine(way, 1);
  const together = mixedEngine(way, 3);
  const reference = createReferenceEngine();

  it.each(cases)('$form $m x $n over $k: are those of the rounded factors, summed in float32', async ({ form, m, n, k, mixSmall }) => {
    const [a, b] = [normals(m * k, 1), normals(k * n, 2)];
    const want = await product(reference, { form, a: rounded(a), b: rounded(b), m, n, k, mixSmall });
    const got = await product(alone, { form, a, b, m, n, k, mixSmall });
    expect(largestDifference(got, want)).toBeLessThan(1e-4);
    expect(await product(together, { form, a, b, m, n, k, mixSmall })).toEqual(got);
  });

  it('give a row the same bits whatever rows are beside it', async () => {
    const [m, n, k] = [300, 260, 517];
    const [a, b] = [normals(m * k, 1), normals(k * n, 2)];
    for (const form of ['NN', 'NT'] as const) {
      const row = 41;
      const single = await alone.download(await rowsOf(alone, form, a.subarray(row * k, (row + 1) * k), b, n, k));
      const all = await alone.download(await rowsOf(alone, form, a, b, n, k));
      expect(Float64Array.from(single)).toEqual(Float64Array.from(all.subarray(row * n, (row + 1) * n)));
    }
  });

  it('leave small products as they are', async () => {
    const small = { form: 'NN', mixSmall: false, a: normals(40 * 64, 1), b: normals(64 * 64, 2), m: 40, n: 64, k: 64 } as const;
    const full = await createNativeEngine({ threads: 1 });
    engines.push(full);
    expect(await product(alone, small)).toEqual(await product(full, small));
  });
});

async function rowsOf(engine: Engine, form: 'NN' | 'NT', a: Float64Array, b: Float64Array, n: number, k: number) {
  const rows = a.length / k;
  const [out, left, right] = [engine.tensor([rows, n]), engine.tensor([rows, k]), engine.tensor(form === 'NT' ? [n, k] : [k, n])];
  engine.upload(left, a);
  engine.upload(right, form === 'NT' ? turned(b, k, n) : b);
  engine.gemm(out, left, right, { form });
  return out;
}

describe('mixed precision', () => {
  it.runIf(ways.length > 0)('is named by the engine', async () => {
    const engine = await createNativeEngine({ threads: 1, precision: 'mixed' });
    engines.push(engine);
    expect(engine.describe()).toMatch(/products of bfloat16 by (tiles|vectors)/);
  });

  it.runIf(ways.length === 0)('is refused where the processor has no such products', async () => {
    await expect(createNativeEngine({ threads: 1, precision: 'mixed' })).rejects.toMatchObject({ code: 'ENGINE_UNAVAILABLE' });
  });
});
