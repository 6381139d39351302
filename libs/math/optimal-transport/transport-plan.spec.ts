import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { smallClouds } from '../fixtures/small-cloud';
import { denseMatrix, type DenseMatrix } from '../linear-algebra/dense-matrix';
import { squaredDistances } from '../nearest-neighbours/squared-distances';
import { transportBySimplex } from './network-simplex';
import { uniformTransport } from './transport-plan';
import type { UniformTransport } from './uniform-transport';

function mean(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Optimal beyond doubt: the potentials are feasible, and their value equals the cost of the plan. */
function expectOptimal(costs: DenseMatrix, result: UniformTransport): void {
  const scale = Math.max(1, ...costs.values.map(Math.abs));
  for (let i = 0; i < costs.rows; i++) {
    for (let j = 0; j < costs.columns; j++) {
      const slack = costs.values[i * costs.columns + j] - result.rowPotentials[i] - result.columnPotentials[j];
      expect(slack).toBeGreaterThan(-1e-11 * scale);
    }
  }
  expect(Math.abs(result.cost - mean(result.rowPotentials) - mean(result.columnPotentials))).toBeLessThan(1e-10 * scale);
}

describe('optimal transport between uniform weights', () => {
  it('gives the published distances of 60 and 50 points (POT, network simplex)', () => {
    const { x, y } = smallClouds();
    const squared = squaredDistances(x, y);
    const plain = denseMatrix(60, 50, squared.values.map(Math.sqrt));
    expect(uniformTransport(plain).cost).toBeCloseTo(2.67545390512438, 12);
    expect(Math.sqrt(uniformTransport(squared).cost)).toBeCloseTo(2.7780898419931277, 12);
    expectOptimal(plain, uniformTransport(plain));
    expectOptimal(squared, uniformTransport(squared));
  });

  it('proves itself optimal for any shape and any costs, ties and negative ones included', () => {
    const problems = fc.tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 9 })).chain(([n, m]) =>
      fc
        .array(fc.oneof(fc.integer({ min: -2, max: 3 }), fc.double({ min: 100, max: 101, noNaN: true })), {
          minLength: n * m,
          maxLength: n * m,
        })
        .map((values) => denseMatrix(n, m, Float64Array.from(values))),
    );
    fc.assert(
      fc.property(problems, (costs) => {
        expectOptimal(costs, uniformTransport(costs));
        expectOptimal(costs, transportBySimplex(costs));
      }),
      { numRuns: 300 },
    );
  });

  it('costs the same by assignment and by network simplex', () => {
    const { x, y } = smallClouds();
    const square = squaredDistances({ ...x, rows: 50, values: x.values.subarray(0, 250) }, y);
    expect(transportBySimplex(square).cost).toBeCloseTo(uniformTransport(square).cost, 11);
  });

  it('is the difference of sorted values on a line', () => {
    const a = Float64Array.from([5, 1, 3, 9]);
    const b = Float64Array.from([2, 10]);
    const costs = denseMatrix(
      4,
      2,
      Float64Array.from({ length: 8 }, (_, at) => Math.abs(a[at >> 1] - b[at & 1])),
    );
    // Sorted: 1, 3 go to 2 and 5, 9 go to 10.
    expect(uniformTransport(costs).cost).toBeCloseTo((1 + 1 + 5 + 1) / 4, 14);
  });

  it('refuses an empty problem and costs that are not finite', () => {
    expect(() => uniformTransport(denseMatrix(0, 3))).toThrow(/empty/);
    expect(() => uniformTransport(denseMatrix(1, 1, Float64Array.of(NaN)))).toThrow(/NaN/);
  });
});
