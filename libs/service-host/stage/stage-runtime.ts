import { randomBytes } from 'node:crypto';
import { ulid, type StageName } from '@cfgen/contracts';
import { startStageWorker, type ComputeHost } from '@cfgen/jobs';
import type { Logger, Metrics, Tracing } from '@cfgen/observability';
import { jobRows } from '@cfgen/persistence';
import type { Configuration } from '../configuration/configuration';
import type { Identity, Ports } from '../ports/ports';
import { startHousekeeping } from './housekeeping';

export interface StageRuntimeOptions {
  readonly stage: StageName;
  readonly identity: Identity;
  readonly configuration: Configuration;
  readonly ports: Ports;
  /** Shared by all stages of a process. */
  readonly host: ComputeHost;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly tracing: Tracing;
  /** This process alone works on these rows: what a dead one had under a lease is taken over at once. */
  readonly alone?: boolean;
}

/** A stage at work: it takes commands, runs jobs and tells of them. */
export interface StageRuntime {
  readonly stage: StageName;
  /** @throws CfgenError what keeps the stage from working */
  check(): Promise<void>;
  /** Stops intake, gives running jobs back with a last checkpoint, empties the outbox, within the time that the configuration gives. */
  stop(): Promise<void>;
}

/** Random numbers in [0, 1) for jitter; nothing that is computed depends on them. */
export function jitter(): number {
  return randomBytes(4).readUInt32LE() / 2 ** 32;
}

/** A new identifier. */
export function newId(): string {
  return ulid(Date.now(), randomBytes(10));
}

/** Opens the rows of a stage and sets it to work. */
export async function startStage(options: StageRuntimeOptions): Promise<StageRuntime> {
  const { stage, identity, configuration, ports, host, metrics, tracing } = options;
  const log = options.log.child({ stage });
  const database = await ports.openRows(stage);
  if (options.alone === true) {
    const jobs = await database.transaction((transaction) => jobRows.lapseAll(transaction, Date.now()));
    if (jobs > 0) log.info({ jobs }, 'jobs of the process before this one are taken over');
  }
  const worker = await startStageWorker({
    stage,
    database,
    host,
    bus: ports.bus,
    worker: identity.instance,
    producer: identity.instance,
    now: () => Date.now(),
    newId,
    random: jitter,
    log,
    metrics,
    tracing,
    maxAttempts: configuration.jobs.maxAttempts,
    runner: { leaseMs: configuration.jobs.leaseSeconds * 1000, renewEveryMs: configuration.jobs.renewSeconds * 1000 },
  });
  const housekeeping = startHousekeeping({ database, keepMs: configuration.jobs.keepDays * 86_400_000, log });
  log.info({}, `the stage ${stage} is at work`);
  return {
    stage,
    check: () => worker.check(),
    async stop() {
      const graceMs = configuration.jobs.stopSeconds * 1000;
      housekeeping.stop();
      await worker.stop({ graceMs, flushMs: Math.max(2000, graceMs / 2) });
      log.info({}, `the stage ${stage} has stopped`);
    },
  };
}
