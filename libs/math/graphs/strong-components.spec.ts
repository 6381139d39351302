import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { strongComponents } from './strong-components';

function graphOf(n: number, arrows: readonly (readonly [number, number])[]): { starts: number[]; targets: number[] } {
  const starts = [0];
  const targets: number[] = [];
  for (let i = 0; i < n; i++) {
    for (const [from, to] of arrows) if (from === i) targets.push(to);
    starts.push(targets.length);
  }
  return { starts, targets };
}

/** Which nodes each reaches, by following arrows until nothing new comes. */
function reach(n: number, arrows: readonly (readonly [number, number])[]): boolean[][] {
  const reached = Array.from({ length: n }, (_, i) => Array.from({ length: n }, (_, j) => i === j));
  for (let round = 0; round < n; round++) {
    for (const [from, to] of arrows) for (let i = 0; i < n; i++) if (reached[i][from]) reached[i][to] = true;
  }
  return reached;
}

describe('strongly connected components', () => {
  it('hold the nodes that reach each other, and only those', () => {
    const graphs = fc
      .integer({ min: 1, max: 9 })
      .chain((n) => fc.tuple(fc.constant(n), fc.array(fc.tuple(fc.nat(n - 1), fc.nat(n - 1)), { maxLength: 20 })));
    fc.assert(
      fc.property(graphs, ([n, arrows]) => {
        const { of, sizes, count } = strongComponents(graphOf(n, arrows));
        const reached = reach(n, arrows);
        for (let i = 0; i < n; i++) {
          for (let j = 0; j < n; j++) expect(of[i] === of[j]).toBe(reached[i][j] && reached[j][i]);
          // Numbered in the order of the nodes.
          expect(of[i]).toBeLessThanOrEqual(Math.max(-1, ...of.subarray(0, i)) + 1);
        }
        expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(n);
        expect(sizes).toHaveLength(count);
      }),
    );
  });

  it('are found on a path of 300,000 nodes, which recursion would not survive', () => {
    const n = 300_000;
    const starts = Int32Array.from({ length: n + 1 }, (_, i) => Math.min(i, n - 1));
    const { count } = strongComponents({ starts, targets: Int32Array.from({ length: n - 1 }, (_, i) => i + 1) });
    expect(count).toBe(n);
  });
});
