/** Value of a function, writing its gradient into `gradient`. */
export type Objective = (point: Float64Array, gradient: Float64Array) => number;

/** Pairs of steps that approximate the curvature. */
const memory = 12;

/**
 * Minimises a smooth convex function from the given point by limited-memory BFGS with a backtracking line search.
 * Nocedal & Wright, Numerical Optimization, 2nd ed., algorithm 7.4. Stops when no gradient entry exceeds `tolerance`, when a step no longer
 * lowers the value, or after `steps`.
 *
 * @returns the point, changed in place
 */
export function minimise(objective: Objective, point: Float64Array, tolerance = 1e-9, steps = 2000): Float64Array {
  const n = point.length;
  let gradient = new Float64Array(n);
  let value = objective(point, gradient);
  const pairs: { step: Float64Array; change: Float64Array; curvature: number }[] = [];
  for (let iteration = 0; iteration < steps && largest(gradient) > tolerance; iteration++) {
    const direction = gradient.map((entry) => -entry);
    const weights = pairs.map(() => 0);
    for (let k = pairs.length - 1; k >= 0; k--) {
      weights[k] = dot(pairs[k].step, direction) / pairs[k].curvature;
      add(direction, pairs[k].change, -weights[k]);
    }
    const last = pairs.at(-1);
    const scale = last === undefined ? 1 / Math.max(1, Math.sqrt(dot(gradient, gradient))) : last.curvature / dot(last.change, last.change);
    for (let i = 0; i < n; i++) direction[i] *= scale;
    pairs.forEach(({ step, change, curvature }, k) => add(direction, step, weights[k] - dot(change, direction) / curvature));
    const slope = dot(gradient, direction);
    const next = new Float64Array(n);
    const nextGradient = new Float64Array(n);
    let length = 1;
    let nextValue = Infinity;
    for (; length > 1e-14; length /= 2) {
      for (let i = 0; i < n; i++) next[i] = point[i] + length * direction[i];
      nextValue = objective(next, nextGradient);
      if (nextValue <= value + 1e-4 * length * slope) break;
    }
    if (!(nextValue < value)) break;
    const step = next.map((entry, i) => entry - point[i]);
    const change = nextGradient.map((entry, i) => entry - gradient[i]);
    const curvature = dot(step, change);
    if (curvature > 0) pairs.push({ step, change, curvature });
    if (pairs.length > memory) pairs.shift();
    point.set(next);
    gradient = nextGradient;
    value = nextValue;
  }
  return point;
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}

function add(a: Float64Array, b: Float64Array, factor: number): void {
  for (let i = 0; i < a.length; i++) a[i] += factor * b[i];
}

function largest(values: Float64Array): number {
  let most = 0;
  for (const value of values) most = Math.max(most, Math.abs(value));
  return most;
}
