/** How a loess curve is evaluated between data points. */
export interface LoessOptions {
  /** Share of the points that enter each local fit, 0 < span <= 1. */
  readonly span: number;
  /**
   * `direct` fits at every point. `interpolate` fits at the corners of a k-d partition of the x axis and blends value and slope by cubic Hermite
   * polynomials, as the original loess (and so scanpy's `seurat_v3`) does. Default `direct`.
   */
  readonly surface?: 'direct' | 'interpolate';
}

/** The original's defaults: a cell of the partition is cut while it holds more than this share of span * n points. */
const cellShare = 0.2;
/** The range of x is widened by this share on both sides. */
const margin = 0.005;

/**
 * Local quadratic regression with tricube weights (loess, family gaussian, degree 2, one predictor): fitted values at the given x.
 *
 * Cleveland & Grosse, Computational methods for local regression, Statistics and Computing 1:47-62, 1991.
 *
 * @returns fitted value of each point, in the order of `x`
 * @throws RangeError for arrays of different length, fewer than four points, or values that are not finite
 */
export function loess(x: Float64Array, y: Float64Array, options: LoessOptions): Float64Array {
  const n = x.length;
  if (y.length !== n) throw new RangeError(`x holds ${n} values and y ${y.length}.`);
  if (n < 4) throw new RangeError(`A local quadratic fit needs at least four points, not ${n}.`);
  if (!x.every(Number.isFinite) || !y.every(Number.isFinite)) throw new RangeError('x and y must be finite.');
  const order = Uint32Array.from(x.keys()).sort((a, b) => x[a] - x[b] || a - b);
  const xs = Float64Array.from(order, (i) => x[i]);
  const ys = Float64Array.from(order, (i) => y[i]);
  const neighbours = Math.min(n, Math.max(4, Math.floor(n * options.span + 1e-5)));
  const sorted = options.surface === 'interpolate' ? blended(xs, ys, neighbours, options.span) : direct(xs, ys, neighbours);
  const fitted = new Float64Array(n);
  order.forEach((i, at) => (fitted[i] = sorted[at]));
  return fitted;
}

function direct(xs: Float64Array, ys: Float64Array, neighbours: number): Float64Array {
  const fitted = new Float64Array(xs.length);
  for (let i = 0; i < xs.length; i++) {
    fitted[i] = i > 0 && xs[i] === xs[i - 1] ? fitted[i - 1] : localQuadratic(xs, ys, neighbours, xs[i]).value;
  }
  return fitted;
}

interface LocalFit {
  readonly value: number;
  readonly slope: number;
}

/** Weighted quadratic through the `neighbours` points nearest to q. */
function localQuadratic(xs: Float64Array, ys: Float64Array, neighbours: number, q: number): LocalFit {
  const n = xs.length;
  let first = Math.max(0, Math.min(n - neighbours, lowerBound(xs, q) - neighbours));
  while (first + neighbours < n && xs[first + neighbours] - q < q - xs[first]) first++;
  const last = first + neighbours - 1;
  const width = Math.max(q - xs[first], xs[last] - q);
  if (width === 0) return { value: mean(ys, first, last), slope: 0 };
  // Coordinates in units of the window keep the normal equations well scaled. Orthogonal polynomials under the weights solve them.
  let s0 = 0;
  let s1 = 0;
  let t0 = 0;
  for (let i = first; i <= last; i++) {
    const u = (xs[i] - q) / width;
    const w = tricube(u);
    s0 += w;
    s1 += w * u;
    t0 += w * ys[i];
  }
  const centre = s1 / s0;
  const average = t0 / s0;
  let s11 = 0;
  let s12 = 0;
  for (let i = first; i <= last; i++) {
    const u = (xs[i] - q) / width;
    const w = tricube(u);
    const c = u - centre;
    s11 += w * c * c;
    s12 += w * c * c * c;
  }
  if (s11 <= 1e-14 * s0) return { value: average, slope: 0 };
  const skew = s12 / s11;
  const spread = s11 / s0;
  let s22 = 0;
  let t1 = 0;
  let t2 = 0;
  for (let i = first; i <= last; i++) {
    const u = (xs[i] - q) / width;
    const w = tricube(u);
    const c = u - centre;
    const p2 = c * c - skew * c - spread;
    s22 += w * p2 * p2;
    t1 += w * c * (ys[i] - average);
    t2 += w * p2 * (ys[i] - average);
  }
  const b1 = t1 / s11;
  // Two distinct x in the window carry a line, not a parabola.
  const b2 = s22 > 1e-14 * s0 ? t2 / s22 : 0;
  const c = -centre;
  return { value: average + b1 * c + b2 * (c * c - skew * c - spread), slope: (b1 + b2 * (2 * c - skew)) / width };
}

