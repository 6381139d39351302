import type { SparseRows } from '@cfgen/tensors';

/** Counts above this are no molecules of one gene in one cell, and not exact in float32 (2^24). */
export const largestCount = 16_777_216;

/** Where a value was met first. */
export interface Place {
  readonly row: number;
  readonly column: number;
  readonly value: number;
}

interface Finding {
  count: number;
  first?: Place;
}

/** What kinds of values a matrix holds, gathered block by block. */
export class ValueFindings {
  entries = 0;
  total = 0;
  min = Infinity;
  max = -Infinity;
  readonly negative: Finding = { count: 0 };
  readonly missing: Finding = { count: 0 };
  readonly infinite: Finding = { count: 0 };
  readonly fractional: Finding = { count: 0 };
  readonly implausible: Finding = { count: 0 };
  /** Rows whose values are multiples of one number, as counts divided by a size factor are; and the same after `expm1`. */
  #rowsTested = 0;
  #rowsScaledCounts = 0;
  #rowsLogCounts = 0;

  /** @param firstRow row of the whole matrix that the block starts at */
  add(block: SparseRows, firstRow: number): void {
    const { indptr, indices, values } = block;
    for (let row = 0; row < block.rows; row++) {
      let fractions = 0;
      for (let entry = indptr[row]; entry < indptr[row + 1]; entry++) {
        const value = values[entry];
        this.entries++;
        if (Number.isInteger(value) && value > 0 && value < largestCount) {
          this.total += value;
          if (value > this.max) this.max = value;
          if (value < this.min) this.min = value;
          continue;
        }
        const place = { row: firstRow + row, column: indices[entry], value };
        if (Number.isNaN(value)) note(this.missing, place);
        else if (!Number.isFinite(value)) note(this.infinite, place);
        else {
          this.total += value;
          if (value > this.max) this.max = value;
          if (value < this.min) this.min = value;
          if (value < 0) note(this.negative, place);
          if (!Number.isInteger(value)) {
            note(this.fractional, place);
            fractions++;
          } else if (value >= largestCount) note(this.implausible, place);
        }
      }
      if (fractions > 0 && this.#rowsTested < 200) this.#testRow(values.subarray(indptr[row], indptr[row + 1]));
    }
  }

  get areCounts(): boolean {
    return this.negative.count + this.missing.count + this.infinite.count + this.fractional.count + this.implausible.count === 0;
  }

  get meanStored(): number {
    return this.entries === 0 ? 0 : this.total / this.entries;
  }

  /** Most rows are counts divided by one number each (size factors). */
  get looksNormalised(): boolean {
    return this.#rowsTested > 0 && this.#rowsScaledCounts > 0.8 * this.#rowsTested;
  }

  /** Most rows are `log(1 + counts * number)`. */
  get looksLogNormalised(): boolean {
    return this.#rowsTested > 0 && this.#rowsLogCounts > 0.8 * this.#rowsTested;
  }

  #testRow(values: Float32Array): void {
    if (values.length < 3 || !values.every((value) => value > 0 && value < 50)) {
      if (values.length >= 3 && values.every((value) => value > 0)) {
        this.#rowsTested++;
        if (multiplesOfSmallest(values)) this.#rowsScaledCounts++;
      }
      return;
    }
    this.#rowsTested++;
    if (multiplesOfSmallest(values)) this.#rowsScaledCounts++;
    if (multiplesOfSmallest(values.map(Math.expm1))) this.#rowsLogCounts++;
  }
}

function note(finding: Finding, place: Place): void {
  finding.count++;
  finding.first ??= place;
}

/** Whether nearly all values are whole multiples (up to a few dozen) of the smallest, as the smallest count of a cell is mostly 1. */
function multiplesOfSmallest(values: Float32Array): boolean {
  let smallest = Infinity;
  for (const value of values) if (value < smallest) smallest = value;
  let tested = 0;
  let whole = 0;
  for (const value of values) {
    const ratio = value / smallest;
    if (ratio > 40) continue;
    tested++;
    if (Math.abs(ratio - Math.round(ratio)) < 0.01) whole++;
  }
  return tested >= 3 && whole >= 0.95 * tested;
}
