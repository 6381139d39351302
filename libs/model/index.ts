export { preset, presetNames, type PresetName } from './settings/presets';
export {
  modelSettingsSchema,
  type FlowSettings,
  type AutoencoderSettings,
  type ModelSettings,
  type SolverSettings,
} from './settings/model-settings';
export type { Attribute, AttributeRole, TrainingCells } from './training/cells';
export type { TrainingHooks, TrainingProgress } from './training/hooks';
export { trainModel, type TrainingRequest } from './training/train-model';
export type { StoredTensor, StoredTensors, TrainingState } from './training/state';
export { trainAutoencoder, type AutoencoderEpoch, type TrainedAutoencoder } from './autoencoder/training';
export { encodeCells } from './autoencoder/encode-cells';
export { loadAutoencoder } from './autoencoder/load-network';
export { trainFlow, type FlowCells, type FlowLoss, type TrainedFlow } from './flow/training';
export { attributeTable, type Combination } from './priors/attribute-table';
export { categoryCode, planConditions, unknownColumn, type ConditionPlan, type ModelAttribute } from './priors/condition-plan';
export { givenConditions, priorConditions, type Conditions, type ConditionSource, type SizeFactorChoice } from './priors/draw-conditions';
export { drawSizeFactor, fitSizeFactors, type SizeFactorGroup, type SizeFactorPrior } from './priors/size-factors';
export { generateCells, type GeneratedChunk, type GenerationRequest } from './generation/generate-cells';
export { CheckpointFolder } from './files/checkpoint-folder';
export { modelAutoencoderShape, modelFlowShape, type Model } from './files/model';
export { modelDescriptionSchema, modelFormatVersion, type ModelDescription } from './files/model-description';
export { checkModelFolder, loadModel, modelHash, saveModel } from './files/model-folder';
