import requestQueue from 'kafkajs/src/network/requestQueue/index.js';
import { describe, expect, it } from 'vitest';
import './idle-timer';

/** The queue of a connection, as kafkajs makes it. */
interface Queue {
  readonly pending: unknown[];
  throttledUntil: number;
  throttleCheckTimeoutId: unknown;
  checkPendingRequests(): void;
  destroy(): void;
}

function newQueue(): Queue {
  const logger = { debug: () => undefined };
  return new (requestQueue as unknown as new (options: object) => Queue)({ requestTimeout: 1000, clientId: 'spec', broker: 'b:1', logger });
}

describe('a connection of kafkajs', () => {
  it('arms no timer while no request waits', () => {
    const queue = newQueue();
    queue.checkPendingRequests();
    expect(queue.throttleCheckTimeoutId).toBeNull();
  });

  it('sends a throttled request once the throttle ends', async () => {
    const queue = newQueue();
    let sent = 0;
    queue.throttledUntil = Date.now() + 50;
    queue.pending.push({ send: () => sent++, expectResponse: true });
    queue.checkPendingRequests();
    expect(sent).toBe(0);
    await new Promise((resolve) => setTimeout(resolve, 120));
    expect(sent).toBe(1);
    expect(queue.throttleCheckTimeoutId).toBeNull();
    queue.destroy();
  });
});
