import { RandomStream, denseMatrix, nearestNeighbours, randomKey, type DenseMatrix } from '@cfgen/math';

const neighbours = 15;
const epochs = 200;

/**
 * Two-dimensional UMAP of real and generated cells together, on exact neighbours; the same seed gives the same map.
 * McInnes et al., UMAP: uniform manifold approximation and projection, arXiv:1802.03426. For looking at only: no figure is computed on it.
 */
export async function umapOfBoth(
  real: DenseMatrix,
  generated: DenseMatrix,
  seed: number,
): Promise<{ real: DenseMatrix; generated: DenseMatrix }> {
  // Commands that draw no map must not wait for it.
  const { UMAP } = await import('umap-js');
  const rows = real.rows + generated.rows;
  const both = denseMatrix(rows, real.columns);
  both.values.set(real.values);
  both.values.set(generated.values, real.values.length);
  const k = Math.min(neighbours, rows);
  const random = new RandomStream(randomKey(seed, 'evaluation/umap'));
  const umap = new UMAP({ nNeighbors: k, minDist: 0.3, nEpochs: epochs, random: () => random.uniform() });
  const found = nearestNeighbours(both, both, k);
  umap.setPrecomputedKNN(splitRows(found.indices, k), splitRows(found.distances, k));
  const points = umap.fit(splitRows(both.values, both.columns));
  const flat = (list: number[][]): DenseMatrix => denseMatrix(list.length, 2, Float64Array.from(list.flat()));
  return { real: flat(points.slice(0, real.rows)), generated: flat(points.slice(real.rows)) };
}

function splitRows(values: ArrayLike<number>, width: number): number[][] {
  return Array.from({ length: values.length / width }, (_, i) => Array.from({ length: width }, (_, j) => values[i * width + j]));
}
