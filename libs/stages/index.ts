export type { StepContext, StepProgress } from './context';
export { trainFromFile, type TrainOptions, type TrainSummary } from './train/train-from-file';
export { generateToFile, type GenerateOptions, type GenerateSummary } from './generate/generate-to-file';
export { evaluateFiles, type EvaluateOptions, type EvaluateSummary } from './evaluate/evaluate-files';
export { encodeFile, type EncodeOptions, type EncodeSummary } from './encode/encode-file';
