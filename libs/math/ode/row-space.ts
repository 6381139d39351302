/**
 * The arithmetic an integrator needs on states of R rows (trajectories) and D columns, whatever holds them: plain arrays here, tensors of an
 * engine in the model. A row of a result must depend on that row of the arguments alone.
 */
export interface RowSpace<S> {
  readonly rows: number;
  /** A new state, contents undefined. */
  create(): S;
  release(state: S): void;
  /** Fills a state with zeros. */
  zero(state: S): void;
  /** `out[r] = base[r] + h[r] * sum_j c_j x_j[r]`; h one step for all rows or one a row; out may be base; 1 to 7 terms. */
  combineRows(out: S, base: S, h: number | Float64Array, terms: readonly (readonly [coefficient: number, x: S])[]): void;
  /** Per row the root mean square of `error / (atol + rtol max(|y0|, |y1|))`. */
  errorNorm(error: S, y0: S, y1: S, atol: number, rtol: number): Promise<ArrayLike<number>>;
  /** `out[r] = a[r]` where mask[r] != 0, else unchanged. */
  select(out: S, a: S, mask: Int32Array): void;
  /** `out[r] = from[places[r]]` where places[r] >= 0, else unchanged; `from` may be a state of a space of another number of rows. */
  take(out: S, from: S, places: Int32Array): void;
}

/** Writes dy/dt at time t (one for all rows or one a row) and state y to `out`; never writes y. */
export type VectorField<S> = (out: S, t: number | Float64Array, y: S) => void | Promise<void>;

/** States as row-major arrays [rows, columns] of 64-bit numbers: the definition other spaces are compared with. */
export function float64RowSpace(rows: number, columns: number): RowSpace<Float64Array> {
  return {
    rows,
    create: () => new Float64Array(rows * columns),
    release: () => undefined,
    zero: (state) => void state.fill(0),
    combineRows(out, base, h, terms) {
      for (let r = 0; r < rows; r++) {
        const step = typeof h === 'number' ? h : h[r];
        for (let i = r * columns; i < (r + 1) * columns; i++) {
          let sum = 0;
          for (let j = 0; j < terms.length; j++) sum += terms[j][0] * terms[j][1][i];
          out[i] = base[i] + step * sum;
        }
      }
    },
    errorNorm(error, y0, y1, atol, rtol) {
      const norms = new Float64Array(rows);
      for (let r = 0; r < rows; r++) {
        let sum = 0;
        for (let i = r * columns; i < (r + 1) * columns; i++) {
          const scaled = error[i] / (atol + rtol * Math.max(Math.abs(y0[i]), Math.abs(y1[i])));
          sum += scaled * scaled;
        }
        norms[r] = Math.sqrt(sum / columns);
      }
      return Promise.resolve(norms);
    },
    select(out, a, mask) {
      for (let r = 0; r < rows; r++) {
        if (mask[r] !== 0) out.set(a.subarray(r * columns, (r + 1) * columns), r * columns);
      }
    },
    take(out, from, places) {
      places.forEach((place, r) => {
        if (place >= 0) out.set(from.subarray(place * columns, (place + 1) * columns), r * columns);
      });
    },
  };
}
