import type { RandomStream } from '@cfgen/math';
import type { BinnedFeatures } from './quantile-bins';

/** A binary tree as parallel arrays; node 0 is the root. */
export interface Tree {
  /** Feature a node splits on, -1 for a leaf. */
  readonly feature: Int16Array;
  /** Rows with a value up to this go left. */
  readonly threshold: Float64Array;
  readonly left: Int32Array;
  readonly right: Int32Array;
  /** Share of positives among the node's training rows. */
  readonly share: Float64Array;
}

interface Split {
  readonly feature: number;
  /** Last bin that goes left. */
  readonly bin: number;
}

/**
 * Grows a tree on the rows of `sample` (repeats count) until its leaves are pure or cannot be split.
 * Each split takes the largest drop of Gini impurity among floor(sqrt(D)) features drawn at random; features that do not vary are replaced.
 */
export function growTree(data: BinnedFeatures, positive: Uint8Array, sample: Int32Array, random: RandomStream): Tree {
  const most = 2 * sample.length;
  const feature = new Int16Array(most).fill(-1);
  const threshold = new Float64Array(most);
  const left = new Int32Array(most);
  const right = new Int32Array(most);
  const share = new Float64Array(most);
  const finder = new SplitFinder(data, positive, random);
  // Rows of a node are a stretch of `sample`; nodes wait with the bounds of theirs.
  const waiting: [node: number, start: number, end: number][] = [[0, 0, sample.length]];
  let nodes = 1;
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const [node, start, end] = next;
    let positives = 0;
    for (let at = start; at < end; at++) positives += positive[sample[at]];
    share[node] = positives / (end - start);
    if (positives === 0 || positives === end - start) continue;
    const split = finder.best(sample, start, end, positives);
    if (split === undefined) continue;
    const middle = partition(data, sample, start, end, split);
    feature[node] = split.feature;
    threshold[node] = data.upperValues[split.feature][split.bin];
    left[node] = nodes++;
    right[node] = nodes++;
    waiting.push([left[node], start, middle], [right[node], middle, end]);
  }
  return {
    feature: feature.slice(0, nodes),
    threshold: threshold.slice(0, nodes),
    left: left.slice(0, nodes),
    right: right.slice(0, nodes),
    share: share.slice(0, nodes),
  };
}

/** Moves the rows that go left to the front of the stretch; returns where the others begin. */
function partition(data: BinnedFeatures, sample: Int32Array, start: number, end: number, split: Split): number {
  const offset = split.feature * data.rows;
  let middle = start;
  for (let at = start; at < end; at++) {
    const row = sample[at];
    if (data.bins[offset + row] > split.bin) continue;
    sample[at] = sample[middle];
    sample[middle++] = row;
  }
  return middle;
}

class SplitFinder {
  /** Rows and positives per bin of the feature at hand; all zero between uses. */
  private readonly rowsInBin = new Int32Array(256);
  private readonly positivesInBin = new Int32Array(256);
  private readonly features: Int32Array;
  private readonly tries: number;

  constructor(
    private readonly data: BinnedFeatures,
    private readonly positive: Uint8Array,
    private readonly random: RandomStream,
  ) {
    this.features = Int32Array.from({ length: data.features }, (_, k) => k);
    this.tries = Math.max(1, Math.floor(Math.sqrt(data.features)));
  }

  best(sample: Int32Array, start: number, end: number, positives: number): Split | undefined {
    const { features, random } = this;
    let found: (Split & { score: number }) | undefined;
    let tried = 0;
    for (let drawn = 0; drawn < features.length && tried < this.tries; drawn++) {
      const pick = drawn + random.below(features.length - drawn);
      const feature = features[pick];
      features[pick] = features[drawn];
      features[drawn] = feature;
      const candidate = this.bestOfFeature(feature, sample, start, end, positives);
      if (candidate === undefined) continue;
      tried++;
      if (found === undefined || candidate.score > found.score) found = { feature, ...candidate };
    }
    return found;
  }

  /** The cut with the purest halves: largest sum over halves of (positives^2 + negatives^2) / rows. */
  private bestOfFeature(
    feature: number,
    sample: Int32Array,
    start: number,
    end: number,
    positives: number,
  ): { bin: number; score: number } | undefined {
    const { rowsInBin, positivesInBin, positive, data } = this;
    const offset = feature * data.rows;
    let lowest = 255;
    let highest = 0;
    for (let at = start; at < end; at++) {
      const row = sample[at];
      const bin = data.bins[offset + row];
      rowsInBin[bin]++;
      positivesInBin[bin] += positive[row];
      if (bin < lowest) lowest = bin;
      if (bin > highest) highest = bin;
    }
    const total = end - start;
    let rows = 0;
    let hits = 0;
    let best: { bin: number; score: number } | undefined;
    for (let bin = lowest; bin <= highest; bin++) {
      if (rowsInBin[bin] > 0 && bin < highest) {
        rows += rowsInBin[bin];
        hits += positivesInBin[bin];
        const others = total - rows;
        const otherHits = positives - hits;
        const score =
          (hits * hits + (rows - hits) * (rows - hits)) / rows +
          (otherHits * otherHits + (others - otherHits) * (others - otherHits)) / others;
        if (best === undefined || score > best.score) best = { bin, score };
      }
      rowsInBin[bin] = 0;
      positivesInBin[bin] = 0;
    }
    return best;
  }
}
