import { stageNames } from '@cfgen/contracts';
import { jobRows, openDatabase, outboxRows, type Database } from '@cfgen/persistence';
import { contentOf, rowOwners, rowsName } from '@cfgen/service-host';
import type { ServerAddresses } from '../stack/real-servers';

/** What is under way, in all schemas together. All zero when nothing is left over. */
export interface LeftOver {
  /** Jobs that are waiting or under a lease. */
  readonly unfinishedJobs: number;
  /** Messages that were written and not published. */
  readonly unsentMessages: number;
}

/** Looks into the rows of every service. */
export async function leftOver(servers: ServerAddresses): Promise<LeftOver> {
  let unfinishedJobs = 0;
  let unsentMessages = 0;
  for (const owner of rowOwners) {
    const database = await openDatabase({
      location: { kind: 'postgres', url: servers.databaseUrl, schema: rowsName(owner), poolSize: 2 },
      content: contentOf(owner),
      now: () => Date.now(),
    });
    try {
      if (stageNames.some((stage) => stage === owner)) unfinishedJobs += await unfinished(database);
      unsentMessages += await database.transaction((transaction) => outboxRows.count(transaction));
    } finally {
      await database.close();
    }
  }
  return { unfinishedJobs, unsentMessages };
}

async function unfinished(database: Database): Promise<number> {
  const { queued, running, retry_wait } = await database.transaction((transaction) => jobRows.counts(transaction));
  return queued + running + retry_wait;
}

/** Waits until nothing is left over: events of the last jobs may still be on their way when a run has ended. */
export async function nothingLeftOver(servers: ServerAddresses, timeoutMs = 60_000): Promise<LeftOver> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const left = await leftOver(servers);
    if (left.unfinishedJobs + left.unsentMessages === 0 || Date.now() > deadline) return left;
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}
