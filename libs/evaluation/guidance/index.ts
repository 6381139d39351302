export { fitGuidanceSpace, fitOfCells, agreementOfReal, type GuidanceSpace, type NamedLabels } from './guidance-space';
export { renderGuidance, textOf as weightsText } from './guidance-chart';
export { judgeWeights, recommend } from './recommend';
export { defaultGuidanceSettings, type AttributeFit, type GuidanceResult, type GuidanceSettings, type WeightsFit } from './result';
