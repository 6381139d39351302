import { inboxRows, jobRows, type Database } from '@cfgen/persistence';
import type { JobLog } from '../telemetry/job-telemetry';

export interface HousekeepingOptions {
  readonly database: Database;
  readonly now: () => number;
  readonly log?: JobLog;
  /** Age at which ended jobs and noted messages are forgotten: far beyond any redelivery. */
  readonly keepMs?: number;
  readonly everyMs?: number;
}

const hour = 3_600_000;

/** Forgets old rows, now and every hour. Returns what ends that. */
export function keepHouse({ database, now, log, keepMs = 30 * 24 * hour, everyMs = hour }: HousekeepingOptions): () => void {
  const clean = async (): Promise<void> => {
    try {
      const before = now() - keepMs;
      const [jobs, messages] = await database.transaction(async (transaction) => [
        await jobRows.forget(transaction, before),
        await inboxRows.forget(transaction, before),
      ]);
      if (jobs > 0 || messages > 0) log?.info({ jobs, messages }, 'old rows were forgotten');
    } catch (error) {
      log?.warn({ error }, 'old rows could not be forgotten; the next round tries again');
    }
  };
  void clean();
  const timer = setInterval(() => void clean(), everyMs);
  timer.unref();
  return () => clearInterval(timer);
}
