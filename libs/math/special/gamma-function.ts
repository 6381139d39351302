/** ln(2 pi) / 2. */
export const halfLogTwoPi = 0.9189385332046728;

const oneMinusEuler = 0.42278433509846713939;

/** (zeta(k) - 1) / k for k = 2, 3, ...: Taylor coefficients of ln Gamma about 2. */
const taylorAboutTwo = new Float64Array([
  0.32246703342411321824, 0.067352301053198095133, 0.020580808427784547879, 0.0073855510286739852663, 0.0028905103307415232858,
  0.0011927539117032609771, 0.00050966952474304242234, 0.00022315475845357937976, 0.000099457512781808533715, 0.0000449262367381331417,
  0.000020507212775670691553, 9.439488275268395904e-6, 4.3748667899074878042e-6, 2.0392157538013662368e-6, 9.5514121304074198329e-7,
  4.4924691987645660433e-7, 2.1207184805554665869e-7, 1.0043224823968099609e-7, 4.7698101693639805658e-8, 2.271109460894316491e-8,
  1.0838659214896954091e-8, 5.1834750419700466551e-9, 2.4836745438024783172e-9, 1.1921401405860912074e-9, 5.7313672416788620133e-10,
  2.7595228851242331452e-10,
]);

/** B_2k / (2k (2k - 1)): Stirling's series of ln Gamma. Eight terms are exact to 1e-18 from 10 on. */
export const stirlingCoefficients = new Float64Array([
  1 / 12,
  -1 / 360,
  1 / 1260,
  -1 / 1680,
  1 / 1188,
  -691 / 360360,
  1 / 156,
  -3617 / 122400,
]);

/** B_2k / 2k: the asymptotic series of digamma. */
export const digammaCoefficients = new Float64Array([1 / 12, -1 / 120, 1 / 252, -1 / 240, 1 / 132, -691 / 32760, 1 / 12, -3617 / 8160]);

/** B_2k: the asymptotic series of trigamma. */
const bernoulliNumbers = new Float64Array([1 / 6, -1 / 30, 1 / 42, -1 / 30, 5 / 66, -691 / 2730, 7 / 6, -3617 / 510]);

/** From here on the asymptotic series are used. */
export const asymptoticFrom = 10;

/**
 * ln Gamma(x) for x > 0 (Infinity at 0, NaN below). Relative error below 1e-14, also beside the roots 1 and 2.
 * Taylor series about 2 up to 2.5, recurrence up to 10, Stirling's series above (https://dlmf.nist.gov/5.7, https://dlmf.nist.gov/5.11).
 */
export function lgamma(x: number): number {
  if (!(x > 0)) return x === 0 ? Infinity : NaN;
  if (x >= asymptoticFrom) return x === Infinity ? Infinity : (x - 0.5) * (Math.log(x) - 1) - 0.5 + halfLogTwoPi + stirlingSeries(x);
  if (x < 0.5) return aboutTwo(x) - Math.log1p(x) - Math.log(x);
  if (x < 1.5) return aboutTwo(x - 1) - Math.log1p(x - 1);
  let argument = x;
  let product = 1;
  while (argument > 2.5) {
    argument -= 1;
    product *= argument;
  }
  return aboutTwo(argument - 2) + Math.log(product);
}

/** ln Gamma(2 + z), |z| <= 1/2. */
function aboutTwo(z: number): number {
  let sum = 0;
  for (let k = taylorAboutTwo.length - 1; k >= 0; k--) sum = taylorAboutTwo[k] - z * sum;
  return z * (oneMinusEuler + z * sum);
}

function stirlingSeries(x: number): number {
  const inverse = 1 / x;
  const square = inverse * inverse;
  let sum = 0;
  for (let k = stirlingCoefficients.length - 1; k >= 0; k--) sum = stirlingCoefficients[k] + square * sum;
  return inverse * sum;
}

/**
 * Error of Stirling's formula, ln Gamma(x + 1) - (x + 1/2) ln x + x - ln(2 pi)/2, for x > 0: what keeps log-probabilities of large counts
 * free of cancellation (C. Loader, "Fast and accurate computation of binomial probabilities", 2000).
 */
export function stirlingError(x: number): number {
  if (x >= asymptoticFrom) return stirlingSeries(x);
  return lgamma(x + 1) - (x + 0.5) * Math.log(x) + x - halfLogTwoPi;
}

/**
 * The derivative of ln Gamma for x > 0 (-Infinity at 0, NaN below). Relative error below 1e-14; beside its root 1.4616 absolute.
 * Recurrence up to 10, asymptotic series above (https://dlmf.nist.gov/5.11.E2).
 */
export function digamma(x: number): number {
  if (!(x > 0)) return x === 0 ? -Infinity : NaN;
  let shifted = 0;
  let argument = x;
  while (argument < asymptoticFrom) {
    shifted += 1 / argument;
    argument += 1;
  }
  const inverse = 1 / argument;
  const square = inverse * inverse;
  let sum = 0;
  for (let k = digammaCoefficients.length - 1; k >= 0; k--) sum = digammaCoefficients[k] + square * sum;
  return Math.log(argument) - 0.5 * inverse - square * sum - shifted;
}

/** The second derivative of ln Gamma for x > 0 (Infinity at 0, NaN below). Relative error below 1e-14 (https://dlmf.nist.gov/5.15.E8). */
export function trigamma(x: number): number {
  if (!(x > 0)) return x === 0 ? Infinity : NaN;
  let shifted = 0;
  let argument = x;
  while (argument < asymptoticFrom) {
    shifted += 1 / (argument * argument);
    argument += 1;
  }
  const inverse = 1 / argument;
  const square = inverse * inverse;
  let sum = 0;
  for (let k = bernoulliNumbers.length - 1; k >= 0; k--) sum = bernoulliNumbers[k] + square * sum;
  return inverse + 0.5 * square + inverse * square * sum + shifted;
}
