import { mkdir, writeFile } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import type { Run } from '@cfgen/contracts';
import { ask, bytes, closeGateways, ended, gatewayWith, uploaded } from '../testing/http-client';
import { serveHttp } from './serve-http';

afterEach(closeGateways);

describe('data sets', () => {
  it('know a content that was sent before', async () => {
    const gateway = await gatewayWith();
    const first = await uploaded(gateway);
    const again = await ask(gateway, 'POST', '/v1/data-sets?name=other.h5ad', Buffer.from('some cells'), bytes);
    expect(again).toMatchObject({ status: 200, json: { id: first.id, name: 'pbmc.h5ad' } });
    const split = await ask(gateway, 'POST', '/v1/data-sets?kind=split', Buffer.from('some cells'), bytes);
    expect(split).toMatchObject({ status: 201, json: { kind: 'split', state: 'ready', name: 'split.tsv' } });
    expect((await ask(gateway, 'GET', '/v1/data-sets?kind=split')).json.items).toHaveLength(1);
    expect((await ask(gateway, 'GET', '/v1/data-sets')).json.items).toHaveLength(2);
  });

  it('are imported from the places that are allowed', async () => {
    const gateway = await gatewayWith();
    await mkdir(join(gateway.folder, 'imports'), { recursive: true });
    await writeFile(join(gateway.folder, 'imports', 'atlas.h5ad'), 'cells of an atlas');
    const uri = `file://${join(gateway.folder, 'imports', 'atlas.h5ad')}`;
    expect(await ask(gateway, 'POST', '/v1/data-sets', { uri })).toMatchObject({ status: 201, json: { name: 'atlas.h5ad', bytes: 17 } });
    expect(await ask(gateway, 'POST', '/v1/data-sets', { uri: 'file:///etc/passwd' })).toMatchObject({ status: 403 });
  });

  it('are refused when they are empty, too large, of another type, or cannot be read', async () => {
    const gateway = await gatewayWith({ uploadBytes: 100, script: () => 'fail' });
    expect(await ask(gateway, 'POST', '/v1/data-sets', Buffer.alloc(0), bytes)).toMatchObject({
      status: 422,
      json: { code: 'INPUT_EMPTY' },
    });
    expect(await ask(gateway, 'POST', '/v1/data-sets', Buffer.alloc(101), bytes)).toMatchObject({
      status: 413,
      json: { code: 'TOO_LARGE' },
    });
    expect((await ask(gateway, 'POST', '/v1/data-sets', 'x', { 'content-type': 'text/csv' })).status).toBe(415);
    expect((await ask(gateway, 'POST', '/v1/data-sets?name=../x', Buffer.from('x'), bytes)).status).toBe(400);
    const refused = await uploaded(gateway);
    expect(refused).toMatchObject({ state: 'refused', error: { code: 'TRAINING_DIVERGED' } });
    const run = await ask(gateway, 'POST', '/v1/runs', { type: 'train', dataSet: refused.id });
    expect(run).toMatchObject({ status: 409, json: { code: 'CONFLICT', details: { state: 'refused' } } });
    gateway.stages.script = () => 'succeed';
    expect(await uploaded(gateway)).toMatchObject({ id: refused.id, state: 'ready', error: null });
  });

  it('are kept while a run uses them, then go', async () => {
    const gateway = await gatewayWith();
    const dataSet = await uploaded(gateway);
    gateway.stages.script = () => 'hold';
    const { json } = await ask(gateway, 'POST', '/v1/runs', { type: 'train', dataSet: dataSet.id });
    const used = await ask(gateway, 'DELETE', `/v1/data-sets/${dataSet.id}`);
    expect(used).toMatchObject({ status: 409, json: { details: { runId: (json as Run).id } } });
    await ask(gateway, 'POST', `/v1/runs/${(json as Run).id}/cancel`);
    await ended(gateway, (json as Run).id);
    expect((await ask(gateway, 'DELETE', `/v1/data-sets/${dataSet.id}`)).status).toBe(204);
    expect((await ask(gateway, 'GET', `/v1/data-sets/${dataSet.id}`)).status).toBe(404);
    expect((await ask(gateway, 'POST', '/v1/runs', { type: 'train', dataSet: dataSet.id })).status).toBe(404);
  });

  it('tell their columns, so that a run with a wrong label is refused at once', async () => {
    const gateway = await gatewayWith();
    const { id, inspection } = await uploaded(gateway);
    expect(inspection).toMatchObject({ path: 'pbmc.h5ad', cells: 3 });
    const train = (labels: readonly string[]): ReturnType<typeof ask> =>
      ask(gateway, 'POST', '/v1/runs', { type: 'train', dataSet: id, labels });
    expect(await train(['cell_typ'])).toMatchObject({
      status: 422,
      json: { code: 'LABEL_MISSING', hint: 'Columns are: cell_type, barcode.', details: { label: 'cell_typ' } },
    });
    expect(await train(['barcode'])).toMatchObject({ status: 422, json: { code: 'LABEL_UNUSABLE' } });
    expect(await train(['cell_type', 'cell_type'])).toMatchObject({ status: 400 });
    expect((await train(['cell_type'])).status).toBe(202);
  });

  it('come back whole or in parts', async () => {
    const gateway = await gatewayWith();
    const dataSet = await uploaded(gateway, '0123456789', 'größe "1".h5ad');
    const url = `/v1/data-sets/${dataSet.id}/content`;
    const whole = await ask(gateway, 'GET', url);
    expect(whole).toMatchObject({ status: 200, body: '0123456789' });
    expect(whole.headers).toMatchObject({
      etag: `"${dataSet.sha256}"`,
      'accept-ranges': 'bytes',
      'content-length': '10',
      'content-disposition': `attachment; filename="gr__e _1_.h5ad"; filename*=UTF-8''gr%C3%B6%C3%9Fe%20%221%22.h5ad`,
    });
    for (const [range, body, said] of [
      ['bytes=2-4', '234', 'bytes 2-4/10'],
      ['bytes=7-', '789', 'bytes 7-9/10'],
      ['bytes=-2', '89', 'bytes 8-9/10'],
      ['bytes=0-99', '0123456789', 'bytes 0-9/10'],
    ] as const) {
      const part = await ask(gateway, 'GET', url, undefined, { range });
      expect([part.status, part.body, part.headers['content-range']]).toEqual([206, body, said]);
    }
    const outside = await ask(gateway, 'GET', url, undefined, { range: 'bytes=10-' });
    expect([outside.status, outside.headers['content-range']]).toEqual([416, 'bytes */10']);
    expect((await ask(gateway, 'GET', url, undefined, { range: 'bytes=2-4', 'if-range': '"another"' })).status).toBe(200);
    expect((await ask(gateway, 'GET', url, undefined, { range: 'lines=2-4' })).status).toBe(200);
  });

  it('leave nothing behind when the upload is broken off', async () => {
    const gateway = await gatewayWith();
    const server = await serveHttp(gateway.gateway, { host: '127.0.0.1', port: 0 });
    try {
      const upload = httpRequest(`${server.url}/v1/data-sets`, { method: 'POST', headers: { ...bytes, 'content-length': '1000000' } });
      upload.on('error', () => undefined);
      upload.write(Buffer.alloc(200_000));
      await pause(200);
      upload.destroy();
      await pause(300);
      expect((await ask(gateway, 'GET', '/v1/data-sets')).json.items).toEqual([]);
      const kept = [];
      for await (const blob of gateway.blobs.list()) kept.push(blob);
      expect(kept).toEqual([]);
    } finally {
      await server.close();
    }
  });
});
