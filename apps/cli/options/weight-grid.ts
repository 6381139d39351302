import { CfgenError } from '@cfgen/contracts';
import { pair } from './conditions';
import { realNumber } from './numbers';

/** Reads `column=weight,weight,...` requests: the weights to try for each column, 0 or more. */
export function weightGridOf(requests: readonly string[]): Record<string, number[]> {
  const grid = new Map<string, number[]>();
  for (const request of requests) {
    const [column, text] = pair('--grid', request, 'cell_type=0,1,1.5,2');
    if (grid.has(column)) {
      throw new CfgenError('REQUEST_INVALID', `--grid is given twice for ${column}`, {
        hint: 'Give all weights of a column at once, separated by commas.',
        details: { option: '--grid', column },
      });
    }
    grid.set(
      column,
      text.split(',').map((weight) => realNumber(`--grid ${column}`, weight.trim(), { min: 0 })),
    );
  }
  return Object.fromEntries(grid);
}

/** Reads `low,high`. */
export function bandOf(text: string): [low: number, high: number] {
  const [low, high, ...more] = text.split(',').map((part) => realNumber('--band', part.trim(), { min: 0 }));
  if (low !== undefined && high !== undefined && more.length === 0 && low < high) return [low, high];
  throw new CfgenError('REQUEST_INVALID', `--band is "${text}"`, {
    hint: 'Give the smallest and the largest spread ratio, such as 0.8,1.25.',
    details: { option: '--band', value: text },
  });
}
