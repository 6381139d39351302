// The platform, measured on real servers and in one process: how fast messages become jobs, how soon a job begins on an idle system, and how
// long 200,000 cells take with one and with two workers of each stage.
//
//   npm run build && npx tsx tools/benchmarks/platform.ts [--cells 200000] [--messages 5000] [--repeats 15] [--out docs/platform-benchmarks.md]
//
// Times are worth comparing within one run only: other work on the machine moves all of them together.
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { blobKey, commandTopic, stageGroup, topicDefinitions, ulid, type Envelope } from '@cfgen/contracts';
import type { Client } from '@cfgen/client';
import { commandIntake } from '@cfgen/jobs';
import { createInProcessBus, createKafkaBus, createTopics, type MessageBus } from '@cfgen/messaging';
import { inboxRows, jobRows, openDatabase, outboxRows, type Database } from '@cfgen/persistence';
import { startServers } from '../stack/real-servers';
import { startEmbedded } from '../platform/embedded';
import { startPlatform, type Platform } from '../platform/platform';
import { quickTraining, runToEnd, uploadSample } from '../platform/scenario';

const { values: options } = parseArgs({
  options: {
    cells: { type: 'string', default: '200000' },
    messages: { type: 'string', default: '5000' },
    repeats: { type: 'string', default: '15' },
    out: { type: 'string' },
  },
});
const cells = Number(options.cells);
const messages = Number(options.messages);
const repeats = Number(options.repeats);
const now = (): number => Date.now();
const newId = (): string => ulid(Date.now(), randomBytes(10));
const say = (text: string): void => void process.stderr.write(`${text}\n`);

const folder = mkdtempSync(join(tmpdir(), 'cfgen-platform-bench-'));
const servers = await startServers({ services: ['kafka', 'minio', 'postgres'] });
try {
  const report = [
    '# The platform, measured',
    '',
    `One run of \`tools/benchmarks/platform.ts\` on ${cpus()[0]?.model.trim() ?? 'an unknown processor'}, ${availableParallelism()} threads, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.version}.`,
    'Kafka, MinIO and PostgreSQL run on the same machine and share its processors. Medians, in brackets the range.',
    '',
    ...(await intakeSection()),
    ...(await latencyAndCellsSection()),
  ].join('\n');
  if (options.out === undefined) process.stdout.write(`${report}\n`);
  else writeFileSync(options.out, `${report}\n`);
} finally {
  await servers.stop();
  rmSync(folder, { recursive: true, force: true });
}

/** From the first publish until every command is a row. */
async function intakeSection(): Promise<string[]> {
  say('intake ...');
  await createTopics(servers.env.kafkaBrokers, topicDefinitions);
  const local = createInProcessBus({
    topics: [{ name: commandTopic('flow'), partitions: 12, retentionMs: 1, compacted: false, groups: [stageGroup('flow')] }],
    now,
  });
  const kafka = createKafkaBus({ brokers: servers.env.kafkaBrokers, clientId: 'bench', instance: 'bench', now });
  const rows = [
    [
      'one process (libsql)',
      await intakeRate(local, await openDatabase({ location: { kind: 'libsql', file: join(folder, 'intake.db') }, content: 'stage', now })),
    ],
    [
      'Kafka and PostgreSQL',
      await intakeRate(
        kafka,
        await openDatabase({ location: { kind: 'postgres', url: servers.env.databaseUrl, schema: 'bench' }, content: 'stage', now }),
      ),
    ],
  ] as const;
  return [
    `## Messages through intake`,
    '',
    `${messages} commands from their publication until each is on record as a job: inbox row and job row in one transaction each, by one consumer.`,
    '',
    '| profile | messages per second |',
    '| --- | --- |',
    ...rows.map(([name, rate]) => `| ${name} | ${Math.round(rate)} |`),
    '',
  ];
}

async function intakeRate(bus: MessageBus, database: Database): Promise<number> {
  let taken = 0;
  let all: () => void = () => undefined;
  const done = new Promise<void>((resolve) => (all = resolve));
  const handler = commandIntake({
    ...{ database, rows: jobRows, inbox: inboxRows, outbox: outboxRows, group: stageGroup('flow') },
    ...{ stage: 'flow', producer: 'bench', now, newId, jobArrived: () => undefined, outboxWritten: () => undefined },
  });
  const subscription = await bus.subscribe({
    group: stageGroup('flow'),
    topics: [commandTopic('flow')],
    handler: async (message) => {
      await handler(message);
      if (++taken === messages) all();
    },
  });
  const commands = Array.from({ length: messages }, () => command());
  const begun = performance.now();
  const published = [];
  for (let start = 0; start < messages; start += 500) {
    published.push(
      bus.publish(
        commands.slice(start, start + 500).map((each) => ({ topic: commandTopic('flow'), key: each.jobId, value: JSON.stringify(each) })),
      ),
    );
  }
  await Promise.all([...published, done]);
  const seconds = (performance.now() - begun) / 1000;
  await subscription.close();
  await bus.close();
  await database.close();
  return messages / seconds;
}

