// Made by `npm run contracts` from docs/contracts/openapi.json. Change libs/contracts/rest instead.
import type { BytesToSend, RequestOptions, Transport } from './transport/transport';

/** A file of a model or of a run. */
export interface Artifact {
  readonly name: string;
  readonly bytes: number;
  readonly sha256: string;
  readonly mediaType: string;
}

/** A new token with its secret, which is shown this once. */
export interface CreatedToken {
  readonly id: string;
  readonly name: string;
  readonly scope: 'read' | 'write' | 'admin';
  readonly createdAt: string;
  readonly expiresAt: string | null;
  readonly lastUsedAt: string | null;
  readonly revokedAt: string | null;
  readonly secret: string;
}

/** A token to create; without `expiresAt` it holds until it is revoked. */
export interface CreateToken {
  readonly name: string;
  readonly scope: 'read' | 'write' | 'admin';
  readonly expiresAt?: string | undefined;
}

/** A file that was uploaded or imported. Only a `ready` one can be used by a run. */
export interface DataSet {
  readonly id: string;
  readonly kind: 'cells' | 'split' | 'checkpoint';
  readonly state: 'validating' | 'ready' | 'refused';
  readonly name: string;
  readonly sha256: string;
  readonly bytes: number;
  readonly cells: number | null;
  readonly features: number | null;
  readonly format: string | null;
  readonly inspection: { readonly [name: string]: JsonValue } | null;
  readonly problems: readonly Problem[];
  readonly error: ErrorDetails | null;
  readonly createdAt: string;
}

/** A page of data sets. */
export interface DataSetPage {
  readonly items: readonly DataSet[];
  readonly nextCursor: string | null;
}

/** A message that nobody could read, and why. */
export interface DeadLetter {
  readonly id: string;
  readonly topic: string;
  readonly partition: number;
  readonly offset: string;
  readonly key: string;
  readonly value: string;
  readonly truncated: boolean;
  readonly headers: { readonly [name: string]: string };
  readonly group: string;
  readonly reason: string;
  readonly failedAt: string;
  readonly replayedAt: string | null;
}

/** A page of such messages. */
export interface DeadLetterPage {
  readonly items: readonly DeadLetter[];
  readonly nextCursor: string | null;
}

/** Why something failed: a stable code, a message that names what was found, a hint. */
export interface ErrorDetails {
  readonly code:
    | 'INPUT_NOT_FOUND'
    | 'INPUT_UNREADABLE'
    | 'INPUT_DAMAGED'
    | 'INPUT_INCOMPLETE'
    | 'INPUT_FORMAT'
    | 'INPUT_UNSUPPORTED'
    | 'INPUT_NOT_COUNTS'
    | 'INPUT_EMPTY'
    | 'INPUT_TOO_FEW_CELLS'
    | 'LABEL_MISSING'
    | 'LABEL_UNUSABLE'
    | 'FEATURES_MISMATCH'
    | 'REQUEST_INVALID'
    | 'REQUEST_UNKNOWN_VALUE'
    | 'MEMORY_EXCEEDED'
    | 'MODEL_NOT_FOUND'
    | 'MODEL_DAMAGED'
    | 'MODEL_TOO_NEW'
    | 'TRAINING_DIVERGED'
    | 'CHECKPOINT_MISMATCH'
    | 'OUTPUT_EXISTS'
    | 'OUTPUT_UNWRITABLE'
    | 'ENGINE_UNAVAILABLE'
    | 'INTERRUPTED'
    | 'CANCELLED'
    | 'NOT_FOUND'
    | 'CONFLICT'
    | 'UNAUTHENTICATED'
    | 'FORBIDDEN'
    | 'TOO_LARGE'
    | 'TOO_MANY_REQUESTS'
    | 'MESSAGE_INVALID'
    | 'BLOB_NOT_FOUND'
    | 'BLOB_DAMAGED'
    | 'STORE_UNAVAILABLE'
    | 'DATABASE_UNAVAILABLE'
    | 'BUS_UNAVAILABLE'
    | 'SERVER_UNREACHABLE'
    | 'COMPUTE_CRASHED'
    | 'LEASE_LOST'
    | 'CONFIGURATION_INVALID'
    | 'INTERNAL';
  readonly message: string;
  readonly hint?: string;
  readonly retryable: boolean;
  readonly details: { readonly [name: string]: JsonValue };
}

