import type { SparseRows } from '@cfgen/tensors';
import { ValueFindings } from '../matrix/value-findings';

/** What one pass over all rows tells; everything that needs totals shares it. */
export interface Scan {
  readonly rows: number;
  readonly columns: number;
  /** Entries that are not zero. */
  readonly nonzeros: number;
  /** Sum of all counts. */
  readonly total: number;
  /** Counts of each cell (library size). */
  readonly cellTotals: Float64Array;
  /** Features seen in each cell. */
  readonly cellFeatures: Uint32Array;
  /** Cells each feature is seen in. */
  readonly featureCells: Uint32Array;
  /** Counts of each feature over all cells. */
  readonly featureTotals: Float64Array;
  /** Smallest and largest stored value; 0 when there is none. */
  readonly min: number;
  readonly max: number;
}

/** A pass over blocks of rows: sums for a {@link Scan}, and what kinds of values were met. */
export function scanBlocks(
  rows: number,
  columns: number,
  blocks: Iterable<{ readonly start: number; readonly rows: SparseRows }>,
): { scan: Scan; findings: ValueFindings } {
  const cellTotals = new Float64Array(rows);
  const cellFeatures = new Uint32Array(rows);
  const featureCells = new Uint32Array(columns);
  const featureTotals = new Float64Array(columns);
  const findings = new ValueFindings();
  for (const { start, rows: block } of blocks) {
    findings.add(block, start);
    const { indptr, indices, values } = block;
    for (let row = 0; row < block.rows; row++) {
      let total = 0;
      for (let entry = indptr[row]; entry < indptr[row + 1]; entry++) {
        const value = values[entry];
        total += value;
        featureCells[indices[entry]]++;
        featureTotals[indices[entry]] += value;
      }
      cellTotals[start + row] = total;
      cellFeatures[start + row] = indptr[row + 1] - indptr[row];
    }
  }
  const some = findings.entries > 0;
  return {
    scan: {
      rows,
      columns,
      nonzeros: findings.entries,
      total: findings.total,
      cellTotals,
      cellFeatures,
      featureCells,
      featureTotals,
      min: some ? findings.min : 0,
      max: some ? findings.max : 0,
    },
    findings,
  };
}

/**
 * Columns of features seen in at least `cells` cells, in order. The usual preprocessing before training.
 */
export function featuresSeenInAtLeast(scan: Scan, cells: number): Uint32Array {
  const kept: number[] = [];
  for (const [column, seen] of scan.featureCells.entries()) if (seen >= cells) kept.push(column);
  return Uint32Array.from(kept);
}