function command(): Envelope {
  const sha256 = '0'.repeat(64);
  const ref = (name: string): Envelope['refs'][number] => ({
    name,
    uri: blobKey(sha256),
    sha256,
    bytes: 1,
    mediaType: 'application/json',
    schema: '',
  });
  const jobId = newId();
  return {
    ...{
      id: newId(),
      type: 'SampleLatents',
      schemaVersion: 1,
      occurredAt: new Date().toISOString(),
      runId: newId(),
      jobId,
      idempotencyKey: jobId,
    },
    ...{ correlationId: '', causationId: '', producer: 'bench', traceparent: '' },
    data: { chunk: 0, guidance: {}, seed: 0 },
    refs: [ref('model'), ref('conditions')],
  };
}

interface Measured {
  readonly latency: readonly number[];
  readonly secondsForCells: number;
}

async function latencyAndCellsSection(): Promise<string[]> {
  say('one process ...');
  const embedded = await startEmbedded(join(folder, 'embedded'), { CFGEN_THREADS: '1', CFGEN_COMPUTE_WORKERS: '1' });
  const one = await measure(() => embedded.client);
  embedded.signal('SIGTERM');
  await embedded.ended;

  say('services, one worker a stage ...');
  const single = await startPlatform({ name: 'bench-1', servers: servers.env });
  const oneWorker = await measure(single.client);
  await single.stop();

  say('services, two workers a stage ...');
  const double = await startPlatform({
    name: 'bench-1',
    servers: servers.env,
    replicas: { 'flow-service': 2, 'encoder-decoder-service': 2 },
  });
  const twoWorkers = await measure(double.client, 0);
  await double.stop();

  return [
    '## From a request to a job at work',
    '',
    `A run of one cell on an idle system: from the request until its first step (\`DrawConditions\`) has begun, seen on the event stream of the run; ${repeats} times.`,
    '',
    '| profile | milliseconds |',
    '| --- | --- |',
    `| one process | ${spread(one.latency)} |`,
    `| services on Kafka, MinIO and PostgreSQL | ${spread(oneWorker.latency)} |`,
    '',
    `## ${cells.toLocaleString('en-US')} cells`,
    '',
    'A model of the bundled sample (quick preset, 5 midpoint steps with guidance), one thread a worker, from the request to the finished `.h5ad` in the store.',
    '',
    '| profile | seconds | cells per second |',
    '| --- | --- | --- |',
    ...(
      [
        ['one process, one worker for all stages', one],
        ['services, one worker a stage', oneWorker],
        ['services, two workers for sampling and for decoding', twoWorkers],
      ] as const
    ).map(
      ([name, { secondsForCells }]) =>
        `| ${name} | ${secondsForCells.toFixed(1)} | ${Math.round(cells / secondsForCells).toLocaleString('en-US')} |`,
    ),
    '',
  ];
}

async function measure(client: Platform['client'], latencyRepeats = repeats): Promise<Measured> {
  const dataSet = await uploadSample(client());
  const trained = await runToEnd(client, { ...quickTraining, dataSet, epochs: 3, flowSteps: 100 });
  const model = trained.modelId ?? '';
  const latency: number[] = [];
  for (let i = 0; i < latencyRepeats; i++) latency.push(await firstProgress(client(), model, i));
  const begun = performance.now();
  const run = await runToEnd(client, { type: 'generate', model, cells, seed: 1 }, 3_600_000);
  if (run.state !== 'succeeded') throw new Error(`the run ${run.state}: ${JSON.stringify(run.error)}`);
  return { latency, secondsForCells: (performance.now() - begun) / 1000 };
}

async function firstProgress(client: Client, model: string, seed: number): Promise<number> {
  const begun = performance.now();
  const { id } = await client.startRun({ type: 'generate', model, cells: 1, seed });
  let milliseconds = NaN;
  for await (const { event, data } of client.watchRun(id)) {
    if (Number.isNaN(milliseconds) && event === 'run' && data.stages.some(({ startedAt }) => startedAt !== null))
      milliseconds = performance.now() - begun;
  }
  return milliseconds;
}

function spread(values: readonly number[]): string {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number): string => (sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? NaN).toFixed(0);
  return `${at(0.5)} (${at(0)} to ${at(0.999)})`;
}
