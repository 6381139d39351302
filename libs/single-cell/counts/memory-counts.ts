import type { SparseRows } from '@cfgen/tensors';
import type { OpenCountSource } from './closable-count-source';
import { GatherBuffers } from './gather-buffers';

/** Counts in memory as CSR arrays. */
export class MemoryCounts implements OpenCountSource {
  readonly kind = 'memory';
  readonly rows: number;
  readonly columns: number;
  readonly #indptr: Uint32Array;
  #indices: Uint32Array;
  #values: Float32Array;
  readonly #out = new GatherBuffers();
  #row = 0;

  /** @param entries entries at most */
  constructor(rows: number, columns: number, entries: number) {
    this.rows = rows;
    this.columns = columns;
    this.#indptr = new Uint32Array(rows + 1);
    this.#indices = new Uint32Array(entries);
    this.#values = new Float32Array(entries);
  }

  append(block: SparseRows): void {
    const base = this.#indptr[this.#row];
    const entries = block.indptr[block.rows];
    this.#indices.set(block.indices.subarray(0, entries), base);
    this.#values.set(block.values.subarray(0, entries), base);
    for (let row = 1; row <= block.rows; row++) this.#indptr[this.#row + row] = base + block.indptr[row];
    this.#row += block.rows;
  }

  gather(rows: Uint32Array): SparseRows {
    let entries = 0;
    for (const row of rows) entries += this.#indptr[row + 1] - this.#indptr[row];
    const { indptr, indices, values } = this.#out.for(rows.length, entries);
    let at = 0;
    for (const [i, row] of rows.entries()) {
      const begin = this.#indptr[row];
      const end = this.#indptr[row + 1];
      indices.set(this.#indices.subarray(begin, end), at);
      values.set(this.#values.subarray(begin, end), at);
      at += end - begin;
      indptr[i + 1] = at;
    }
    return { rows: rows.length, columns: this.columns, indptr, indices, values };
  }

  close(): void {
    this.#indices = new Uint32Array(0);
    this.#values = new Float32Array(0);
  }
}
