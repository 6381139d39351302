import { CfgenError } from '@cfgen/contracts';
import { guidanceWeights, type ModelDescription } from '@cfgen/model';

/** Choices of weights in one sweep at most: each makes its own cells. */
const mostSettings = 400;

/**
 * Every choice of weights of a grid, for all attributes of the model in its order; attributes that the grid does not name keep the weight they
 * have when nothing is asked for.
 *
 * @throws CfgenError REQUEST_INVALID for a weight below 0, an empty or an oversized grid; REQUEST_UNKNOWN_VALUE for an unknown column
 */
export function weightGrid(grid: Readonly<Record<string, readonly number[]>>, description: ModelDescription): number[][] {
  if (description.attributes.length === 0) {
    throw new CfgenError('REQUEST_INVALID', 'the model was trained without labels: there is nothing to guide', {
      hint: 'Train with --label, such as cell_type.',
    });
  }
  const usual = guidanceWeights(new Map(), description);
  for (const [column, weights] of Object.entries(grid)) {
    if (weights.length === 0) throw new CfgenError('REQUEST_INVALID', `the grid has no weights for ${column}`);
    // Refuses unknown columns and weights that are no weights.
    for (const weight of weights) guidanceWeights(new Map([[column, weight]]), description);
  }
  const choices = description.attributes.map(({ name }, k) => [...new Set(grid[name] ?? [usual[k] ?? 1])].sort((a, b) => a - b));
  const settings = choices.reduce((count, weights) => count * weights.length, 1);
  if (settings > mostSettings) {
    throw new CfgenError('REQUEST_INVALID', `the grid has ${settings} choices of weights, more than ${mostSettings}`, {
      hint: 'Name fewer weights; a second sweep can look closer where the first was best.',
      details: { settings, most: mostSettings },
    });
  }
  return choices.reduce<number[][]>((rows, weights) => rows.flatMap((row) => weights.map((weight) => [...row, weight])), [[]]);
}
