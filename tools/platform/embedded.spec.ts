import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { serverSentEvents, type Run, type RunRequest, type ServerSentEvent } from '@cfgen/client';
import { runCfgenCommand } from '../../apps/cli/testing/run-cfgen';
import { writeTinyCells } from '../../apps/cli/testing/tiny-cells';
import { startEmbedded, type EmbeddedServer } from './embedded';
import { artifactHash, endOf, hashOfFile, runToEnd, uploadSample } from './scenario';

/** Leases that a spec can wait for. */
const settings = { CFGEN_THREADS: '1', CFGEN_LEASE_SECONDS: '3', CFGEN_RENEW_SECONDS: '1', CFGEN_STOP_SECONDS: '5' };
// On a busy machine the trainings below take long.
vi.setConfig({ testTimeout: 300_000 });

/** A tiny model that is trained for some seconds even on a free machine, so that it can be hit twice in the middle. */
const set = {
  ...{ 'autoencoder.latent': 4, 'autoencoder.hidden': [16], 'autoencoder.batch': 32 },
  ...{ 'flow.hidden': 16, 'flow.embedding': 8, 'flow.blocks': 1, 'flow.batch': 32 },
};
const effort = { epochs: 2000, flowSteps: 2000, seed: 5 };
const cells = 1000;
const modelFiles = ['README.md', 'autoencoder.safetensors', 'flow.safetensors', 'model.json'];

const folder = mkdtempSync(join(tmpdir(), 'cfgen-embedded-'));
const data = join(folder, 'cells.h5ad');
afterAll(() => rmSync(folder, { recursive: true, force: true }));
beforeAll(() => writeTinyCells(data));