/** Makes a model from a checkpoint of the authors' PyTorch code. */
export interface ImportRequest {
  readonly type: 'import';
  readonly checkpoint: string;
  readonly autoencoder?: string | undefined;
  readonly metadata?: string | undefined;
  readonly dataSet: string;
  readonly split?: string | undefined;
  readonly layer?: string | undefined;
  readonly batches?: readonly string[] | undefined;
  readonly alias?: string | undefined;
}

/** Tops up the rare labels of a data set with generated cells. */
export interface AugmentRequest {
  readonly type: 'augment';
  readonly model: string;
  readonly dataSet: string;
  readonly split?: string | undefined;
  readonly layer?: string | undefined;
  readonly label: string;
  readonly by?: string | undefined;
  readonly target: number;
  readonly maxFactor?: number | undefined;
  readonly minSupport?: number | undefined;
  readonly guidance?: { readonly [name: string]: number } | undefined;
  readonly solver?: Solver | undefined;
  readonly compression?: 'gzip' | 'none' | undefined;
  readonly level?: number | undefined;
  readonly seed?: number | undefined;
  readonly evaluate?: boolean | undefined;
  readonly replicates?: number | undefined;
  readonly neighbours?: number | undefined;
  readonly chunkCells?: number | undefined;
}

/** Brings the cells of a data set into one batch. */
export interface CorrectRequest {
  readonly type: 'correct';
  readonly model: string;
  readonly dataSet: string;
  readonly split?: string | undefined;
  readonly part?: 'train' | 'test' | undefined;
  readonly layer?: string | undefined;
  readonly missing?: 'refuse' | 'keep' | undefined;
  readonly guidance?: { readonly [name: string]: number } | undefined;
  readonly solver?: Solver | undefined;
  readonly bound?: number | undefined;
  readonly compression?: 'gzip' | 'none' | undefined;
  readonly level?: number | undefined;
  readonly format?: 'h5ad' | 'zarr' | undefined;
  readonly seed?: number | undefined;
  readonly batch?: string | undefined;
  readonly reference?: string | undefined;
  readonly means?: boolean | undefined;
}

/** Compares generated cells with real ones. */
export interface EvaluateRequest {
  readonly type: 'evaluate';
  readonly real: string;
  readonly generated: readonly GeneratedCells[];
  readonly training?: string | undefined;
  readonly split?: string | undefined;
  readonly label?: string | undefined;
  readonly donor?: string | undefined;
  readonly layer?: string | undefined;
  readonly model?: string | undefined;
  readonly seed?: number | undefined;
  readonly settings?: { readonly [name: string]: JsonValue } | undefined;
}

/** Cells to judge: what a run generated, or a data set. */
export type GeneratedCells = { readonly run: string } | { readonly dataSet: string };

/** Draws new cells from a model, named by its id or an alias. */
export interface GenerateRequest {
  readonly type: 'generate';
  readonly model: string;
  readonly cells?: number | undefined;
  readonly where?: { readonly [name: string]: readonly string[] } | undefined;
  readonly guidance?: { readonly [name: string]: number } | undefined;
  readonly covariateValues?: { readonly [name: string]: number } | undefined;
  readonly librarySize?: number | undefined;
  readonly librarySizeFrom?: string | undefined;
  readonly like?: string | undefined;
  readonly split?: string | undefined;
  readonly solver?: Solver | undefined;
  readonly output?: 'counts' | 'means' | undefined;
  readonly latents?: boolean | undefined;
  readonly compression?: 'gzip' | 'none' | undefined;
  readonly level?: number | undefined;
  readonly format?: 'h5ad' | 'zarr' | undefined;
  readonly zarrFormat?: 2 | 3 | undefined;
  readonly profile?: 'cellxgene' | undefined;
  readonly seed?: number | undefined;
  readonly chunkCells?: number | undefined;
}

