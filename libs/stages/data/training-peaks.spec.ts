import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Problem } from '@cfgen/contracts';
import { createH5adWriter, createH5muWriter } from '@cfgen/single-cell';
import type { SparseRows } from '@cfgen/tensors';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTrainingData, type TrainingData, type TrainingDataOptions } from './training-data';

/** Two genes in every cell; four peaks, of which the last is open in two cells only; cell 3 has no open peak, cell 5 no gene. */
const genes = [1, 2, 3, 4, 5, 0, 7, 8].map((x) => (x === 0 ? [0, 0] : [x, 1]));
const peaks = genes.map((_, i) => (i === 3 ? [0, 0, 0, 0] : [1, i % 2, 2, i < 2 ? 1 : 0]));
const names = genes.map((_, i) => `cell_${i}`);

function rowsOf(matrix: readonly (readonly number[])[]): SparseRows {
  const entries = matrix.map((row) => row.flatMap((value, j) => (value === 0 ? [] : [[j, value] as const])));
  const indptr = [0];
  for (const row of entries) indptr.push((indptr.at(-1) ?? 0) + row.length);
  return {
    ...{ rows: matrix.length, columns: matrix[0]?.length ?? 0, indptr: Uint32Array.from(indptr) },
    indices: Uint32Array.from(entries.flat(), ([j]) => j),
    values: Float32Array.from(entries.flat(), ([, value]) => value),
  };
}

describe('training data of RNA and ATAC', () => {
  const folder = mkdtempSync(join(tmpdir(), 'cfgen-peaks-'));
  const both = join(folder, 'both.h5mu');
  const rna = join(folder, 'rna.h5ad');
  const atac = join(folder, 'atac.h5ad');
  const geneTable = { names: ['g0', 'g1'], columns: { gene_ids: { kind: 'string' as const, values: ['ENSG0', 'ENSG1'] } } };
  const peakTable = { names: ['p0', 'p1', 'p2', 'p3'], columns: {} };
  const type = { kind: 'categorical' as const, codes: names.map((_, i) => i % 2), categories: ['a', 'b'] };
  let told: Problem[] = [];

  const open = (change: Partial<TrainingDataOptions>): Promise<TrainingData> => {
    told = [];
    const options = {
      data: both,
      labels: ['type'],
      batches: [],
      covariates: [],
      minCells: 1,
      minCellsPeaks: 3,
      missingLabels: 'refuse',
    } as const;
    return openTrainingData({ ...options, ...change }, { memory: 2 ** 28, onProblem: (problem) => told.push(problem) });
  };

  beforeAll(async () => {
    const writer = createH5muWriter(both, { modalities: { rna: { features: geneTable }, atac: { features: peakTable } } });
    await writer.append({ rna: rowsOf(genes), atac: rowsOf(peaks) });
    await writer.finish({ obs: { names, columns: { type } } });
    const first = createH5adWriter(rna, { features: geneTable });
    await first.append(rowsOf(genes));
    await first.finish({ obs: { names, columns: { type } } });
    // The same cells in another order.
    const second = createH5adWriter(atac, { features: peakTable });
    await second.append(rowsOf([...peaks].reverse()));
    await second.finish({ obs: { names: [...names].reverse(), columns: {} } });
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it('are the cells with counts in both, the peaks seen often enough, and the same cell in the same place', async () => {
    const data = await open({});
    expect(data.atac).toEqual({ names: ['p0', 'p1', 'p2'], columns: {} });
    expect(data.features.columns).toEqual({ gene_ids: ['ENSG0', 'ENSG1'] });
    // Cells 3 and 5 lack counts in one of the two.
    expect([...data.cells.sizeFactors]).toEqual([2, 3, 4, 6, 8, 9]);
    expect([...(data.cells.atac?.sizeFactors ?? [])]).toEqual([3, 4, 3, 3, 3, 4]);
    expect(data.cells.atac?.counts.gather(Uint32Array.of(5))).toMatchObject({ indices: Uint32Array.of(0, 1, 2) });
    expect(told).toContainEqual(expect.objectContaining({ code: 'cells-left-out', message: expect.stringContaining('2 cells') }));
    expect(data.notes).toContain('peaks seen in at least 3 of the 8 cells: 3 of 4 (mod/atac/X)');
    data.close();
  });

  it('come from a pair of files just the same, joined by the names of the cells', async () => {
    const one = await open({});
    const pair = await open({ data: rna, atac });
    const everyone = Uint32Array.from({ length: 6 }, (_, i) => i);
    for (const part of ['rna', 'atac'] as const) {
      const [expected, found] = [one, pair].map(({ cells }) => (part === 'rna' ? cells : cells.atac)?.counts.gather(everyone));
      expect(found).toEqual(expected);
    }
    expect(pair.cells.attributes).toEqual(one.cells.attributes);
    expect(pair.data.sha256).not.toBe(one.data.sha256);
    expect(pair.notes).toContain('peaks seen in at least 3 of the 8 cells: 3 of 4 (X of atac.h5ad)');
    one.close();
    pair.close();
  });

  it('are RNA alone when that is asked for, or when there is nothing else', async () => {
    for (const change of [{ modality: 'rna' as const }, { data: rna }]) {
      const data = await open(change);
      expect(data.atac).toBeUndefined();
      expect(data.cells.atac).toBeUndefined();
      // Only cell 5 has no gene.
      expect(data.cells.counts.rows).toBe(7);
      data.close();
    }
  });

  it('are refused when RNA alone is asked for beside a file of ATAC, when ATAC is missing, and when no peak is left', async () => {
    await expect(open({ data: rna, atac, modality: 'rna' })).rejects.toMatchObject({ code: 'REQUEST_INVALID' });
    await expect(open({ data: rna, modality: 'rna+atac' })).rejects.toMatchObject({ code: 'INPUT_INCOMPLETE' });
    await expect(open({ minCellsPeaks: 9 })).rejects.toMatchObject({
      code: 'INPUT_EMPTY',
      hint: expect.stringContaining('--min-cells-peaks'),
    });
  });
});
