import {
  cancelJobsType,
  commandDefinitions,
  commandTopic,
  controlTopic,
  encodeEnvelope,
  type BlobRef,
  type CommandType,
  type Envelope,
} from '@cfgen/contracts';
import type { OutboxEntry } from '@cfgen/persistence';

/** Who sends, and where its clock and its identifiers come from. */
export interface MessageSource {
  /** Service and instance. */
  readonly producer: string;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** A new ULID. */
  readonly newId: () => string;
}

/** What led to a message. */
export interface Cause {
  readonly id: string;
  readonly traceparent: string;
}

export interface CommandRequest {
  readonly runId: string;
  readonly jobId: string;
  readonly step: string;
  readonly attempt: number;
  readonly type: CommandType;
  readonly data: Readonly<Record<string, unknown>>;
  readonly refs: readonly BlobRef[];
}

/** @throws CfgenError MESSAGE_INVALID when the command does not fit its schema or is too large */
export function commandEntry(request: CommandRequest, cause: Cause, source: MessageSource): OutboxEntry {
  const idempotencyKey = `${request.runId}/${request.step}/${request.attempt}`;
  const envelope = envelopeOf(request, request.type, idempotencyKey, request.data, request.refs, cause, source);
  return entry(commandTopic(commandDefinitions[request.type].stage), request.jobId, envelope);
}

/** Jobs of one message, so that it stays far below the limit of a message. */
const jobsAMessage = 500;

/** Tells the stages to stop jobs. A hint that may be lost: whoever misses it ends a job that nobody waits for. */
export function cancelEntries(
  runId: string,
  jobIds: readonly string[],
  reason: string,
  cause: Cause,
  source: MessageSource,
): OutboxEntry[] {
  const entries: OutboxEntry[] = [];
  for (let from = 0; from < jobIds.length; from += jobsAMessage) {
    const some = jobIds.slice(from, from + jobsAMessage);
    const jobId = some[0];
    if (jobId === undefined) break;
    const data = { jobIds: some, reason: reason.slice(0, 500) };
    const envelope = envelopeOf({ runId, jobId }, cancelJobsType, `${runId}/cancel/${jobId}`, data, [], cause, source);
    entries.push(entry(controlTopic, runId, envelope));
  }
  return entries;
}

function envelopeOf(
  ids: { readonly runId: string; readonly jobId: string },
  type: string,
  idempotencyKey: string,
  data: Readonly<Record<string, unknown>>,
  refs: readonly BlobRef[],
  cause: Cause,
  source: MessageSource,
): Envelope {
  return {
    id: source.newId(),
    type,
    schemaVersion: 1,
    occurredAt: new Date(source.now()).toISOString(),
    runId: ids.runId,
    jobId: ids.jobId,
    idempotencyKey,
    correlationId: ids.runId,
    causationId: cause.id,
    producer: source.producer,
    traceparent: cause.traceparent,
    data: data as Envelope['data'],
    refs: [...refs],
  };
}

function entry(topic: string, key: string, envelope: Envelope): OutboxEntry {
  const headers = { type: envelope.type, id: envelope.id, ...(envelope.traceparent === '' ? {} : { traceparent: envelope.traceparent }) };
  return { topic, key, value: encodeEnvelope(envelope), headers };
}