/** Generates cells with every choice of guidance weights of a grid, and says which to use. */
export interface GuideRequest {
  readonly type: 'guide';
  readonly model: string;
  readonly dataSet: string;
  readonly split?: string | undefined;
  readonly layer?: string | undefined;
  readonly grid: { readonly [name: string]: readonly number[] };
  readonly cells?: number | undefined;
  readonly band?: readonly unknown[] | undefined;
  readonly solver?: Solver | undefined;
  readonly seed?: number | undefined;
}

/** What was asked for its health, and what it answered. */
export interface Health {
  readonly status: 'ok' | 'unavailable';
  readonly checks: { readonly [name: string]: { readonly status: 'ok' | 'unavailable'; readonly detail?: string } };
}

/** Imports a file that lies in the object store already. */
export interface ImportDataSet {
  readonly uri: string;
  readonly name?: string | undefined;
  readonly kind?: 'cells' | 'split' | 'checkpoint' | undefined;
}

/** Expected counts of every gene of the cells of a data set. */
export interface ImputeRequest {
  readonly type: 'impute';
  readonly model: string;
  readonly dataSet: string;
  readonly split?: string | undefined;
  readonly part?: 'train' | 'test' | undefined;
  readonly layer?: string | undefined;
  readonly missing?: 'refuse' | 'keep' | undefined;
  readonly guidance?: { readonly [name: string]: number } | undefined;
  readonly solver?: Solver | undefined;
  readonly bound?: number | undefined;
  readonly compression?: 'gzip' | 'none' | undefined;
  readonly level?: number | undefined;
  readonly format?: 'h5ad' | 'zarr' | undefined;
  readonly seed?: number | undefined;
  readonly noise?: number | undefined;
}

/** Scores how well embeddings mix batches and keep labels apart. */
export interface IntegrationRequest {
  readonly type: 'integration';
  readonly dataSet: string;
  readonly label: string;
  readonly batch: string;
  readonly embeddings?: readonly string[] | undefined;
  readonly before?: string | undefined;
  readonly layer?: string | undefined;
  readonly exclude?: { readonly [name: string]: readonly string[] } | undefined;
  readonly unlabelled?: readonly string[] | undefined;
  readonly minMax?: boolean | undefined;
  readonly profile?: 'scib-2024' | 'scib-2025' | undefined;
  readonly neighbours?: 'exact' | 'approximate' | 'auto' | undefined;
  readonly seed?: number | undefined;
  readonly settings?: { readonly [name: string]: JsonValue } | undefined;
}

/** Any JSON value. */
export type JsonValue = string | number | boolean | null | readonly JsonValue[] | { readonly [name: string]: JsonValue };

/** A trained model. It never changes; aliases do. */
export interface Model {
  readonly id: string;
  readonly modelSha256: string;
  readonly aliases: readonly string[];
  readonly runId: string;
  readonly createdAt: string;
  readonly cells: number;
  readonly features: number;
  readonly attributes: readonly ModelAttribute[];
  readonly files: readonly Artifact[];
}

/** A name that points at a model and can be moved. */
export interface ModelAlias {
  readonly alias: string;
  readonly modelId: string;
  readonly updatedAt: string;
}

/** A page of aliases. */
export interface ModelAliasPage {
  readonly items: readonly ModelAlias[];
  readonly nextCursor: string | null;
}

/** A column that a model was trained with; categories in the order of their codes. */
export interface ModelAttribute {
  readonly name: string;
  readonly role: 'label' | 'batch';
  readonly categories: readonly string[];
}

/** A model with its card, settings, losses and provenance. */
export interface ModelDetails {
  readonly id: string;
  readonly modelSha256: string;
  readonly aliases: readonly string[];
  readonly runId: string;
  readonly createdAt: string;
  readonly cells: number;
  readonly features: number;
  readonly attributes: readonly ModelAttribute[];
  readonly files: readonly Artifact[];
  readonly card: string;
  readonly training: { readonly [name: string]: JsonValue };
}

