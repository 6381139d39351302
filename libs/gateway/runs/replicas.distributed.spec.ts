import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { ulid, blobKey } from '@cfgen/contracts';
import { openDatabase, outboxRows, runEventRows, runRows, runStepRows, type Database } from '@cfgen/persistence';
import { createFolderStore } from '@cfgen/storage';
import { fixedRandom } from '../testing/fixed-random';
import { ScriptedStages, sha256Of, type Reply } from '../testing/scripted-stages';
import { RunEngine } from './run-engine';

const url = process.env['DATABASE_URL'];
if (url === undefined) throw new Error('DATABASE_URL is not set: start the servers with `npm run test:distributed`');

it('two gateways share runs on PostgreSQL: every event goes to both at once, and each command goes out once', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'cfgen-replicas-'));
  const schema = `gateway_replicas_${Date.now().toString(36)}`;
  const now = Date.now;
  const random = fixedRandom(3);
  const newId = (): string =>
    ulid(
      Date.now(),
      Uint8Array.from({ length: 10 }, () => Math.floor(random() * 256)),
    );
  const blobs = createFolderStore({ folder, now });
  const databases: Database[] = [];
  const engines: RunEngine[] = [];
  try {
    for (const producer of ['one', 'two']) {
      const database = await openDatabase({ location: { kind: 'postgres', url, schema }, content: 'gateway', now });
      databases.push(database);
      engines.push(new RunEngine({ database, blobs, now, newId, producer }));
    }
    const [database] = databases;
    const [first] = engines;
    if (database === undefined || first === undefined) throw new Error('nothing was opened');
    const stages = new ScriptedStages(blobs, newId);
    const model = { name: 'model', uri: blobKey(sha256Of('m')), sha256: sha256Of('m'), bytes: 1, mediaType: 'x/y', schema: '' };
    const facts = {
      ...{ name: 'synthetic', modelId: 'm', model, cells: 200, chunkCells: 10, where: {}, guidance: {}, seed: 1 },
      ...{ output: 'counts', latents: false, compression: 'gzip' },
    };
    const ids = [newId(), newId()];
    // Both begin both runs.
    await Promise.all(
      engines.flatMap((engine) => ids.map((id) => engine.start({ id, type: 'generate', hidden: false, request: {}, facts }))),
    );
    const pool: Reply[] = [];
    for (let round = 0; round < 2000; round++) {
      const messages = await database.transaction((t) => outboxRows.unsent(t, 'one', Number.MAX_SAFE_INTEGER, 100));
      for (const { value } of messages) pool.push(...(await stages.answer(value)));
      await database.transaction((t) =>
        outboxRows.sent(
          t,
          messages.map(({ sequence }) => sequence),
        ),
      );
      if (pool.length === 0) break;
      const some = pool.splice(0, 6);
      await Promise.all(some.flatMap(({ envelope }) => engines.map((engine) => engine.handle(envelope))));
      if (round % 10 === 0) await Promise.all(engines.map((engine) => engine.sweep()));
    }
    for (const id of ids) {
      expect(await database.transaction((t) => runRows.find(t, id))).toMatchObject({ state: 'succeeded', share: 1 });
      const steps = await database.transaction((t) => runStepRows.ofRun(t, id));
      expect(steps).toHaveLength(42);
      const events = await database.transaction((t) => runEventRows.after(t, id, 0, 10_000));
      expect(events.map(({ sequence }) => sequence)).toEqual(events.map((_, i) => i + 1));
      expect(events.filter(({ data }) => data['state'] === 'issued')).toHaveLength(42);
    }
    expect(stages.commands).toHaveLength(84);
  } finally {
    for (const database of databases) await database.close();
    await rm(folder, { recursive: true, force: true });
  }
});
