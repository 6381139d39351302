import { commandTopic, controlGroup, controlTopic, stageGroup } from '@cfgen/contracts';
import type { MessageBus, Subscription } from '@cfgen/messaging';
import { inboxRows, jobRows, outboxRows, type Database } from '@cfgen/persistence';
import type { ComputeHost } from '../compute/compute-host';
import type { EventSource } from '../events/job-events';
import { commandIntake } from '../intake/command-intake';
import { controlIntake } from '../intake/control-intake';
import { OutboxRelay, type RelayTuning } from '../outbox/outbox-relay';
import { JobRunner } from '../runner/job-runner';
import type { RunnerTuning } from '../runner/runner-options';
import type { JobLog, JobMetrics, JobTracing } from '../telemetry/job-telemetry';

export interface StageWorkerOptions extends EventSource {
  readonly database: Database;
  readonly bus: MessageBus;
  /** Started and closed by the caller: several workers in one process may share it. */
  readonly host: ComputeHost;
  /** Name of this worker in leases and events. */
  readonly worker: string;
  /** In [0, 1), for the jitter of pauses. */
  readonly random: () => number;
  readonly log?: JobLog;
  readonly metrics?: JobMetrics;
  readonly tracing?: JobTracing;
  /** Attempts that a job gets. */
  readonly maxAttempts?: number;
  readonly runner?: RunnerTuning;
  readonly relay?: RelayTuning;
}

export interface StopTimes {
  /** For running jobs, to commit a last checkpoint. */
  readonly graceMs: number;
  /** For the outbox, to be published; what is left is published by the next process. */
  readonly flushMs: number;
}

/** Everything that makes one process a worker of a stage. Bus and database stay the caller's. */
export interface StageWorker {
  readonly runner: JobRunner;
  readonly relay: OutboxRelay;
  /** @throws CfgenError what keeps the worker from working: bus, database, compute processes, outbox */
  check(): Promise<void>;
  /** Takes no further commands, gives running jobs back, publishes what is left to tell. */
  stop(times: StopTimes): Promise<void>;
}

/** Starts a worker: first what works off, then what takes in. */
export async function startStageWorker(options: StageWorkerOptions): Promise<StageWorker> {
  const { stage, database, bus, host, maxAttempts } = options;
  const relay = new OutboxRelay({ ...options, ...options.relay, outbox: outboxRows });
  const outboxWritten = (): void => relay.notify();
  const rows = { ...options, rows: jobRows, inbox: inboxRows, outbox: outboxRows, outboxWritten };
  const runner = new JobRunner({ ...rows, ...options.runner });
  relay.start();
  runner.start();
  const subscriptions: Subscription[] = [];
  const endCounts = countRows(options);
  const stop = async ({ graceMs, flushMs }: StopTimes): Promise<void> => {
    await Promise.all(subscriptions.map((subscription) => subscription.close()));
    endCounts();
    await runner.stop({ graceMs });
    await relay.flush(flushMs);
    await relay.close(flushMs);
  };
  try {
    const commands = commandIntake({
      ...rows,
      group: stageGroup(stage),
      jobArrived: () => runner.notify(),
      ...(maxAttempts === undefined ? {} : { maxAttempts }),
    });
    const control = controlIntake({ ...rows, group: controlGroup(stage), jobsCancelled: (ids) => runner.nudge(ids) });
    subscriptions.push(await bus.subscribe({ group: controlGroup(stage), topics: [controlTopic], handler: control }));
    subscriptions.push(await bus.subscribe({ group: stageGroup(stage), topics: [commandTopic(stage)], handler: commands }));
  } catch (error) {
    await stop({ graceMs: 0, flushMs: 0 });
    throw error;
  }
  let stopped: Promise<void> | null = null;
  return {
    runner,
    relay,
    async check() {
      await Promise.all([bus.check(), database.check()]);
      host.check();
      relay.check();
    },
    stop: (times) => (stopped ??= stop(times)),
  };
}

/** Jobs by state and unsent messages, read when somebody asks for the metrics. */
function countRows({ database, metrics }: StageWorkerOptions): () => void {
  const ends = [
    metrics?.jobs.collect(async () => {
      const counts = await database.transaction((transaction) => jobRows.counts(transaction));
      return Object.entries(counts).map(([state, value]) => ({ labels: { state }, value }));
    }),
    metrics?.outboxMessages.collect(async () => {
      const value = await database.transaction((transaction) => outboxRows.count(transaction));
      return [{ labels: {}, value }];
    }),
  ];
  return () => ends.forEach((end) => end?.());
}
