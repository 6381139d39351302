import { In, Not } from 'typeorm';
import { dialectOf, managerOf } from '../database/transactions';
import type { Transaction } from '../port/database';
import { artifactEntity, runEntity, runEventEntity, runStepEntity } from './entities';
import type { ArtifactRow, RunEventRow, RunRow, RunRowState, RunStepRow } from './gateway-rows';
import { insertOrIgnore, pageOfRows, partial, type PageRequest, type RowPage } from './page';

const ends: readonly RunRowState[] = ['succeeded', 'failed', 'cancelled'];

/** Runs. Whoever changes one, or its steps, locks it first. */
export const runRows = {
  /** A run with this id that is there already stays as it is. */
  async insert(transaction: Transaction, row: RunRow): Promise<void> {
    await insertOrIgnore(managerOf(transaction), runEntity, [row]);
  },

  async find(transaction: Transaction, id: string): Promise<RunRow | null> {
    return managerOf(transaction).findOne(runEntity, { where: { id } });
  },

  /**
   * Reads a run and keeps others from changing it until the transaction ends. With libsql a transaction that writes is alone anyway.
   */
  async lock(transaction: Transaction, id: string): Promise<RunRow | null> {
    const manager = managerOf(transaction);
    const query = manager.createQueryBuilder(runEntity, 'run').where('run.id = :id', { id });
    if (dialectOf(transaction) === 'postgres') query.setLock('pessimistic_write');
    return query.getOne();
  },

  async update(transaction: Transaction, id: string, changes: Partial<Omit<RunRow, 'id'>>): Promise<void> {
    await managerOf(transaction).update(runEntity, { id }, partial<RunRow>(changes));
  },

  /** Runs that are listed, newest first. */
  async list(
    transaction: Transaction,
    filter: { readonly type?: string | undefined; readonly state?: RunRowState | undefined },
    page: PageRequest,
  ): Promise<RowPage<RunRow>> {
    return pageOfRows(managerOf(transaction), runEntity, { ...filter, hidden: false }, page);
  },

  /** Runs that have not ended, oldest first. */
  async active(transaction: Transaction): Promise<readonly RunRow[]> {
    return managerOf(transaction).find(runEntity, { where: { state: Not(In([...ends])) }, order: { createdAt: 'ASC', id: 'ASC' } });
  },

  async activeIds(transaction: Transaction): Promise<readonly string[]> {
    const rows = await managerOf(transaction).find(runEntity, {
      where: { state: Not(In([...ends])) },
      select: { id: true, createdAt: true },
      order: { createdAt: 'ASC', id: 'ASC' },
    });
    return rows.map(({ id }) => id);
  },

  /** Listed runs by state, for metrics. */
  async counts(transaction: Transaction): Promise<ReadonlyMap<string, number>> {
    const found = await managerOf(transaction)
      .createQueryBuilder(runEntity, 'run')
      .select('run.state', 'state')
      .addSelect('COUNT(*)', 'count')
      .where('run.hidden = :hidden', { hidden: false })
      .groupBy('run.state')
      .getRawMany<{ state: string; count: number | string }>();
    return new Map(found.map(({ state, count }) => [state, Number(count)]));
  },

  /** Runs that have not succeeded: they go on, or can be tried again, and need what they refer to. */
  async unsuccessful(transaction: Transaction): Promise<readonly Pick<RunRow, 'id' | 'facts'>[]> {
    return managerOf(transaction).find(runEntity, { where: { state: Not<RunRowState>('succeeded') }, select: { id: true, facts: true } });
  },
};

/** What an advance of a run looks at. */
export type StepSummaryRow = Omit<RunStepRow, 'inputs' | 'checkpoint'>;

const summaryColumns = {
  runId: true,
  key: true,
  type: true,
  jobId: true,
  state: true,
  weight: true,
  result: true,
  error: true,
  createdAt: true,
  startedAt: true,
  finishedAt: true,
} as const;

/** Steps of runs: one row a node that was commanded. */
export const runStepRows = {
  async insert(transaction: Transaction, rows: readonly RunStepRow[]): Promise<void> {
    for (let from = 0; from < rows.length; from += 50) {
      await insertOrIgnore(managerOf(transaction), runStepEntity, rows.slice(from, from + 50));
    }
  },

  /** The steps of a run, without what they were commanded and their checkpoints: a run may have thousands. */
  async ofRun(transaction: Transaction, runId: string): Promise<readonly StepSummaryRow[]> {
    return managerOf(transaction).find(runStepEntity, { where: { runId }, select: summaryColumns });
  },

  async ofJob(transaction: Transaction, jobId: string): Promise<RunStepRow | null> {
    return managerOf(transaction).findOne(runStepEntity, { where: { jobId } });
  },

  async update(transaction: Transaction, runId: string, key: string, changes: Partial<Omit<RunStepRow, 'runId' | 'key'>>): Promise<void> {
    await managerOf(transaction).update(runStepEntity, { runId, key }, partial<RunStepRow>(changes));
  },

  /** The steps of a run with everything they refer to. */
  async whole(transaction: Transaction, runId: string): Promise<readonly RunStepRow[]> {
    return managerOf(transaction).find(runStepEntity, { where: { runId } });
  },
};

/** What happened in runs, in order. */
export const runEventRows = {
  async append(transaction: Transaction, rows: readonly RunEventRow[]): Promise<void> {
    for (let from = 0; from < rows.length; from += 100) {
      await managerOf(transaction).insert(
        runEventEntity,
        rows.slice(from, from + 100).map((row) => partial<RunEventRow>(row)),
      );
    }
  },

  async after(transaction: Transaction, runId: string, sequence: number, limit: number): Promise<readonly RunEventRow[]> {
    return managerOf(transaction)
      .createQueryBuilder(runEventEntity, 'event')
      .where('event.runId = :runId AND event.sequence > :sequence', { runId, sequence })
      .orderBy('event.sequence', 'ASC')
      .limit(limit)
      .getMany();
  },
};

/** Files that runs hand out. */
export const artifactRows = {
  async insert(transaction: Transaction, rows: readonly ArtifactRow[]): Promise<void> {
    await insertOrIgnore(managerOf(transaction), artifactEntity, rows);
  },

  async ofRuns(transaction: Transaction, runIds: readonly string[]): Promise<readonly ArtifactRow[]> {
    if (runIds.length === 0) return [];
    return managerOf(transaction).find(artifactEntity, { where: { runId: In([...runIds]) }, order: { name: 'ASC' } });
  },

  async find(transaction: Transaction, runId: string, name: string): Promise<ArtifactRow | null> {
    return managerOf(transaction).findOne(artifactEntity, { where: { runId, name } });
  },

  async all(transaction: Transaction): Promise<readonly ArtifactRow[]> {
    return managerOf(transaction).find(artifactEntity);
  },
};
