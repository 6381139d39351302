import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { JobHarness, outputOf } from '../../testing/job-harness';
import { writeSmallMultiome } from '../../testing/small-multiome';

const loom = fileURLToPath(new URL('../../../../../shared/data/formats/base.loom', import.meta.url));

describe('an uploaded file that is inspected', () => {
  let harness: JobHarness;
  beforeAll(() => {
    harness = new JobHarness(() => Promise.reject(new Error('no engine here')));
  });
  afterAll(() => harness.remove());

  async function inspected(path: string, fileName: string): Promise<unknown> {
    const outcome = await harness.run('InspectCells', { fileName }, [await harness.upload('data', path)]);
    return JSON.parse((await harness.bytes(outputOf(outcome, 'inspection'))).toString()) as unknown;
  }

  it('shows both modalities of MuData, and labels for the cells of both', async () => {
    const path = join(harness.folder, 'small.h5mu');
    await writeSmallMultiome(path);
    expect(await inspected(path, 'mine.h5mu')).toMatchObject({
      ...{ path: 'mine.h5mu', format: 'h5mu', cells: 60, features: 30, problems: [] },
      modalities: [
        { modality: 'rna', features: 30 },
        { modality: 'atac', features: 50 },
      ],
      obs: [{ name: 'cell_type', label: { usable: true } }],
    });
  });

  it.runIf(existsSync(loom))('may be Loom', async () => {
    expect(await inspected(loom, 'mine.loom')).toMatchObject({
      path: 'mine.loom',
      format: 'loom',
      cells: 300,
      features: 1000,
      total: 318854,
    });
  });
});
