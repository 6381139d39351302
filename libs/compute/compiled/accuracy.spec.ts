import { afterAll, describe, expect, it } from 'vitest';
import { digamma, lgamma } from '@cfgen/math';
import { startNativeHost } from '../native/native-engine';
import { loadNativeAddon } from '../native/native-module';
import { loadKernelModule } from '../wasm/kernel-module';
import { startThreadPool } from '../wasm/thread-pool';
import type { KernelHost } from './compiled-engine';

/** The kernels of WebAssembly, and of the add-on where there is one. */
const hosts: [name: string, host: KernelHost][] = [['wasm', startThreadPool(loadKernelModule(), 1)]];
try {
  hosts.push(['native', startNativeHost(loadNativeAddon(), 1)]);
} catch {
  // No compiler was there: the spec of the native engine holds what it says then.
}
afterAll(async () => {
  for (const [, host] of hosts) await host.close();
});

/** Values of a compiled function (its number in kernels/accuracy.c) at float32 arguments. */
function elementaryOf({ arena, exports }: KernelHost, which: number, x: Float32Array): Float32Array {
  const [from, to] = [arena.allocate(x.byteLength), arena.allocate(x.byteLength)];
  arena.f32.set(x, from / 4);
  exports.elementary_values(to, from, x.length, which);
  const y = arena.f32.slice(to / 4, to / 4 + x.length);
  arena.free(from);
  arena.free(to);
  return y;
}

function preciseOf({ arena, exports }: KernelHost, which: number, x: Float64Array): Float64Array {
  const [from, to] = [arena.allocate(x.byteLength), arena.allocate(x.byteLength)];
  arena.f64.set(x, from / 8);
  exports.precise_values(to, from, x.length, which);
  const y = arena.f64.slice(to / 8, to / 8 + x.length);
  arena.free(from);
  arena.free(to);
  return y;
}

const evenly = (from: number, to: number, count = 20_001) =>
  Float32Array.from({ length: count }, (_, i) => from + ((to - from) * i) / (count - 1));
/** From `from` to `to` by equal factors. */
const logarithmically = (from: number, to: number, count = 20_001) =>
  Float64Array.from({ length: count }, (_, i) => from * (to / from) ** (i / (count - 1)));

/** Largest error, relative to the value but never to less than `floor`. */
function worst(y: ArrayLike<number>, x: ArrayLike<number>, exact: (x: number) => number, floor = 0): number {
  let most = 0;
  for (let i = 0; i < x.length; i++) {
    const want = exact(x[i]);
    most = Math.max(most, Math.abs(y[i] - want) / (Math.max(Math.abs(want), floor) || 1));
  }
  return most;
}

// One unit in the last place of float32 is 1.2e-7 of the value at most.
describe.each(hosts)('elementary functions in single precision, %s', (_name, host) => {
  const elementary = (which: number, x: Float32Array) => elementaryOf(host, which, x);

  it('exp is within 2 units in the last place, 0 far below and infinite far above', () => {
    const x = evenly(-87, 88);
    expect(worst(elementary(0, x), x, Math.exp)).toBeLessThan(2.4e-7);
    expect(Array.from(elementary(0, Float32Array.of(-1000, -Infinity, 100, Infinity, NaN, 0)))).toEqual([0, 0, Infinity, Infinity, NaN, 1]);
  });

  it('exp(x) - 1 keeps its digits near 0', () => {
    const x = Float32Array.from([...logarithmically(1e-20, 80), ...logarithmically(1e-20, 80).map((v) => -v)]);
    expect(worst(elementary(1, x), x, Math.expm1)).toBeLessThan(3e-7);
  });

  it('ln is within 2 units in the last place over all magnitudes', () => {
    const x = Float32Array.from(logarithmically(1e-44, 3e38));
    expect(worst(elementary(2, x), x, Math.log, 1e-2)).toBeLessThan(2.4e-7);
    const near = evenly(0.9, 1.1);
    expect(worst(elementary(2, near), near, Math.log)).toBeLessThan(2.4e-7);
    expect(Array.from(elementary(2, Float32Array.of(0, Infinity, -1)))).toEqual([-Infinity, Infinity, NaN]);
  });

  it('ln(1 + x) keeps its digits from 1e-30 to 1e30', () => {
    const x = Float32Array.from(logarithmically(1e-30, 1e30));
    expect(worst(elementary(3, x), x, Math.log1p)).toBeLessThan(3e-7);
  });

  it('sin and cos of an angle in turns are off by less than 1.5e-7', () => {
    const x = evenly(-0.5, 0.5);
    expect(worst(elementary(4, x), x, (t) => Math.sin(2 * Math.PI * t), 1)).toBeLessThan(1.5e-7);
    expect(worst(elementary(5, x), x, (t) => Math.cos(2 * Math.PI * t), 1)).toBeLessThan(1.5e-7);
  });

  it('the logistic function is within 3 units in the last place down to 1e-38', () => {
    const x = evenly(-87, 88);
    expect(worst(elementary(6, x), x, (v) => 1 / (1 + Math.exp(-v)))).toBeLessThan(3.6e-7);
  });
});

describe.each(hosts)('functions in double precision, %s', (_name, host) => {
  const precise = (which: number, x: Float64Array) => preciseOf(host, which, x);

  it('ln and ln(1 + x) to 1e-15, exp to 1e-14', () => {
    const x = logarithmically(1e-150, 1e150);
    expect(worst(precise(0, x), x, Math.log)).toBeLessThan(1e-15);
    const small = logarithmically(1e-18, 1e18);
    expect(worst(precise(1, small), small, Math.log1p)).toBeLessThan(1e-15);
    const exponents = Float64Array.from(evenly(-700, 700));
    expect(worst(precise(2, exponents), exponents, Math.exp)).toBeLessThan(1e-14);
  });

  it('ln Gamma and digamma to 1e-12', () => {
    const x = logarithmically(1e-5, 1e9);
    expect(worst(precise(3, x), x, lgamma, 1)).toBeLessThan(1e-12);
    expect(worst(precise(4, x), x, digamma, 1)).toBeLessThan(1e-12);
  });
});
