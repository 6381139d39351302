import { z } from 'zod';
import { ulidSchema } from '../messages/shapes';
import {
  createdTokenSchema,
  createTokenSchema,
  deadLetterPageSchema,
  deadLetterRecordSchema,
  healthSchema,
  listDeadLettersQuerySchema,
  listTokensQuerySchema,
  systemSchema,
  tokenPageSchema,
  tokenSchema,
} from './administration';
import {
  dataSetPageSchema,
  dataSetSchema,
  fileNameSchema,
  importDataSetSchema,
  listDataSetsQuerySchema,
  uploadDataSetQuerySchema,
} from './data-sets';
import {
  aliasSchema,
  listModelsQuerySchema,
  modelAliasPageSchema,
  modelAliasSchema,
  modelDetailsSchema,
  modelPageSchema,
  modelReferenceSchema,
  setModelAliasSchema,
} from './models';
import type { Operation } from './operation';
import { runRequestSchema } from './run-requests';
import { artifactQuerySchema, listRunsQuerySchema, presignedSchema, runPageSchema, runSchema } from './runs';

const gigabyte = 1024 ** 3;
/** Largest upload that any server takes. */
export const maximumUploadBytes = 64 * gigabyte;
const maxJsonBytes = 1024 * 1024;

const byId = z.strictObject({ id: ulidSchema });
const ofModel = z.strictObject({ id: modelReferenceSchema });
const byAlias = z.strictObject({ alias: aliasSchema });
const fileOfModel = z.strictObject({ id: modelReferenceSchema, name: fileNameSchema });
const fileOfRun = z.strictObject({ id: ulidSchema, name: fileNameSchema });
const upToOneRange = z.object({
  /** One range of bytes, `bytes=1000-` or `bytes=0-999`. */
  range: z.string().max(128).optional(),
  /** With `range`: the ETag that the first part had. */
  'if-range': z.string().max(256).optional(),
});
const lastEvent = z.object({
  /** `id` of the last `run` event that was seen. */
  'last-event-id': z.string().max(64).optional(),
});

/** Answers that may come as parts. */
const bytes = { 200: 'binary', 206: 'binary' } as const;

