export { CfgenError, errorCodes, type CfgenErrorOptions, type ErrorCode } from './errors/cfgen-error';
export type { Problem } from './errors/problem';
export { ulid, ulidPattern } from './ids/ulid';
export { blobKey, blobRefSchema, sha256Schema, type BlobRef } from './messages/blob-ref';
export {
  commandDefinitions,
  commandsOf,
  commandTypes,
  type CommandData,
  type CommandDefinition,
  type CommandResult,
  type CommandType,
} from './messages/commands';
export {
  cancelJobsSchema,
  commandOfEvent,
  eventDefinitions,
  jobProgressSchema,
  type JobEventType,
  type JobProgress,
} from './messages/events';
export {
  cancelJobsType,
  dataSchemaOf,
  encodeEnvelope,
  envelopeSchema,
  jobProgressType,
  maximumMessageBytes,
  messageTypes,
  parseEnvelope,
  type Envelope,
} from './messages/envelope';
export { messageJsonSchemas } from './messages/json-schemas';
export {
  chunksManifestSchema,
  conditionsManifestSchema,
  isManifest,
  latentsManifestSchema,
  modelManifestSchema,
  refsWithin,
  type ChunksManifest,
  type ConditionsManifest,
  type LatentsManifest,
  type ModelManifest,
  type Shard,
} from './messages/manifests';
export {
  errorShape,
  evaluationSettingsSchema,
  guidanceSchema,
  jsonValueSchema,
  problemSchema,
  seedSchema,
  solverSchema,
  trainingDataSchema,
  ulidSchema,
  covariateValuesSchema,
  whereSchema,
  type ErrorShape,
  type TrainingDataShape,
} from './messages/shapes';
export {
  commandTopic,
  controlGroup,
  controlTopic,
  deadLetterTopic,
  eventTopic,
  gatewayGroup,
  progressTopic,
  stageGroup,
  stageNames,
  topicDefinitions,
  type StageName,
  type TopicDefinition,
} from './messages/topics';
export {
  createdTokenSchema,
  createTokenSchema,
  deadLetterPageSchema,
  deadLetterRecordSchema,
  healthSchema,
  listDeadLettersQuerySchema,
  listTokensQuerySchema,
  scopes,
  systemSchema,
  tokenPageSchema,
  tokenSchema,
  type CreatedToken,
  type CreateToken,
  type DeadLetterRecord,
  type Health,
  type Scope,
  type System,
  type Token,
} from './rest/administration';
export {
  dataSetKinds,
  dataSetPageSchema,
  dataSetSchema,
  dataSetStates,
  fileNameSchema,
  importDataSetSchema,
  listDataSetsQuerySchema,
  uploadDataSetQuerySchema,
  type DataSet,
  type DataSetState,
  type ImportDataSet,
} from './rest/data-sets';
export {
  aliasSchema,
  artifactSchema,
  listModelsQuerySchema,
  modelAliasPageSchema,
  modelAliasSchema,
  modelAttributeSchema,
  modelDetailsSchema,
  modelPageSchema,
  modelReferenceSchema,
  modelSchema,
  setModelAliasSchema,
  type Artifact,
  type Model,
  type ModelAlias,
  type ModelAttribute,
  type ModelDetails,
} from './rest/models';
export type { BinaryBody, Operation, OperationBody, OperationResponse } from './rest/operation';
export {
  commonErrors,
  idempotencyKeyHeader,
  idempotencyKeySchema,
  maximumUploadBytes,
  operationIds,
  operations,
  type OperationId,
} from './rest/operations';
export { openApiDocument, type OpenApiDocument } from './rest/openapi';
export type { JsonSchema } from './rest/json-schema';
export { flagSchema, maximumPageSize, pageOf, pageQueryFields, timeSchema } from './rest/paging';
export { problemDetailsOf, problemDetailsSchema, problemMediaType, statusOf, titleOf, type ProblemDetails } from './rest/problem-details';
export {
  evaluateRequestSchema,
  generatedCellsSchema,
  generateRequestSchema,
  runRequestSchema,
  trainRequestSchema,
  type EvaluateRequest,
  type GenerateRequest,
  type RunRequest,
  type RunRequestInput,
  type TrainRequest,
} from './rest/run-requests';
export {
  artifactQuerySchema,
  isEndState,
  listRunsQuerySchema,
  presignedSchema,
  runEventSchemas,
  runPageSchema,
  runProgressSchema,
  runSchema,
  runStageSchema,
  runStates,
  runTypes,
  type Presigned,
  type Run,
  type RunEvent,
  type RunProgress,
  type RunStage,
  type RunState,
} from './rest/runs';