/** A page of models. */
export interface ModelPage {
  readonly items: readonly Model[];
  readonly nextCursor: string | null;
}

/** A URL that anyone can read for a while. */
export interface Presigned {
  readonly url: string;
  readonly expiresAt: string;
}

/** Something usable that the user has to be told about. */
export interface Problem {
  readonly severity: 'error' | 'warning' | 'note';
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
  readonly details?: { readonly [name: string]: JsonValue };
}

/** Error answer (RFC 9457). */
export interface ProblemDetails {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code:
    | 'INPUT_NOT_FOUND'
    | 'INPUT_UNREADABLE'
    | 'INPUT_DAMAGED'
    | 'INPUT_INCOMPLETE'
    | 'INPUT_FORMAT'
    | 'INPUT_UNSUPPORTED'
    | 'INPUT_NOT_COUNTS'
    | 'INPUT_EMPTY'
    | 'INPUT_TOO_FEW_CELLS'
    | 'LABEL_MISSING'
    | 'LABEL_UNUSABLE'
    | 'FEATURES_MISMATCH'
    | 'REQUEST_INVALID'
    | 'REQUEST_UNKNOWN_VALUE'
    | 'MEMORY_EXCEEDED'
    | 'MODEL_NOT_FOUND'
    | 'MODEL_DAMAGED'
    | 'MODEL_TOO_NEW'
    | 'TRAINING_DIVERGED'
    | 'CHECKPOINT_MISMATCH'
    | 'OUTPUT_EXISTS'
    | 'OUTPUT_UNWRITABLE'
    | 'ENGINE_UNAVAILABLE'
    | 'INTERRUPTED'
    | 'CANCELLED'
    | 'NOT_FOUND'
    | 'CONFLICT'
    | 'UNAUTHENTICATED'
    | 'FORBIDDEN'
    | 'TOO_LARGE'
    | 'TOO_MANY_REQUESTS'
    | 'MESSAGE_INVALID'
    | 'BLOB_NOT_FOUND'
    | 'BLOB_DAMAGED'
    | 'STORE_UNAVAILABLE'
    | 'DATABASE_UNAVAILABLE'
    | 'BUS_UNAVAILABLE'
    | 'SERVER_UNREACHABLE'
    | 'COMPUTE_CRASHED'
    | 'LEASE_LOST'
    | 'CONFIGURATION_INVALID'
    | 'INTERNAL';
  readonly hint?: string;
  readonly retryable: boolean;
  readonly details?: { readonly [name: string]: JsonValue };
  readonly instance: string;
}

/** A training, a generation, an evaluation or another piece of work: where it stands and what it made. */
export interface Run {
  readonly id: string;
  readonly type: 'train' | 'generate' | 'evaluate' | 'integration' | 'guide' | 'import' | 'augment' | 'correct' | 'impute';
  readonly state: 'queued' | 'running' | 'cancelling' | 'succeeded' | 'failed' | 'cancelled';
  readonly request: RunRequest;
  readonly stages: readonly RunStage[];
  readonly share: number;
  readonly secondsLeft: number | null;
  readonly error: ErrorDetails | null;
  readonly problems: readonly Problem[];
  readonly artifacts: readonly Artifact[];
  readonly modelId: string | null;
  readonly figures: { readonly [name: string]: number | null };
  readonly attempt: number;
  readonly createdAt: string;
  readonly startedAt: string | null;
  readonly finishedAt: string | null;
}

/** A page of runs. */
export interface RunPage {
  readonly items: readonly Run[];
  readonly nextCursor: string | null;
}

/** Where a run stands between two changes of its state; may be lost. */
export interface RunProgress {
  readonly runId: string;
  readonly command: string;
  readonly stage: string;
  readonly done: number;
  readonly total: number;
  readonly unit: string;
  readonly figures?: { readonly [name: string]: number };
  readonly share: number;
  readonly secondsLeft: number | null;
}

