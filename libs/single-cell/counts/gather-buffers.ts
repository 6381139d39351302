/** Arrays for gathered rows, used again and again so that gathering makes no garbage. */
export class GatherBuffers {
  #indptr = new Uint32Array(1);
  #indices = new Uint32Array(0);
  #values = new Float32Array(0);

  /** Arrays for this many rows and entries; they belong to the caller until the next call. */
  for(rows: number, entries: number): { indptr: Uint32Array; indices: Uint32Array; values: Float32Array } {
    if (this.#indptr.length < rows + 1) this.#indptr = new Uint32Array(rows + 1);
    if (this.#indices.length < entries) {
      const capacity = Math.ceil(entries * 1.25);
      this.#indices = new Uint32Array(capacity);
      this.#values = new Float32Array(capacity);
    }
    return {
      indptr: this.#indptr.subarray(0, rows + 1),
      indices: this.#indices.subarray(0, entries),
      values: this.#values.subarray(0, entries),
    };
  }
}
