import { CfgenError } from '@cfgen/contracts';
import type { ModelDescription, SizeFactorChoice } from '@cfgen/model';
import type { StepContext } from '../context';
import { openModelCells } from '../data/model-cells';
import { openRna } from '../data/open-rna';

/**
 * How library sizes were asked for: `prior`, a number, or a data file whose cells' sizes are taken in order (cycled).
 */
export async function librarySizes(request: string, description: ModelDescription, context: StepContext): Promise<SizeFactorChoice> {
  if (request === 'prior') return { kind: 'prior' };
  const value = Number(request);
  if (request.trim() !== '' && Number.isFinite(value)) {
    if (value > 0) return { kind: 'fixed', value };
    throw new CfgenError('REQUEST_INVALID', `a library size of ${request} is not possible`, {
      hint: 'Give a positive number of counts per cell.',
    });
  }
  const dataset = await openRna(request, context);
  const cells = openModelCells(dataset, description, undefined, context);
  try {
    return { kind: 'list', values: cells.sizeFactors.filter((l) => l > 0) };
  } finally {
    cells.close();
  }
}
