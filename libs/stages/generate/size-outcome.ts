import { sizeFactorAgreement, type SizeFactorAgreement } from '@cfgen/evaluation';
import type { GeneratedCells } from './generated-file';

/** Gathers, chunk by chunk, the library sizes that were asked for and those that came. */
export class SizeOutcome {
  private readonly requested: Float64Array;
  private readonly totals: Float64Array;

  constructor(cells: number) {
    this.requested = new Float64Array(cells);
    this.totals = new Float64Array(cells);
  }

  /** Takes a chunk of drawn counts; expected counts are left out, for they add up to the request but for rounding. */
  add({ conditions, counts }: Pick<GeneratedCells, 'conditions' | 'counts'>): void {
    if (counts === undefined) return;
    this.requested.set(conditions.sizeFactors, conditions.start);
    for (let row = 0; row < counts.rows; row++) {
      let total = 0;
      for (let k = counts.indptr[row] ?? 0; k < (counts.indptr[row + 1] ?? 0); k++) total += counts.values[k] ?? 0;
      this.totals[conditions.start + row] = total;
    }
  }

  agreement(): SizeFactorAgreement {
    return sizeFactorAgreement(this.requested, this.totals);
  }
}
