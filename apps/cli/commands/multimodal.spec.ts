import { join } from 'node:path';
import { createH5muWriter, openMultimodal } from '@cfgen/single-cell';
import type { SparseRows } from '@cfgen/tensors';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { temporaryFolder, type Ended } from '../testing/run-cfgen';
import { runHere } from '../testing/run-here';
import { tinyTraining } from '../testing/tiny-cells';

const folder = temporaryFolder();
const inFolder = (name: string): string => join(folder.path, name);
const data = inFolder('cells.h5mu');
const tiny = [
  ...tinyTraining,
  ...['--set', 'multimodal.latent=4', '--set', 'multimodal.rna.hidden=[12]', '--set', 'multimodal.atac.hidden=[12]'],
  ...['--engine', 'reference'],
];
const train = (out: string, ...more: string[]): Promise<Ended> =>
  runHere(['train', data, '--label', 'cell_type', '--out', inFolder(out), '--min-cells', '5', ...tiny, ...more]);

/** 60 cells of two types; each has the features of its parity, which hold `value`, and a few others. */
function rowsOf(width: number, value: number): SparseRows {
  const cells = Array.from({ length: 60 }, (_, i) =>
    Array.from({ length: width }, (_f, j) => j).filter((j) => j % 2 === i % 2 || (i + j) % 7 === 0),
  );
  const indices = cells.flat();
  const indptr = cells.reduce((ends, row) => [...ends, (ends.at(-1) ?? 0) + row.length], [0]);
  return {
    ...{ rows: 60, columns: width, indptr: Uint32Array.from(indptr), indices: Uint32Array.from(indices) },
    values: Float32Array.from(indices, (j) => 1 + ((j * 7) % value)),
  };
}

describe('cfgen with RNA and ATAC', () => {
  beforeAll(async () => {
    const features = (name: string, width: number) => ({
      features: { names: Array.from({ length: width }, (_, j) => `${name}_${j}`), columns: {} },
    });
    const writer = createH5muWriter(data, { modalities: { rna: features('gene', 20), atac: features('peak', 24) } });
    await writer.append({ rna: rowsOf(20, 9), atac: rowsOf(24, 2) });
    const types = Array.from({ length: 60 }, (_, i) => i % 2);
    await writer.finish({
      obs: {
        names: types.map((_, i) => `cell_${i}`),
        columns: { cell_type: { kind: 'categorical', codes: types, categories: ['even', 'odd'] } },
      },
    });
    const { status, stderr, stdout } = await train('model');
    expect(status, stderr).toBe(0);
    expect(stdout).toMatch(/peaks +24 \(bernoulli\)/);
    expect(stdout).toContain('synthetic.h5mu');
  }, 60_000);
  afterAll(() => folder.remove());

  it('says what a model of both is', async () => {
    const { stdout } = await runHere(['inspect', inFolder('model'), '--json']);
    expect(JSON.parse(stdout)).toMatchObject({ kind: 'model', modality: 'rna+atac', features: 20, peaks: 24, formatVersion: 2 });
  });

  it('draws paired cells, and tells of both', async () => {
    const out = inFolder('new.h5mu');
    const words = [
      'generate',
      inFolder('model'),
      '--cells',
      '30',
      '--where',
      'cell_type=odd',
      '--out',
      out,
      '--engine',
      'reference',
      '--json',
    ];
    const { status, stdout, stderr } = await runHere(words);
    expect(status, stderr).toBe(0);
    const { rna, atac, close } = await openMultimodal(out);
    expect([rna.cells, rna.features, atac.cells, atac.features]).toEqual([30, 20, 30, 24]);
    expect(JSON.parse(stdout)).toMatchObject({
      features: 20,
      nonzeros: rna.scan().nonzeros,
      atac: { features: 24, nonzeros: atac.scan().nonzeros },
    });
    close();
  });

  it('refuses what does not go together, with a hint, and leaves nothing behind', async () => {
    const refused = async (ended: Promise<Ended>, message: RegExp): Promise<void> => {
      const { status, stderr } = await ended;
      expect(status).toBe(2);
      expect(stderr).toMatch(message);
    };
    const model = inFolder('model');
    await refused(runHere(['generate', model, '--out', inFolder('new.h5ad'), '--engine', 'reference']), /hint: Name the file \.h5mu/);
    await refused(train('other', '--modality', 'atac'), /--modality is "atac"/);
    await refused(train('other', '--modality', 'rna'), /settings for RNA and ATAC/);
    await refused(train('other', '--min-cells-peaks', '61'), /no peak is seen in at least 61 cells/);
  });
});
