import type { Artifact, BlobRef, DataSet, DeadLetterRecord, Model, Run, Token } from '@cfgen/contracts';
import type { ApiTokenRow, ArtifactRow, DataSetRow, DeadLetterRow, FileRow, ModelAliasRow, ModelRow, RunRow } from '@cfgen/persistence';
import type { LiveProgress } from '../events/progress-board';

/** Rows as the HTTP API shows them. */

export function isoTime(time: number): string {
  return new Date(time).toISOString();
}

function maybeTime(time: number | null): string | null {
  return time === null ? null : isoTime(time);
}

export function dataSetView(row: DataSetRow): DataSet {
  const { sha256: _sha256, deletedAt: _deletedAt, ...shown } = row;
  return {
    ...(shown as unknown as DataSet),
    sha256: row.sha256,
    problems: [...row.problems] as DataSet['problems'],
    createdAt: isoTime(row.createdAt),
  };
}

export function modelView(row: ModelRow, aliases: readonly ModelAliasRow[]): Model {
  return {
    id: row.id,
    modelSha256: row.modelSha256,
    aliases: aliases.filter(({ modelId }) => modelId === row.id).map(({ alias }) => alias),
    runId: row.runId,
    createdAt: isoTime(row.createdAt),
    cells: row.cells,
    features: row.features,
    attributes: row.attributes as unknown as Model['attributes'],
    files: row.files.map(artifactView),
  };
}

export function runView(row: RunRow, artifacts: readonly ArtifactRow[], { share, secondsLeft }: LiveProgress): Run {
  return {
    id: row.id,
    type: row.type as Run['type'],
    state: row.state,
    request: row.request as unknown as Run['request'],
    stages: row.stages as unknown as Run['stages'],
    share,
    secondsLeft,
    error: row.error,
    problems: row.problems as Run['problems'],
    artifacts: artifacts.filter(({ runId }) => runId === row.id).map(artifactView),
    modelId: row.modelId,
    figures: row.figures as Run['figures'],
    attempt: row.attempt,
    createdAt: isoTime(row.createdAt),
    startedAt: maybeTime(row.startedAt),
    finishedAt: maybeTime(row.finishedAt),
  };
}

function artifactView({ name, ref }: FileRow): Artifact {
  return { name, bytes: ref.bytes, sha256: ref.sha256, mediaType: mediaTypeOf(name, ref) };
}

const mediaTypes: Readonly<Record<string, string>> = {
  h5ad: 'application/x-hdf5',
  h5mu: 'application/x-hdf5',
  html: 'text/html; charset=utf-8',
  json: 'application/json',
  md: 'text/markdown; charset=utf-8',
  safetensors: 'application/vnd.safetensors',
};

/** By the ending of the name, for names are what people see; else what the reference says. */
export function mediaTypeOf(name: string, ref: Pick<BlobRef, 'mediaType'>): string {
  return mediaTypes[name.split('.').at(-1) ?? ''] ?? ref.mediaType;
}

export function tokenView(row: ApiTokenRow): Token {
  const { id, name, scope } = row;
  const times = { expiresAt: maybeTime(row.expiresAt), lastUsedAt: maybeTime(row.lastUsedAt), revokedAt: maybeTime(row.revokedAt) };
  return { id, name, scope, createdAt: isoTime(row.createdAt), ...times };
}

export function deadLetterView(row: DeadLetterRow): DeadLetterRecord {
  const { fingerprint: _fingerprint, createdAt: _createdAt, ...shown } = row;
  return { ...shown, headers: { ...row.headers }, failedAt: isoTime(row.failedAt), replayedAt: maybeTime(row.replayedAt) };
}
