import { asymptoticFrom, digammaCoefficients, lgamma, stirlingCoefficients } from './gamma-function';

/** Up to this many factors (or summands) a whole-number difference is taken term by term. */
const termByTermUpTo = 16;

/**
 * ln Gamma(x + theta) - ln Gamma(theta) for x >= 0, theta > 0, without the cancellation of the plain difference for large theta:
 * relative error below 1e-14 from theta = 10 on, and below 1e-14 of max(1, |result|) under it.
 */
export function lgammaDifference(x: number, theta: number): number {
  if (x === 0) return 0;
  if (theta >= asymptoticFrom) {
    // Difference of Stirling's series, term by term: a = 1/theta, b = 1/(theta + x), b^n - a^n = (b - a)(sum of products).
    const total = theta + x;
    const a = 1 / theta;
    const b = 1 / total;
    let power = b;
    let products = 1;
    let series = stirlingCoefficients[0];
    for (let k = 1; k < stirlingCoefficients.length; k++) {
      products = a * (a * products + power) + power * b;
      power *= b * b;
      series += stirlingCoefficients[k] * products;
    }
    return (theta - 0.5) * Math.log1p(x * a) + x * (Math.log(total) - 1) - x * a * b * series;
  }
  if (x <= termByTermUpTo && Number.isInteger(x)) {
    let product = 1;
    for (let k = 0; k < x; k++) product *= theta + k;
    return Math.log(product);
  }
  return lgamma(x + theta) - lgamma(theta);
}

/**
 * digamma(x + theta) - digamma(theta) for x >= 0, theta > 0: a sum of positive terms, so that nothing cancels for any theta.
 * Relative error below 1e-14.
 */
export function digammaDifference(x: number, theta: number): number {
  if (x === 0) return 0;
  if (theta >= asymptoticFrom) return Math.log1p(x / theta) + asymptoticExcess(x, theta);
  let sum = 0;
  if (x <= termByTermUpTo && Number.isInteger(x)) {
    for (let k = 0; k < x; k++) sum += 1 / (theta + k);
    return sum;
  }
  let shifted = theta;
  while (shifted < asymptoticFrom) {
    sum += x / (shifted * (x + shifted));
    shifted += 1;
  }
  return sum + Math.log1p(x / shifted) + asymptoticExcess(x, shifted);
}

/**
 * digamma(x + theta) - digamma(theta) - ln(1 + x/theta) for x >= 0, theta > 0: what is left of the difference for large theta, about
 * x/(2 theta (theta + x)). With it the gradient of a negative binomial by its inverse dispersion keeps its digits in the Poisson limit.
 */
export function digammaExcess(x: number, theta: number): number {
  if (theta >= asymptoticFrom) return asymptoticExcess(x, theta);
  return digammaDifference(x, theta) - Math.log1p(x / theta);
}

function asymptoticExcess(x: number, theta: number): number {
  const a = 1 / theta;
  const b = 1 / (theta + x);
  let power = b * b;
  let products = a + b;
  let series = 0.5 + digammaCoefficients[0] * products;
  for (let k = 1; k < digammaCoefficients.length; k++) {
    products = a * (a * products + power) + power * b;
    power *= b * b;
    series += digammaCoefficients[k] * products;
  }
  return x * a * b * series;
}
