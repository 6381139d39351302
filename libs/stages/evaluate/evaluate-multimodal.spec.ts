import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Problem } from '@cfgen/contracts';
import { createReferenceEngine } from '@cfgen/compute';
import { RandomStream, randomKey } from '@cfgen/math';
import { createH5adWriter, createH5muWriter } from '@cfgen/single-cell';
import type { SparseRows } from '@cfgen/tensors';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { JobHarness, outputOf } from '../testing/job-harness';
import { evaluateFiles } from './evaluate-files';

const types = ['B cells', 'T cells'];
const genes = Array.from({ length: 30 }, (_, g) => `gene_${g}`);
const peaks = Array.from({ length: 50 }, (_, p) => `chr1:${1000 * p}-${1000 * p + 500}`);

/** Counts of two alternating types; each has half of the features mostly to itself. */
function counts(cells: number, columns: number, largest: number, seed: number): SparseRows {
  const indptr = new Uint32Array(cells + 1);
  const indices: number[] = [];
  const values: number[] = [];
  for (let i = 0; i < cells; i++) {
    const random = new RandomStream(randomKey(seed, 'counts of both modalities'), i);
    for (let j = 0; j < columns; j++) {
      if (random.uniform() > (j % 2 === i % 2 ? 0.6 : 0.15)) continue;
      indices.push(j);
      values.push(1 + random.below(largest));
    }
    indptr[i + 1] = indices.length;
  }
  return { rows: cells, columns, indptr, indices: Uint32Array.from(indices), values: Float32Array.from(values) };
}

const obsOf = (cells: number) => ({
  names: Array.from({ length: cells }, (_, i) => `cell_${i}`),
  columns: { cell_type: { kind: 'categorical' as const, codes: Array.from({ length: cells }, (_, i) => i % 2), categories: types } },
});

async function writeBoth(path: string, cells: number, seed: number, ofPeaks = peaks): Promise<void> {
  const writer = createH5muWriter(path, {
    modalities: { rna: { features: { names: genes, columns: {} } }, atac: { features: { names: ofPeaks, columns: {} } } },
  });
  await writer.append({ rna: counts(cells, genes.length, 30, seed), atac: counts(cells, peaks.length, 2, seed + 100) });
  await writer.finish({ obs: obsOf(cells) });
}

async function writeRna(path: string, cells: number, seed: number): Promise<void> {
  const writer = createH5adWriter(path, { features: { names: genes, columns: {} } });
  await writer.append(counts(cells, genes.length, 30, seed));
  await writer.finish({ obs: obsOf(cells) });
}

const engine = createReferenceEngine();
const harness = new JobHarness(async () => engine);
const at = (name: string): string => join(harness.folder, 'files', name);
const settings = { seed: 1, components: 5, trees: 5, mapCells: 0, bootstrap: 0 };
const problems: Problem[] = [];
const context = { engine, version: '1.2.3', memory: 2 ** 28, onProblem: (problem: Problem) => problems.push(problem) };
const evaluate = (generated: readonly string[], more: object = {}) => {
  problems.splice(0);
  const out = at('report');
  return evaluateFiles({ real: at('real.h5mu'), generated, label: 'cell_type', out, overwrite: true, settings, ...more }, context);
};

beforeAll(async () => {
  mkdirSync(at('.'));
  await writeBoth(at('real.h5mu'), 90, 1);
  await writeBoth(at('generated.h5mu'), 40, 2);
  await writeRna(at('rna.h5ad'), 40, 3);
  const lines = Array.from({ length: 90 }, (_, i) => `cell_${i}\t${i % 3 === 0 ? 'test' : 'train'}`);
  writeFileSync(at('split.tsv'), ['barcode\tsplit', ...lines, ''].join('\n'));
});
afterAll(() => harness.remove());

describe('evaluating cells with RNA and ATAC', () => {
  it('scores each modality by its own figures, beside floor and baseline, in one result and one report', async () => {
    const { result, report } = await evaluate([at('generated.h5mu')], { split: at('split.tsv') });
    expect(problems.filter(({ severity }) => severity === 'warning')).toEqual([]);
    expect(result.real).toMatchObject({ name: 'real.h5mu (test)', cells: 30 });
    expect(result.space.genes).toBe(30);
    expect(result.chromatin).toMatchObject({
      space: { peaks: 50, components: 5 },
      scores: [{ name: 'generated.h5mu', cells: 40, peaks: { labels: [{ label: 'B cells' }, { label: 'T cells' }] } }],
      floor: { of: 'training', cells: 30 },
      baseline: { cells: 30 },
    });
    for (const { id, mean, floor, baseline } of result.chromatin!.summary) expect([id, mean, floor, baseline]).not.toContain(null);
    expect(readFileSync(report, 'utf8')).toContain('Open chromatin (ATAC)');
  });

  it('writes the same as a job', async () => {
    const { metrics, report } = await evaluate([at('generated.h5mu')], { split: at('split.tsv') });
    const inputs = await Promise.all(
      Object.entries({ real: 'real.h5mu', 'generated-0': 'generated.h5mu', split: 'split.tsv' }).map(([name, file]) =>
        harness.upload(name, at(file)),
      ),
    );
    const names = { realName: 'real.h5mu', generatedNames: ['generated.h5mu'] };
    const outcome = await harness.run('EvaluateCells', { ...names, label: 'cell_type', settings }, inputs);
    expect((await harness.bytes(outputOf(outcome, 'metrics'))).toString()).toBe(readFileSync(metrics, 'utf8'));
    expect((await harness.bytes(outputOf(outcome, 'report'))).toString()).toBe(readFileSync(report, 'utf8'));
    expect(Object.keys(outcome.data.figures)).toContain('atac.w2.centred');
  });

  it('compares RNA alone, and says so, where a generated file has no ATAC', async () => {
    const { result } = await evaluate([at('generated.h5mu'), at('rna.h5ad')]);
    expect(result.chromatin).toBeUndefined();
    expect(problems).toContainEqual(
      expect.objectContaining({
        code: 'chromatin-not-compared',
        message: expect.stringMatching(/^Only RNA is compared: rna.h5ad holds no/),
      }),
    );
  });

  it('has no ATAC floor where the training cells have no ATAC, and says so', async () => {
    const { result } = await evaluate([at('generated.h5mu')], { training: at('rna.h5ad') });
    expect(result.floor).toMatchObject({ of: 'training' });
    expect(result.chromatin).toMatchObject({ floor: { of: 'halves' }, baseline: { reason: 'no training cells were given' } });
    expect(problems.map(({ code }) => code)).toContain('chromatin-not-compared');
  });

  it('refuses peaks that are not those of the real cells', async () => {
    await writeBoth(
      at('other.h5mu'),
      20,
      4,
      peaks.map((peak) => peak.replace('chr1', 'chr2')),
    );
    await expect(evaluate([at('other.h5mu')])).rejects.toMatchObject({ code: 'FEATURES_MISMATCH' });
  });
});
