export { bernoulliLogDensity, bernoulliLogitGradient, bernoulliMoments } from './bernoulli';
export type { CountMoments } from './moments';
export {
  negativeBinomialCdf,
  negativeBinomialLogDensity,
  negativeBinomialMass,
  negativeBinomialMeanGradient,
  negativeBinomialMoments,
  negativeBinomialThetaGradient,
} from './negative-binomial';
export { poissonCdf, poissonLogDensity, poissonMass, poissonMeanGradient, poissonMoments } from './poisson';
export {
  sampleSoftmaxNegativeBinomial,
  softmaxMeans,
  softmaxNegativeBinomialLoss,
  type DecoderGradients,
  type DecoderRow,
  type ObservedCounts,
} from './softmax-negative-binomial';
export { softmaxPoissonLoss, type PoissonGradients, type PoissonRow } from './softmax-poisson';
