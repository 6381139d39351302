import type { Logger } from '@cfgen/observability';
import { inboxRows, jobRows, type Database } from '@cfgen/persistence';

const everyMs = 3_600_000;

export interface Housekeeping {
  stop(): void;
}

/** Forgets, once an hour, what ended long ago: jobs with their checkpoints, cancellations, message ids. */
export function startHousekeeping({ database, keepMs, log }: { database: Database; keepMs: number; log: Logger }): Housekeeping {
  const tidy = async (): Promise<void> => {
    const before = Date.now() - keepMs;
    const jobs = await database.transaction((transaction) => jobRows.forget(transaction, before));
    const messages = await database.transaction((transaction) => inboxRows.forget(transaction, before));
    if (jobs + messages > 0) log.info({ jobs, messages }, 'forgot what ended long ago');
  };
  const timer = setInterval(() => {
    tidy().catch((error: unknown) => log.warn({ error }, 'housekeeping failed; the next try is in an hour'));
  }, everyMs);
  timer.unref();
  return { stop: () => clearInterval(timer) };
}
