import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createClient, type Client } from '@cfgen/client';
import { writeTinyCells } from '../../apps/cli/testing/tiny-cells';
import { startEmbedded, type EmbeddedServer } from '../platform/embedded';
import { runToEnd, uploadSample } from '../platform/scenario';
import { fuzz, requestText, summaryText } from './fuzz';

describe('the API under ten thousand requests, right and wrong', () => {
  let folder: string;
  let server: EmbeddedServer;
  let client: Client;
  let token: string;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'cfgen-fuzz-'));
    server = await startEmbedded(join(folder, 'data'), { CFGEN_THREADS: '1' });
    // From the first token on every request needs one; this one may do everything, so that requests get past the door.
    token = (await server.client.createToken({ name: 'fuzz', scope: 'admin' })).secret;
    client = createClient({ server: server.url, token });
    const cells = join(folder, 'cells.h5ad');
    await writeTinyCells(cells);
    await makeSomething(await uploadSample(client, cells));
  });
  afterAll(async () => {
    server.signal('SIGTERM');
    expect(await server.ended).toBe(0);
    rmSync(folder, { recursive: true, force: true });
  });

  /** A model with an alias and a generation, so that requests find something. */
  async function makeSomething(dataSet: string): Promise<void> {
    const set = { 'autoencoder.hidden': [16], 'flow.hidden': 16, 'flow.embedding': 8, 'flow.blocks': 1 };
    const little = { labels: ['cell_type'], set, epochs: 3, flowSteps: 40, alias: 'tiny' };
    const { modelId } = await runToEnd(() => client, { type: 'train', dataSet, ...little });
    await runToEnd(() => client, { type: 'generate', model: modelId ?? '', cells: 20 });
  }

  it.each([
    { requests: 8000, seed: 2026, except: ['deleteDataSet', 'deleteModel'], finds: ['getDataSet', 'getModel', 'getRun', 'watchRun'] },
    // The little that is there is deleted soon.
    { requests: 2000, seed: 2027, except: [], finds: [] },
  ])(
    'answers $requests as the document says, without an error of its own, except: $except',
    async ({ requests, seed, except, finds }) => {
      const { answers, failure } = await fuzz({ server: server.url, token, requests, seed, except });
      const story = failure === null ? '' : `${failure.problem}\n\n${requestText(failure.request)}\n\n${summaryText(answers)}`;
      expect(story).toBe('');
      for (const operation of finds) expect(answers[operation], operation).toHaveProperty('200');
    },
    600_000,
  );

  it('goes on as before: it is ready, takes a data set and gives it back, and has logged no error', async () => {
    expect((await client.getReadiness()).status).toBe('ok');
    const split = 'barcode\tsplit\ncell_0\ttrain\ncell_1\ttest\n';
    writeFileSync(join(folder, 'split.tsv'), split);
    const { id } = await client.uploadFile(join(folder, 'split.tsv'), { kind: 'split' });
    expect(await (await client.getDataSetContent(id)).text()).toBe(split);
    const errors = server
      .log()
      .split('\n')
      .filter((line) => /"level":"(error|fatal)"/.test(line));
    expect(errors).toEqual([]);
  });
});
