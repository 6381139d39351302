import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { cancelJobsType, encodeEnvelope, type Envelope } from '@cfgen/contracts';
import { PoisonMessage, type IncomingMessage } from '@cfgen/messaging';
import { inboxRows, jobRows, openDatabase, outboxRows, type Database } from '@cfgen/persistence';
import { fakeRef } from '../testing/scripted-compute';
import { newId, trainFlow } from '../testing/commands';
import { commandIntake } from './command-intake';
import { controlIntake } from './control-intake';

describe('intake', () => {
  let folder: string;
  let database: Database;
  let arrived: number;
  let cancelled: string[];
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'cfgen-intake-'));
    database = await openDatabase({ location: { kind: 'libsql', file: join(folder, 'stage.db') }, content: 'stage', now: Date.now });
    arrived = 0;
    cancelled = [];
  });
  afterEach(async () => {
    await database.close();
    await rm(folder, { recursive: true, force: true });
  });

  const shared = () => ({
    stage: 'flow' as const,
    producer: 'spec',
    now: Date.now,
    newId,
    database,
    rows: jobRows,
    inbox: inboxRows,
    outbox: outboxRows,
    outboxWritten: () => undefined,
  });
  const message = (value: string): IncomingMessage => ({ topic: 't', partition: 0, offset: '0', key: 'k', value, headers: {} });
  const take = (value: string) => commandIntake({ ...shared(), group: 'commands', jobArrived: () => arrived++ })(message(value));
  const control = (value: string) =>
    controlIntake({ ...shared(), group: 'control', jobsCancelled: (ids) => cancelled.push(...ids) })(message(value));
  const counts = () => database.transaction((transaction) => jobRows.counts(transaction));
  const unsent = () => database.transaction((transaction) => outboxRows.unsent(transaction, 'spec', 0, 100));

  it('makes one job of a command that comes again, as the same message or as another one with the same key', async () => {
    const command = trainFlow({ attempts: [] });
    await take(encodeEnvelope(command));
    await take(encodeEnvelope(command));
    await take(encodeEnvelope({ ...command, id: newId() }));
    await take(encodeEnvelope({ ...command, id: newId(), jobId: newId() }));
    expect(await counts()).toMatchObject({ queued: 1 });
    expect(arrived).toBe(1);
  });

  it.each([
    ['no JSON', () => 'no', 'not JSON'],
    ['a field of a wrong type', () => JSON.stringify({ ...trainFlow({ attempts: [] }), jobId: 7 }), 'jobId'],
    [
      'data that does not fit the command',
      () => JSON.stringify({ ...trainFlow({ attempts: [] }), data: { seed: -1 } }),
      'of type TrainFlow: data',
    ],
    ['a missing reference', () => JSON.stringify({ ...trainFlow({ attempts: [] }), refs: [] }), 'lacks the reference latents'],
    [
      'a command of another stage',
      () => encodeEnvelope(trainFlow({ attempts: [] }, { type: 'InspectCells', data: { fileName: 'a' }, refs: [fakeRef('data')] })),
      'belongs to the stage encoder-decoder',
    ],
    [
      'an event',
      () => encodeEnvelope(trainFlow({ attempts: [] }, { type: 'CheckpointCommitted', data: { step: 1 }, refs: [] })),
      'is not a command',
    ],
  ])('sends %s to the dead letters, with the reason, and puts nothing on record', async (_, text, reason) => {
    const refused = take(text());
    await expect(refused).rejects.toBeInstanceOf(PoisonMessage);
    await expect(refused).rejects.toThrow(reason);
    expect((await counts()).queued).toBe(0);
    expect(arrived).toBe(0);
  });

  it('lets an error of the database through, so that the message comes again', async () => {
    await database.close();
    const refused = take(encodeEnvelope(trainFlow({ attempts: [] })));
    await expect(refused).rejects.toMatchObject({ code: 'DATABASE_UNAVAILABLE' });
    await expect(refused).rejects.not.toBeInstanceOf(PoisonMessage);
  });

  it('tells of a waiting job that is cancelled once, however often the cancellation comes', async () => {
    const command = trainFlow({ attempts: [] });
    await take(encodeEnvelope(command));
    const cancel = trainFlow(
      { attempts: [] },
      { type: cancelJobsType, data: { jobIds: [command.jobId, newId()], reason: 'enough' }, refs: [] },
    );
    await control(encodeEnvelope(cancel));
    await control(encodeEnvelope(cancel));
    await control(encodeEnvelope({ ...cancel, id: newId() }));
    const events = (await unsent()).map(({ value }) => JSON.parse(value) as Envelope);
    expect(events).toMatchObject([{ type: 'JobCancelled', jobId: command.jobId, runId: command.runId, data: { reason: 'enough' } }]);
    expect(await counts()).toMatchObject({ queued: 0, cancelled: 1 });
    expect(cancelled).toContain(command.jobId);
  });

  it('refuses on the control topic what is no cancellation', async () => {
    await expect(control(encodeEnvelope(trainFlow({ attempts: [] })))).rejects.toThrow('TrainFlow is not a message of the control topic');
  });
});
