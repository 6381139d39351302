import { parseEnvelope, type Envelope, type StageName } from '@cfgen/contracts';
import { PoisonMessage, type IncomingMessage } from '@cfgen/messaging';
import type { Database, InboxRows, JobRows, OutboxRows } from '@cfgen/persistence';
import { errorShapeOf } from '../events/error-shape-of';
import { definitionOf, jobCancelled, type EventSource } from '../events/job-events';
import type { JobLog, JobMetrics } from '../telemetry/job-telemetry';

export interface IntakeOptions extends EventSource {
  readonly database: Database;
  readonly rows: JobRows;
  readonly inbox: InboxRows;
  readonly outbox: OutboxRows;
  /** Consumer group: under its name the inbox remembers. */
  readonly group: string;
  /** Attempts that a job gets. */
  readonly maxAttempts?: number;
  /** A job is there to be claimed. */
  readonly jobArrived: () => void;
  readonly outboxWritten: () => void;
  readonly log?: JobLog;
  readonly metrics?: JobMetrics;
}

/**
 * Handler of a stage's command topic: puts the job on record within milliseconds and returns. Throws PoisonMessage for what is no command of this
 * stage; an error of the database goes through, so that the bus brings the message again.
 */
export function commandIntake(options: IntakeOptions): (message: IncomingMessage) => Promise<void> {
  const { database, rows, inbox, outbox, group, maxAttempts = 5, now, producer, jobArrived, outboxWritten, log, metrics } = options;
  return async (message) => {
    const command = readCommand(message.value, options.stage);
    const taken = await database.transaction(async (transaction) => {
      const time = now();
      if (!(await inbox.remember(transaction, group, command.id, time))) return 'seen';
      const { jobId: id, runId, type, idempotencyKey } = command;
      const inserted = await rows.insert(transaction, { id, runId, type, idempotencyKey, command, maxAttempts, now: time });
      if (inserted === 'cancelled') {
        await outbox.add(transaction, producer, [jobCancelled(command, 'cancelled before the command came', options)], time);
      }
      return inserted;
    });
    log?.debug({ jobId: command.jobId, runId: command.runId, type: command.type, taken }, 'command taken');
    metrics?.messages.add({ topic: message.topic, outcome: taken === 'seen' || taken === 'duplicate' ? 'duplicate' : 'done' });
    if (taken === 'inserted') jobArrived();
    if (taken === 'cancelled') outboxWritten();
  };
}

function readCommand(text: string, stage: StageName): Envelope {
  const envelope = readMessage(text);
  const owner = definitionOf(envelope.type)?.stage;
  if (owner !== stage) {
    throw new PoisonMessage(
      owner === undefined
        ? `${envelope.type} is not a command`
        : `the command ${envelope.type} belongs to the stage ${owner}, not to ${stage}`,
    );
  }
  return envelope;
}

/** @throws PoisonMessage for what is not a message of this version */
export function readMessage(text: string): Envelope {
  try {
    return parseEnvelope(text);
  } catch (cause) {
    throw new PoisonMessage(errorShapeOf(cause).message, { cause });
  }
}