/** What a run is asked to do. */
export type RunRequest =
  | TrainRequest
  | GenerateRequest
  | EvaluateRequest
  | IntegrationRequest
  | GuideRequest
  | ImportRequest
  | AugmentRequest
  | CorrectRequest
  | ImputeRequest;

/** One step of a run: all jobs of one command. */
export interface RunStage {
  readonly name: string;
  readonly state: 'waiting' | 'running' | 'succeeded' | 'failed' | 'cancelled';
  readonly jobs: {
    readonly total: number;
    readonly queued: number;
    readonly running: number;
    readonly succeeded: number;
    readonly failed: number;
    readonly cancelled: number;
  };
  readonly share: number;
  readonly startedAt: string | null;
  readonly finishedAt: string | null;
}

/** The model that an alias is to point at. */
export interface SetModelAlias {
  readonly modelId: string;
}

/** How latents are drawn. */
export type Solver =
  | { readonly method: 'euler' | 'midpoint' | 'rk4'; readonly steps: number }
  | { readonly method: 'dopri5'; readonly tolerance: number; readonly maxSteps: number };

/** What a server is, and what it is made of. */
export interface System {
  readonly version: string;
  readonly profile: 'embedded' | 'distributed';
  readonly engine: string;
  readonly ports: { readonly bus: 'in-process' | 'kafka'; readonly store: 'folder' | 's3'; readonly database: 'libsql' | 'postgres' };
  readonly authentication: boolean;
  readonly limits: { readonly uploadBytes: number };
}

/** A token, without its secret. */
export interface Token {
  readonly id: string;
  readonly name: string;
  readonly scope: 'read' | 'write' | 'admin';
  readonly createdAt: string;
  readonly expiresAt: string | null;
  readonly lastUsedAt: string | null;
  readonly revokedAt: string | null;
}

/** A page of tokens. */
export interface TokenPage {
  readonly items: readonly Token[];
  readonly nextCursor: string | null;
}

/** Learns a model from a data set. */
export interface TrainRequest {
  readonly type: 'train';
  readonly dataSet: string;
  readonly labels?: readonly string[] | undefined;
  readonly batches?: readonly string[] | undefined;
  readonly covariates?: readonly string[] | undefined;
  readonly preset?: 'best' | 'paper' | 'quick' | undefined;
  readonly set?: { readonly [name: string]: JsonValue } | undefined;
  readonly epochs?: number | undefined;
  readonly flowSteps?: number | undefined;
  readonly patience?: number | null | undefined;
  readonly minCells?: number | undefined;
  readonly minCellsPeaks?: number | undefined;
  readonly modality?: 'rna' | 'rna+atac' | undefined;
  readonly atac?: string | undefined;
  readonly missingLabels?: 'refuse' | 'drop' | undefined;
  readonly layer?: string | undefined;
  readonly split?: string | undefined;
  readonly seed?: number | undefined;
  readonly alias?: string | undefined;
}

