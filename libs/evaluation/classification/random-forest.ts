import { RandomStream, type DenseMatrix, type RandomKey } from '@cfgen/math';
import { growTree, type Tree } from './decision-tree';
import { quantileBins } from './quantile-bins';

/** A forest of trees for two classes, 0 and 1. */
export interface RandomForest {
  readonly trees: readonly Tree[];
}

export interface ForestOptions {
  /** Number of trees. */
  readonly trees: number;
  readonly key: RandomKey;
  /** Keeps forests under one key apart. */
  readonly stream: number;
}

/**
 * A random forest on two classes: each tree is grown to purity (Gini impurity) on a bootstrap sample, trying sqrt(D) features a split.
 * Breiman, Random forests, Machine Learning 45:5-32, 2001. Features are cut into at most 255 quantile bins first.
 *
 * @param positive 1 or 0 for each row
 */
export function fitRandomForest(x: DenseMatrix, positive: Uint8Array, options: ForestOptions): RandomForest {
  const binned = quantileBins(x);
  const trees = Array.from({ length: options.trees }, (_, tree) => {
    const random = new RandomStream(options.key, tree, options.stream);
    const sample = Int32Array.from({ length: x.rows }, () => random.below(x.rows));
    return growTree(binned, positive, sample, random);
  });
  return { trees };
}

/** Mean over trees of the share of positives in the leaf of each row. */
export function predictForest(forest: RandomForest, x: DenseMatrix): Float64Array {
  const scores = new Float64Array(x.rows);
  for (const { feature, threshold, left, right, share } of forest.trees) {
    for (let i = 0; i < x.rows; i++) {
      let node = 0;
      while (feature[node] >= 0) node = x.values[i * x.columns + feature[node]] <= threshold[node] ? left[node] : right[node];
      scores[i] += share[node] / forest.trees.length;
    }
  }
  return scores;
}
