import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import {
  cancelJobsType,
  commandTopic,
  controlGroup,
  controlTopic,
  encodeEnvelope,
  eventTopic,
  gatewayGroup,
  parseEnvelope,
  progressTopic,
  stageNames,
  topicDefinitions,
  type Envelope,
} from '@cfgen/contracts';
import { createInProcessBus, type MessageBus } from '@cfgen/messaging';
import { jobRows, openDatabase, type Database, type DatabaseLocation, type JobRow } from '@cfgen/persistence';
import { ComputeHost, type ComputeHostOptions } from '../compute/compute-host';
import type { OutboxRelay } from '../outbox/outbox-relay';
import type { JobRunner } from '../runner/job-runner';
import type { RunnerTuning } from '../runner/runner-options';
import { startStageWorker } from '../worker/stage-worker';
import { computeEntryIn, newId, trainFlow } from './commands';
import { attemptNotes, type AttemptNote } from './scripted-compute';

/** Jitter does not matter here; a test must repeat. */
const random = (): number => 0.5;
const stage = 'flow';

export interface Worker {
  readonly name: string;
  readonly host: ComputeHost;
  readonly runner: JobRunner;
  readonly relay: OutboxRelay;
  readonly database: Database;
  /** What the metrics were told. */
  readonly told: string[];
  stop(graceMs?: number): Promise<void>;
}

export interface WorkerOptions {
  readonly runner?: RunnerTuning;
  readonly host?: Partial<ComputeHostOptions>;
  readonly maxAttempts?: number;
  /** What the worker sees of the database: for specs in which it goes away. */
  readonly through?: (database: Database) => Database;
}

/** A stage in small: one database, one bus, and any number of workers on them, in this process; computing is in processes of its own. */
export interface JobBench {
  readonly folder: string;
  readonly bus: MessageBus;
  readonly database: Database;
  /** Events in the order they came, first copies only. */
  readonly events: Envelope[];
  readonly progress: Envelope[];
  addWorker(name: string, options?: WorkerOptions): Promise<Worker>;
  send(...commands: Envelope[]): Promise<void>;
  cancel(jobIds: readonly string[], reason?: string): Promise<void>;
  job(id: string): Promise<JobRow | null>;
  notes(jobId?: string): AttemptNote[];
  eventsOf(jobId: string): string[];
  close(): Promise<void>;
}

export async function openJobBench(locate: (folder: string) => DatabaseLocation): Promise<JobBench> {
  const folder = await mkdtemp(join(tmpdir(), 'cfgen-jobs-'));
  const location = locate(folder);
  const open = (): Promise<Database> => openDatabase({ location, content: 'stage', now: Date.now });
  const database = await open();
  const faults = { duplicates: true, reorderAcrossKeys: true, random: repeatable(7) };
  const bus = createInProcessBus({ topics: topicDefinitions, now: Date.now, faults });
  const events: Envelope[] = [];
  const progress: Envelope[] = [];
  const workers: Worker[] = [];
  await bus.subscribe({
    group: gatewayGroup,
    topics: [eventTopic(stage)],
    handler: async ({ value }) => {
      const envelope = parseEnvelope(value);
      if (!events.some(({ id }) => id === envelope.id)) events.push(envelope);
    },
  });
  // A publish waits until every stage has its cancellations; the others have no job to cancel.
  for (const other of stageNames.filter((name) => name !== stage)) {
    await bus.subscribe({ group: controlGroup(other), topics: [controlTopic], handler: () => Promise.resolve() });
  }
  await bus.listen([progressTopic], ({ value }) => progress.push(parseEnvelope(value)));

  return {
    folder,
    bus,
    database,
    events,
    progress,
    async addWorker(name, options = {}) {
      const worker = await openWorker(name, await open(), bus, folder, options);
      workers.push(worker);
      return worker;
    },
    send: (...commands) =>
      bus.publish(commands.map((command) => ({ topic: commandTopic(stage), key: command.jobId, value: encodeEnvelope(command) }))),
    cancel: (jobIds, reason = 'no longer wanted') => {
      const envelope = trainFlow({ attempts: [] }, { type: cancelJobsType, data: { jobIds: [...jobIds], reason }, refs: [] });
      return bus.publish([{ topic: controlTopic, key: envelope.runId, value: encodeEnvelope(envelope) }]);
    },
    job: (id) => database.transaction((transaction) => jobRows.find(transaction, id)),
    notes: (jobId) => attemptNotes(folder).filter((note) => jobId === undefined || note.jobId === jobId),
    eventsOf: (jobId) => events.filter((event) => event.jobId === jobId).map(({ type }) => type),
    async close() {
      await Promise.all(workers.map((worker) => worker.stop(0)));
      await bus.close();
      await database.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function openWorker(name: string, database: Database, bus: MessageBus, folder: string, options: WorkerOptions): Promise<Worker> {
  const told: string[] = [];
  const host = new ComputeHost({ size: 1, ...(await computeEntryIn(folder)), configuration: { folder }, ...options.host });
  await host.start();
  const worker = await startStageWorker({
    stage,
    producer: `spec/${name}`,
    worker: name,
    now: Date.now,
    newId,
    random,
    database: options.through?.(database) ?? database,
    bus,
    host,
    metrics: {
      jobDuration: { observe: ({ type, outcome }) => told.push(`ended ${type} ${outcome}`) },
      jobQueue: { observe: ({ type }) => told.push(`started ${type}`) },
      leaseLosses: { add: () => told.push('lease lost') },
      cells: { add: ({ step }, cells) => told.push(`${cells} cells of ${step}`) },
      cellsPerSecond: { set: () => undefined },
      messages: { add: ({ outcome }) => told.push(`message ${outcome}`) },
      jobs: { collect: () => () => undefined },
      outboxMessages: { collect: () => () => undefined },
    },
    ...(options.maxAttempts === undefined ? {} : { maxAttempts: options.maxAttempts }),
    runner: {
      watchEveryMs: 50,
      renewEveryMs: 200,
      leaseMs: 2000,
      pollMs: 200,
      progressEveryMs: 100,
      retry: { firstMs: 20, mostMs: 100 },
      ...options.runner,
    },
    relay: { pollMs: 100 },
  });
  let stopped: Promise<void> | null = null;
  const stop = async (graceMs: number): Promise<void> => {
    await worker.stop({ graceMs, flushMs: 1000 });
    await host.close();
    await database.close();
  };
  const { runner, relay } = worker;
  return { name, host, runner, relay, database, told, stop: (graceMs = 2000) => (stopped ??= stop(graceMs)) };
}

/** The generator of Numerical Recipes: a test must repeat. */
export function repeatable(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Waits until something holds, and fails saying what did not. */
export async function until(what: string, holds: () => boolean | Promise<boolean>, withinMs = 20_000): Promise<void> {
  const end = Date.now() + withinMs;
  while (!(await holds())) {
    if (Date.now() > end) throw new Error(`still not so after ${withinMs} ms: ${what}`);
    await pause(20);
  }
}

/** Whether a process computes on. One that has ended but was not yet collected by its parent does not. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return !/^\d+ \(.*\) [ZX]/.test(stat);
  } catch (error) {
    // Systems without /proc.
    return error instanceof Error && 'code' in error && error.code === 'ENOENT' && process.platform !== 'linux';
  }
}

export function schemaName(): string {
  return `jobs_${randomUUID().slice(0, 8)}`;
}
