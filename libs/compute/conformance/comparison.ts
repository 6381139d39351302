import { expect } from 'vitest';
import type { KernelCase, Outputs } from './kernel-case';
import type { Tolerance } from './tolerances';

/** Fails with the worst element named when an output is further from the reference's than the tolerance allows. */
export function expectClose(got: Outputs, want: Outputs, tolerance: Tolerance, magnitude: KernelCase['magnitude'] = {}): void {
  expect(Object.keys(got)).toEqual(Object.keys(want));
  for (const [name, wanted] of Object.entries(want)) {
    const values = got[name];
    expect(values.length, `length of ${name}`).toBe(wanted.length);
    const magnify: number = magnitude[name] ?? 1;
    const excess: number[] = Array.from(wanted, (value, i) => {
      const allowed = tolerance.absolute * magnify + tolerance.relative * Math.abs(value);
      const difference = Math.abs(values[i] - value);
      // NaN is too far, and a difference of 0 is never.
      return difference <= allowed ? 0 : Number.isNaN(difference) ? Infinity : difference / (allowed || Number.MIN_VALUE);
    });
    const tooFar = excess.filter((e) => e > 0).length;
    if (tooFar === 0) continue;
    const worst: number = excess.reduce((at, e, i) => (e > excess[at] ? i : at), 0);
    expect.fail(
      `${name}[${worst}] is ${values[worst]}, the reference says ${wanted[worst]}; ${tooFar} of ${wanted.length} ` +
        `are further off than ${tolerance.absolute * magnify} + ${tolerance.relative} relative`,
    );
  }
}

/** Fails with the first differing element named unless both are the same numbers bit for bit. */
export function expectSameBits(got: ArrayLike<number>, want: ArrayLike<number>, what: string): void {
  expect(got.length, `length of ${what}`).toBe(want.length);
  for (let i = 0; i < want.length; i++) {
    if (!Object.is(got[i], want[i])) expect.fail(`${what}: element ${i} is ${got[i]}, was ${want[i]}`);
  }
}

export function expectFinite(outputs: Outputs): void {
  for (const [name, values] of Object.entries(outputs)) {
    for (let i = 0; i < values.length; i++) {
      if (!Number.isFinite(values[i])) expect.fail(`${name}[${i}] is ${values[i]}`);
    }
  }
}
