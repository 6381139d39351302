import { kMeans, randomKey, RandomStream, type DenseMatrix, type KMeans } from '@cfgen/math';
import type { Groups } from './groups';

/** Agreement of two groupings of the same cells. */
export interface ClusteringAgreement {
  /** Mutual information over the arithmetic mean of the two entropies. */
  readonly nmi: number;
  /** Adjusted Rand index (Hubert & Arabie, J. Classif. 2:193-218, 1985). */
  readonly ari: number;
}

/** Two groupings of the same cells compared; 1 for both when each puts all cells in one group. */
export function clusteringAgreement(first: ArrayLike<number>, second: ArrayLike<number>): ClusteringAgreement {
  const n = first.length;
  const joint = new Map<string, number>();
  const rows = new Map<number, number>();
  const columns = new Map<number, number>();
  for (let i = 0; i < n; i++) {
    const pair = `${first[i]} ${second[i]}`;
    joint.set(pair, (joint.get(pair) ?? 0) + 1);
    rows.set(first[i], (rows.get(first[i]) ?? 0) + 1);
    columns.set(second[i], (columns.get(second[i]) ?? 0) + 1);
  }
  const entropyRows = entropy(rows, n);
  const entropyColumns = entropy(columns, n);
  const meanEntropy = (entropyRows + entropyColumns) / 2;
  const information = entropyRows + entropyColumns - entropy(joint, n);
  const pairs = sumOfPairs(joint);
  const expected = (sumOfPairs(rows) * sumOfPairs(columns)) / choosePairs(n);
  const most = (sumOfPairs(rows) + sumOfPairs(columns)) / 2;
  return {
    nmi: meanEntropy > 0 ? Math.max(0, information / meanEntropy) : 1,
    ari: most === expected ? 1 : (pairs - expected) / (most - expected),
  };
}

/**
 * Agreement of the labels with k-means clusters of the embedding, as many as labels. Of several seeded starts the one with the smallest sum of
 * squares counts: a single start, as scib-metrics makes, may end anywhere.
 */
export function kMeansAgreement(x: DenseMatrix, labels: Groups, seed: number, starts: number): ClusteringAgreement {
  let best: KMeans | undefined;
  for (let start = 0; start < starts; start++) {
    const found = kMeans(x, labels.names.length, new RandomStream(randomKey(seed, 'integration/k-means'), start));
    if (best === undefined || found.inertia < best.inertia) best = found;
  }
  return clusteringAgreement(labels.codes, best?.clusters ?? labels.codes);
}

function entropy(counts: ReadonlyMap<unknown, number>, n: number): number {
  let sum = 0;
  for (const count of counts.values()) sum -= (count / n) * Math.log(count / n);
  return sum;
}

function sumOfPairs(counts: ReadonlyMap<unknown, number>): number {
  let sum = 0;
  for (const count of counts.values()) sum += choosePairs(count);
  return sum;
}

function choosePairs(n: number): number {
  return (n * (n - 1)) / 2;
}
