export { butcherTableaus, dormandPrince, type ButcherTableau, type FixedStepMethod } from './butcher-tableaus';
export { integrateAdaptive, type AdaptiveOptions, type AdaptiveResult } from './adaptive-steps';
export type { RowsAtHand } from './rows-under-way';
export { integrateFixed, type FixedStepOptions } from './fixed-steps';
export { IntegrationError } from './integration-error';
export { float64RowSpace, type RowSpace, type VectorField } from './row-space';
