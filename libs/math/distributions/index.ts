export { sampleBernoulli, sampleBernoulliLogit, sampleCategorical, sampleNormal } from './elementary';
export { sampleGamma, sampleLogGamma } from './gamma';
export { sampleNegativeBinomial } from './negative-binomial';
export { poissonLogMass, samplePoisson } from './poisson';
export { chiSquarePValue, kolmogorovSmirnovPValue } from './goodness-of-fit';