describe('cfgen serve', () => {
  const dataDir = join(folder, 'served');
  let server: EmbeddedServer;
  const client = (): EmbeddedServer['client'] => server.client;
  let dataSet: string;
  let model: string;
  /** What the command line makes of the same data with the same seed. */
  const expected: Record<string, string> = {};

  const training = (): RunRequest => ({ type: 'train', dataSet, labels: ['cell_type'], set, ...effort });
  const generation = (): RunRequest => ({ type: 'generate', model, cells, chunkCells: 50, seed: 3 });
  const hashesOf = (run: Run): Record<string, string> => Object.fromEntries(run.artifacts.map(({ name, sha256 }) => [name, sha256]));
  const expectedModel = (): Record<string, string | undefined> => Object.fromEntries(modelFiles.map((name) => [name, expected[name]]));

  beforeAll(async () => {
    [server] = await Promise.all([startEmbedded(dataDir, settings), commandLine()]);
  }, 120_000);
  afterAll(async () => {
    server.signal('SIGTERM');
    expect(await server.ended).toBe(0);
  });

  async function commandLine(): Promise<void> {
    const out = join(folder, 'model');
    const changes = Object.entries(set).flatMap(([path, value]) => ['--set', `${path}=${JSON.stringify(value)}`]);
    const amounts = ['--epochs', `${effort.epochs}`, '--flow-steps', `${effort.flowSteps}`, '--seed', `${effort.seed}`];
    const trained = await runCfgenCommand(['train', data, '--label', 'cell_type', '--out', out, ...amounts, ...changes], folder);
    expect(trained.status, trained.stderr).toBe(0);
    const generated = await runCfgenCommand(['generate', out, '--cells', `${cells}`, '--seed', '3', '--out', 'synthetic.h5ad'], folder);
    expect(generated.status, generated.stderr).toBe(0);
    for (const name of modelFiles) expected[name] = await hashOfFile(join(out, name));
    expected['synthetic.h5ad'] = await hashOfFile(join(folder, 'synthetic.h5ad'));
  }

  it('makes the same bytes as the command line, and evaluates them', async () => {
    dataSet = await uploadSample(client(), data);
    const trained = await runToEnd(client, training());
    expect(hashesOf(trained)).toEqual(expectedModel());
    model = trained.modelId ?? '';
    const generated = await runToEnd(client, generation());
    expect(hashesOf(generated)).toEqual({ 'synthetic.h5ad': expected['synthetic.h5ad'] });
    const file = join(folder, 'downloaded.h5ad');
    await client().downloadArtifact(generated, generated.artifacts[0]!, file);
    expect(await hashOfFile(file)).toBe(expected['synthetic.h5ad']);
    const evaluated = await runToEnd(client, {
      ...{ type: 'evaluate', real: dataSet, generated: [{ run: generated.id }], label: 'cell_type' },
      settings: { protocols: ['centred'], classifierCells: 50, transportCells: 50, batchSize: 100, mapCells: 0 },
    });
    expect(artifactHash(evaluated, /report[.]html$/)).toMatch(/^[0-9a-f]{64}$/);
    expect(Object.keys(evaluated.figures).length).toBeGreaterThan(3);
  });

  it('takes the same upload twice as one data set', async () => {
    expect(await uploadSample(client(), data)).toBe(dataSet);
    expect((await client().listDataSets()).items).toHaveLength(1);
  });

  it('refuses a file that is not HDF5, and leaves nothing of it', async () => {
    const bad = join(folder, 'bad.h5ad');
    writeFileSync(bad, 'not a file of cells\n'.repeat(100));
    const { id } = await client().uploadFile(bad);
    await expect(uploadSample(client(), bad)).rejects.toThrow(/refused: .*"code":"INPUT_FORMAT"/);
    await client().deleteDataSet(id);
    expect((await client().listDataSets()).items.map((each) => each.id)).toEqual([dataSet]);
    for (const left of ['uploads', 'scratch']) expect(filesIn(join(dataDir, left))).toEqual([]);
  });

  it('tells of a run by events with ids, and goes on after the last one that was seen', async () => {
    const { id } = await client().startRun(generation());
    const all = await eventsOf(id);
    const runs = all.filter(({ event }) => event === 'run');
    const ids = runs.map((event) => Number(event.id));
    expect(runs.length).toBeGreaterThan(2);
    expect(ids).toEqual([...new Set(ids)].toSorted((a, b) => a - b));
    expect(all.some(({ event }) => event === 'progress')).toBe(true);
    expect((JSON.parse(runs.at(-1)!.data) as Run).state).toBe('succeeded');
    const last = String(ids.at(-1));
    expect((await eventsOf(id, String(ids[0]))).map((event) => event.id)).toEqual([last]);
  });

  async function eventsOf(id: string, lastEventId?: string): Promise<readonly ServerSentEvent[]> {
    const headers = lastEventId === undefined ? {} : { 'last-event-id': lastEventId };
    const answer = await fetch(`${server.url}/v1/runs/${id}/events`, { headers });
    const events: ServerSentEvent[] = [];
    for await (const event of serverSentEvents(answer.body!)) events.push(event);
    return events;
  }

  it('keeps its folder to itself', async () => {
    const second = startEmbedded(dataDir, settings);
    await expect(second).rejects.toThrow(new RegExp(`ended with 2:[^]*is in use by another cfgen serve [(]process ${server.pid}[)]`));
    expect((await client().getReadiness()).status).toBe('ok');
  });

  it('goes on with a training after kill -9, from its last checkpoint, and after SIGTERM, which ends it with status 0, to the same model', async () => {
    const { id } = await client().startRun(training());
    const reached = await stepsOf(id, 300);
    await killAndStart();
    const further = await stepsOf(id, 0);
    expect(further).toBeGreaterThan(reached / 2);
    server.signal('SIGTERM');
    expect(await server.ended).toBe(0);
    server = await startEmbedded(dataDir, settings);
    expect((await client().getRun(id)).state).toBe('running');
    expect(hashesOf(await endOf(client, id))).toEqual(expectedModel());
  });

  it('goes on with a generation after kill -9, to the same file', async () => {
    const { id } = await client().startRun(generation());
    await someChunks(id);
    await killAndStart();
    expect(hashesOf(await endOf(client, id))).toEqual({ 'synthetic.h5ad': expected['synthetic.h5ad'] });
  });

  /** Waits for progress of the autoencoder beyond a step, and answers the step; fails when it ends before. */
  async function stepsOf(id: string, beyond: number): Promise<number> {
    for await (const { event, data: news } of client().watchRun(id)) {
      if (event !== 'progress' || news.command !== 'TrainAutoencoder' || news.unit !== 'steps') continue;
      if (news.done > beyond && news.done < news.total) return news.done;
    }
    throw new Error(`run ${id} ended before it could be hit`);
  }

  /** Resolves when some chunks of a generation are drawn and others are not. */
  async function someChunks(id: string): Promise<void> {
    for await (const { event, data: news } of client().watchRun(id)) {
      const jobs = event === 'run' ? news.stages.find(({ name }) => name === 'SampleLatents')?.jobs : undefined;
      if (jobs !== undefined && jobs.succeeded > 2 && jobs.succeeded < jobs.total) return;
    }
    throw new Error(`run ${id} ended before it could be hit`);
  }

  async function killAndStart(): Promise<void> {
    const children = childrenOf(server.pid);
    expect(children.length).toBeGreaterThan(0);
    server.signal('SIGKILL');
    expect(await server.ended).toBe('SIGKILL');
    await expect.poll(() => children.filter(isAlive), { timeout: 10_000 }).toEqual([]);
    server = await startEmbedded(dataDir, settings);
  }
});

