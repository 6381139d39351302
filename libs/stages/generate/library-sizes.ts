import { CfgenError } from '@cfgen/contracts';
import type { ModelDescription, SizeFactorChoice } from '@cfgen/model';
import type { ReadingContext } from '../context';
import { nameOf, type DataFile } from '../data/data-file';
import { openModelCells } from '../data/model-cells';
import { openRna } from '../data/open-rna';

/** How library sizes are asked for: as in training, one number of counts, or those of the cells of a file in order (cycled). */
export type LibrarySizeRequest =
  { readonly kind: 'prior' } | { readonly kind: 'fixed'; readonly value: number } | { readonly kind: 'file'; readonly file: DataFile };

/** Reads `prior`, a number, or the path of a data file. @throws CfgenError REQUEST_INVALID for a number that is not positive */
export function librarySizeRequest(text: string): LibrarySizeRequest {
  if (text === 'prior') return { kind: 'prior' };
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value)) return { kind: 'file', file: text };
  if (value > 0) return { kind: 'fixed', value };
  throw new CfgenError('REQUEST_INVALID', `a library size of ${text} is not possible`, {
    hint: 'Give a positive number of counts per cell.',
  });
}

/** The request as provenance tells it. */
export function librarySizeName(request: LibrarySizeRequest): string {
  if (request.kind === 'file') return nameOf(request.file);
  return request.kind === 'fixed' ? String(request.value) : 'prior';
}

export async function librarySizes(
  request: LibrarySizeRequest,
  description: ModelDescription,
  context: ReadingContext,
): Promise<SizeFactorChoice> {
  if (request.kind !== 'file') return request;
  const dataset = await openRna(request.file, context);
  const cells = openModelCells(dataset, description, undefined, context);
  try {
    return { kind: 'list', values: cells.sizeFactors.filter((l) => l > 0) };
  } finally {
    cells.close();
  }
}
