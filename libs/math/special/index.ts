export { digamma, lgamma, stirlingError, trigamma } from './gamma-function';
export { digammaDifference, digammaExcess, lgammaDifference } from './gamma-differences';
export { logDeviance, logSumExp, sigmoid, softplus } from './logarithms';
export { erf, erfc, normalCdf } from './error-function';
export { regularisedGammaP, regularisedGammaQ } from './incomplete-gamma';
export { regularisedBeta } from './incomplete-beta';
export { chiSquareUpperTail } from './chi-square';
