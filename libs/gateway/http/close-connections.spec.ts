import { connect, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { closeGateways, gatewayWith } from '../testing/http-client';
import { serveHttp } from './serve-http';

afterEach(closeGateways);

/** Seconds that a server takes to close while a client has a connection on which it has sent `text` and nothing more. */
async function secondsToClose(text: string, graceMs?: number): Promise<number> {
  const { gateway } = await gatewayWith();
  const server = await serveHttp(gateway, { host: '127.0.0.1', port: 0 }, graceMs);
  const socket = await connected(Number(new URL(server.url).port));
  if (text !== '') socket.write(text);
  await new Promise((resolve) => setTimeout(resolve, 100));
  const begun = performance.now();
  await server.close();
  return (performance.now() - begun) / 1000;
}

function connected(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => resolve(socket));
    socket.on('error', reject);
  });
}

describe('a server that closes', () => {
  it('does not wait for a connection on which nothing was asked', async () => {
    expect(await secondsToClose('')).toBeLessThan(3);
  });

  it('gives a request that is under way some time, and no more', async () => {
    const upload =
      'POST /v1/data-sets HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/octet-stream\r\ncontent-length: 9\r\n\r\nhalf';
    const seconds = await secondsToClose(upload, 500);
    expect(seconds).toBeGreaterThan(0.4);
    expect(seconds).toBeLessThan(5);
  });
});
