import { afterAll, afterEach, beforeAll, describe } from 'vitest';
import { openDatabase } from '../database/open-database';
import type { Database, DatabaseLocation } from '../port/database';
import { ownPostgres, type OwnPostgres } from '../testing/own-postgres';
import { describeClaimPlan } from './claim-plan-cases';
import { describeJobs } from './job-cases';
import { describeMessages } from './message-cases';
import { describeMigrations } from './migration-cases';
import { describeTransactions } from './transaction-cases';

describe('PostgreSQL', () => {
  const opened: Database[] = [];
  let server: OwnPostgres;
  let schemas = 0;
  const newLocation = (): DatabaseLocation => ({ kind: 'postgres', url: server.url, schema: `spec_${schemas++}` });
  const open = async (): Promise<Database> => {
    const database = await openDatabase({ location: newLocation(), content: 'stage', now: Date.now });
    opened.push(database);
    return database;
  };
  beforeAll(async () => {
    server = await ownPostgres();
  });
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((database) => database.close()));
  });
  afterAll(() => server.remove());

  describeTransactions(open);
  describeMessages(open);
  describeJobs(open);
  describeClaimPlan(open);
  describeMigrations(newLocation, Date.now);
});
