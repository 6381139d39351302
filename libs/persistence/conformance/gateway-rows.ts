import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { BlobRef } from '@cfgen/contracts';
import { apiTokenRows, idempotencyRows } from '../gateway/access-rows';
import { dataSetRows } from '../gateway/data-set-rows';
import { deadLetterRows } from '../gateway/dead-letter-rows';
import type { DataSetRow, IdempotencyRow, RunRow, RunStepRow } from '../gateway/gateway-rows';
import { modelAliasRows, modelRows } from '../gateway/model-rows';
import { artifactRows, runEventRows, runRows, runStepRows } from '../gateway/run-rows';
import type { Database } from '../port/database';

const hash = (character: string): string => character.repeat(64);
const ref: BlobRef = {
  name: 'data',
  uri: `blobs/sha256/aa/${hash('a')}`,
  sha256: hash('a'),
  bytes: 5_000_000_000,
  mediaType: 'x/y',
  schema: '',
};

function dataSet(id: string, changes: Partial<DataSetRow> = {}): DataSetRow {
  return {
    ...{ id, kind: 'cells', state: 'validating', name: 'pbmc.h5ad', sha256: hash('a'), bytes: 5_000_000_000, cells: null, features: null },
    ...{ format: null, inspection: null, problems: [], error: null, createdAt: 1_800_000_000_000, deletedAt: null },
    ...changes,
  };
}

function run(id: string, changes: Partial<RunRow> = {}): RunRow {
  return {
    ...{ id, type: 'train', hidden: false, state: 'queued', request: { type: 'train' }, facts: { data: ref }, stages: [], share: 0.25 },
    ...{ shareAtStart: 0, weight: 100, error: null, problems: [], modelId: null, figures: { loss: null }, attempt: 1, sequence: 0 },
    ...{ createdAt: 1_800_000_000_000, startedAt: null, finishedAt: null },
    ...changes,
  };
}

function step(runId: string, key: string, changes: Partial<RunStepRow> = {}): RunStepRow {
  return {
    ...{
      runId,
      key,
      type: 'TrainFlow',
      jobId: `${runId}-${key}`,
      state: 'issued',
      weight: 1.5,
      inputs: [ref],
      result: null,
      checkpoint: [],
    },
    ...{ error: null, createdAt: 1, startedAt: null, finishedAt: null },
    ...changes,
  };
}

