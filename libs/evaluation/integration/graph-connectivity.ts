import { strongComponents, type NearestNeighbours } from '@cfgen/math';
import { membersOf, type Groups } from './groups';
import type { LabelScores } from './silhouette-scores';
import { meanOfKnown } from '../statistics/averages';

/**
 * Whether the cells of a label hang together: the share of its largest strongly connected component in the graph of nearest neighbours among
 * its cells, then the plain mean over labels.
 *
 * @param neighbours each cell's nearest, the cell itself first
 */
export function graphConnectivity({ k, indices }: NearestNeighbours, labels: Groups): LabelScores {
  const position = new Int32Array(labels.codes.length);
  const scores = membersOf(labels).map((cells, label) => {
    cells.forEach((cell, at) => (position[cell] = at));
    const starts = new Int32Array(cells.length + 1);
    const targets: number[] = [];
    cells.forEach((cell, at) => {
      for (let edge = cell * k; edge < (cell + 1) * k; edge++) {
        const other = indices[edge];
        if (labels.codes[other] === label) targets.push(position[other]);
      }
      starts[at + 1] = targets.length;
    });
    const { sizes } = strongComponents({ starts, targets });
    return { label: labels.names[label], value: Math.max(...sizes) / cells.length };
  });
  return { score: meanOfKnown(scores.map(({ value }) => value)), labels: scores };
}
