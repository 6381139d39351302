import { join } from 'node:path';
import { createH5muWriter } from '@cfgen/single-cell';
import type { SparseRows } from '@cfgen/tensors';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runHere } from '../testing/run-here';
import { temporaryFolder } from '../testing/run-cfgen';

const folder = temporaryFolder();
const file = join(folder.path, 'cells.h5mu');
afterAll(() => folder.remove());

/** Cells with a one in every feature. */
function ones(cells: number, features: number): SparseRows {
  return {
    ...{ rows: cells, columns: features },
    indptr: Uint32Array.from({ length: cells + 1 }, (_, row) => row * features),
    indices: Uint32Array.from({ length: cells * features }, (_, entry) => entry % features),
    values: new Float32Array(cells * features).fill(2),
  };
}

beforeAll(async () => {
  const writer = createH5muWriter(file, {
    modalities: {
      rna: { features: { names: ['g1', 'g2', 'g3'], columns: {} } },
      atac: { features: { names: ['p1', 'p2'], columns: {} } },
    },
  });
  await writer.append({ rna: ones(4, 3), atac: ones(4, 2) });
  const cellType = { kind: 'categorical', codes: [0, 0, 1, 1], categories: ['B', 'T'] } as const;
  await writer.finish({ obs: { names: ['a', 'b', 'c', 'd'], columns: { cell_type: cellType } } });
});

describe('cfgen inspect', () => {
  it('shows both modalities of a MuData file, and a label of its cells', async () => {
    const { status, stdout, stderr } = await runHere(['inspect', file, '--label', 'cell_type']);
    expect(status, stderr).toBe(0);
    expect(stdout).toMatch(/cells\.h5mu: MuData/);
    expect(stdout).toMatch(/Gene Expression {2}3 features, 100\.0 % not zero, 24 counts/);
    expect(stdout).toMatch(/Peaks {12}2 features, 100\.0 % not zero, 16 counts/);
    expect(stdout).toMatch(/cell_type: 2 values/);
  });

  it('prints the same as JSON', async () => {
    const { stdout } = await runHere(['inspect', file, '--json']);
    expect(JSON.parse(stdout)).toMatchObject({
      ...{ format: 'h5mu', cells: 4, features: 3, countsAt: 'mod/rna/X' },
      modalities: [
        { modality: 'rna', total: 24 },
        { modality: 'atac', total: 16 },
      ],
    });
  });
});