/** Every operation of the HTTP API by its id. Within `/v1` only additions are made. */
export const operations = {
  addDataSet: {
    method: 'POST',
    path: '/v1/data-sets',
    summary:
      'Upload a data set, or import one that lies in the object store. A content that is known already answers 200 with the data set there is.',
    tag: 'data sets',
    scope: 'write',
    query: uploadDataSetQuerySchema,
    body: {
      binary: { mediaTypes: ['application/octet-stream', 'application/x-hdf5'], maxBytes: maximumUploadBytes },
      json: importDataSetSchema,
      maxJsonBytes,
    },
    responses: { 200: dataSetSchema, 201: dataSetSchema },
    errors: ['TOO_LARGE', 'NOT_FOUND', 'INPUT_INCOMPLETE'],
    idempotent: true,
  },
  listDataSets: {
    method: 'GET',
    path: '/v1/data-sets',
    summary: 'List data sets, newest first.',
    tag: 'data sets',
    scope: 'read',
    query: listDataSetsQuerySchema,
    responses: { 200: dataSetPageSchema },
    errors: [],
  },
  getDataSet: {
    method: 'GET',
    path: '/v1/data-sets/{id}',
    summary: 'Show a data set: its state, what is in it, what is wrong with it.',
    tag: 'data sets',
    scope: 'read',
    params: byId,
    responses: { 200: dataSetSchema },
    errors: ['NOT_FOUND'],
  },
  deleteDataSet: {
    method: 'DELETE',
    path: '/v1/data-sets/{id}',
    summary: 'Delete a data set. Refused while a run that has not ended uses it.',
    tag: 'data sets',
    scope: 'write',
    params: byId,
    responses: { 204: 'empty' },
    errors: ['NOT_FOUND', 'CONFLICT'],
  },
  getDataSetContent: {
    method: 'GET',
    path: '/v1/data-sets/{id}/content',
    summary: 'Download the file of a data set.',
    tag: 'data sets',
    scope: 'read',
    params: byId,
    headers: upToOneRange,
    responses: bytes,
    errors: ['NOT_FOUND'],
  },
  listModels: {
    method: 'GET',
    path: '/v1/models',
    summary: 'List models, newest first.',
    tag: 'models',
    scope: 'read',
    query: listModelsQuerySchema,
    responses: { 200: modelPageSchema },
    errors: [],
  },
  getModel: {
    method: 'GET',
    path: '/v1/models/{id}',
    summary: 'Show a model by its id or an alias: card, attributes with their categories, training.',
    tag: 'models',
    scope: 'read',
    params: ofModel,
    responses: { 200: modelDetailsSchema },
    errors: ['MODEL_NOT_FOUND'],
  },
  getModelFile: {
    method: 'GET',
    path: '/v1/models/{id}/files/{name}',
    summary: 'Download a file of a model.',
    tag: 'models',
    scope: 'read',
    params: fileOfModel,
    headers: upToOneRange,
    responses: bytes,
    errors: ['MODEL_NOT_FOUND', 'NOT_FOUND'],
  },
  deleteModel: {
    method: 'DELETE',
    path: '/v1/models/{id}',
    summary: 'Delete a model. Refused while an alias points at it or a run that has not ended uses it.',
    tag: 'models',
    scope: 'write',
    params: byId,
    responses: { 204: 'empty' },
    errors: ['MODEL_NOT_FOUND', 'CONFLICT'],
  },
  listModelAliases: {
    method: 'GET',
    path: '/v1/models/aliases',
    summary: 'List aliases and the models they point at, by name.',
    tag: 'models',
    scope: 'read',
    query: listModelsQuerySchema,
    responses: { 200: modelAliasPageSchema },
    errors: [],
  },
  setModelAlias: {
    method: 'PUT',
    path: '/v1/models/aliases/{alias}',
    summary: 'Point an alias at a model; it is made where there is none.',
    tag: 'models',
    scope: 'write',
    params: byAlias,
    body: { json: setModelAliasSchema, maxJsonBytes },
    responses: { 200: modelAliasSchema },
    errors: ['MODEL_NOT_FOUND'],
  },
  deleteModelAlias: {
    method: 'DELETE',
    path: '/v1/models/aliases/{alias}',
    summary: 'Delete an alias; the model stays.',
    tag: 'models',
    scope: 'write',
    params: byAlias,
    responses: { 204: 'empty' },
    errors: ['NOT_FOUND'],
  },
  startRun: {
    method: 'POST',
    path: '/v1/runs',
    summary: 'Train a model, generate cells, or evaluate them.',
    tag: 'runs',
    scope: 'write',
    body: { json: runRequestSchema, maxJsonBytes },
    responses: { 202: runSchema },
    errors: ['NOT_FOUND', 'MODEL_NOT_FOUND', 'CONFLICT', 'REQUEST_UNKNOWN_VALUE', 'LABEL_MISSING', 'TOO_MANY_REQUESTS'],
    idempotent: true,
  },
  listRuns: {
    method: 'GET',
    path: '/v1/runs',
    summary: 'List runs, newest first.',
    tag: 'runs',
    scope: 'read',
    query: listRunsQuerySchema,
    responses: { 200: runPageSchema },
    errors: [],
  },
  getRun: {
    method: 'GET',
    path: '/v1/runs/{id}',
    summary: 'Show a run: its state, stages, progress, what it made.',
    tag: 'runs',
    scope: 'read',
    params: byId,
    responses: { 200: runSchema },
    errors: ['NOT_FOUND'],
  },
  cancelRun: {
    method: 'POST',
    path: '/v1/runs/{id}/cancel',
    summary: 'Stop a run. One that is cancelled already stays so; one that has succeeded or failed cannot be.',
    tag: 'runs',
    scope: 'write',
    params: byId,
    responses: { 202: runSchema },
    errors: ['NOT_FOUND', 'CONFLICT'],
    idempotent: true,
  },
  retryRun: {
    method: 'POST',
    path: '/v1/runs/{id}/retry',
    summary: 'Go on with a run that failed or was cancelled, from what it had reached.',
    tag: 'runs',
    scope: 'write',
    params: byId,
    responses: { 202: runSchema },
    errors: ['NOT_FOUND', 'CONFLICT'],
    idempotent: true,
  },
  watchRun: {
    method: 'GET',
    path: '/v1/runs/{id}/events',
    summary: 'Follow a run by server-sent events: `run` at each change of its state, `progress` in between. Ends with the run.',
    tag: 'runs',
    scope: 'read',
    params: byId,
    headers: lastEvent,
    responses: { 200: 'event-stream' },
    errors: ['NOT_FOUND'],
  },
  getArtifact: {
    method: 'GET',
    path: '/v1/runs/{id}/artifacts/{name}',
    summary: 'Download what a run made. With `presigned=true` the answer is JSON with a URL instead, where the store can give one.',
    tag: 'runs',
    scope: 'read',
    params: fileOfRun,
    query: artifactQuerySchema,
    headers: upToOneRange,
    responses: { ...bytes, 200: ['binary', presignedSchema] },
    errors: ['NOT_FOUND', 'CONFLICT'],
  },
  listDeadLetters: {
    method: 'GET',
    path: '/v1/dead-letters',
    summary: 'List messages that nobody could read, newest first.',
    tag: 'dead letters',
    scope: 'admin',
    query: listDeadLettersQuerySchema,
    responses: { 200: deadLetterPageSchema },
    errors: [],
  },
  getDeadLetter: {
    method: 'GET',
    path: '/v1/dead-letters/{id}',
    summary: 'Show such a message and why nobody could read it.',
    tag: 'dead letters',
    scope: 'admin',
    params: byId,
    responses: { 200: deadLetterRecordSchema },
    errors: ['NOT_FOUND'],
  },
  replayDeadLetter: {
    method: 'POST',
    path: '/v1/dead-letters/{id}/replay',
    summary: 'Publish the message again on the topic it came from. Refused where it was too large to be kept whole.',
    tag: 'dead letters',
    scope: 'admin',
    params: byId,
    responses: { 202: deadLetterRecordSchema },
    errors: ['NOT_FOUND', 'CONFLICT'],
    idempotent: true,
  },
  deleteDeadLetter: {
    method: 'DELETE',
    path: '/v1/dead-letters/{id}',
    summary: 'Delete such a message.',
    tag: 'dead letters',
    scope: 'admin',
    params: byId,
    responses: { 204: 'empty' },
    errors: ['NOT_FOUND'],
  },
  listTokens: {
    method: 'GET',
    path: '/v1/tokens',
    summary: 'List tokens, without their secrets.',
    tag: 'tokens',
    scope: 'admin',
    query: listTokensQuerySchema,
    responses: { 200: tokenPageSchema },
    errors: [],
  },
  createToken: {
    method: 'POST',
    path: '/v1/tokens',
    summary: 'Create a token. Its secret is in this answer and nowhere else.',
    tag: 'tokens',
    scope: 'admin',
    body: { json: createTokenSchema, maxJsonBytes },
    responses: { 201: createdTokenSchema },
    errors: [],
  },
  revokeToken: {
    method: 'DELETE',
    path: '/v1/tokens/{id}',
    summary: 'Revoke a token, at once.',
    tag: 'tokens',
    scope: 'admin',
    params: byId,
    responses: { 200: tokenSchema },
    errors: ['NOT_FOUND'],
  },
  getSystem: {
    method: 'GET',
    path: '/v1/system',
    summary: 'Show what the server is: version, profile, engine, ports, limits.',
    tag: 'system',
    scope: 'read',
    responses: { 200: systemSchema },
    errors: [],
  },
  getLiveness: {
    method: 'GET',
    path: '/livez',
    summary: 'Whether the process is alive.',
    tag: 'system',
    scope: null,
    responses: { 200: healthSchema, 503: healthSchema },
    errors: [],
  },
  getReadiness: {
    method: 'GET',
    path: '/readyz',
    summary: 'Whether the server can do its work: bus, store and database answer.',
    tag: 'system',
    scope: null,
    responses: { 200: healthSchema, 503: healthSchema },
    errors: [],
  },
  getMetrics: {
    method: 'GET',
    path: '/metrics',
    summary: 'Figures for Prometheus.',
    tag: 'system',
    scope: null,
    responses: { 200: 'text' },
    errors: [],
  },
  getOpenApi: {
    method: 'GET',
    path: '/openapi.json',
    summary: 'This description of the API.',
    tag: 'system',
    scope: null,
    responses: { 200: z.looseObject({ openapi: z.string() }) },
    errors: [],
  },
} as const satisfies Readonly<Record<string, Operation>>;

export type OperationId = keyof typeof operations;
export const operationIds = Object.keys(operations) as OperationId[];

/** Errors that any operation may end with. */
export const commonErrors = [
  'REQUEST_INVALID',
  'UNAUTHENTICATED',
  'FORBIDDEN',
  'TOO_MANY_REQUESTS',
  'DATABASE_UNAVAILABLE',
  'INTERNAL',
] as const;

/** Header that makes a POST safe to repeat: one key for one intention, kept for a day. */
export const idempotencyKeyHeader = 'idempotency-key';
export const idempotencyKeySchema = z.string().regex(/^[\x21-\x7e]{1,128}$/, 'not 1 to 128 visible ASCII characters');
