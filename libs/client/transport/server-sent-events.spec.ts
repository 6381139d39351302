import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { serverSentEvents, type ServerSentEvent } from './server-sent-events';

async function read(pieces: readonly Uint8Array[]): Promise<ServerSentEvent[]> {
  const events: ServerSentEvent[] = [];
  for await (const event of serverSentEvents(streamOf(pieces))) events.push(event);
  return events;
}

async function* streamOf(pieces: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* pieces;
}

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

describe('server-sent events', () => {
  it('have a name, data of several lines and an id; comments and retry say nothing', async () => {
    const text = ': hello\nretry: 5\nid: 4\nevent: run\ndata: {"a":\ndata:1}\n\n:\n\ndata: x\n\n';
    expect(await read([bytes(text)])).toEqual([
      { event: 'run', data: '{"a":\n1}', id: '4' },
      { event: 'message', data: 'x' },
    ]);
  });

  it('without data are none, and one that is cut off is dropped', async () => {
    expect(await read([bytes('event: run\n\ndata: cut off\n')])).toEqual([]);
  });

  it('are the same however the bytes are cut and the lines end', async () => {
    const lines = ['event: run', 'data: Größe 🧬', 'id: 9', '', 'data: two', '', ''];
    const expected = [
      { event: 'run', data: 'Größe 🧬', id: '9' },
      { event: 'message', data: 'two' },
    ];
    await fc.assert(
      fc.asyncProperty(fc.constantFrom('\n', '\r\n', '\r'), fc.array(fc.nat(60), { maxLength: 8 }), async (newline, cuts) => {
        const all = bytes(lines.join(newline));
        const places = [0, ...cuts.filter((cut) => cut < all.length).toSorted((a, b) => a - b), all.length];
        expect(await read(places.slice(1).map((end, i) => all.slice(places[i], end)))).toEqual(expected);
      }),
    );
  });
});
