import { get, type IncomingMessage } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { runEventSchemas, type Run } from '@cfgen/contracts';
import { ask, closeGateways, gatewayWith, until, uploaded } from '../testing/http-client';
import { serveHttp } from './serve-http';

afterEach(closeGateways);

interface ServerEvent {
  readonly id: string | null;
  readonly event: string;
  readonly data: ReturnType<typeof JSON.parse>;
}

/** Reads events until the stream ends, or `enough` says so. */
function watch(
  url: string,
  headers: Record<string, string> = {},
  enough: (text: string) => boolean = () => false,
): Promise<{ text: string; events: ServerEvent[] }> {
  return new Promise((resolve, reject) => {
    let text = '';
    const request = get(url, { headers }, (response: IncomingMessage) => {
      response.setEncoding('utf8');
      response.on('data', (part: string) => {
        text += part;
        if (enough(text)) request.destroy();
      });
      response.on('close', () => resolve({ text, events: eventsOf(text) }));
    });
    request.on('error', reject);
  });
}

function eventsOf(text: string): ServerEvent[] {
  return text.split('\n\n').flatMap((block) => {
    const field = (name: string): string | null => new RegExp(`^${name}: (.*)$`, 'm').exec(block)?.[1] ?? null;
    const event = field('event');
    return event === null ? [] : [{ id: field('id'), event, data: JSON.parse(field('data') ?? 'null') }];
  });
}

describe('events of a run', () => {
  it('come with every change, with progress in between, and end with the run', async () => {
    const gateway = await gatewayWith({ heartbeatMs: 200 });
    const dataSet = await uploaded(gateway);
    gateway.stages.script = ({ type }) => (type === 'TrainFlow' ? 'hold' : 'succeed');
    const { json } = await ask(gateway, 'POST', '/v1/runs', { type: 'train', dataSet: dataSet.id });
    const { id } = json as Run;
    const server = await serveHttp(gateway.gateway, { host: '127.0.0.1', port: 0 });
    const url = `${server.url}/v1/runs/${id}/events`;
    try {
      const watched = watch(url);
      const flow = await until(
        async () => gateway.stages.commands.find(({ type }) => type === 'TrainFlow'),
        (command) => command !== undefined,
      );
      await until(
        async () => (await ask(gateway, 'GET', `/v1/runs/${id}`)).json as Run,
        ({ stages }) => stages[3]?.jobs.running === 1,
      );
      const data = { stage: 'flow', done: 50, total: 100, unit: 'steps', attempt: 1, secondsLeft: 3 };
      const progress = { ...flow, id: gateway.gateway.options.newId(), type: 'JobProgressed', data, refs: [] };
      gateway.bus.publishLossy([{ topic: 'cfgen.jobs.progress.v1', key: flow?.jobId ?? '', value: JSON.stringify(progress) }]);
      await pause(600);
      const live = (await ask(gateway, 'GET', `/v1/runs/${id}`)).json as Run;
      expect(live.share).toBeCloseTo(0.54 + 0.225, 2);
      await gateway.release();
      const { text, events } = await watched;
      for (const { event, data: shown } of events) runEventSchemas[event as 'run' | 'progress'].parse(shown);
      expect(events.at(-1)).toMatchObject({ event: 'run', data: { state: 'succeeded' } });
      expect(events.find(({ event }) => event === 'progress')).toMatchObject({
        id: null,
        data: { command: 'TrainFlow', done: 50, unit: 'steps' },
      });
      expect(text).toContain(': still here');
      const ids = events.filter(({ event }) => event === 'run').map((event) => Number(event.id));
      expect(ids).toEqual([...ids].sort((a, b) => a - b));

      const late = await watch(url, { 'last-event-id': '1' });
      expect(late.events).toMatchObject([{ event: 'run', id: String(ids.at(-1)), data: { state: 'succeeded' } }]);
    } finally {
      await server.close();
    }
  });

  it('are not told again to one who has them, and stop with the server', async () => {
    const gateway = await gatewayWith({ heartbeatMs: 50 });
    const dataSet = await uploaded(gateway);
    gateway.stages.script = () => 'hold';
    const { json } = await ask(gateway, 'POST', '/v1/runs', { type: 'train', dataSet: dataSet.id });
    const { id } = json as Run;
    await until(
      async () => (await ask(gateway, 'GET', `/v1/runs/${id}`)).json as Run,
      ({ state, stages }) => state === 'running' && stages[1]?.jobs.running === 1,
    );
    const server = await serveHttp(gateway.gateway, { host: '127.0.0.1', port: 0 });
    const url = `${server.url}/v1/runs/${id}/events`;
    const first = await watch(url, {}, (text) => text.includes('event: run'));
    const again = watch(url, { 'last-event-id': first.events[0]?.id ?? '' });
    await pause(400);
    await server.close();
    const { text, events } = await again;
    expect(events).toEqual([]);
    expect(text).toContain(': still here');
    expect((await ask(gateway, 'GET', '/v1/runs/01HZZZZZZZZZZZZZZZZZZZZZZZ/events')).status).toBe(404);
  });
});
