/**
 * What one count adds to a negative-binomial loss: ln p(x), and its derivatives by ln mu and by ln theta, for mean mu and inverse
 * dispersion theta (variance mu + mu²/theta):
 *
 *     ln p          = lgamma(x + theta) - lgamma(theta) - x ln theta - ln x! + x (ln mu - ln(1 + mu/theta)) - theta ln(1 + mu/theta)
 *     d/d ln mu     = x - (x + theta) mu/(theta + mu)
 *     d/d ln theta  = theta (digamma(x + theta) - digamma(theta) - ln(1 + mu/theta) + (mu - x)/(theta + mu))
 *
 * The differences of gamma functions are formed as differences, so that nothing cancels for theta up to 1e8.
 */
export interface NegativeBinomialTerms {
  logDensity: number;
  muSlope: number;
  thetaSlope: number;
}

/** The terms of x = 0: both differences vanish. */
export function zeroTerms(terms: NegativeBinomialTerms, mean: number, theta: number): void {
  const ratio = mean / theta;
  const logOnePlusRatio = Math.log1p(ratio);
  terms.logDensity = -theta * logOnePlusRatio;
  terms.muSlope = -mean / (1 + ratio);
  terms.thetaSlope = theta * (ratio / (1 + ratio) - logOnePlusRatio);
}

/** The terms of a count x > 0, a whole number. `logMean` is given beside `mean` because it is still finite where the mean underflows. */
export function countTerms(terms: NegativeBinomialTerms, x: number, mean: number, logMean: number, theta: number): void {
  const logOnePlusRatio = Math.log1p(mean / theta);
  const { logGamma, digamma } = risingDifferences(x, theta);
  terms.logDensity = logGamma - logFactorial(x) + x * (logMean - logOnePlusRatio) - theta * logOnePlusRatio;
  terms.muSlope = x - (x + theta) * (mean / (theta + mean));
  terms.thetaSlope = theta * (digamma - logOnePlusRatio + (mean - x) / (theta + mean));
}

const summed = 16;

/** lgamma(x + t) - lgamma(t) - x ln t, and digamma(x + t) - digamma(t): the first 16 steps summed, the rest by Stirling's series. */
function risingDifferences(x: number, t: number): { logGamma: number; digamma: number } {
  let logGamma = 0;
  let digamma = 0;
  for (let k = 0; k < Math.min(x, summed); k++) {
    logGamma += Math.log1p(k / t);
    digamma += 1 / (t + k);
  }
  if (x <= summed) return { logGamma, digamma };
  const from = t + summed;
  const to = t + x;
  const growth = Math.log1p((x - summed) / from);
  return {
    logGamma: logGamma + (from - 0.5) * growth + (x - summed) * (Math.log1p(x / t) - 1) + stirling(to) - stirling(from),
    digamma: digamma + growth + digammaTail(to) - digammaTail(from),
  };
}

/** lgamma(t) - ((t - 1/2) ln t - t + ln(2 pi)/2) for t >= 16 (https://dlmf.nist.gov/5.11.E1). */
function stirling(t: number): number {
  const s = 1 / (t * t);
  return (1 / 12 - s * (1 / 360 - s * (1 / 1260 - s * (1 / 1680 - s / 1188)))) / t;
}

/** digamma(t) - ln t for t >= 16 (https://dlmf.nist.gov/5.11.E2). */
function digammaTail(t: number): number {
  const s = 1 / (t * t);
  return -0.5 / t - s * (1 / 12 - s * (1 / 120 - s * (1 / 252 - s * (1 / 240 - s / 132))));
}

const logFactorials = new Float64Array(32);
for (let x = 2; x < logFactorials.length; x++) logFactorials[x] = logFactorials[x - 1] + Math.log(x);
const halfLogTwoPi = 0.5 * Math.log(2 * Math.PI);

/** ln x! */
export function logFactorial(x: number): number {
  if (x < logFactorials.length) return logFactorials[x];
  return (x + 0.5) * Math.log(x) - x + halfLogTwoPi + stirling(x);
}
