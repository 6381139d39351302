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
export {
  errorShape,
  guidanceSchema,
  problemSchema,
  seedSchema,
  solverSchema,
  trainingDataSchema,
  ulidSchema,
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
