import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openDataset } from '@cfgen/single-cell';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runHere } from '../testing/run-here';
import { tinyTraining, writeTinyCells } from '../testing/tiny-cells';

const fixture = (name: string): string => fileURLToPath(new URL(`../../../libs/stages/import/fixtures/${name}`, import.meta.url));

describe('cfgen augment and cfgen import', () => {
  let folder: string;
  const at = (name: string): string => join(folder, name);

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'cfgen-augment-'));
    await writeTinyCells(at('data.h5ad'), at('split.tsv'));
    const words = ['train', at('data.h5ad'), '--label', 'cell_type', '--split', at('split.tsv'), '--out', at('model'), '--quiet'];
    expect((await runHere([...words, ...tinyTraining])).status).toBe(0);
  }, 60_000);
  afterAll(() => rmSync(folder, { recursive: true }));

  const augment = (...words: string[]) =>
    runHere(['augment', at('model'), at('data.h5ad'), '--label', 'cell_type', '--quiet', '--threads', '1', ...words]);

  it('shows a plan and writes nothing', async () => {
    const { status, stdout } = await augment('--target', '200', '--plan', '--out', at('planned.h5ad'));
    expect(status).toBe(0);
    expect(stdout).toMatch(/cell_type +real +share +generated/);
    expect(stdout).toMatch(/all\s+150\s+50/);
    expect(stdout).toContain('Nothing was written.');
    expect(existsSync(at('planned.h5ad'))).toBe(false);
  });

  it('writes real and generated cells, and tells recall before and after for machines', async () => {
    const words = ['--target', '200', '--split', at('split.tsv'), '--evaluate', '--replicates', '1', '--json'];
    const { status, stdout } = await augment(...words, '--out', at('augmented.h5ad'), '--report', at('report'));
    expect(status).toBe(0);
    const answer = JSON.parse(stdout) as { plan: { real: number; generated: number }; classifiers: { id: string }[]; notes: string[] };
    expect(answer.plan).toMatchObject({ real: 120, generated: 80 });
    expect(answer.classifiers.map(({ id }) => id)).toEqual(['neighbours', 'celltypist']);
    expect(answer.notes).toEqual([]);
    expect(existsSync(at('report/augmentation.html'))).toBe(true);
    const dataset = await openDataset(at('augmented.h5ad'));
    expect(dataset.cells).toBe(200);
    dataset.close();
  });

  it('refuses to evaluate without held-out cells, and to replace a file unasked', async () => {
    const alone = await augment('--target', '200', '--evaluate');
    expect(alone).toMatchObject({ status: 2 });
    expect(alone.stderr).toContain('--evaluate needs --split');
    const again = await augment('--target', '200', '--out', at('data.h5ad'));
    expect(again.stderr).toContain('OUTPUT_EXISTS');
  });

  it('imports a checkpoint, named once by its place or by --flow', async () => {
    const words = ['--data', fixture('train.h5ad'), '--batch', 'donor', '--quiet', '--threads', '1'];
    const placed = await runHere(['import', fixture('checkpoint.safetensors'), ...words, '--out', at('imported'), '--json']);
    expect(JSON.parse(placed.stdout)).toMatchObject({
      command: 'import',
      features: 24,
      attributes: [{ name: 'cell_type' }, { name: 'donor' }],
    });
    const named = await runHere(['import', '--flow', fixture('checkpoint.safetensors'), ...words, '--out', at('imported-too')]);
    expect(named.stdout).toContain('autoencoder  24-16-8-4, input log1p');
    const none = await runHere(['import', ...words]);
    expect(none).toMatchObject({ status: 2 });
    expect(none.stderr).toContain('no checkpoint is given');
  });
});
