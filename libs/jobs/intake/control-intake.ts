import { cancelJobsSchema, cancelJobsType } from '@cfgen/contracts';
import { PoisonMessage, type IncomingMessage } from '@cfgen/messaging';
import { jobCancelled } from '../events/job-events';
import { readMessage, type IntakeOptions } from './command-intake';

export interface ControlOptions extends Omit<IntakeOptions, 'maxAttempts' | 'jobArrived'> {
  /** These jobs are to stop; those that run here can look at once. */
  readonly jobsCancelled: (jobIds: readonly string[]) => void;
}

/**
 * Handler of the control topic: notes cancellations. Waiting jobs end at once, and an event tells of each; running ones see their mark; a command
 * that comes later finds its cancellation. Every stage gets every message, so most of the jobs are unknown here.
 */
export function controlIntake(options: ControlOptions): (message: IncomingMessage) => Promise<void> {
  const { database, rows, inbox, outbox, group, now, producer, jobsCancelled, outboxWritten, log, metrics } = options;
  return async (message) => {
    const envelope = readMessage(message.value);
    if (envelope.type !== cancelJobsType) throw new PoisonMessage(`${envelope.type} is not a message of the control topic`);
    const { jobIds, reason } = cancelJobsSchema.parse(envelope.data);
    const ended = await database.transaction(async (transaction) => {
      const time = now();
      if (!(await inbox.remember(transaction, group, envelope.id, time))) return null;
      const waiting = await rows.cancel(transaction, jobIds, time);
      const events = waiting.map(({ command }) => jobCancelled(command, reason, options));
      if (events.length > 0) await outbox.add(transaction, producer, events, time);
      return waiting.length;
    });
    log?.info({ jobs: jobIds.length, endedAtOnce: ended, reason }, 'cancellations noted');
    metrics?.messages.add({ topic: message.topic, outcome: ended === null ? 'duplicate' : 'done' });
    if (ended !== null && ended > 0) outboxWritten();
    jobsCancelled(jobIds);
  };
}
