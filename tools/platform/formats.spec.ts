import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeSmallMultiome } from '../../libs/stages/testing/small-multiome';
import { startEmbedded, type EmbeddedServer } from './embedded';
import { uploadSample } from './scenario';

const loom = fileURLToPath(new URL('../../../shared/data/formats/base.loom', import.meta.url));

describe('files of several formats over HTTP', () => {
  const folder = mkdtempSync(join(tmpdir(), 'cfgen-formats-'));
  let server: EmbeddedServer;
  beforeAll(async () => {
    server = await startEmbedded(join(folder, 'served'), { CFGEN_THREADS: '1' });
  }, 90_000);
  afterAll(async () => {
    server.signal('SIGTERM');
    await server.ended;
    rmSync(folder, { recursive: true, force: true });
  });

  it('MuData: the data set tells of both modalities', async () => {
    const path = join(folder, 'small.h5mu');
    await writeSmallMultiome(path);
    const dataSet = await server.client.getDataSet(await uploadSample(server.client, path));
    expect(dataSet).toMatchObject({ name: 'small.h5mu', state: 'ready', format: 'h5mu', cells: 60, features: 30 });
    expect(dataSet.inspection?.['modalities']).toMatchObject([
      { modality: 'rna', features: 30 },
      { modality: 'atac', features: 50 },
    ]);
  }, 60_000);

  it.runIf(existsSync(loom))(
    'Loom',
    async () => {
      const dataSet = await server.client.getDataSet(await uploadSample(server.client, loom));
      expect(dataSet).toMatchObject({ name: 'base.loom', state: 'ready', format: 'loom', cells: 300, features: 1000 });
    },
    60_000,
  );
});
