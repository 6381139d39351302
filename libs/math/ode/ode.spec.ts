import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { integrateAdaptive } from './adaptive-steps';
import { butcherTableaus, type FixedStepMethod } from './butcher-tableaus';
import { integrateFixed } from './fixed-steps';
import { IntegrationError } from './integration-error';
import { float64RowSpace, type RowSpace, type VectorField } from './row-space';
import type { RowsAtHand } from './rows-under-way';

interface OdeGolden {
  results: Record<
    string,
    {
      y0: number[][];
      exact_at_1: number[][];
    } & Record<string, { y1: number[][]; field_evaluations: number; max_abs_error: number }>
  >;
}
// Made with torchdiffeq 0.2.5, torchdyn 1.0.6 and the exact solutions.
const golden = (JSON.parse(readFileSync(new URL('./fixtures/ode.json', import.meta.url), 'utf8')) as OdeGolden).results;

/** A field given row by row: derivative of one row at its own time. */
type RowField = (t: number, y: Float64Array, out: Float64Array) => void;
const rowFields: Record<string, RowField> = {
  decay: (_t, y, out) => y.forEach((value, i) => (out[i] = -3 * value)),
  oscillator: (_t, y, out) => {
    out[0] = y[1]!;
    out[1] = -25 * y[0];
  },
  time_dependent: (t, y, out) => y.forEach((value, i) => (out[i] = 3 * Math.cos(10 * t) * value)),
  logistic: (_t, y, out) => y.forEach((value, i) => (out[i] = 8 * value * (1 - value))),
  zero: (_t, _y, out) => void out.fill(0),
};

function rowWise(field: RowField, rows: number, columns: number): VectorField<Float64Array> {
  return (out, t, y) => {
    for (let r = 0; r < rows; r++) {
      const range = [r * columns, (r + 1) * columns] as const;
      field(typeof t === 'number' ? t : t[r], y.subarray(...range), out.subarray(...range));
    }
  };
}

function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  return Array.from(a, (value, i) => Math.abs(value - b[i])).reduce((most, one) => Math.max(most, one), 0);
}

describe('integrateFixed', () => {
  const named: [string, FixedStepMethod, number][] = [
    ['euler_5_steps', 'euler', 5],
    ['euler_10_steps', 'euler', 10],
    ['midpoint_5_steps', 'midpoint', 5],
    ['midpoint_10_steps', 'midpoint', 10],
    ['rk4_classical_5_steps', 'rk4', 5],
    ['rk4_classical_10_steps', 'rk4', 10],
  ];
  it.each(Object.keys(golden))('reproduces the states and evaluation counts of other packages on %s', async (name) => {
    const columns = golden[name].y0[0].length;
    for (const [key, method, steps] of named) {
      const y = Float64Array.from(golden[name].y0[0]);
      const field = rowWise(rowFields[name], 1, columns);
      const { evaluations } = await integrateFixed(float64RowSpace(1, columns), field, y, { method, steps, from: 0, to: 1 });
      expect(evaluations).toBe(golden[name][key].field_evaluations);
      expect(largestDifference(y, golden[name][key].y1[0]), key).toBeLessThan(1e-12);
    }
  });

  it.each(Object.entries(butcherTableaus))('%s loses error with the step as its order says', async (method, { order }) => {
    const errorAt = async (steps: number): Promise<number> => {
      const y = Float64Array.from([1, 0]);
      await integrateFixed(float64RowSpace(1, 2), rowWise(rowFields.oscillator, 1, 2), y, {
        method: method as FixedStepMethod,
        steps,
        from: 0,
        to: 1,
      });
      return largestDifference(y, [Math.cos(5), -5 * Math.sin(5)]);
    };
    const rate = Math.log2((await errorAt(40)) / (await errorAt(80)));
    expect(Math.abs(rate - order)).toBeLessThan(0.35);
  });

  it('reports each step, stops when aborted, and refuses senseless options', async () => {
    const space = float64RowSpace(1, 1);
    const seen: number[] = [];
    const stop = new AbortController();
    const run = integrateFixed(space, rowWise(rowFields.decay, 1, 1), new Float64Array(1), {
      method: 'euler',
      steps: 10,
      from: 0,
      to: 1,
      signal: stop.signal,
      onStep: ({ step }) => {
        seen.push(step);
        if (step === 3) stop.abort(new Error('enough'));
      },
    });
    await expect(run).rejects.toThrow('enough');
    expect(seen).toEqual([1, 2, 3]);
    for (const [steps, to] of [
      [0, 1],
      [1.5, 1],
      [3, NaN],
    ] as const) {
      const options = { method: 'euler', steps, from: 0, to } as const;
      await expect(integrateFixed(space, rowWise(rowFields.zero, 1, 1), new Float64Array(1), options)).rejects.toThrow(RangeError);
    }
  });
});

