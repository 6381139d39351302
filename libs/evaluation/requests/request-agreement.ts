import { libraryTotals } from '../cells/count-blocks';
import type { CellSet } from '../cells/cell-set';
import { sizeFactorAgreement, type SizeFactorAgreement } from './size-factor-agreement';

/** What was asked for of the cells of a generated set, against what came. */
export interface RequestAgreement {
  /** Name of the set. */
  readonly name: string;
  /** Size factors that were asked for, against total counts over the compared genes. */
  readonly sizeFactors: SizeFactorAgreement;
}

/** One entry for each set that knows what was asked for; `undefined` where none does. */
export function requestAgreements(sets: readonly CellSet[]): readonly RequestAgreement[] | undefined {
  const found = sets.flatMap(({ name, counts, requestedSizes }) =>
    requestedSizes === undefined ? [] : [{ name, sizeFactors: sizeFactorAgreement(requestedSizes, libraryTotals(counts)) }],
  );
  return found.length === 0 ? undefined : found;
}
