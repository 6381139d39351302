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
