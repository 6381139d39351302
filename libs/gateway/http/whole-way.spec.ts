import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { modelDetailsSchema, runSchema, type Model, type Run } from '@cfgen/contracts';
import { ask, ended, uploaded } from '../testing/http-client';
import { openHttpGateway, type HttpGateway } from '../testing/http-gateway';

describe('the whole way over HTTP', () => {
  let gateway: HttpGateway;
  beforeAll(async () => {
    gateway = await openHttpGateway({ faults: true });
  });
  afterAll(() => gateway.close());

  it('goes from a file to a model to cells to a report', async () => {
    const dataSet = await uploaded(gateway);
    expect(dataSet).toMatchObject({ kind: 'cells', state: 'ready', name: 'pbmc.h5ad', cells: 3, features: 2, format: 'h5ad', bytes: 10 });

    const training = await ask(gateway, 'POST', '/v1/runs', { type: 'train', dataSet: dataSet.id, alias: 'production', seed: 4 });
    expect(training.status).toBe(202);
    expect(training.headers['location']).toBe(`/v1/runs/${(training.json as Run).id}`);
    expect(runSchema.parse(training.json)).toMatchObject({
      type: 'train',
      state: 'queued',
      attempt: 1,
      request: { seed: 4, preset: 'best' },
    });
    const model = await ended(gateway, (training.json as Run).id);
    expect(model).toMatchObject({ state: 'succeeded', share: 1, secondsLeft: 0 });
    expect(model.artifacts.map(({ name, mediaType }) => [name, mediaType])).toEqual([
      ['README.md', 'text/markdown; charset=utf-8'],
      ['model.json', 'application/json'],
    ]);

    const details = await ask(gateway, 'GET', '/v1/models/production');
    expect(modelDetailsSchema.parse(details.json)).toMatchObject({
      id: model.modelId,
      aliases: ['production'],
      runId: model.id,
      training: { provenance: { seed: 1 } },
    });
    expect(details.json.card).toMatch(/^# A model/);

    const asked = {
      type: 'generate',
      model: 'production',
      cells: 100,
      chunkCells: 10,
      where: { cell_type: ['B'] },
      guidance: { cell_type: 2 },
    };
    const generation = await ended(gateway, ((await ask(gateway, 'POST', '/v1/runs', asked)).json as Run).id);
    expect(generation).toMatchObject({ state: 'succeeded', artifacts: [{ name: 'synthetic.h5ad', mediaType: 'application/x-hdf5' }] });
    expect(generation.stages.find(({ name }) => name === 'SampleLatents')?.jobs).toMatchObject({ total: 10, succeeded: 10 });

    const file = await ask(gateway, 'GET', `/v1/runs/${generation.id}/artifacts/synthetic.h5ad`);
    expect(file.status).toBe(200);
    expect(createHash('sha256').update(file.body).digest('hex')).toBe(generation.artifacts[0]?.sha256);

    const comparison = { type: 'evaluate', real: dataSet.id, generated: [{ run: generation.id }], model: 'production' };
    const evaluation = await ended(gateway, ((await ask(gateway, 'POST', '/v1/runs', comparison)).json as Run).id);
    expect(evaluation).toMatchObject({ state: 'succeeded', figures: { rwd: 0.1, mmd: null } });
    const report = await ask(gateway, 'GET', `/v1/runs/${evaluation.id}/artifacts/report.html`);
    expect(report.headers).toMatchObject({ 'content-type': 'text/html; charset=utf-8' });
    expect(report.headers['content-security-policy']).toMatch(/^sandbox/);
  });

  it('lists runs newest first, by type and page by page, without those of data sets', async () => {
    const all = await ask(gateway, 'GET', '/v1/runs');
    expect((all.json.items as Run[]).map(({ type }) => type)).toEqual(['evaluate', 'generate', 'train']);
    expect(all.json.nextCursor).toBeNull();
    const first = await ask(gateway, 'GET', '/v1/runs?limit=2');
    const second = await ask(gateway, 'GET', `/v1/runs?limit=2&cursor=${String(first.json.nextCursor)}`);
    expect([...first.json.items, ...second.json.items].map(({ id }: Run) => id)).toEqual((all.json.items as Run[]).map(({ id }) => id));
    expect((await ask(gateway, 'GET', '/v1/runs?type=train&state=succeeded')).json.items).toHaveLength(1);
    expect((await ask(gateway, 'GET', '/v1/runs?state=failed')).json.items).toEqual([]);
    expect(await ask(gateway, 'GET', '/v1/runs?cursor=x')).toMatchObject({ status: 400, json: { details: { field: 'query.cursor' } } });
  });

  it('refuses what the model does not know, and names what it knows', async () => {
    const base = { type: 'generate', model: 'production', cells: 5 };
    const column = await ask(gateway, 'POST', '/v1/runs', { ...base, where: { tissue: ['skin'] } });
    expect(column).toMatchObject({ status: 422, json: { code: 'REQUEST_UNKNOWN_VALUE', hint: 'It knows: cell_type.' } });
    const value = await ask(gateway, 'POST', '/v1/runs', { ...base, where: { cell_type: ['X'] } });
    expect(value).toMatchObject({ status: 422, json: { hint: 'Values are: B, T.' } });
    expect(await ask(gateway, 'POST', '/v1/runs', { ...base, model: 'nobody' })).toMatchObject({
      status: 404,
      json: { code: 'MODEL_NOT_FOUND' },
    });
    expect(await ask(gateway, 'POST', '/v1/runs', { type: 'generate', model: 'production' })).toMatchObject({
      status: 400,
      json: { detail: 'body.cells: needed unless `like` is given' },
    });
    const setting = { type: 'train', dataSet: (await uploaded(gateway)).id, set: { 'autoencoder.latnt': 3 } };
    expect(await ask(gateway, 'POST', '/v1/runs', setting)).toMatchObject({ status: 400, json: { code: 'REQUEST_INVALID' } });
  });

  it('corrects and imputes cells with a model, and hands out the file', async () => {
    const dataSet = (await uploaded(gateway)).id;
    const base = { model: 'production', dataSet, guidance: { cell_type: 2 } };
    for (const [body, name] of [
      [{ ...base, type: 'correct', batch: 'cell_type', reference: 'T', means: true }, 'corrected.h5ad'],
      [{ ...base, type: 'impute', noise: 0.01 }, 'imputed.h5ad'],
    ] as const) {
      const posted = await ask(gateway, 'POST', '/v1/runs', body);
      expect(posted).toMatchObject({ status: 202, json: { request: { missing: 'refuse', part: 'test' } } });
      const run = await ended(gateway, (posted.json as Run).id);
      expect(run).toMatchObject({ state: 'succeeded', artifacts: [{ name }], figures: { cells: 100 } });
      expect((await ask(gateway, 'GET', `/v1/runs/${run.id}/artifacts/${name}`)).status).toBe(200);
    }
    for (const wrong of [{ batch: 'donor' }, { batch: 'cell_type', reference: 'X' }, { guidance: { donor: 1 } }]) {
      const refused = await ask(gateway, 'POST', '/v1/runs', { ...base, type: 'correct', ...wrong });
      expect(refused).toMatchObject({ status: 422, json: { code: 'REQUEST_UNKNOWN_VALUE' } });
    }
  });

  it('judges cells that were handed out as an archive of Zarr', async () => {
    const real = (await uploaded(gateway)).id;
    const asked = { type: 'generate', model: 'production', cells: 20, format: 'zarr' };
    const generation = await ended(gateway, ((await ask(gateway, 'POST', '/v1/runs', asked)).json as Run).id);
    expect(generation).toMatchObject({ state: 'succeeded', artifacts: [{ name: 'synthetic.zarr.zip' }] });
    const posted = await ask(gateway, 'POST', '/v1/runs', { type: 'evaluate', real, generated: [{ run: generation.id }] });
    expect(posted.status).toBe(202);
    expect(await ended(gateway, (posted.json as Run).id)).toMatchObject({ state: 'succeeded', figures: { rwd: 0.1 } });
  });

  it('keeps a model while an alias points at it, and moves aliases', async () => {
    const { json } = await ask(gateway, 'GET', '/v1/models');
    const [model] = json.items as Model[];
    const id = model?.id ?? '';
    expect(await ask(gateway, 'DELETE', `/v1/models/${id}`)).toMatchObject({ status: 409, json: { code: 'CONFLICT' } });
    expect(await ask(gateway, 'PUT', '/v1/models/aliases/staging', { modelId: id })).toMatchObject({
      status: 200,
      json: { alias: 'staging', modelId: id },
    });
    expect((await ask(gateway, 'GET', '/v1/models/aliases?limit=1')).json.items).toMatchObject([{ alias: 'production' }]);
    expect((await ask(gateway, 'DELETE', '/v1/models/aliases/staging')).status).toBe(204);
    expect((await ask(gateway, 'DELETE', '/v1/models/aliases/staging')).status).toBe(404);
    expect((await ask(gateway, 'PUT', '/v1/models/aliases/Loud', { modelId: id })).status).toBe(400);
    expect((await ask(gateway, 'PUT', '/v1/models/aliases/other', { modelId: '01HZZZZZZZZZZZZZZZZZZZZZZZ' })).status).toBe(404);
    expect((await ask(gateway, 'GET', `/v1/models/${id}/files/model.json`)).json).toMatchObject({ provenance: { seed: 1 } });
    expect((await ask(gateway, 'GET', `/v1/models/${id}/files/other.bin`)).status).toBe(404);
    expect((await ask(gateway, 'DELETE', '/v1/models/aliases/production')).status).toBe(204);
    expect((await ask(gateway, 'DELETE', `/v1/models/${id}`)).status).toBe(204);
    expect((await ask(gateway, 'GET', `/v1/models/${id}`)).status).toBe(404);
  });
});