describe('integrateAdaptive', () => {
  const tolerances = { atol: 1e-5, rtol: 1e-5 };

  it.each(Object.keys(golden))('is as near the exact solution as other packages on %s, for about as many evaluations', async (name) => {
    const { y0, exact_at_1: exact, torchdiffeq_dopri5: one, torchdyn_dopri5: other } = golden[name];
    const columns = y0[0].length;
    const y = Float64Array.from(y0[0]);
    const result = await integrateAdaptive(float64RowSpace(1, columns), rowWise(rowFields[name], 1, columns), y, {
      ...tolerances,
      from: 0,
      to: 1,
    });
    expect(largestDifference(y, exact[0])).toBeLessThanOrEqual(1.5 * Math.max(one.max_abs_error, other.max_abs_error));
    expect(result.evaluations).toBeLessThanOrEqual(1.2 * Math.max(one.field_evaluations, other.field_evaluations));
    expect(result.evaluations).toBe(result.evaluationsPerRow[0]);
  });

  it('counts the evaluations it asks for', async () => {
    let calls = 0;
    const inner = rowWise(rowFields.logistic, 1, 1);
    const counted: VectorField<Float64Array> = (out, t, y) => (calls++, inner(out, t, y));
    const { evaluations } = await integrateAdaptive(float64RowSpace(1, 1), counted, Float64Array.from([0.01]), {
      ...tolerances,
      from: 0,
      to: 1,
    });
    expect(calls).toBe(evaluations);
  });

  it('follows a finer tolerance to a smaller error', async () => {
    let previous = Infinity;
    for (const tolerance of [1e-4, 1e-6, 1e-8, 1e-10]) {
      const y = Float64Array.from([1, 0]);
      const options = { atol: tolerance, rtol: tolerance, from: 0, to: 1 };
      await integrateAdaptive(float64RowSpace(1, 2), rowWise(rowFields.oscillator, 1, 2), y, options);
      const error = largestDifference(y, golden.oscillator.exact_at_1[0]);
      expect(error).toBeLessThan(100 * tolerance);
      expect(error).toBeLessThan(previous / 10);
      previous = error;
    }
  });

  it('goes forth and back to where it started, over intervals of any place and direction', async () => {
    await fc.assert(
      fc.asyncProperty(fc.double({ min: -3, max: 3, noNaN: true }), fc.double({ min: -2, max: 2, noNaN: true }), async (from, to) => {
        const start = Float64Array.from([0.4, -1.1]);
        const y = start.slice();
        const space = float64RowSpace(1, 2);
        const field = rowWise(rowFields.time_dependent, 1, 2);
        await integrateAdaptive(space, field, y, { atol: 1e-9, rtol: 1e-9, from, to });
        const exact = Math.exp(0.3 * (Math.sin(10 * to) - Math.sin(10 * from)));
        expect(
          largestDifference(
            y,
            start.map((value) => value * exact),
          ),
        ).toBeLessThan(1e-6);
        await integrateAdaptive(space, field, y, { atol: 1e-9, rtol: 1e-9, from: to, to: from });
        expect(largestDifference(y, start)).toBeLessThan(1e-6);
      }),
      { numRuns: 40 },
    );
  });

  it('gives a row bit for bit the same trajectory and count whatever rows are beside it', async () => {
    const stiffness = (y: Float64Array): number => 1 + 40 / (1 + y[1] ** 2);
    const field: RowField = (t, y, out) => {
      out[0] = y[1] * Math.cos(7 * t);
      out[1] = -stiffness(y) * y[0] + Math.sin(3 * t);
    };
    const states = fc.array(fc.tuple(fc.double({ min: -5, max: 5, noNaN: true }), fc.double({ min: -5, max: 5, noNaN: true })), {
      minLength: 2,
      maxLength: 6,
    });
    await fc.assert(
      fc.asyncProperty(states, fc.boolean(), async (starts, backwards) => {
        const options = { ...tolerances, from: backwards ? 1 : 0, to: backwards ? 0 : 1 };
        const together = Float64Array.from(starts.flat());
        const all = await integrateAdaptive(float64RowSpace(starts.length, 2), rowWise(field, starts.length, 2), together, options);
        for (const [r, start] of starts.entries()) {
          const alone = Float64Array.from(start);
          const one = await integrateAdaptive(float64RowSpace(1, 2), rowWise(field, 1, 2), alone, options);
          expect([...alone]).toEqual([...together.subarray(2 * r, 2 * r + 2)]);
          expect(one.evaluationsPerRow[0]).toBe(all.evaluationsPerRow[r]);
        }
        expect(all.evaluations).toBe(Math.max(...all.evaluationsPerRow));
      }),
      { numRuns: 60 },
    );
  });

  it('leaves rows out that have arrived, without a bit of difference and hardly more evaluations than the rows need', async () => {
    const speed = [1, 300, 2, 40, 80, 5, 120, 3, 0.1, 20, 60, 7];
    const rows = speed.length;
    const start = Float64Array.from({ length: 2 * rows }, (_, i) => Math.sin(i + 1));
    const fieldOf = (of: readonly number[]): VectorField<Float64Array> => {
      return (out, t, y) => {
        of.forEach((row, r) => {
          const time = typeof t === 'number' ? t : t[r];
          out[2 * r] = speed[row] * y[2 * r + 1] * Math.cos(7 * time);
          out[2 * r + 1] = -speed[row] * y[2 * r];
        });
      };
    };
    const all = speed.map((_, row) => row);
    const [kept, given] = [start.slice(), start.slice()];
    const options = { ...tolerances, from: 0, to: 1 };
    const without = await integrateAdaptive(float64RowSpace(rows, 2), fieldOf(all), kept, options);
    let [evaluated, open] = [0, 0];
    const counted =
      (of: readonly number[]): VectorField<Float64Array> =>
      (out, t, y) => {
        evaluated += of.length;
        return fieldOf(of)(out, t, y);
      };
    const only = (of: Int32Array): RowsAtHand<Float64Array> => {
      open += 1;
      return { space: float64RowSpace(of.length, 2), field: counted([...of]), close: () => (open -= 1) };
    };
    const result = await integrateAdaptive(float64RowSpace(rows, 2), counted(all), given, { ...options, only });
    expect([...given]).toEqual([...kept]);
    expect(result).toEqual(without);
    expect(open).toBe(0);
    const needed = result.evaluationsPerRow.reduce((sum, n) => sum + n, 0);
    expect(evaluated).toBeGreaterThanOrEqual(needed);
    expect(evaluated).toBeLessThan(1.15 * needed);
    expect(rows * result.evaluations).toBeGreaterThan(3 * needed);
  });

  it('names the row whose solution has a pole, and the time reached', async () => {
    // y' = y^2 from 2 has its pole at t = 1/2; the row from 0.1 has none before 10.
    const y = Float64Array.from([0.1, 2]);
    const square = rowWise((_t, y, out) => (out[0] = y[0] ** 2), 2, 1);
    const failure = await integrateAdaptive(float64RowSpace(2, 1), square, y, { ...tolerances, from: 0, to: 1 }).catch(
      (error: unknown) => error,
    );
    expect(failure).toBeInstanceOf(IntegrationError);
    expect((failure as IntegrationError).row).toBe(1);
    expect((failure as IntegrationError).time).toBeGreaterThan(0.49);
    expect((failure as IntegrationError).time).toBeLessThanOrEqual(0.5001);
    const only = (rows: Int32Array): RowsAtHand<Float64Array> => ({
      space: float64RowSpace(rows.length, 1),
      field: rowWise((_t, state, out) => (out[0] = state[0] ** 2), rows.length, 1),
      close: () => undefined,
    });
    const again = integrateAdaptive(float64RowSpace(2, 1), square, Float64Array.from([0.1, 2]), { ...tolerances, from: 0, to: 1, only });
    await expect(again).rejects.toThrow((failure as IntegrationError).message);
  });

  it('stops a row that needs too many steps, a field that is no number, and senseless options', async () => {
    const space = float64RowSpace(1, 1);
    const y = (): Float64Array => Float64Array.from([1]);
    const wiggle = rowWise((t, _y, out) => (out[0] = Math.cos(1000 * t)), 1, 1);
    await expect(integrateAdaptive(space, wiggle, y(), { ...tolerances, from: 0, to: 1, maxSteps: 20 })).rejects.toThrow(
      /row 0 .*more than 20 steps/,
    );
    const nan = rowWise((_t, _y, out) => (out[0] = NaN), 1, 1);
    await expect(integrateAdaptive(space, nan, y(), { ...tolerances, from: 0, to: 1 })).rejects.toThrow(/not finite at the start/);
    const later = rowWise((t, _y, out) => (out[0] = t > 0.5 ? NaN : 1), 1, 1);
    await expect(integrateAdaptive(space, later, y(), { ...tolerances, from: 0, to: 1 })).rejects.toThrow(/step shrank/);
    for (const bad of [{ atol: 0 }, { rtol: -1 }, { atol: NaN }, { to: Infinity }, { maxSteps: 0 }]) {
      await expect(integrateAdaptive(space, wiggle, y(), { ...tolerances, from: 0, to: 1, ...bad })).rejects.toThrow(RangeError);
    }
  });

  it('gives back every state it made, also when it fails', async () => {
    let held = 0;
    const inner = float64RowSpace(1, 1);
    const space: RowSpace<Float64Array> = { ...inner, create: () => (held++, inner.create()), release: () => (held -= 1) };
    const decay = rowWise(rowFields.decay, 1, 1);
    await integrateAdaptive(space, decay, Float64Array.from([1]), { ...tolerances, from: 0, to: 1 });
    await integrateFixed(space, decay, Float64Array.from([1]), { method: 'rk4', steps: 2, from: 0, to: 1 });
    await integrateAdaptive(space, decay, Float64Array.from([1]), { ...tolerances, from: 0, to: 1, maxSteps: 1 }).catch(() => undefined);
    await integrateAdaptive(space, decay, Float64Array.from([1]), { ...tolerances, from: 0, to: 1, signal: AbortSignal.abort() }).catch(
      () => undefined,
    );
    expect(held).toBe(0);
  });

  it('does nothing over an empty interval', async () => {
    const y = Float64Array.from([1]);
    const result = await integrateAdaptive(float64RowSpace(1, 1), rowWise(rowFields.decay, 1, 1), y, { ...tolerances, from: 1, to: 1 });
    expect([result.evaluations, y[0]]).toEqual([0, 1]);
  });
});
