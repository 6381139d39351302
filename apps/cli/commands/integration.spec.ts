import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createH5adWriter } from '@cfgen/single-cell';
import { runHere } from '../testing/run-here';
import { temporaryFolder, type Ended } from '../testing/run-cfgen';

const folder = temporaryFolder();
const inFolder = (name: string): string => join(folder.path, name);
const data = inFolder('cells.h5ad');
const cells = 120;

/** Three types in two batches; X_moved is the embedding X_flat with one batch moved far away. */
beforeAll(async () => {
  const types = Array.from({ length: cells }, (_, i) => i % 3);
  const batches = Array.from({ length: cells }, (_, i) => Math.floor(i / 3) % 2);
  const writer = createH5adWriter(data, { features: { names: ['CD3D', 'LYZ', 'NKG7'], columns: {} } });
  await writer.append({
    ...{ rows: cells, columns: 3, indptr: Uint32Array.from({ length: cells + 1 }, (_, i) => 3 * i) },
    indices: Uint32Array.from({ length: 3 * cells }, (_, at) => at % 3),
    values: Float32Array.from({ length: 3 * cells }, (_, at) => 1 + ((at * 7) % 5) + (types[Math.floor(at / 3)] === at % 3 ? 40 : 0)),
  });
  const flat = Float64Array.from({ length: 2 * cells }, (_, at) => 6 * (types[at >> 1] ?? 0) * (at % 2) + Math.sin(5 * at));
  await writer.finish({
    obs: {
      names: types.map((_, i) => `cell_${i}`),
      columns: {
        cell_type: { kind: 'categorical', codes: types, categories: ['B cells', 'NK cells', 'unknown'] },
        donor: { kind: 'categorical', codes: batches, categories: ['d1', 'd2'] },
      },
    },
    obsm: { X_flat: flat, X_moved: flat.map((value, at) => value + 30 * (batches[at >> 1] ?? 0)) },
  });
});
afterAll(() => folder.remove());

const integration = (...words: string[]): Promise<Ended> =>
  runHere(['integration', data, '--batch', 'donor', '--label', 'cell_type', ...words, '--engine', 'reference']);

describe('cfgen integration', () => {
  it('compares embeddings in a table and writes all figures', async () => {
    const out = inFolder('scores');
    const words = ['--embedding', 'X_moved', '--embedding', 'X_flat', '--before', 'X_moved', '--min-max', '--out', out];
    const { status, stdout, stderr } = await integration(...words);
    expect(status, stderr).toBe(0);
    expect(stdout).toMatch(/^ +X_moved +X_flat\n/);
    expect(stdout).toMatch(/iLISI +batch +\S+ +0\.\d+\n/);
    expect(stdout).toMatch(/PCR comparison +batch +0 +(0\.9\d*|1)\n/);
    expect(readdirSync(out).sort()).toEqual(['integration.json', 'integration.tsv']);
    expect(readFileSync(join(out, 'integration.tsv'), 'utf8')).toMatch(/^metric\tgroup\tX_moved\tX_flat\n/);
    const report = JSON.parse(readFileSync(join(out, 'integration.json'), 'utf8')) as { embeddings: { scaled: object }[] };
    expect(report).toMatchObject({
      format: 'cfgen-integration-report',
      before: 'X_moved',
      embeddings: [{ name: 'X_moved' }, { name: 'X_flat' }],
    });
    expect(report.embeddings[1]!.scaled).toMatchObject({ aggregates: { batch: { value: expect.any(Number) as number } } });
    expect(await integration('--out', out)).toMatchObject({ status: 2, stderr: expect.stringMatching(/^error OUTPUT_EXISTS/) as string });
  });

  it('never scores a label that means "not known", and says what is not defined', async () => {
    const { status, stdout } = await integration('--unlabelled', 'unknown', '--exclude', 'donor=d2', '--out', inFolder('known'), '--json');
    expect(status).toBe(0);
    const { report } = JSON.parse(stdout) as {
      report: { embeddings: { result: { labels: { label: string }[]; labelledCells: number } }[] };
    };
    const [first] = report.embeddings;
    expect(first!.result.labels.map(({ label }) => label)).toEqual(['B cells', 'NK cells']);
    expect(first!.result.labelledCells).toBe(40);
    const told = await integration('--exclude', 'donor=d2', '--out', inFolder('told'));
    expect(told.stdout).toContain('pca: iLISI is left out of the means, as all cells are of one batch.');
  });

  it.each([
    [['--profile', 'scib-1999'], /--profile is "scib-1999"/],
    [['--embedding', 'X_umap'], /no obsm entry X_umap; entries: X_flat, X_moved/],
    [['--neighbours', 'few'], /--neighbours is "few"/],
  ])('refuses %j', async (words, message) => {
    const { status, stderr } = await integration(...words, '--out', inFolder('no'));
    expect(status).toBe(2);
    expect(stderr).toMatch(message);
  });
});
