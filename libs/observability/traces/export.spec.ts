import { execFile } from 'node:child_process';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { promisify } from 'node:util';
import { afterEach, describe, expect, it } from 'vitest';
import { createTracing } from './create-tracing';

const run = promisify(execFile);

describe('export of traces', () => {
  let server: Server | undefined;
  afterEach(() => {
    server?.close();
    server = undefined;
  });

  it('does nothing and loads nothing when it is off', async () => {
    const tracing = await createTracing({ service: 's', version: '1' });
    expect(tracing.enabled).toBe(false);
    expect(await tracing.span('a', { traceparent: 'x' }, async () => 7)).toBe(7);
    expect(await tracing.span('a', {}, async () => tracing.inject())).toBe('');
    await tracing.close();
    // In a process of its own: here others have loaded the SDK already.
    const script = `
      const { createTracing } = await import('./libs/observability/traces/create-tracing.ts');
      const { createRequire } = await import('node:module');
      const loaded = () => Object.keys(createRequire(process.cwd() + '/x.js').cache).some((file) => file.includes('@opentelemetry'));
      await createTracing({ service: 's', version: '1', exporterUrl: '' });
      const whenOff = loaded();
      await createTracing({ service: 's', version: '1', exporterUrl: 'http://127.0.0.1:9' });
      process.stdout.write(JSON.stringify({ whenOff, whenOn: loaded() }));`;
    const { stdout } = await run(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script]);
    expect(JSON.parse(stdout)).toEqual({ whenOff: false, whenOn: true });
  });

  it('sends its spans, and nothing else, to a collector over HTTP, and leaves the environment as it was', async () => {
    const received: { url: string; type: string; body: Buffer }[] = [];
    server = createServer((request, response) => {
      const pieces: Buffer[] = [];
      request.on('data', (piece: Buffer) => pieces.push(piece));
      request.on('end', () => {
        received.push({ url: request.url ?? '', type: request.headers['content-type'] ?? '', body: Buffer.concat(pieces) });
        response.writeHead(200).end();
      });
    }).listen(0, '127.0.0.1');
    await new Promise((resolve) => server!.once('listening', resolve));
    const before = { ...process.env };
    const { port } = server.address() as AddressInfo;
    const tracing = await createTracing({ service: 'flow-service', version: '1', exporterUrl: `http://127.0.0.1:${port}` });
    expect(process.env).toEqual(before);
    await tracing.span('a span to send', {}, async () => undefined);
    await tracing.close();
    expect(received.map(({ url, type }) => [url, type])).toEqual([['/v1/traces', 'application/x-protobuf']]);
    expect(received[0]!.body.includes('a span to send')).toBe(true);
    expect(received[0]!.body.includes('flow-service')).toBe(true);
  });

  it.each(['collector:4318', 'ftp://collector', 'nonsense'])('refuses the address %j', async (exporterUrl) => {
    await expect(createTracing({ service: 's', version: '1', exporterUrl })).rejects.toMatchObject({ code: 'CONFIGURATION_INVALID' });
  });

  it('lets a service work and stop when the collector is away', async () => {
    // In a process of its own: tracing is global, and this one has it already.
    const script = `
      const { createTracing } = await import('./libs/observability/traces/create-tracing.ts');
      const tracing = await createTracing({ service: 's', version: '1', exporterUrl: 'http://127.0.0.1:9' });
      const start = Date.now();
      const answer = await tracing.span('a', {}, async () => 'done');
      await tracing.close();
      process.stdout.write(JSON.stringify({ answer, ms: Date.now() - start }));`;
    const { stdout } = await run(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script]);
    const { answer, ms } = JSON.parse(stdout) as { answer: string; ms: number };
    expect(answer).toBe('done');
    expect(ms).toBeLessThan(5_000);
  });
});
