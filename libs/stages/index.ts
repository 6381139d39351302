export type { ReadingContext, StepContext, StepProgress } from './context';
export type { DataFile, NamedFile } from './data/data-file';
export { trainFromFile, type TrainOptions, type TrainSummary } from './train/train-from-file';
export { generateToFile, type GenerateOptions, type GenerateSummary } from './generate/generate-to-file';
export { evaluateFiles, type EvaluateOptions, type EvaluateSummary } from './evaluate/evaluate-files';
export { encodeFile, type EncodeOptions, type EncodeSummary } from './encode/encode-file';
export { importToFolder, type ImportOptions, type ImportSummary } from './import/import-model';
export type { JobCheckpoint, JobContext, JobHandler, JobOutcome, JobRequest } from './jobs/job-context';
export { stageDefinitions, stageHandlers, type StageDefinition } from './jobs/stage-definitions';
