import { afterEach, describe, expect, it } from 'vitest';
import type { Run } from '@cfgen/contracts';
import { idempotencyRows } from '@cfgen/persistence';
import { ask, closeGateways, ended, gatewayWith, trained, uploaded } from '../testing/http-client';

afterEach(closeGateways);

describe('runs', () => {
  it('fail with the error of their job, and go on after a retry', async () => {
    const gateway = await gatewayWith({ script: ({ type }) => (type === 'TrainFlow' ? 'fail' : 'succeed') });
    const failed = await trained(gateway);
    expect(failed).toMatchObject({ state: 'failed', error: { code: 'TRAINING_DIVERGED' }, modelId: null });
    expect((await ask(gateway, 'GET', `/v1/runs/${failed.id}/artifacts/model.json`)).status).toBe(404);
    expect(await ask(gateway, 'POST', `/v1/runs/${failed.id}/cancel`)).toMatchObject({ status: 409 });
    gateway.stages.script = () => 'succeed';
    const retried = await ask(gateway, 'POST', `/v1/runs/${failed.id}/retry`);
    expect(retried).toMatchObject({ status: 202, json: { attempt: 2, error: null } });
    expect((await ended(gateway, failed.id)).state).toBe('succeeded');
    expect(await ask(gateway, 'POST', `/v1/runs/${failed.id}/retry`)).toMatchObject({ status: 409 });
    expect(gateway.stages.commands.filter(({ type }) => type === 'TrainAutoencoder')).toHaveLength(1);
  });

  it('are cancelled, and say what they do not have yet', async () => {
    const gateway = await gatewayWith();
    const dataSet = await uploaded(gateway);
    gateway.stages.script = () => 'hold';
    const { json } = await ask(gateway, 'POST', '/v1/runs', { type: 'train', dataSet: dataSet.id });
    const { id } = json as Run;
    expect(await ask(gateway, 'GET', `/v1/runs/${id}/artifacts/model.json`)).toMatchObject({ status: 409, json: { retryable: true } });
    expect((await ask(gateway, 'POST', `/v1/runs/${id}/cancel`)).status).toBe(202);
    expect((await ended(gateway, id)).state).toBe('cancelled');
    expect(await ask(gateway, 'POST', `/v1/runs/${id}/cancel`)).toMatchObject({ status: 202, json: { state: 'cancelled' } });
    expect((await ask(gateway, 'GET', '/v1/runs/01HZZZZZZZZZZZZZZZZZZZZZZZ')).status).toBe(404);
    expect((await ask(gateway, 'GET', '/v1/runs/none')).status).toBe(400);
  });

  it('are one run when they are asked for twice under one key, and another body is refused', async () => {
    const gateway = await gatewayWith();
    const dataSet = await uploaded(gateway);
    const body = { type: 'train', dataSet: dataSet.id };
    const key = { 'idempotency-key': 'monday' };
    const first = await ask(gateway, 'POST', '/v1/runs', body, key);
    const second = await ask(gateway, 'POST', '/v1/runs', body, key);
    expect(second.json).toEqual(first.json);
    expect(second.headers).toMatchObject({ 'idempotency-replayed': 'true', location: first.headers['location'] });
    expect((await ask(gateway, 'GET', '/v1/runs')).json.items).toHaveLength(1);
    expect(await ask(gateway, 'POST', '/v1/runs', { ...body, seed: 9 }, key)).toMatchObject({ status: 409, json: { code: 'CONFLICT' } });
    expect((await ask(gateway, 'POST', '/v1/runs', body, { 'idempotency-key': 'with space' })).status).toBe(400);
    const bad = { 'idempotency-key': 'tuesday' };
    expect((await ask(gateway, 'POST', '/v1/runs', { type: 'generate', model: 'none', cells: 1 }, bad)).status).toBe(404);
    await ended(gateway, (first.json as Run).id);
    await ask(gateway, 'PUT', '/v1/models/aliases/none', { modelId: (await ask(gateway, 'GET', '/v1/models')).json.items[0].id });
    expect((await ask(gateway, 'POST', '/v1/runs', { type: 'generate', model: 'none', cells: 1 }, bad)).status).toBe(202);
  });

  it('are begun once when the same request comes many times at once', async () => {
    const gateway = await gatewayWith();
    const dataSet = await uploaded(gateway);
    const body = { type: 'train', dataSet: dataSet.id };
    const all = await Promise.all(Array.from({ length: 5 }, () => ask(gateway, 'POST', '/v1/runs', body, { 'idempotency-key': 'k' })));
    expect(all.every(({ status }) => status === 202 || status === 409)).toBe(true);
    expect((await ask(gateway, 'GET', '/v1/runs')).json.items).toHaveLength(1);
  });

  it('are begun under the same id by whoever takes over from a process that died while it began one', async () => {
    let time = Date.now();
    const gateway = await gatewayWith({ now: () => time });
    const dataSet = await uploaded(gateway);
    const body = { type: 'train', dataSet: dataSet.id };
    const key = { 'idempotency-key': 'dead' };
    const first = await ask(gateway, 'POST', '/v1/runs', body, key);
    // As the process that died left it: begun, and not answered.
    const id = { token: 'anonymous', key: 'dead' };
    await gateway.database.transaction((transaction) => idempotencyRows.update(transaction, id, { response: null }));
    expect(await ask(gateway, 'POST', '/v1/runs', body, key)).toMatchObject({ status: 409, json: { retryable: true } });
    time += 31_000;
    const second = await ask(gateway, 'POST', '/v1/runs', body, key);
    expect(second).toMatchObject({ status: 202, json: { id: (first.json as Run).id } });
    expect((await ask(gateway, 'GET', '/v1/runs')).json.items).toHaveLength(1);
  });

  it('hand out their files by URL only where the store can', async () => {
    const gateway = await gatewayWith();
    const { id } = await trained(gateway);
    const file = await ask(gateway, 'GET', `/v1/runs/${id}/artifacts/README.md?presigned=true`);
    expect(file.body).toMatch(/^# A model/);
    expect((await ask(gateway, 'GET', `/v1/runs/${id}/artifacts/README.md?presigned=yes`)).status).toBe(400);
  });
});
