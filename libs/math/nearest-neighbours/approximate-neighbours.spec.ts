import { describe, expect, it } from 'vitest';
import { denseMatrix, type DenseMatrix } from '../linear-algebra/dense-matrix';
import { randomKey } from '../random/random-key';
import { fillNormal } from '../random/indexed-draws';
import { approximateNeighbours } from './approximate-neighbours';
import { nearestNeighbours } from './nearest-neighbours';

/** Clouds apart from each other, as cell types are. */
function clouds(rows: number, columns: number): DenseMatrix {
  const points = denseMatrix(rows, columns);
  fillNormal(points.values, rows, columns, { key: randomKey(5, 'clouds') });
  for (let i = 0; i < rows; i++) points.values[i * columns + (i % columns)] += 8 * (i % 7);
  return points;
}

describe('approximate neighbours', () => {
  const x = clouds(1500, 12);
  const exact = nearestNeighbours(x, x, 30, { excludeSelf: true });

  const { neighbours, recall } = approximateNeighbours(x, 30);

  it('are nearly all of the true ones, and the recall says how many', () => {
    let hits = 0;
    for (let i = 0; i < x.rows; i++) {
      const true30 = new Set(exact.indices.subarray(i * 30, (i + 1) * 30));
      for (const row of neighbours.indices.subarray(i * 30, (i + 1) * 30)) if (true30.has(row)) hits++;
    }
    expect(recall).toBeGreaterThan(0.97);
    expect(Math.abs(hits / (30 * x.rows) - recall)).toBeLessThan(0.01);
  });

  it('come nearest first with their exact distances, never a row itself, never one twice', () => {
    const { indices, distances } = neighbours;
    for (let i = 0; i < x.rows; i += 37) {
      const rows = Array.from(indices.subarray(i * 30, (i + 1) * 30));
      expect(new Set(rows).size).toBe(30);
      expect(rows).not.toContain(i);
      for (let at = 1; at < 30; at++) expect(distances[i * 30 + at]).toBeGreaterThanOrEqual(distances[i * 30 + at - 1]);
      let sum = 0;
      for (let k = 0; k < 12; k++) sum += (x.values[i * 12 + k] - x.values[rows[0] * 12 + k]) ** 2;
      expect(distances[i * 30]).toBe(Math.sqrt(sum));
    }
  });

  it('are the same for the same seed', () => {
    expect(approximateNeighbours(x, 30)).toEqual({ neighbours, recall, recallRows: 200 });
  });

  it('of rows that are all the same are other rows at distance 0', () => {
    const twins = approximateNeighbours(denseMatrix(300, 4), 20).neighbours;
    expect(twins.distances.every((distance) => distance === 0)).toBe(true);
    for (let i = 0; i < 300; i++) {
      const rows = twins.indices.subarray(i * 20, (i + 1) * 20);
      expect(new Set(rows).size).toBe(20);
      expect(rows).not.toContain(i);
    }
  });

  it('are not more than there are', () => {
    expect(() => approximateNeighbours(denseMatrix(5, 2), 5)).toThrow(/4 others/);
  });
});
