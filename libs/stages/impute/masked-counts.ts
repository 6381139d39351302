import { CfgenError } from '@cfgen/contracts';
import { RandomStream, randomKey } from '@cfgen/math';
import type { CountSource, SparseRows } from '@cfgen/tensors';

/** Which entries are hidden: of those that are not zero, or of all. */
export type MaskedEntries = 'nonzero' | 'all';

/** Entries of a matrix that were hidden, cell by cell. */
export interface HiddenEntries {
  /** Entries of cell i are `starts[i] .. starts[i + 1]`. */
  readonly starts: Uint32Array;
  readonly columns: Uint32Array;
  /** What was there. */
  readonly values: Float32Array;
}

/** Counts with some entries set to zero. */
export interface MaskedCounts {
  readonly counts: CountSource;
  readonly hidden: HiddenEntries;
}

const blockRows = 512;

/**
 * Sets a share of the entries to zero. Whether an entry is hidden is a function of (seed, cell, gene) alone.
 *
 * @throws CfgenError REQUEST_INVALID for a share that is not between 0 and 1
 */
export function maskCounts(source: CountSource, share: number, entries: MaskedEntries, seed: number): MaskedCounts {
  if (!(share > 0 && share < 1)) {
    throw new CfgenError('REQUEST_INVALID', `a share of ${share} of the entries cannot be hidden`, { hint: 'Give a share such as 0.1.' });
  }
  const key = randomKey(seed, 'impute/mask');
  const starts = new Uint32Array(source.rows + 1);
  const columns: number[] = [];
  const values: number[] = [];
  const blocks: SparseRows[] = [];
  for (let first = 0; first < source.rows; first += blockRows) {
    const rows = Uint32Array.from({ length: Math.min(blockRows, source.rows - first) }, (_, i) => first + i);
    const block = source.gather(rows);
    const left = new RowsUnderWay(source.columns);
    rows.forEach((row, r) => {
      const random = new RandomStream(key, row);
      const hidden = Uint8Array.from({ length: source.columns }, () => (random.uniform() < share ? 1 : 0));
      const present = new Map<number, number>();
      for (let k = block.indptr[r] ?? 0; k < (block.indptr[r + 1] ?? 0); k++) present.set(block.indices[k] ?? 0, block.values[k] ?? 0);
      for (const [column, value] of present) if (hidden[column] !== 1) left.add(column, value);
      left.endRow();
      hidden.forEach((one, column) => {
        if (one === 0 || (entries === 'nonzero' && !present.has(column))) return;
        columns.push(column);
        values.push(present.get(column) ?? 0);
      });
      starts[row + 1] = columns.length;
    });
    blocks.push(left.finished());
  }
  return {
    counts: { rows: source.rows, columns: source.columns, gather: (rows) => gathered(blocks, rows, source.columns) },
    hidden: { starts, columns: Uint32Array.from(columns), values: Float32Array.from(values) },
  };
}

function gathered(blocks: readonly SparseRows[], rows: Uint32Array, columns: number): SparseRows {
  const out = new RowsUnderWay(columns);
  for (const row of rows) {
    const block = blocks[Math.floor(row / blockRows)];
    const at = row % blockRows;
    for (let k = block?.indptr[at] ?? 0; k < (block?.indptr[at + 1] ?? 0); k++) out.add(block?.indices[k] ?? 0, block?.values[k] ?? 0);
    out.endRow();
  }
  return out.finished();
}

/** Sparse rows being put together. */
class RowsUnderWay {
  private readonly indptr: number[] = [0];
  private readonly indices: number[] = [];
  private readonly values: number[] = [];

  constructor(private readonly columns: number) {}

  add(column: number, value: number): void {
    this.indices.push(column);
    this.values.push(value);
  }

  endRow(): void {
    this.indptr.push(this.indices.length);
  }

  finished(): SparseRows {
    const { columns, indptr, indices, values } = this;
    return {
      ...{ rows: indptr.length - 1, columns },
      ...{ indptr: Uint32Array.from(indptr), indices: Uint32Array.from(indices), values: Float32Array.from(values) },
    };
  }
}