describe('access to cfgen serve', () => {
  const dataDir = join(folder, 'guarded');
  const tokens = async (...words: string[]) => {
    const { status, stdout, stderr } = await runCfgenCommand(['tokens', ...words, '--data-dir', dataDir, '--json'], folder);
    expect(status, stderr).toBe(0);
    return JSON.parse(stdout) as { id: string; secret: string };
  };

  it('is not open to other machines while no token exists', async () => {
    const open = startEmbedded(dataDir, { CFGEN_HTTP_HOST: '0.0.0.0' });
    await expect(open).rejects.toThrow(/ended with 2:[^]*there is no token/);
  });

  it('needs a token with the scope from the moment one is made, until it is revoked, while the server runs', async () => {
    mkdirSync(dataDir, { recursive: true });
    const server = await startEmbedded(dataDir, settings);
    const ask = async (method: string, secret?: string): Promise<number> => {
      const headers = { 'content-type': 'application/octet-stream', ...(secret && { authorization: `Bearer ${secret}` }) };
      const path = method === 'GET' ? '/v1/runs' : '/v1/data-sets?name=split.tsv&kind=split';
      const body = method === 'GET' ? {} : { body: 'barcode\tsplit\na\ttrain\nb\ttest\n' };
      return (await fetch(`${server.url}${path}`, { method, headers, ...body })).status;
    };
    try {
      expect(await ask('GET')).toBe(200);
      const reader = await tokens('create', '--name', 'reader', '--scope', 'read');
      expect([await ask('GET'), await ask('POST')]).toEqual([401, 401]);
      expect([await ask('GET', reader.secret), await ask('POST', reader.secret)]).toEqual([200, 403]);
      const writer = await tokens('create', '--name', 'writer', '--scope', 'write');
      expect([await ask('GET', writer.secret), await ask('POST', writer.secret)]).toEqual([200, 201]);
      await tokens('revoke', writer.id);
      expect([await ask('GET', writer.secret), await ask('GET', reader.secret)]).toEqual([401, 200]);
    } finally {
      server.signal('SIGTERM');
    }
    expect(await server.ended).toBe(0);
  });
});

function filesIn(path: string): readonly string[] {
  return readdirSync(path, { recursive: true, withFileTypes: true }).flatMap((entry) => (entry.isFile() ? [entry.name] : []));
}

/** Processes that a process has started. */
function childrenOf(pid: number): readonly number[] {
  const lines = execFileSync('ps', ['-A', '-o', 'pid=,ppid=,args='], { encoding: 'utf8' }).split('\n');
  return lines.flatMap((line) => {
    const [child, parent] = line.trim().split(/\s+/);
    return Number(parent) === pid && line.includes('compute-child') ? [Number(child)] : [];
  });
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