function tricube(u: number): number {
  const r = Math.abs(u);
  if (r >= 0.999) return 0;
  if (r <= 0.001) return 1;
  const c = 1 - r * r * r;
  return c * c * c;
}

function mean(values: Float64Array, first: number, last: number): number {
  let sum = 0;
  for (let i = first; i <= last; i++) sum += values[i];
  return sum / (last - first + 1);
}

/** First index with xs[index] >= q. */
function lowerBound(xs: Float64Array, q: number): number {
  let low = 0;
  let high = xs.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (xs[middle] < q) low = middle + 1;
    else high = middle;
  }
  return low;
}

function blended(xs: Float64Array, ys: Float64Array, neighbours: number, span: number): Float64Array {
  const n = xs.length;
  const range = xs[n - 1] - xs[0];
  const widening = margin * Math.max(range, Math.max(Math.abs(xs[0]), Math.abs(xs[n - 1])) * 1e-10 + 1e-30);
  const low = xs[0] - widening;
  const high = xs[n - 1] + widening;
  const corners = [low, high];
  cut(xs, 0, n - 1, low, high, Math.floor(n * span * cellShare), corners);
  corners.sort((a, b) => a - b);
  const fits = corners.map((corner) => localQuadratic(xs, ys, neighbours, corner));
  const fitted = new Float64Array(n);
  let cell = 0;
  for (let i = 0; i < n; i++) {
    while (cell < corners.length - 2 && xs[i] > corners[cell + 1]) cell++;
    const width = corners[cell + 1] - corners[cell];
    const h = (xs[i] - corners[cell]) / width;
    const left = fits[cell];
    const right = fits[cell + 1];
    fitted[i] =
      (1 - h) * (1 - h) * (1 + 2 * h) * left.value +
      h * h * (3 - 2 * h) * right.value +
      (h * (1 - h) * (1 - h) * left.slope - h * h * (1 - h) * right.slope) * width;
  }
  return fitted;
}

/** Cuts the points first .. last of the cell low .. high at their median until the cells hold few points; adds the cuts to `corners`. */
function cut(xs: Float64Array, first: number, last: number, low: number, high: number, fewEnough: number, corners: number[]): void {
  if (last - first + 1 <= fewEnough) return;
  const m = endOfLeftHalf(xs, first, last);
  const at = xs[m];
  if (at === low || at === high) return;
  corners.push(at);
  cut(xs, first, m, low, at, fewEnough, corners);
  cut(xs, m + 1, last, at, high, fewEnough, corners);
}

/** The index nearest to the median after which the value changes, so that equal values stay in one half. */
function endOfLeftHalf(xs: Float64Array, first: number, last: number): number {
  // Halves the 1-based positions, as the original counts.
  const median = Math.floor((first + last + 2) / 2) - 1;
  for (let offset = 0; ; offset = offset < 0 ? -offset + 1 : offset > 0 ? -offset : 1) {
    const m = median + offset;
    if (m >= last || m < first) return median;
    if (xs[m] !== xs[m + 1]) return m;
  }
}
