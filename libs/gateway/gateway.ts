import { deadLetterTopic, eventTopic, gatewayGroup, parseEnvelope, stageNames } from '@cfgen/contracts';
import { OutboxRelay } from '@cfgen/jobs';
import { PoisonMessage, type IncomingMessage, type Subscription } from '@cfgen/messaging';
import { createHealth, type Health } from '@cfgen/observability';
import { idempotencyRows, inboxRows, outboxRows } from '@cfgen/persistence';
import { Access } from './access/tokens';
import { ProgressBoard } from './events/progress-board';
import { RunChanges } from './events/run-changes';
import type { GatewayOptions } from './gateway-options';
import { storeDeadLetter } from './runs/dead-letters';
import { RunEngine } from './runs/run-engine';

/** A gateway at work, with or without its HTTP side. */
export interface Gateway {
  readonly options: GatewayOptions;
  readonly engine: RunEngine;
  readonly access: Access;
  readonly board: ProgressBoard;
  readonly changes: RunChanges;
  readonly health: Health;
  /** Wakes what publishes the outbox. */
  outboxWritten(): void;
  /** Aborted when streams of events are to end. */
  readonly stopping: AbortSignal;
  /** Ends open streams of events, so that the server that sends them can close. */
  endStreams(): void;
  /** Stops consuming, empties the outbox. The ports stay open: they belong to whoever opened them. */
  stop(): Promise<void>;
}

const defaultKeepMs = 30 * 86_400_000;

/** Sets the gateway to work: events, dead letters, progress, outbox, and a sweep of runs that a dead process left behind. */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const { database, blobs, bus, now, newId, random, instance, log, metrics } = options;
  const relay = new OutboxRelay({
    ...{ database, outbox: outboxRows, bus, producer: instance, now, random, log },
  });
  const changes = new RunChanges();
  const engine = new RunEngine({
    ...{ database, blobs, now, newId, producer: instance },
    onChange: (runId) => changes.notify(runId),
    onOutbox: () => relay.notify(),
  });
  const board = new ProgressBoard(database, now);
  const subscriptions: Subscription[] = [];
  subscriptions.push(
    await bus.subscribe({
      group: gatewayGroup,
      topics: stageNames.map(eventTopic),
      handler: (message) => engine.handle(readEvent(message)),
    }),
    await bus.subscribe({
      group: `${gatewayGroup}.dead-letters`,
      topics: [deadLetterTopic],
      handler: async (message) => {
        await storeDeadLetter(database, { now, newId }, message);
        metrics.deadLetters.add({});
      },
    }),
    await board.listen(bus),
  );
  relay.start();
  await engine.sweep().catch((error: unknown) => {
    log.warn({ error }, 'some runs could not be brought on; they are looked at again');
  });
  const uncount = watchRows(options);
  const stopSweeping = sweepNowAndThen(options, engine);
  const stopping = new AbortController();
  return {
    ...{ options, engine, board, changes },
    access: new Access({ database, now, newId }),
    health: options.health ?? healthOf(options, relay),
    outboxWritten: () => relay.notify(),
    stopping: stopping.signal,
    endStreams: () => stopping.abort(),
    async stop() {
      stopping.abort();
      stopSweeping();
      uncount();
      await Promise.all(subscriptions.map((subscription) => subscription.close()));
      await relay.flush(5000);
      await relay.close();
    },
  };
}

function readEvent(message: IncomingMessage): ReturnType<typeof parseEnvelope> {
  try {
    return parseEnvelope(message.value);
  } catch (cause) {
    throw new PoisonMessage(cause instanceof Error ? cause.message : String(cause), { cause });
  }
}

function healthOf({ database, blobs, bus, now }: GatewayOptions, relay: OutboxRelay): Health {
  const checks = {
    bus: () => bus.check(),
    store: () => blobs.check(),
    database: () => database.check(),
    outbox: async () => relay.check(),
  };
  return createHealth(checks, { timeoutMs: 5000, now });
}

function watchRows({ database, metrics }: GatewayOptions): () => void {
  return metrics.outboxMessages.collect(async () => {
    const value = await database.transaction((transaction) => outboxRows.count(transaction));
    return [{ labels: {}, value }];
  });
}

/** Runs that hang because a process died at the wrong moment, and rows that nobody needs any more. */
function sweepNowAndThen({ database, now, log, sweepMs = 30_000, keepMs = defaultKeepMs }: GatewayOptions, engine: RunEngine): () => void {
  let busy = false;
  const sweep = async (): Promise<void> => {
    await engine.sweep();
    await database.transaction(async (transaction) => {
      await inboxRows.forget(transaction, now() - keepMs);
      await idempotencyRows.forget(transaction, now());
    });
  };
  const timer = setInterval(() => {
    if (busy) return;
    busy = true;
    sweep()
      .catch((error: unknown) => log.warn({ error }, 'looking after the runs failed; it is tried again'))
      .finally(() => {
        busy = false;
      });
  }, sweepMs);
  timer.unref();
  return () => clearInterval(timer);
}