/** Every operation of the HTTP API as a function. Errors are CfgenErrors with the code and the hint of the server. */
export interface Api {
  /** Upload a data set, or import one that lies in the object store. A content that is known already answers 200 with the data set there is. */
  addDataSet(body: ImportDataSet, options?: RequestOptions): Promise<DataSet>;
  /** Upload a data set, or import one that lies in the object store. A content that is known already answers 200 with the data set there is. This one sends bytes. */
  addDataSetContent(
    body: BytesToSend,
    query?: { readonly name?: string | undefined; readonly kind?: 'cells' | 'split' | 'checkpoint' | undefined },
    options?: RequestOptions,
  ): Promise<DataSet>;
  /** List data sets, newest first. */
  listDataSets(
    query?: {
      readonly cursor?: string | undefined;
      readonly limit?: number | undefined;
      readonly kind?: 'cells' | 'split' | 'checkpoint' | undefined;
      readonly state?: 'validating' | 'ready' | 'refused' | undefined;
    },
    options?: RequestOptions,
  ): Promise<DataSetPage>;
  /** List data sets, newest first. Goes through the pages as they are needed; `limit` is the size of a page. */
  allDataSets(
    query?: {
      readonly limit?: number | undefined;
      readonly kind?: 'cells' | 'split' | 'checkpoint' | undefined;
      readonly state?: 'validating' | 'ready' | 'refused' | undefined;
    },
    options?: RequestOptions,
  ): AsyncIterable<DataSet>;
  /** Show a data set: its state, what is in it, what is wrong with it. */
  getDataSet(id: string, options?: RequestOptions): Promise<DataSet>;
  /** Delete a data set. Refused while a run that has not ended uses it. */
  deleteDataSet(id: string, options?: RequestOptions): Promise<void>;
  /** Download the file of a data set. */
  getDataSetContent(id: string, options?: RequestOptions): Promise<Response>;
  /** List models, newest first. */
  listModels(
    query?: { readonly cursor?: string | undefined; readonly limit?: number | undefined },
    options?: RequestOptions,
  ): Promise<ModelPage>;
  /** List models, newest first. Goes through the pages as they are needed; `limit` is the size of a page. */
  allModels(query?: { readonly limit?: number | undefined }, options?: RequestOptions): AsyncIterable<Model>;
  /** Show a model by its id or an alias: card, attributes with their categories, training. */
  getModel(id: string, options?: RequestOptions): Promise<ModelDetails>;
  /** Delete a model. Refused while an alias points at it or a run that has not ended uses it. */
  deleteModel(id: string, options?: RequestOptions): Promise<void>;
  /** Download a file of a model. */
  getModelFile(id: string, name: string, options?: RequestOptions): Promise<Response>;
  /** List aliases and the models they point at, by name. */
  listModelAliases(
    query?: { readonly cursor?: string | undefined; readonly limit?: number | undefined },
    options?: RequestOptions,
  ): Promise<ModelAliasPage>;
  /** List aliases and the models they point at, by name. Goes through the pages as they are needed; `limit` is the size of a page. */
  allModelAliases(query?: { readonly limit?: number | undefined }, options?: RequestOptions): AsyncIterable<ModelAlias>;
  /** Point an alias at a model; it is made where there is none. */
  setModelAlias(alias: string, body: SetModelAlias, options?: RequestOptions): Promise<ModelAlias>;
  /** Delete an alias; the model stays. */
  deleteModelAlias(alias: string, options?: RequestOptions): Promise<void>;
  /** Train a model, generate cells, or evaluate them. */
  startRun(body: RunRequest, options?: RequestOptions): Promise<Run>;
  /** List runs, newest first. */
  listRuns(
    query?: {
      readonly cursor?: string | undefined;
      readonly limit?: number | undefined;
      readonly type?: 'train' | 'generate' | 'evaluate' | 'integration' | 'guide' | 'import' | 'augment' | 'correct' | 'impute' | undefined;
      readonly state?: 'queued' | 'running' | 'cancelling' | 'succeeded' | 'failed' | 'cancelled' | undefined;
    },
    options?: RequestOptions,
  ): Promise<RunPage>;
  /** List runs, newest first. Goes through the pages as they are needed; `limit` is the size of a page. */
  allRuns(
    query?: {
      readonly limit?: number | undefined;
      readonly type?: 'train' | 'generate' | 'evaluate' | 'integration' | 'guide' | 'import' | 'augment' | 'correct' | 'impute' | undefined;
      readonly state?: 'queued' | 'running' | 'cancelling' | 'succeeded' | 'failed' | 'cancelled' | undefined;
    },
    options?: RequestOptions,
  ): AsyncIterable<Run>;
  /** Show a run: its state, stages, progress, what it made. */
  getRun(id: string, options?: RequestOptions): Promise<Run>;
  /** Stop a run. One that is cancelled already stays so; one that has succeeded or failed cannot be. */
  cancelRun(id: string, options?: RequestOptions): Promise<Run>;
  /** Go on with a run that failed or was cancelled, from what it had reached. */
  retryRun(id: string, options?: RequestOptions): Promise<Run>;
  /** Follow a run by server-sent events: `run` at each change of its state, `progress` in between. Ends with the run. */
  watchRun(
    id: string,
    options?: RequestOptions,
  ): AsyncIterable<{ readonly event: 'run'; readonly data: Run } | { readonly event: 'progress'; readonly data: RunProgress }>;
  /** Download what a run made. With `presigned=true` the answer is JSON with a URL instead, where the store can give one. */
  getArtifact(
    id: string,
    name: string,
    query?: { readonly presigned?: 'true' | 'false' | undefined },
    options?: RequestOptions,
  ): Promise<Response>;
  /** List messages that nobody could read, newest first. */
  listDeadLetters(
    query?: { readonly cursor?: string | undefined; readonly limit?: number | undefined; readonly topic?: string | undefined },
    options?: RequestOptions,
  ): Promise<DeadLetterPage>;
  /** List messages that nobody could read, newest first. Goes through the pages as they are needed; `limit` is the size of a page. */
  allDeadLetters(
    query?: { readonly limit?: number | undefined; readonly topic?: string | undefined },
    options?: RequestOptions,
  ): AsyncIterable<DeadLetter>;
  /** Show such a message and why nobody could read it. */
  getDeadLetter(id: string, options?: RequestOptions): Promise<DeadLetter>;
  /** Delete such a message. */
  deleteDeadLetter(id: string, options?: RequestOptions): Promise<void>;
  /** Publish the message again on the topic it came from. Refused where it was too large to be kept whole. */
  replayDeadLetter(id: string, options?: RequestOptions): Promise<DeadLetter>;
  /** List tokens, without their secrets. */
  listTokens(
    query?: { readonly cursor?: string | undefined; readonly limit?: number | undefined },
    options?: RequestOptions,
  ): Promise<TokenPage>;
  /** List tokens, without their secrets. Goes through the pages as they are needed; `limit` is the size of a page. */
  allTokens(query?: { readonly limit?: number | undefined }, options?: RequestOptions): AsyncIterable<Token>;
  /** Create a token. Its secret is in this answer and nowhere else. */
  createToken(body: CreateToken, options?: RequestOptions): Promise<CreatedToken>;
  /** Revoke a token, at once. */
  revokeToken(id: string, options?: RequestOptions): Promise<Token>;
  /** Show what the server is: version, profile, engine, ports, limits. */
  getSystem(options?: RequestOptions): Promise<System>;
  /** Whether the process is alive. */
  getLiveness(options?: RequestOptions): Promise<Health>;
  /** Whether the server can do its work: bus, store and database answer. */
  getReadiness(options?: RequestOptions): Promise<Health>;
  /** Figures for Prometheus. */
  getMetrics(options?: RequestOptions): Promise<string>;
  /** This description of the API. */
  getOpenApi(options?: RequestOptions): Promise<{ readonly openapi: string }>;
}

