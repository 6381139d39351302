import {
  CfgenError,
  commandDefinitions,
  encodeEnvelope,
  eventTopic,
  type BlobRef,
  type CommandDefinition,
  type CommandType,
  type Envelope,
  type ErrorShape,
  type StageName,
} from '@cfgen/contracts';
import type { OutboxEntry } from '@cfgen/persistence';
import { errorShapeOf } from './error-shape-of';
import type { ComputeOutcome } from '../compute/protocol';

/** Who tells of jobs, and where its clock and its identifiers come from. */
export interface EventSource {
  readonly stage: StageName;
  /** Service and instance. */
  readonly producer: string;
  readonly now: () => number;
  /** A new ULID. */
  readonly newId: () => string;
}

interface EventContent {
  readonly type: string;
  readonly data: Readonly<Record<string, unknown>>;
  readonly refs?: readonly BlobRef[];
  /** What tells this event from others of the same type of the same job: epoch of the lease, or step. */
  readonly occasion: string | number;
}

/** An envelope that follows from a command: same run, job, correlation and trace. */
export function followingEnvelope(command: Envelope, content: EventContent, source: EventSource): Envelope {
  return {
    id: source.newId(),
    type: content.type,
    schemaVersion: 1,
    occurredAt: new Date(source.now()).toISOString(),
    runId: command.runId,
    jobId: command.jobId,
    idempotencyKey: `${command.jobId}/${content.type}/${content.occasion}`,
    correlationId: command.correlationId,
    causationId: command.id,
    producer: source.producer,
    traceparent: command.traceparent,
    data: content.data as Envelope['data'],
    refs: [...(content.refs ?? [])],
  };
}

/** @throws CfgenError MESSAGE_INVALID when the content does not fit the schema of its type */
function eventEntry(command: Envelope, content: EventContent, source: EventSource): OutboxEntry {
  const envelope = followingEnvelope(command, content, source);
  const headers = { type: envelope.type, id: envelope.id, ...(envelope.traceparent === '' ? {} : { traceparent: envelope.traceparent }) };
  return { topic: eventTopic(source.stage), key: envelope.runId, value: encodeEnvelope(envelope), headers };
}

export function jobStarted(command: Envelope, attempt: number, epoch: number, worker: string, source: EventSource): OutboxEntry {
  return eventEntry(command, { type: 'JobStarted', data: { attempt, worker }, occasion: epoch }, source);
}

export function jobFailed(command: Envelope, error: ErrorShape, attempts: number, source: EventSource): OutboxEntry {
  return eventEntry(command, { type: 'JobFailed', data: { error, attempts }, occasion: attempts }, source);
}

export function jobCancelled(command: Envelope, reason: string, source: EventSource): OutboxEntry {
  return eventEntry(command, { type: 'JobCancelled', data: { reason }, occasion: 'end' }, source);
}

export function checkpointCommitted(command: Envelope, step: number, refs: readonly BlobRef[], source: EventSource): OutboxEntry {
  return eventEntry(command, { type: 'CheckpointCommitted', data: { step }, refs, occasion: step }, source);
}

/** What a command asks for, or undefined when this version does not know it. */
export function definitionOf(type: string): CommandDefinition | undefined {
  return Object.hasOwn(commandDefinitions, type) ? commandDefinitions[type as CommandType] : undefined;
}

/**
 * The success event of a command.
 *
 * @throws CfgenError INTERNAL when the step gave something else than its definition promises: such a result must not reach others
 */
export function jobSucceeded(command: Envelope, outcome: ComputeOutcome, source: EventSource): OutboxEntry {
  const definition = definitionOf(command.type);
  if (definition === undefined) throw new CfgenError('INTERNAL', `this version does not know the command ${command.type}`);
  checkOutputs(command.type, definition, outcome.outputs);
  try {
    return eventEntry(command, { type: definition.succeeds, data: outcome.data, refs: outcome.outputs, occasion: 'end' }, source);
  } catch (cause) {
    throw new CfgenError('INTERNAL', `the result of ${command.type} does not fit ${definition.succeeds}: ${errorShapeOf(cause).message}`, {
      cause,
      details: { command: command.type },
    });
  }
}

function checkOutputs(type: string, definition: CommandDefinition, outputs: readonly BlobRef[]): void {
  const names = outputs.map((ref) => ref.name);
  const missing = definition.outputs.find((name) => !name.endsWith('?') && !names.includes(name));
  if (missing !== undefined) throw new CfgenError('INTERNAL', `the result of ${type} lacks the reference ${missing}`);
  const known = definition.outputs.map((name) => name.replace('?', ''));
  const strange = names.find((name) => !known.includes(name));
  if (strange !== undefined) throw new CfgenError('INTERNAL', `the result of ${type} has the unknown reference ${strange}`);
}
