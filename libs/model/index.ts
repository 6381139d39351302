export { preset, presetNames, type PresetName } from './settings/presets';
export {
  modelSettingsSchema,
  type FlowSettings,
  type AutoencoderSettings,
  type ModelSettings,
  type MultimodalSettings,
  type SolverSettings,
} from './settings/model-settings';
export { knownSettings, type KnownSetting, type SettingVariant } from './settings/known-settings';
export { completeSettings, multimodalPreset } from './settings/complete-settings';
export { latentSize } from './settings/latent-size';
export { settingsFrom, type SettingsChoice, type SettingValue } from './settings/settings-from';
export type { Attribute, AttributeRole, Covariate, PeakCells, TrainingCells } from './training/cells';
export type { Checkpointing, CheckpointPart, TrainingCheckpoints } from './training/checkpoints';
export { interrupted, type TrainingHooks, type TrainingProgress } from './training/hooks';
export { trainModel, type TrainingRequest } from './training/train-model';
export { trainAutoencoderPart, trainFlowPart, type EncodedCells, type TrainedFlowPart } from './training/training-parts';
export type { StoredTensor, StoredTensors, TrainingState } from './training/state';
export { trainAutoencoder, type AutoencoderEpoch, type TrainedAutoencoder } from './autoencoder/training';
export { encodeCells, type CellRange } from './autoencoder/encode-cells';
export { loadAutoencoder } from './autoencoder/load-network';
export { trainFlow, type FlowCells, type FlowLoss, type TrainedFlow } from './flow/training';
export { attributeTable, type Combination } from './priors/attribute-table';
export { categoryCode, planConditions, unknownColumn, type ConditionPlan, type ModelAttribute } from './priors/condition-plan';
export { givenConditions, priorConditions, type Conditions, type ConditionSource, type SizeFactorChoice } from './priors/draw-conditions';
export { covariateChoice, type CovariateChoice, type CovariateSample, type ModelCovariate } from './priors/covariates';
export { fitPriors, priorsSchema, type Priors } from './priors/fit-priors';
export { drawSizeFactor, fitSizeFactors, type SizeFactorGroup, type SizeFactorPrior } from './priors/size-factors';
export { CellDecoder } from './generation/cell-decoder';
export type { DecodedCells, DecodedCounts } from './generation/decoded-cells';
export { generateCells, type GeneratedChunk, type GenerationRequest } from './generation/generate-cells';
export { guidanceWeights } from './generation/guidance';
export { type SamplingCost } from './generation/guided-field';
export { LatentSampler } from './generation/latent-sampler';
export { LatentTransport, type TransportedLatents, type TransportRequest } from './generation/latent-transport';
export { CheckpointFolder } from './files/checkpoint-folder';
export { describeModel, type ModelParts } from './files/describe-model';
export { encodeModel, type ModelFiles, type UnsavedModel } from './files/encode-model';
export { modelAutoencoderShape, modelFlowShape, type Model } from './files/model';
export { modelDescriptionSchema, modelFormatVersion, type ModelDescription } from './files/model-description';
export { checkModelFolder, loadModel, modelHash, readModelDescription, saveModel } from './files/model-folder';
export { autoencoderRecordSchema, flowRecordSchema } from './files/training-records';
export { decodeTensors, decodeTrainingState, encodeTensors, encodeTrainingState } from './files/stored-tensors';
export { checkpointFactsSchema, exportHint, parseCheckpointFacts, type CheckpointFacts } from './import/checkpoint-facts';
export { readCheckpointFile, type CheckpointFile } from './import/checkpoint-tensors';
export { importCheckpoint, type CheckpointImport, type ImportedModel } from './import/import-checkpoint';
