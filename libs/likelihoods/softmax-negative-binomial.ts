import { logSumExp, sampleNegativeBinomial, type RandomStream } from '@cfgen/math';
import { logDensity, logDensityOfVanishingMean, thetaGradient, weightedMeanGradient } from './negative-binomial';
import { checkCount, checkTheta } from './support';

/*
 * One cell of the decoder: logits s [G], size factor l, logTheta [G]; rho = softmax(s), mean mu = l rho, theta = exp(logTheta),
 * x_g ~ NB(mu_g, theta_g) independently. In 64-bit numbers: the definition that engines' fused kernels are compared with.
 */

/** The observed counts of one cell: entries `start` .. `end - 1` of a sparse row, columns ascending. */
export interface ObservedCounts {
  readonly indices: ArrayLike<number>;
  readonly values: ArrayLike<number>;
  readonly start: number;
  readonly end: number;
}

export interface DecoderRow {
  readonly logits: ArrayLike<number>;
  readonly logTheta: ArrayLike<number>;
  /** l, positive and finite. */
  readonly sizeFactor: number;
}

export interface DecoderGradients {
  /** Receives `scale * d(-ln p)/ds` [G]; may be the logits themselves. */
  readonly logits: { [index: number]: number };
  /** `scale * d(-ln p)/d logTheta` [G] is added. */
  readonly logTheta: { [index: number]: number };
  readonly scale: number;
}

/** Below this logarithm a mean is too small beside any usable theta to change theta + mean. */
const vanishingLogMean = -600;

/**
 * -ln p(x) of one cell summed over features and, when asked for, its gradients: with w_g = mu_g d ln p/d mu_g = theta_g (x_g - mu_g)/(theta_g + mu_g),
 * d ln p/d s_g = w_g - rho_g sum_h w_h and d ln p/d logTheta_g = theta_g d ln p/d theta_g. A zero costs one logarithm, no special function.
 *
 * @throws RangeError for a size factor, theta, count or column outside its support
 */
export function softmaxNegativeBinomialLoss(row: DecoderRow, counts: ObservedCounts, gradients?: DecoderGradients): number {
  const { logits, logTheta, sizeFactor } = row;
  checkSizeFactor(sizeFactor);
  const features = logits.length;
  const logOffset = Math.log(sizeFactor) - logSumExp(logits);
  let loss = 0;
  let weights = 0;
  let entry = counts.start;
  for (let g = 0; g < features; g++) {
    let x = 0;
    if (entry < counts.end && counts.indices[entry] === g) {
      x = counts.values[entry];
      checkCount(x);
      entry++;
    }
    const theta = Math.exp(logTheta[g]);
    checkTheta(theta);
    const logMean = logits[g] + logOffset;
    const mean = Math.exp(logMean);
    loss -= x > 0 && logMean < vanishingLogMean ? logDensityOfVanishingMean(x, logMean, theta) : logDensity(x, mean, theta);
    if (gradients !== undefined) {
      weights += weightedMeanGradient(x, mean, theta);
      gradients.logTheta[g] -= gradients.scale * theta * thetaGradient(x, mean, theta);
    }
  }
  if (entry !== counts.end) {
    throw new RangeError(`columns must ascend below ${features}, got ${counts.indices[entry]} at entry ${entry - counts.start}`);
  }
  if (gradients !== undefined) writeLogitGradient(row, counts, gradients, logOffset, weights);
  return loss;
}

/** A second pass, so that no array is needed and the gradient may overwrite the logits. */
function writeLogitGradient(
  row: DecoderRow,
  counts: ObservedCounts,
  gradients: DecoderGradients,
  logOffset: number,
  weights: number,
): void {
  const { logits, logTheta, sizeFactor } = row;
  let entry = counts.start;
  for (let g = 0; g < logits.length; g++) {
    const x = entry < counts.end && counts.indices[entry] === g ? counts.values[entry++] : 0;
    const mean = Math.exp(logits[g] + logOffset);
    const weight = weightedMeanGradient(x, mean, Math.exp(logTheta[g]));
    gradients.logits[g] = -gradients.scale * (weight - (mean / sizeFactor) * weights);
  }
}

/** `out = l softmax(s)` [G]; out may be the logits. @throws RangeError for a size factor outside its support */
export function softmaxMeans(out: { [index: number]: number }, logits: ArrayLike<number>, sizeFactor: number): void {
  checkSizeFactor(sizeFactor);
  const logOffset = Math.log(sizeFactor) - logSumExp(logits);
  for (let g = 0; g < logits.length; g++) out[g] = Math.exp(logits[g] + logOffset);
}

/**
 * Draws the counts of one cell straight into sparse form: the columns and values of the non-zeros are written from `at` on.
 * The draw of (row, feature) reads stream `feature` of row `row` under the key of `stream`: a function of these and of its own mean and theta.
 *
 * @param out arrays with room for G more entries from `at` on
 * @returns the number of non-zeros
 * @throws RangeError for a size factor or theta outside its support
 */
export function sampleSoftmaxNegativeBinomial(
  cell: DecoderRow,
  stream: RandomStream,
  row: number,
  out: { readonly indices: { [index: number]: number }; readonly values: { [index: number]: number }; readonly at: number },
): number {
  const { logits, logTheta, sizeFactor } = cell;
  checkSizeFactor(sizeFactor);
  const logOffset = Math.log(sizeFactor) - logSumExp(logits);
  let written = 0;
  for (let g = 0; g < logits.length; g++) {
    stream.moveTo(row, g);
    const x = sampleNegativeBinomial(stream, Math.exp(logits[g] + logOffset), Math.exp(logTheta[g]));
    if (x === 0) continue;
    out.indices[out.at + written] = g;
    out.values[out.at + written] = x;
    written++;
  }
  return written;
}

function checkSizeFactor(sizeFactor: number): void {
  if (!(sizeFactor > 0 && sizeFactor < Infinity)) throw new RangeError(`the size factor must be positive and finite, got ${sizeFactor}`);
}
