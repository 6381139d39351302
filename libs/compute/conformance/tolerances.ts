import type { Kernels } from '../index';

/** An output y passes for the reference's value v when |y - v| <= absolute * magnitude + relative * |v|. */
export interface Tolerance {
  readonly relative: number;
  readonly absolute: number;
}

export type Tolerances = Readonly<Record<keyof Kernels | 'composedStep', Tolerance>>;

const exact: Tolerance = { relative: 0, absolute: 0 };
/** Two or three roundings to float32. */
const rounding: Tolerance = { relative: 3e-7, absolute: 1e-7 };

/** How far an engine that computes in float32 may be from the reference, kernel by kernel. Inputs of the cases are of order 1. */
export const float32Tolerances: Tolerances = {
  gemm: { relative: 1e-6, absolute: 1e-4 },
  transformCounts: { relative: 1e-6, absolute: 0 },
  sparseGemm: { relative: 1e-6, absolute: 4e-5 },
  sparseGemmTransposed: { relative: 1e-6, absolute: 4e-5 },
  columnSums: { relative: 2e-6, absolute: 2e-5 },
  batchNormElu: { relative: 2e-6, absolute: 1e-5 },
  batchNormEluGradient: { relative: 5e-6, absolute: 2e-5 },
  batchNormEluFrozen: { relative: 2e-6, absolute: 2e-6 },
  dropout: rounding,
  silu: { relative: 1e-6, absolute: 1e-7 },
  siluGradient: { relative: 1e-6, absolute: 5e-7 },
  negativeBinomialLoss: { relative: 5e-6, absolute: 5e-6 },
  bernoulliLoss: { relative: 5e-6, absolute: 5e-6 },
  // Probabilities below the smallest float32 become 0.
  bernoulliMeans: { relative: 1e-6, absolute: 1e-37 },
  poissonLoss: { relative: 5e-6, absolute: 5e-6 },
  crossEntropyLoss: { relative: 2e-6, absolute: 1e-6 },
  squaredErrorLoss: { relative: 1e-6, absolute: 1e-6 },
  gaussianHead: { relative: 2e-6, absolute: 1e-6 },
  gaussianHeadGradient: { relative: 2e-6, absolute: 1e-6 },
  addSum: { relative: 1e-5, absolute: 1e-6 },
  gatherRows: rounding,
  scatterRowSums: { relative: 1e-6, absolute: 1e-5 },
  selectRows: exact,
  // The angle reaches 1000, where neighbouring float32 numbers are 6e-5 apart.
  sinusoidalEmbedding: { relative: 0, absolute: 1e-4 },
  normal: { relative: 2e-6, absolute: 2e-6 },
  flowPath: { relative: 3e-7, absolute: 5e-7 },
  combine: { relative: 1e-6, absolute: 1e-6 },
  combineRows: { relative: 1e-6, absolute: 1e-6 },
  scaledErrorNorm: { relative: 3e-6, absolute: 0 },
  squaredDistances: { relative: 1e-5, absolute: 2e-5 },
  adamw: { relative: 2e-6, absolute: 1e-6 },
  blendParameters: rounding,
  // Of the draws by inversion, the share that may differ from the reference (by one): rounding moves the steps of the distribution a little.
  sampleNegativeBinomial: { relative: 0, absolute: 2e-4 },
  samplePoisson: { relative: 0, absolute: 2e-4 },
  // A float32 probability and uniform number, each within 1e-7.
  sampleBernoulli: { relative: 0, absolute: 2e-5 },
  // Loss and gradients of a whole step, relative to the largest element of each, or 1/20 of the largest of all.
  composedStep: { relative: 0, absolute: 1e-4 },
  negativeBinomialMeans: { relative: 3e-6, absolute: 0 },
};
