import { philox, type RandomKey } from './philox';

/** Which numbers: a key, a stream under it, and the index of the first row. */
export interface RowDraws {
  readonly key: RandomKey;
  /** Unsigned 32-bit; keeps uses of one key apart (a step, an epoch, a feature). Default 0. */
  readonly stream?: number;
  /** Index of the first row filled, 0 .. 2^53 - 1. Default 0. */
  readonly rowStart?: number;
}

const twoPi = 2 * Math.PI;
const inverse32 = 2 ** -32;

/**
 * Fills `out` [rows, columns] with standard normal numbers: element (r, j) is a function of (key, stream, rowStart + r, j) alone.
 *
 * Words of the Philox block with counter (j >> 2, row low 32 bits, row high 21 bits, stream); words (0, 1) and (2, 3) by Box-Muller:
 * u = (word + 0.5)/2^32, n_even = sqrt(-2 ln u_0) cos(2 pi u_1), n_odd = sqrt(-2 ln u_0) sin(2 pi u_1).
 *
 * @throws RangeError when `out` is shorter than rows x columns or a row index would pass 2^53
 */
export function fillNormal(out: Float64Array, rows: number, columns: number, draws: RowDraws): void {
  const { key, stream, rowStart } = checked(out, rows, columns, draws);
  const words = new Uint32Array(4);
  for (let r = 0; r < rows; r++) {
    const row = rowStart + r;
    const low = row >>> 0;
    const high = Math.floor(row * inverse32);
    const base = r * columns;
    for (let j = 0; j < columns; j += 2) {
      if ((j & 3) === 0) philox(words, key, j >>> 2, low, high, stream);
      const radius = Math.sqrt(-2 * Math.log((words[j & 3] + 0.5) * inverse32));
      const angle = twoPi * ((words[(j & 3) + 1] + 0.5) * inverse32);
      out[base + j] = radius * Math.cos(angle);
      if (j + 1 < columns) out[base + j + 1] = radius * Math.sin(angle);
    }
  }
}

/**
 * Fills `out` [rows, columns] with uniform numbers in (0, 1): element (r, j) is (word + 0.5)/2^32 with word (j & 3) of the same block as in
 * {@link fillNormal}.
 *
 * @throws RangeError as {@link fillNormal}
 */
export function fillUniform(out: Float64Array, rows: number, columns: number, draws: RowDraws): void {
  const { key, stream, rowStart } = checked(out, rows, columns, draws);
  const words = new Uint32Array(4);
  for (let r = 0; r < rows; r++) {
    const row = rowStart + r;
    const low = row >>> 0;
    const high = Math.floor(row * inverse32);
    const base = r * columns;
    for (let j = 0; j < columns; j++) {
      if ((j & 3) === 0) philox(words, key, j >>> 2, low, high, stream);
      out[base + j] = (words[j & 3] + 0.5) * inverse32;
    }
  }
}

function checked(out: Float64Array, rows: number, columns: number, draws: RowDraws): Required<RowDraws> {
  if (out.length < rows * columns) throw new RangeError(`out holds ${out.length} numbers, rows x columns is ${rows} x ${columns}`);
  const rowStart = draws.rowStart ?? 0;
  if (!Number.isSafeInteger(rowStart) || rowStart < 0 || !Number.isSafeInteger(rowStart + rows)) {
    throw new RangeError(`rows ${rowStart} + ${rows} must lie in 0 .. 2^53 - 1`);
  }
  return { key: draws.key, stream: draws.stream ?? 0, rowStart };
}
