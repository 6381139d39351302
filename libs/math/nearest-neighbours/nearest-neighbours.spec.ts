import { describe, expect, it } from 'vitest';
import { smallClouds } from '../fixtures/small-cloud';
import { denseMatrix } from '../linear-algebra/dense-matrix';
import { nearestNeighbours } from './nearest-neighbours';
import { squaredDistances } from './squared-distances';

describe('nearest neighbours', () => {
  const { x, y } = smallClouds();

  it('are those a full sort finds', () => {
    const found = nearestNeighbours(y, x, 7);
    const squared = squaredDistances(y, x);
    for (let i = 0; i < 50; i++) {
      const row = Array.from(squared.values.subarray(i * 60, (i + 1) * 60));
      const order = row.map((_, j) => j).sort((a, b) => row[a] - row[b] || a - b);
      expect(Array.from(found.indices.subarray(i * 7, i * 7 + 7))).toEqual(order.slice(0, 7));
      expect(found.distances[i * 7 + 6]).toBe(Math.sqrt(row[order[6]]));
    }
  });

  it('among the rows of one matrix are those of the same rows as another, whatever the blocks and ties', () => {
    // Whole numbers make many ties; 300 rows make three blocks.
    const rows = denseMatrix(
      300,
      3,
      Float64Array.from({ length: 900 }, (_, at) => (at * 7919) % 5),
    );
    const copy = denseMatrix(300, 3, rows.values.slice());
    expect(nearestNeighbours(rows, rows, 9)).toEqual(nearestNeighbours(copy, rows, 9));
    expect(nearestNeighbours(rows, rows, 9, { excludeSelf: true })).toEqual(nearestNeighbours(copy, rows, 9, { excludeSelf: true }));
  });

  it('of a point among its own set leave itself out on request, but not its twin', () => {
    const twins = denseMatrix(3, 1, Float64Array.of(4, 4, 9));
    expect(Array.from(nearestNeighbours(twins, twins, 1, { excludeSelf: true }).indices)).toEqual([1, 0, 0]);
    expect(() => nearestNeighbours(twins, twins, 3, { excludeSelf: true })).toThrow(/2 points/);
  });

  it('come in the order of their index when equally far', () => {
    const points = denseMatrix(4, 1, Float64Array.of(1, -1, 1, -1));
    expect(Array.from(nearestNeighbours(denseMatrix(1, 1), points, 3).indices)).toEqual([0, 1, 2]);
  });
});