/** What the rows of the gateway promise on either database. */
export function describeGatewayRows(name: string, open: () => Promise<Database>): void {
  describe(`gateway rows on ${name}`, () => {
    let database: Database;
    beforeAll(async () => {
      database = await open();
    });
    afterAll(async () => {
      await database.close();
    });

    it('keep the same content once for each kind, until it is deleted', async () => {
      await database.transaction(async (t) => {
        expect((await dataSetRows.insert(t, dataSet('d1'))).id).toBe('d1');
        expect((await dataSetRows.insert(t, dataSet('d2'))).id).toBe('d1');
        expect((await dataSetRows.insert(t, dataSet('d3', { kind: 'split' }))).id).toBe('d3');
        await dataSetRows.update(t, 'd1', { deletedAt: 5 });
        expect(await dataSetRows.find(t, 'd1')).toBeNull();
        expect((await dataSetRows.insert(t, dataSet('d4'))).id).toBe('d4');
        expect(await dataSetRows.find(t, 'd4')).toEqual(dataSet('d4'));
        expect(await dataSetRows.contents(t)).toEqual([hash('a'), hash('a')]);
      });
    });

    it('leaf through lists newest first, and inserts in between move nothing', async () => {
      const insert = (id: string, createdAt: number, hidden = false): Promise<void> =>
        database.transaction((t) => runRows.insert(t, run(id, { createdAt, hidden, type: 'list' })));
      await insert('r1', 10);
      await insert('r3', 20);
      await insert('r2', 20);
      await insert('r4', 30);
      await insert('r5', 30, true);
      const first = await database.transaction((t) => runRows.list(t, { type: 'list' }, { limit: 2 }));
      expect(first.rows.map(({ id }) => id)).toEqual(['r4', 'r3']);
      await insert('r9', 40);
      const second = await database.transaction((t) => runRows.list(t, { type: 'list' }, { after: first.next ?? undefined, limit: 2 }));
      expect(second.rows.map(({ id }) => id)).toEqual(['r2', 'r1']);
      expect(second.next).toBeNull();
      expect((await database.transaction((t) => runRows.list(t, { type: 'list', state: 'failed' }, { limit: 2 }))).rows).toEqual([]);
    });

    it('give a run back as it was written, and keep the first of two with one id', async () => {
      await database.transaction(async (t) => {
        await runRows.insert(t, run('a1'));
        await runRows.insert(t, run('a1', { type: 'generate' }));
        expect(await runRows.find(t, 'a1')).toEqual(run('a1'));
        await runRows.update(t, 'a1', {
          state: 'failed',
          error: { code: 'INTERNAL', message: 'm', retryable: false, details: {} },
          share: 0.5,
        });
        expect(await runRows.lock(t, 'a1')).toMatchObject({ state: 'failed', share: 0.5, error: { code: 'INTERNAL' } });
        expect(await runRows.activeIds(t)).not.toContain('a1');
        expect((await runRows.counts(t)).get('failed')).toBe(1);
        expect(await runRows.unsuccessful(t)).toContainEqual({ id: 'a1', facts: { data: ref } });
        await runRows.update(t, 'a1', { state: 'succeeded' });
        expect((await runRows.unsuccessful(t)).map(({ id }) => id)).not.toContain('a1');
      });
    });

    it('let one change of a run after the other happen', async () => {
      await database.transaction((t) => runRows.insert(t, run('lock')));
      const add = (): Promise<void> =>
        database.transaction(async (t) => {
          const locked = await runRows.lock(t, 'lock');
          await runRows.update(t, 'lock', { sequence: (locked?.sequence ?? 0) + 1 });
        });
      await Promise.all(Array.from({ length: 8 }, add));
      expect((await database.transaction((t) => runRows.find(t, 'lock')))?.sequence).toBe(8);
    });

    it('keep steps, events and artifacts of a run', async () => {
      await database.transaction(async (t) => {
        const many = Array.from({ length: 120 }, (_, i) => step('s1', `sample/${i}`));
        await runStepRows.insert(t, many);
        await runStepRows.insert(t, [step('s1', 'sample/0', { state: 'failed' })]);
        const found = await runStepRows.ofRun(t, 's1');
        expect(found).toHaveLength(120);
        expect(found.every(({ state, weight }) => state === 'issued' && weight === 1.5)).toBe(true);
        await runStepRows.update(t, 's1', 'sample/7', { state: 'succeeded', result: { data: { chunk: 7 }, outputs: [ref] } });
        expect(await runStepRows.ofJob(t, 's1-sample/7')).toMatchObject({
          state: 'succeeded',
          inputs: [ref],
          result: { data: { chunk: 7 } },
        });
        expect((await runStepRows.whole(t, 's1')).every(({ inputs, checkpoint }) => inputs.length === 1 && checkpoint.length === 0)).toBe(
          true,
        );
        await runEventRows.append(
          t,
          [1, 2, 3].map((sequence) => ({ runId: 's1', sequence, kind: 'run', data: { sequence }, createdAt: 1 })),
        );
        expect((await runEventRows.after(t, 's1', 1, 10)).map(({ sequence }) => sequence)).toEqual([2, 3]);
        await artifactRows.insert(t, [{ runId: 's1', name: 'metrics.json', ref, createdAt: 1 }]);
        expect(await artifactRows.find(t, 's1', 'metrics.json')).toEqual({ runId: 's1', name: 'metrics.json', ref, createdAt: 1 });
        expect(await artifactRows.ofRuns(t, ['s1', 'none'])).toHaveLength(1);
      });
    });

    it('move aliases from one model to another', async () => {
      const model = {
        modelSha256: hash('c'),
        runId: 'r',
        dataSetId: 'd',
        ref,
        files: [{ name: 'model.json', ref }],
        cells: 1,
        features: 2,
      };
      await database.transaction(async (t) => {
        for (const id of ['m1', 'm2']) await modelRows.insert(t, { ...model, id, attributes: [], createdAt: 1, deletedAt: null });
        await modelAliasRows.set(t, { alias: 'production', modelId: 'm1', updatedAt: 1 });
        await modelAliasRows.set(t, { alias: 'production', modelId: 'm2', updatedAt: 2 });
        await modelAliasRows.set(t, { alias: 'staging', modelId: 'm2', updatedAt: 2 });
        expect(await modelAliasRows.find(t, 'production')).toEqual({ alias: 'production', modelId: 'm2', updatedAt: 2 });
        expect((await modelAliasRows.list(t, '', 1)).next).toBe('production');
        expect((await modelAliasRows.list(t, 'production', 5)).rows.map(({ alias }) => alias)).toEqual(['staging']);
        expect(await modelAliasRows.ofModels(t, ['m1', 'm2'])).toHaveLength(2);
        expect(await modelAliasRows.delete(t, 'staging')).toBe(true);
        expect(await modelAliasRows.delete(t, 'staging')).toBe(false);
        await modelRows.delete(t, 'm1', 9);
        expect((await modelRows.list(t, { limit: 10 })).rows.map(({ id }) => id)).toEqual(['m2']);
      });
    });

    it('hand a key of a request to one of many who ask at once, and to the next one when it has lapsed', async () => {
      const row: IdempotencyRow = {
        ...{ token: 't', key: 'k', requestHash: hash('d'), reservedId: 'one', response: null, createdAt: 1, expiresAt: 100 },
      };
      const reserve = (reservedId: string): Promise<IdempotencyRow> =>
        database.transaction((t) => idempotencyRows.reserve(t, { ...row, reservedId }, 50));
      const held = await Promise.all(['one', 'two', 'three'].map(reserve));
      expect(new Set(held.map(({ reservedId }) => reservedId)).size).toBe(1);
      await database.transaction(async (t) => {
        await idempotencyRows.update(t, row, { response: { status: 202, headers: {}, body: '{}' } });
        expect((await idempotencyRows.reserve(t, row, 60)).response).toEqual({ status: 202, headers: {}, body: '{}' });
        expect((await idempotencyRows.reserve(t, { ...row, reservedId: 'late', expiresAt: 300 }, 150)).reservedId).toBe('late');
      });
    });

    it('find a token by the hash of its secret', async () => {
      const token = {
        id: 'k1',
        name: 'ci',
        scope: 'write',
        hash: hash('e'),
        createdAt: 1,
        expiresAt: null,
        lastUsedAt: null,
        revokedAt: null,
      } as const;
      await database.transaction(async (t) => {
        await apiTokenRows.insert(t, token);
        await apiTokenRows.update(t, 'k1', { revokedAt: 7 });
        expect(await apiTokenRows.findByHash(t, hash('e'))).toEqual({ ...token, revokedAt: 7 });
        expect(await apiTokenRows.findByHash(t, hash('f'))).toBeNull();
        expect(await apiTokenRows.count(t)).toBe(1);
      });
    });

    it('keep the same dead letter once', async () => {
      const letter = {
        ...{ id: 'l1', fingerprint: 'f1', topic: 'a', partition: 3, offset: '99999999999', key: 'k', value: 'x\u0000y', truncated: false },
        ...{ headers: { type: 't' }, group: 'g', reason: 'no JSON', failedAt: 5, replayedAt: null, createdAt: 5 },
      };
      await database.transaction(async (t) => {
        await deadLetterRows.insert(t, { ...letter, value: 'xy' });
        await deadLetterRows.insert(t, { ...letter, id: 'l2', value: 'xy' });
        await deadLetterRows.replayed(t, 'l1', 8);
        expect((await deadLetterRows.list(t, { topic: 'a' }, { limit: 5 })).rows).toEqual([{ ...letter, value: 'xy', replayedAt: 8 }]);
        await deadLetterRows.delete(t, 'l1');
        expect(await deadLetterRows.find(t, 'l1')).toBeNull();
      });
    });
  });
}
