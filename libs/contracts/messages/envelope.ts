import { z } from 'zod';
import { CfgenError } from '../errors/cfgen-error';
import { blobRefSchema } from './blob-ref';
import { commandDefinitions, type CommandDefinition, type CommandType } from './commands';
import { cancelJobsSchema, eventDefinitions, jobProgressSchema } from './events';
import { ulidSchema } from './shapes';

/** Largest message, in bytes of UTF-8; checked by whoever publishes. Bytes travel through the blob store. */
export const maximumMessageBytes = 65_536;

/** What every message carries around its data. */
export const envelopeSchema = z.object({
  /** Identity of the message: consumers drop what they have seen. */
  id: ulidSchema,
  type: z.string().min(1).max(64),
  schemaVersion: z.literal(1),
  occurredAt: z.iso.datetime(),
  runId: ulidSchema,
  jobId: ulidSchema,
  /** Identity of the work: two commands with the same key are one job. */
  idempotencyKey: z.string().min(1).max(200),
  correlationId: z.string().max(64),
  /** The message that led to this one. */
  causationId: z.string().max(64),
  /** Who sent it: service and instance. */
  producer: z.string().max(128),
  /** W3C trace context; empty when tracing is off. */
  traceparent: z.string().max(128),
  data: z.record(z.string(), z.json()),
  refs: z.array(blobRefSchema).max(64),
});
export type Envelope = z.infer<typeof envelopeSchema>;

/** Type of the messages on the progress topic, and on the control topic. */
export const jobProgressType = 'JobProgressed';
export const cancelJobsType = 'CancelJobs';

const schemasByType: Readonly<Record<string, z.ZodType>> = {
  ...Object.fromEntries(Object.entries(commandDefinitions).map(([type, { data }]) => [type, data])),
  ...eventDefinitions,
  [jobProgressType]: jobProgressSchema,
  [cancelJobsType]: cancelJobsSchema,
};

/** Every type of message there is. */
export const messageTypes = Object.keys(schemasByType);

/** Schema of the data of a type of message. */
export function dataSchemaOf(type: string): z.ZodType | undefined {
  return Object.hasOwn(schemasByType, type) ? schemasByType[type] : undefined;
}

/**
 * Reads a message: JSON, envelope, data by type, references by command.
 *
 * @throws CfgenError MESSAGE_INVALID saying which field is wrong; such a message belongs with the dead letters
 */
export function parseEnvelope(text: string): Envelope {
  if (new TextEncoder().encode(text).length > maximumMessageBytes) throw invalid(`is larger than ${maximumMessageBytes} bytes`, {});
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw invalid('is not JSON', {}, cause);
  }
  const envelope = envelopeSchema.safeParse(json);
  if (!envelope.success) throw invalid(firstIssue(envelope.error), { type: typeOf(json) });
  const { type, data, refs } = envelope.data;
  const schema = dataSchemaOf(type);
  if (schema === undefined) throw invalid(`has the unknown type "${type}"`, { type });
  const parsed = schema.safeParse(data);
  if (!parsed.success) throw invalid(`of type ${type}: data.${firstIssue(parsed.error)}`, { type });
  if (Object.hasOwn(commandDefinitions, type)) checkRefs(commandDefinitions[type as CommandType], type, refs);
  return envelope.data;
}

/**
 * Writes a message after the same checks, so that nobody can publish what nobody can read.
 *
 * @throws CfgenError MESSAGE_INVALID
 */
export function encodeEnvelope(envelope: Envelope): string {
  const text = JSON.stringify(envelope);
  parseEnvelope(text);
  return text;
}

function checkRefs(definition: CommandDefinition, type: string, refs: Envelope['refs']): void {
  const names = refs.map((ref) => ref.name);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) throw invalid(`of type ${type} names the reference ${twice} twice`, { type });
  const matches = (wanted: string, name: string): boolean =>
    wanted.endsWith('-*')
      ? name.startsWith(wanted.slice(0, -1)) && /^\d+$/.test(name.slice(wanted.length - 1))
      : wanted.replace('?', '') === name;
  for (const wanted of definition.inputs) {
    if (!wanted.endsWith('?') && !names.some((name) => matches(wanted, name))) {
      throw invalid(`of type ${type} lacks the reference ${wanted}`, { type });
    }
  }
  const strange = names.find((name) => !definition.inputs.some((wanted) => matches(wanted, name)));
  if (strange !== undefined) throw invalid(`of type ${type} has the unknown reference ${strange}`, { type });
}

function firstIssue(error: z.ZodError): string {
  const issue = error.issues[0];
  return issue === undefined ? 'is not readable' : `${issue.path.join('.') || 'the whole'}: ${issue.message}`;
}

function typeOf(json: unknown): string {
  return typeof json === 'object' && json !== null && 'type' in json && typeof json.type === 'string' ? json.type.slice(0, 64) : '';
}

function invalid(what: string, details: Readonly<Record<string, unknown>>, cause?: unknown): CfgenError {
  return new CfgenError('MESSAGE_INVALID', `the message ${what}`, { details, ...(cause === undefined ? {} : { cause }) });
}