/** Binds the operations to a server. */
export function apiOf(transport: Transport): Api {
  return {
    addDataSet: (body, options) => transport.json({ method: 'POST', path: '/v1/data-sets', json: body, idempotent: true }, options),
    addDataSetContent: (body, query, options) =>
      transport.json({ method: 'POST', path: '/v1/data-sets', query, bytes: body, idempotent: true }, options),
    listDataSets: (query, options) => transport.json({ method: 'GET', path: '/v1/data-sets', query }, options),
    allDataSets: (query, options) => transport.pages({ method: 'GET', path: '/v1/data-sets', query }, options),
    getDataSet: (id, options) => transport.json({ method: 'GET', path: `/v1/data-sets/${encodeURIComponent(id)}` }, options),
    deleteDataSet: (id, options) => transport.empty({ method: 'DELETE', path: `/v1/data-sets/${encodeURIComponent(id)}` }, options),
    getDataSetContent: (id, options) =>
      transport.bytes({ method: 'GET', path: `/v1/data-sets/${encodeURIComponent(id)}/content` }, options),
    listModels: (query, options) => transport.json({ method: 'GET', path: '/v1/models', query }, options),
    allModels: (query, options) => transport.pages({ method: 'GET', path: '/v1/models', query }, options),
    getModel: (id, options) => transport.json({ method: 'GET', path: `/v1/models/${encodeURIComponent(id)}` }, options),
    deleteModel: (id, options) => transport.empty({ method: 'DELETE', path: `/v1/models/${encodeURIComponent(id)}` }, options),
    getModelFile: (id, name, options) =>
      transport.bytes({ method: 'GET', path: `/v1/models/${encodeURIComponent(id)}/files/${encodeURIComponent(name)}` }, options),
    listModelAliases: (query, options) => transport.json({ method: 'GET', path: '/v1/models/aliases', query }, options),
    allModelAliases: (query, options) => transport.pages({ method: 'GET', path: '/v1/models/aliases', query }, options),
    setModelAlias: (alias, body, options) =>
      transport.json({ method: 'PUT', path: `/v1/models/aliases/${encodeURIComponent(alias)}`, json: body }, options),
    deleteModelAlias: (alias, options) =>
      transport.empty({ method: 'DELETE', path: `/v1/models/aliases/${encodeURIComponent(alias)}` }, options),
    startRun: (body, options) => transport.json({ method: 'POST', path: '/v1/runs', json: body, idempotent: true }, options),
    listRuns: (query, options) => transport.json({ method: 'GET', path: '/v1/runs', query }, options),
    allRuns: (query, options) => transport.pages({ method: 'GET', path: '/v1/runs', query }, options),
    getRun: (id, options) => transport.json({ method: 'GET', path: `/v1/runs/${encodeURIComponent(id)}` }, options),
    cancelRun: (id, options) =>
      transport.json({ method: 'POST', path: `/v1/runs/${encodeURIComponent(id)}/cancel`, idempotent: true }, options),
    retryRun: (id, options) =>
      transport.json({ method: 'POST', path: `/v1/runs/${encodeURIComponent(id)}/retry`, idempotent: true }, options),
    watchRun: (id, options) => transport.events({ method: 'GET', path: `/v1/runs/${encodeURIComponent(id)}/events` }, options),
    getArtifact: (id, name, query, options) =>
      transport.bytes({ method: 'GET', path: `/v1/runs/${encodeURIComponent(id)}/artifacts/${encodeURIComponent(name)}`, query }, options),
    listDeadLetters: (query, options) => transport.json({ method: 'GET', path: '/v1/dead-letters', query }, options),
    allDeadLetters: (query, options) => transport.pages({ method: 'GET', path: '/v1/dead-letters', query }, options),
    getDeadLetter: (id, options) => transport.json({ method: 'GET', path: `/v1/dead-letters/${encodeURIComponent(id)}` }, options),
    deleteDeadLetter: (id, options) => transport.empty({ method: 'DELETE', path: `/v1/dead-letters/${encodeURIComponent(id)}` }, options),
    replayDeadLetter: (id, options) =>
      transport.json({ method: 'POST', path: `/v1/dead-letters/${encodeURIComponent(id)}/replay`, idempotent: true }, options),
    listTokens: (query, options) => transport.json({ method: 'GET', path: '/v1/tokens', query }, options),
    allTokens: (query, options) => transport.pages({ method: 'GET', path: '/v1/tokens', query }, options),
    createToken: (body, options) => transport.json({ method: 'POST', path: '/v1/tokens', json: body }, options),
    revokeToken: (id, options) => transport.json({ method: 'DELETE', path: `/v1/tokens/${encodeURIComponent(id)}` }, options),
    getSystem: (options) => transport.json({ method: 'GET', path: '/v1/system' }, options),
    getLiveness: (options) => transport.json({ method: 'GET', path: '/livez', alsoFine: [503] }, options),
    getReadiness: (options) => transport.json({ method: 'GET', path: '/readyz', alsoFine: [503] }, options),
    getMetrics: (options) => transport.text({ method: 'GET', path: '/metrics' }, options),
    getOpenApi: (options) => transport.json({ method: 'GET', path: '/openapi.json' }, options),
  };
}
