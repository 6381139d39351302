import { afterEach, describe, expect, it } from 'vitest';
import { ask, closeGateways, gatewayWith, until, type Response } from '../testing/http-client';

afterEach(closeGateways);

describe('dead letters', () => {
  it('are kept, shown, published again and deleted', async () => {
    const gateway = await gatewayWith();
    await gateway.bus.publish([{ topic: 'cfgen.flow.events.v1', key: 'k', value: 'not JSON', headers: { type: 'x' } }]);
    const list = async (): Promise<Response> => ask(gateway, 'GET', '/v1/dead-letters?topic=cfgen.flow.events.v1');
    const [letter] = (await until(list, ({ json }) => json.items.length === 1)).json.items;
    expect(letter).toMatchObject({
      topic: 'cfgen.flow.events.v1',
      value: 'not JSON',
      group: 'cfgen.gateway',
      truncated: false,
      replayedAt: null,
    });
    const url = `/v1/dead-letters/${String(letter.id)}`;
    expect((await ask(gateway, 'GET', url)).json).toEqual(letter);
    const replayed = await ask(gateway, 'POST', `${url}/replay`);
    expect(replayed.status).toBe(202);
    expect(replayed.json.replayedAt).not.toBeNull();
    // It still cannot be read, and so comes back as another letter.
    await until(list, ({ json }) => json.items.length === 2);
    expect((await ask(gateway, 'DELETE', url)).status).toBe(204);
    expect((await ask(gateway, 'GET', url)).status).toBe(404);
    expect((await ask(gateway, 'POST', `${url}/replay`)).status).toBe(404);
  });
});
