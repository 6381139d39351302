import { describe, expect, it } from 'vitest';
import { smallClouds } from '../fixtures/small-cloud';
import { denseMatrix } from '../linear-algebra/dense-matrix';
import { randomKey } from '../random/random-key';
import { RandomStream } from '../random/random-stream';
import { kMeans } from './k-means';

const random = (seed: number): RandomStream => new RandomStream(randomKey(seed, 'k-means'));

describe('k-means', () => {
  it('finds clouds that lie apart', () => {
    const stream = random(1);
    const points = denseMatrix(90, 2);
    for (let i = 0; i < 90; i++) points.values.set([10 * (i % 3) + stream.normal(), (i % 3 === 1 ? 10 : 0) + stream.normal()], 2 * i);
    const { clusters } = kMeans(points, 3, random(0));
    expect(new Set(clusters).size).toBe(3);
    clusters.forEach((cluster, i) => expect(cluster).toBe(clusters[i % 3]));
  });

  it('ends where no row is nearer to another centre, and each centre is the mean of its rows', () => {
    const { x } = smallClouds();
    const { clusters, inertia } = kMeans(x, 4, random(3));
    const means = denseMatrix(4, 5);
    for (let c = 0; c < 4; c++) {
      const rows = Array.from(clusters.keys()).filter((i) => clusters[i] === c);
      for (let k = 0; k < 5; k++) means.values[c * 5 + k] = rows.reduce((sum, i) => sum + x.values[i * 5 + k], 0) / rows.length;
    }
    let total = 0;
    for (let i = 0; i < x.rows; i++) {
      const distances = [0, 1, 2, 3].map((c) => {
        let sum = 0;
        for (let k = 0; k < 5; k++) sum += (x.values[i * 5 + k] - means.values[c * 5 + k]) ** 2;
        return sum;
      });
      expect(distances[clusters[i]]).toBe(Math.min(...distances));
      total += distances[clusters[i]];
    }
    expect(inertia).toBeCloseTo(total, 9);
  });

  it('is the same for the same random numbers', () => {
    const { x } = smallClouds();
    expect(kMeans(x, 5, random(7))).toEqual(kMeans(x, 5, random(7)));
  });

  it('copes with fewer different rows than clusters, and refuses fewer rows', () => {
    const twins = denseMatrix(4, 1, Float64Array.of(1, 1, 1, 2));
    const { clusters, inertia } = kMeans(twins, 3, random(0));
    expect(inertia).toBe(0);
    expect(clusters[3]).not.toBe(clusters[0]);
    expect(() => kMeans(twins, 5, random(0))).toThrow(/4 rows cannot make 5 clusters/);
  });
});
