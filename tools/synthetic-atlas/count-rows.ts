import type { SparseRows } from '@cfgen/tensors';

/** Sparse rows built count by count. A row of bits remembers which features were seen, so that they come out in order without a sort. */
export class CountRows {
  readonly #columns: number;
  readonly #counts: Uint32Array;
  readonly #seen: Uint32Array;
  #indices = new Uint32Array(1 << 16);
  #values = new Float32Array(1 << 16);
  #starts: number[] = [0];
  #used = 0;

  constructor(columns: number) {
    this.#columns = columns;
    this.#counts = new Uint32Array(columns);
    this.#seen = new Uint32Array(Math.ceil(columns / 32));
  }

  clear(): void {
    this.#starts = [0];
    this.#used = 0;
  }

  add(feature: number, count: number): void {
    const counts = this.#counts;
    if (counts[feature] === 0) {
      const word = feature >>> 5;
      this.#seen[word] = (this.#seen[word] ?? 0) | (1 << (feature & 31));
    }
    counts[feature] = (counts[feature] ?? 0) + count;
  }

  endRow(): void {
    this.#reserve(this.#used + this.#columns);
    const [counts, seen, indices, values] = [this.#counts, this.#seen, this.#indices, this.#values];
    let used = this.#used;
    for (let word = 0; word < seen.length; word += 1) {
      let bits = seen[word] ?? 0;
      if (bits === 0) continue;
      seen[word] = 0;
      while (bits !== 0) {
        const lowest = bits & -bits;
        const feature = word * 32 + (31 - Math.clz32(lowest));
        indices[used] = feature;
        values[used] = counts[feature] ?? 0;
        counts[feature] = 0;
        used += 1;
        bits ^= lowest;
      }
    }
    this.#used = used;
    this.#starts.push(used);
  }

  /** The rows since `clear`; they belong to the caller until the next row. */
  block(): SparseRows {
    const indptr = Uint32Array.from(this.#starts);
    return { rows: indptr.length - 1, columns: this.#columns, indptr, indices: this.#indices, values: this.#values };
  }

  #reserve(length: number): void {
    if (length <= this.#indices.length) return;
    const size = Math.max(length, 2 * this.#indices.length);
    const indices = new Uint32Array(size);
    indices.set(this.#indices);
    this.#indices = indices;
    const values = new Float32Array(size);
    values.set(this.#values);
    this.#values = values;
  }
}
