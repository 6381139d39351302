import { sigmoid, softplus } from '@cfgen/math';

/*
 * Bernoulli by its logit s: ln p(a) = a s - softplus(s), a 0 or 1. Support everywhere: a = 0 or 1, s any number or infinity but not NaN;
 * a RangeError names any other value.
 */

/** ln p(a) = -softplus(-s) for a = 1, -softplus(s) for a = 0: full relative accuracy for logits of any size. */
export function bernoulliLogDensity(a: number, logit: number): number {
  check(a, logit);
  return a === 1 ? -softplus(-logit) : -softplus(logit);
}

/** d ln p / d s = a - sigmoid(s), without the cancellation of that difference. */
export function bernoulliLogitGradient(a: number, logit: number): number {
  check(a, logit);
  return a === 1 ? sigmoid(-logit) : -sigmoid(logit);
}

/** Mean sigmoid(s) and variance sigmoid(s) sigmoid(-s). */
export function bernoulliMoments(logit: number): { mean: number; variance: number } {
  check(0, logit);
  const mean = sigmoid(logit);
  return { mean, variance: mean * sigmoid(-logit) };
}

function check(a: number, logit: number): void {
  if (a !== 0 && a !== 1) throw new RangeError(`a Bernoulli value must be 0 or 1, got ${a}`);
  if (Number.isNaN(logit)) throw new RangeError('a Bernoulli logit must be a number, got NaN');
}
