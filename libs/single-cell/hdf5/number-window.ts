import type { Numbers } from './decoding';
import type { Hdf5Array, Hdf5File } from './hdf5-file';

/**
 * A one-dimensional dataset read forwards in ranges. Whole chunks are read at a time and kept until the next are needed, because the library
 * forgets its chunk cache between calls and would decompress a chunk again for every range that touches it.
 */
export class NumberWindow {
  readonly #file: Hdf5File;
  readonly #array: Hdf5Array;
  readonly length: number;
  #start = 0;
  #values: Numbers = new Float64Array(0);

  constructor(file: Hdf5File, array: Hdf5Array) {
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
    }
    return this.#values.subarray(start - this.#start, end - this.#start);
  }
}
