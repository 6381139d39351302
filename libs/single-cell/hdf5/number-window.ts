import type { Numbers } from './decoding';
import type { ArrayFile, StoredArray } from '../array-file/array-file';

/** Chunks shorter than this may hold zeros only by chance. */
const smallestTold = 64;

/**
 * A one-dimensional dataset read forwards in ranges. Whole chunks are read at a time and kept until the next are needed, because the library
 * forgets its chunk cache between calls and would decompress a chunk again for every range that touches it.
 */
export class NumberWindow {
  readonly #file: ArrayFile;
  readonly #array: StoredArray;
  readonly length: number;
  #start = 0;
  #values: Numbers = new Float64Array(0);

  constructor(file: ArrayFile, array: StoredArray) {
    this.#file = file;
    this.#array = array;
    this.length = array.shape[0] ?? 0;
  }

  /** Values `start .. end`; valid until the next call. */
  range(start: number, end: number): Numbers {
    if (start < this.#start || end > this.#start + this.#values.length) {
      const chunk = Math.min(this.#array.chunks?.[0] ?? 1, 1 << 22);
      const from = Math.floor(start / chunk) * chunk;
      const to = Math.min(Math.ceil(end / chunk) * chunk, this.length);
      this.#values = this.#file.readNumbers(this.#array, [from], [to - from]);
      this.#start = from;
      this.#requireWritten();
    }
    return this.#values.subarray(start - this.#start, end - this.#start);
  }

  /**
   * A chunk that was never written, or that the index of chunks has lost, reads as zeros without any error. No sparse matrix stores a whole
   * chunk of zeros, neither as values nor (with more than one column) as indices.
   */
  #requireWritten(): void {
    const chunk = this.#array.chunks?.[0] ?? 0;
    if (chunk < smallestTold || this.#start % chunk !== 0) return;
    for (let at = 0; at < this.#values.length; at += chunk) {
      const values = this.#values.subarray(at, at + chunk);
      if (values.length >= smallestTold && values.every((value) => value === 0)) {
        throw this.#file.damaged(
          `${this.#array.path} has nothing but zeros from entry ${this.#start + at} on for ${values.length} entries: a part of it was lost or never written`,
        );
      }
    }
  }
}
