import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe } from 'vitest';
import { openDatabase } from '../database/open-database';
import type { Database, DatabaseLocation } from '../port/database';
import { describeClaimPlan } from './claim-plan-cases';
import { describeJobs } from './job-cases';
import { describeMessages } from './message-cases';
import { describeMigrations } from './migration-cases';
import { describeTransactions } from './transaction-cases';

describe('libsql', () => {
  const folder = mkdtempSync(join(tmpdir(), 'cfgen-libsql-'));
  const opened: Database[] = [];
  let files = 0;
  const newLocation = (): DatabaseLocation => ({ kind: 'libsql', file: join(folder, String(files++), 'rows.db') });
  const open = async (): Promise<Database> => {
    const database = await openDatabase({ location: newLocation(), content: 'stage', now: Date.now });
    opened.push(database);
    return database;
  };
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((database) => database.close()));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  describeTransactions(open);
  describeMessages(open);
  describeJobs(open);
  describeClaimPlan(open);
  describeMigrations(newLocation, Date.now);
});
