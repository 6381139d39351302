import type { SparseRows } from '@cfgen/tensors';
import { below, type ArrayStore } from './array-store';
import { checkRows, SparseMatrix } from './growing-matrices';
import { sliceRows } from './slice-rows';

/** Counts of a cell are brought to this sum before the logarithm. */
const cellSum = 10_000;

/**
 * Counts as AnnData keeps them beside their normalisation: `raw/X` has the counts c, `X` ln(1 + 10,000 c / sum of the cell).
 */
export class NormalisedMatrix {
  readonly #counts: SparseMatrix;
  readonly #logs: SparseMatrix;

  /** @param path group of the AnnData object */
  constructor(store: ArrayStore, path: string, columns: number) {
    this.#logs = new SparseMatrix(store, below(path, 'X'), columns, 'float32');
    this.#counts = new SparseMatrix(store, below(path, 'raw/X'), columns, 'float32');
  }

  get rows(): number {
    return this.#counts.rows;
  }

  get room(): number {
    return this.#counts.room;
  }

  /** Appends counts, as {@link SparseMatrix.append} does. */
  async append(block: SparseRows): Promise<void> {
    checkRows(block);
    // Cells that fill no chunk go together, so that chunks of both come to lie in an order that the cells alone decide.
    for (let start = 0; start < block.rows;) {
      let end = start;
      while (end < block.rows && block.indptr[end + 1] - block.indptr[start] < this.room) end += 1;
      end = Math.max(end, start + 1);
      const rows = sliceRows(block, start, end);
      await this.#logs.append(normalised(rows));
      await this.#counts.append(rows);
      start = end;
    }
  }

  async complete(): Promise<void> {
    await this.#logs.complete();
    await this.#counts.complete();
  }
}

function normalised(rows: SparseRows): SparseRows {
  const values = new Float32Array(rows.indptr[rows.rows]);
  for (let row = 0; row < rows.rows; row += 1) {
    const [from, to] = [rows.indptr[row], rows.indptr[row + 1]];
    let sum = 0;
    for (let at = from; at < to; at += 1) sum += rows.values[at];
    for (let at = from; at < to; at += 1) values[at] = Math.log1p((cellSum * rows.values[at]) / sum);
  }
  return { ...rows, values };
}
