import { afterEach, describe, expect, it } from 'vitest';
import { openApiDocument, operationIds, operations } from '@cfgen/contracts';
import { ask, closeGateways, gatewayWith } from '../testing/http-client';
import { DataSetsController } from './controllers/data-sets.controller';
import { requireOneHandlerEach } from './gateway.module';

afterEach(closeGateways);

describe('the server', () => {
  it('answers every mistake as a problem, without its inside', async () => {
    const gateway = await gatewayWith();
    const json = { 'content-type': 'application/json' };
    expect(await ask(gateway, 'GET', '/nothing')).toMatchObject({ status: 404, json: { code: 'NOT_FOUND' } });
    const wrong = await ask(gateway, 'DELETE', '/v1/runs');
    expect([wrong.status, wrong.headers['allow']]).toEqual([405, 'POST, GET']);
    expect((await ask(gateway, 'POST', '/v1/runs', '{"type":', json)).status).toBe(400);
    expect((await ask(gateway, 'POST', '/v1/runs', '"x"', json)).status).toBe(400);
    expect((await ask(gateway, 'POST', '/v1/runs', 'x=1', { 'content-type': 'application/x-www-form-urlencoded' })).status).toBe(415);
    expect((await ask(gateway, 'POST', '/v1/runs', { type: 'train', dataSet: 'x'.repeat(2 ** 20) })).status).toBe(413);
    expect(await ask(gateway, 'GET', '/v1/runs?colour=red')).toMatchObject({ status: 400, json: { details: { field: 'query' } } });
    expect((await ask(gateway, 'GET', '/v1/runs/%E0%A4%A')).status).toBe(400);
    const unknown = await ask(gateway, 'POST', '/v1/runs', { type: 'dance' });
    expect(unknown.json).toMatchObject({ detail: expect.stringContaining('body.type') });
    await gateway.database.close();
    const broken = await ask(gateway, 'GET', '/v1/runs');
    expect(broken.status).toBeGreaterThanOrEqual(500);
    expect(broken.body).not.toMatch(/node_modules|\.ts|SELECT/);
  });

  it('takes the id of a request if it is fit for a log, and sends safe headers', async () => {
    const gateway = await gatewayWith();
    const named = await ask(gateway, 'GET', '/v1/system', undefined, { 'x-request-id': 'abc-1' });
    expect(named.headers).toMatchObject({ 'x-request-id': 'abc-1', 'x-content-type-options': 'nosniff', 'cache-control': 'no-store' });
    expect((await ask(gateway, 'GET', '/v1/system', undefined, { 'x-request-id': 'a b\u0007' })).headers['x-request-id']).not.toBe(
      'a b\u0007',
    );
  });

  it('measures requests by their declared route', async () => {
    const gateway = await gatewayWith();
    await ask(gateway, 'GET', '/v1/runs/01HZZZZZZZZZZZZZZZZZZZZZZZ');
    const { body } = await ask(gateway, 'GET', '/metrics');
    expect(body).toContain('method="GET",route="/v1/runs/:id",status="404"');
    expect(body).not.toContain('01HZZZZZZZZZZZZZZZZZZZZZZZ');
  });

  it('has one handler for each operation, and says so when one is missing', async () => {
    expect(() => requireOneHandlerEach([DataSetsController])).toThrow(/startRun/);
    expect(() => requireOneHandlerEach([DataSetsController, DataSetsController], [])).toThrow(/several: addDataSet/);
    const gateway = await gatewayWith();
    expect((await ask(gateway, 'GET', '/openapi.json')).json).toEqual(JSON.parse(JSON.stringify(openApiDocument('0.0.0'))));
    for (const id of operationIds) {
      const { method, path } = operations[id];
      const url = path.replace('{id}', '01HZZZZZZZZZZZZZZZZZZZZZZZ').replace(/\{\w+\}/, 'x');
      const { status, json } = await ask(gateway, method, url);
      expect([status, json?.detail?.startsWith('there is nothing at')]).not.toEqual([404, true]);
      expect(status).not.toBe(405);
    }
  });

  it('says that it is not ready while a port does not answer', async () => {
    const gateway = await gatewayWith();
    await gateway.bus.close();
    const ready = await gateway.app.inject({ method: 'GET', url: '/readyz' });
    expect([ready.statusCode, ready.json()]).toMatchObject([503, { status: 'unavailable', checks: { bus: { status: 'unavailable' } } }]);
    expect((await ask(gateway, 'GET', '/livez')).status).toBe(200);
  });
});
