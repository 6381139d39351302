import { describe, expect, it } from 'vitest';
import { butcherTableaus, dormandPrince, type ButcherTableau } from './butcher-tableaus';

describe('Butcher tableaus', () => {
  const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
  const dot = (a: readonly number[], b: readonly number[]): number => sum(a.map((value, i) => value * (b[i] ?? 0)));

  it.each(Object.entries({ ...butcherTableaus, dormandPrince }))(
    '%s meets the order conditions up to its order',
    (_name, tableau: ButcherTableau) => {
      const { a, b, c, order } = tableau;
      const ac = a.map((row) => dot(row, c));
      const power = (n: number): number[] => c.map((value) => value ** n);
      a.forEach((row, i) => expect(sum(row)).toBeCloseTo(c[i], 14));
      const conditions: [number, number, number][] = [
        [1, sum(b), 1],
        [2, dot(b, c), 1 / 2],
        [3, dot(b, power(2)), 1 / 3],
        [3, dot(b, ac), 1 / 6],
        [4, dot(b, power(3)), 1 / 4],
        [
          4,
          dot(
            b.map((value, i) => value * c[i]),
            ac,
          ),
          1 / 8,
        ],
        [
          4,
          dot(
            b,
            a.map((row) => dot(row, power(2))),
          ),
          1 / 12,
        ],
        [
          4,
          dot(
            b,
            a.map((row) => dot(row, ac)),
          ),
          1 / 24,
        ],
        [5, dot(b, power(4)), 1 / 5],
        [
          5,
          dot(
            b,
            a.map((row) => dot(row, power(3))),
          ),
          1 / 20,
        ],
        [
          5,
          dot(
            b,
            ac.map((value) => value * value),
          ),
          1 / 20,
        ],
      ];
      for (const [needed, found, expected] of conditions) if (needed <= order) expect(found).toBeCloseTo(expected, 14);
    },
  );

  it('the error weights of Dormand-Prince vanish on polynomials up to degree 3 and see degree 4', () => {
    const { errorWeights, c } = dormandPrince;
    for (const degree of [0, 1, 2, 3])
      expect(
        Math.abs(
          dot(
            errorWeights,
            c.map((value) => value ** degree),
          ),
        ),
      ).toBeLessThan(1e-15);
    expect(
      Math.abs(
        dot(
          errorWeights,
          c.map((value) => value ** 4),
        ),
      ),
    ).toBeGreaterThan(1e-4);
  });
});
