import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { collectBlobs } from '@cfgen/gateway';
import { silentLogger } from '@cfgen/observability';
import { identityOf, loadConfiguration, openPorts } from '@cfgen/service-host';
import { openDataset } from '@cfgen/single-cell';
import { startServers, type RealServers } from '../stack/real-servers';
import { startEmbedded, type EmbeddedServer } from './embedded';
import { nothingLeftOver } from './invariants';
import { environmentOf, startPlatform, type Platform } from './platform';
import { artifactHash, hashOfFile, quickTraining, runToEnd, uploadSample } from './scenario';

/** Everything that one place makes of the sample. */
interface Results {
  readonly model: Readonly<Record<string, string>>;
  readonly generated: string;
  readonly file: string;
  readonly figures: Readonly<Record<string, number | null>>;
}

const cells = 20_000;

describe('five services, two of them doubled, on Kafka, MinIO and PostgreSQL', () => {
  let servers: RealServers;
  let platform: Platform;
  let embedded: EmbeddedServer;
  let folder: string;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'cfgen-end-to-end-'));
    servers = await startServers({ services: ['kafka', 'minio', 'postgres'] });
    platform = await startPlatform({
      name: 'end-to-end',
      servers: servers.env,
      replicas: { 'flow-service': 2, 'encoder-decoder-service': 2 },
    });
    embedded = await startEmbedded(join(folder, 'data'));
  });
  afterAll(async () => {
    embedded.signal('SIGTERM');
    await embedded.ended;
    const statuses = await platform.stop();
    await servers.stop();
    rmSync(folder, { recursive: true, force: true });
    expect(statuses).toEqual(statuses.map(() => 0));
  });

  async function everything(client: Platform['client'], name: string): Promise<Results> {
    const dataSet = await uploadSample(client());
    const trained = await runToEnd(client, { ...quickTraining, dataSet });
    expect(trained.error).toBeNull();
    const model = trained.modelId ?? '';
    const generated = await runToEnd(client, { type: 'generate', model, cells, seed: 3, where: {}, guidance: { cell_type: 1.5 } });
    expect(generated.error).toBeNull();
    const artifact = generated.artifacts.find((each) => each.name.endsWith('.h5ad'))!;
    const file = join(folder, `${name}.h5ad`);
    await client().downloadArtifact(generated, artifact, file);
    const evaluated = await runToEnd(client, {
      type: 'evaluate',
      real: dataSet,
      generated: [{ run: generated.id }],
      label: 'cell_type',
      settings: { protocols: ['centred'], classifierCells: 500, transportCells: 500, batchSize: 1000, mapCells: 0 },
    });
    expect(evaluated.error).toBeNull();
    return {
      model: Object.fromEntries(trained.artifacts.map(({ name: part, sha256 }) => [part, sha256])),
      generated: artifactHash(generated, /h5ad$/),
      file,
      figures: evaluated.figures,
    };
  }

  let distributed: Results;
  it('trains, generates 20,000 cells and evaluates them', async () => {
    distributed = await everything(platform.client, 'distributed');
    expect(await hashOfFile(distributed.file)).toBe(distributed.generated);
    const dataset = await openDataset(distributed.file, { modality: 'rna', memory: 2 ** 30 });
    expect(dataset.cells).toBe(cells);
    dataset.close();
    expect(Object.keys(distributed.figures).length).toBeGreaterThan(3);
    expect(await nothingLeftOver(servers.env)).toEqual({ unfinishedJobs: 0, unsentMessages: 0 });
  }, 400_000);

  it('gives a link to the file in the object store, and parts of the file', async () => {
    const client = platform.client();
    const run = (await client.listRuns({ type: 'generate', limit: 1 })).items[0]!;
    const artifact = run.artifacts[0]!;
    const { url } = await client.artifactUrl(run.id, artifact.name);
    expect(new URL(url).origin).toBe(servers.env.s3.endpoint);
    const linked = await fetch(url);
    expect(linked.headers.get('content-disposition')).toContain('.h5ad');
    expect(
      createHash('sha256')
        .update(new Uint8Array(await linked.arrayBuffer()))
        .digest('hex'),
    ).toBe(artifact.sha256);
    const part = await fetch(`${platform.processes('gateway')[0]!.url}/v1/runs/${run.id}/artifacts/${artifact.name}`, {
      headers: { range: 'bytes=1-3' },
    });
    expect([part.status, Buffer.from(await part.arrayBuffer()).toString('latin1')]).toEqual([206, 'HDF']);
  });

  it('tells Prometheus what it did', async () => {
    const metrics = async (app: 'gateway' | 'flow-service'): Promise<string> =>
      (await fetch(`${platform.processes(app)[0]!.url}/metrics`)).text();
    expect(await metrics('flow-service')).toMatch(/cfgen_cells_total\{step="SampleLatents".*\} \d{4,}/);
    expect(await metrics('flow-service')).toMatch(/cfgen_consumer_lag\{group="cfgen.flow".*\} \d+/);
    expect(await metrics('gateway')).toMatch(/cfgen_http_requests_seconds_count\{.*route="\/v1\/runs".*\} \d+/);
  });

  it('shares the work among the replicas', () => {
    for (const app of ['flow-service', 'encoder-decoder-service'] as const) {
      for (const service of platform.processes(app)) expect(service.log(), service.logFile).toContain('"job started"');
    }
  });

  it('makes the same bytes as one process does with everything in a folder', async () => {
    const alone = await everything(() => embedded.client, 'embedded');
    expect(alone.model).toEqual(distributed.model);
    expect(alone.generated).toBe(distributed.generated);
    expect(alone.figures).toEqual(distributed.figures);
  }, 400_000);

  it('lets go of blobs that nothing leads to, and of no other', async () => {
    const configuration = loadConfiguration({
      CFGEN_PROFILE: 'distributed',
      CFGEN_DATA_DIR: folder,
      ...environmentOf(servers.env, 'end-to-end'),
    });
    const ports = await openPorts(configuration, identityOf('spec', '0'), silentLogger);
    try {
      const database = await ports.openRows('gateway');
      const collect = () => collectBlobs({ database, blobs: ports.blobs, olderThanMs: -60_000, now: Date.now() });
      const first = await collect();
      expect(first.deleted).toBeGreaterThan(10);
      expect(await collect()).toMatchObject({ deleted: 0, kept: first.kept });
    } finally {
      await ports.close();
    }
    const client = platform.client();
    for (const run of (await client.listRuns({ limit: 200 })).items) {
      for (const artifact of run.artifacts) {
        const file = join(folder, 'collected');
        await client.downloadArtifact(run, artifact, file, { overwrite: true });
        expect(await hashOfFile(file)).toBe(artifact.sha256);
      }
    }
    // What is left is enough to go on with.
    const model = (await client.listModels({ limit: 1 })).items[0]!.id;
    const again = await runToEnd(platform.client, { type: 'generate', model, cells, seed: 3, guidance: { cell_type: 1.5 } });
    expect(artifactHash(again, /h5ad$/)).toBe(distributed.generated);
  }, 300_000);
});
