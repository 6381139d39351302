import type { EntitySchema, EntitySchemaColumnOptions } from 'typeorm';
import { bigInteger, flag, json, text } from '../database/columns';
import { entityOf } from '../database/entity';
import type {
  ApiTokenRow,
  ArtifactRow,
  DataSetRow,
  DeadLetterRow,
  IdempotencyRow,
  ModelAliasRow,
  ModelRow,
  RunEventRow,
  RunRow,
  RunStepRow,
} from './gateway-rows';

const nullable = { nullable: true } as const;
const primary = { primary: true } as const;
const time = (name: string): EntitySchemaColumnOptions => bigInteger({ name });
const maybeTime = (name: string): EntitySchemaColumnOptions => bigInteger({ name, nullable: true });
const real = (options: Partial<EntitySchemaColumnOptions> = {}): EntitySchemaColumnOptions => ({ type: 'double precision', ...options });

export const dataSetEntity = entityOf<DataSetRow>({
  name: 'data_sets',
  columns: {
    id: text(primary),
    kind: text(),
    state: text(),
    name: text(),
    sha256: text(),
    bytes: bigInteger(),
    cells: bigInteger(nullable),
    features: bigInteger(nullable),
    format: text(nullable),
    inspection: json(nullable),
    problems: json(),
    error: json(nullable),
    createdAt: time('created_at'),
    deletedAt: maybeTime('deleted_at'),
  },
});

export const modelEntity = entityOf<ModelRow>({
  name: 'models',
  columns: {
    id: text(primary),
    modelSha256: text({ name: 'model_sha256' }),
    runId: text({ name: 'run_id' }),
    dataSetId: text({ name: 'data_set_id' }),
    ref: json(),
    files: json(),
    cells: bigInteger(),
    features: bigInteger(),
    attributes: json(),
    createdAt: time('created_at'),
    deletedAt: maybeTime('deleted_at'),
  },
});

export const modelAliasEntity = entityOf<ModelAliasRow>({
  name: 'model_aliases',
  columns: { alias: text(primary), modelId: text({ name: 'model_id' }), updatedAt: time('updated_at') },
});

export const runEntity = entityOf<RunRow>({
  name: 'runs',
  columns: {
    id: text(primary),
    type: text(),
    hidden: flag(),
    state: text(),
    request: json(),
    facts: json(),
    stages: json(),
    share: real(),
    shareAtStart: real({ name: 'share_at_start' }),
    weight: real(),
    error: json(nullable),
    problems: json(),
    modelId: text({ name: 'model_id', nullable: true }),
    figures: json(),
    attempt: bigInteger(),
    sequence: bigInteger(),
    createdAt: time('created_at'),
    startedAt: maybeTime('started_at'),
    finishedAt: maybeTime('finished_at'),
  },
});

export const runStepEntity = entityOf<RunStepRow>({
  name: 'run_steps',
  columns: {
    runId: text({ name: 'run_id', primary: true }),
    key: text(primary),
    type: text(),
    jobId: text({ name: 'job_id' }),
    state: text(),
    weight: real(),
    inputs: json(),
    result: json(nullable),
    checkpoint: json(),
    error: json(nullable),
    createdAt: time('created_at'),
    startedAt: maybeTime('started_at'),
    finishedAt: maybeTime('finished_at'),
  },
});

export const runEventEntity = entityOf<RunEventRow>({
  name: 'run_events',
  columns: {
    runId: text({ name: 'run_id', primary: true }),
    sequence: bigInteger(primary),
    kind: text(),
    data: json(),
    createdAt: time('created_at'),
  },
});

export const artifactEntity = entityOf<ArtifactRow>({
  name: 'artifacts',
  columns: { runId: text({ name: 'run_id', primary: true }), name: text(primary), ref: json(), createdAt: time('created_at') },
});

export const idempotencyEntity = entityOf<IdempotencyRow>({
  name: 'idempotency_keys',
  columns: {
    token: text(primary),
    key: text(primary),
    requestHash: text({ name: 'request_hash' }),
    reservedId: text({ name: 'reserved_id' }),
    response: json(nullable),
    createdAt: time('created_at'),
    expiresAt: time('expires_at'),
  },
});

export const apiTokenEntity = entityOf<ApiTokenRow>({
  name: 'api_tokens',
  columns: {
    id: text(primary),
    name: text(),
    scope: text(),
    hash: text(),
    createdAt: time('created_at'),
    expiresAt: maybeTime('expires_at'),
    lastUsedAt: maybeTime('last_used_at'),
    revokedAt: maybeTime('revoked_at'),
  },
});

export const deadLetterEntity = entityOf<DeadLetterRow>({
  name: 'dead_letters',
  columns: {
    id: text(primary),
    fingerprint: text(),
    topic: text(),
    partition: bigInteger(),
    offset: text(),
    key: text(),
    value: text(),
    truncated: flag(),
    headers: json(),
    group: text(),
    reason: text(),
    failedAt: time('failed_at'),
    replayedAt: maybeTime('replayed_at'),
    createdAt: time('created_at'),
  },
});

/** Tables of the gateway, beside inbox and outbox. */
export const gatewayEntities: readonly EntitySchema[] = [
  dataSetEntity,
  modelEntity,
  modelAliasEntity,
  runEntity,
  runStepEntity,
  runEventEntity,
  artifactEntity,
  idempotencyEntity,
  apiTokenEntity,
  deadLetterEntity,
];
