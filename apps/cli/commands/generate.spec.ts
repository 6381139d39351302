import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { openDataset } from '@cfgen/single-cell';
import { SafetensorsFile } from '@cfgen/tensors';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runHere } from '../testing/run-here';
import { buildCfgen, runCfgenCommand, startCfgen, temporaryFolder, type Ended } from '../testing/run-cfgen';
import { cellTypes, tinyTraining, writeTinyCells } from '../testing/tiny-cells';

const folder = temporaryFolder();
const inFolder = (name: string): string => join(folder.path, name);
const model = inFolder('model');
/** Fast and the same everywhere, for what is computed in this process. */
const engine = ['--engine', 'reference'];
const generate = (out: string, ...more: string[]): Promise<Ended> =>
  runHere(['generate', model, '--out', inFolder(out), ...engine, ...more]);

async function typesIn(file: string): Promise<Record<string, number>> {
  const dataset = await openDataset(inFolder(file));
  const { categories, sizes } = dataset.label('cell_type');
  dataset.close();
  return Object.fromEntries(categories.map((name, i) => [name, sizes[i] ?? 0]));
}

beforeAll(async () => {
  buildCfgen();
  await writeTinyCells(inFolder('cells.h5ad'), inFolder('split.tsv'));
  const words = ['train', inFolder('cells.h5ad'), '--label', 'cell_type', '--batch', 'donor', '--out', model, ...tinyTraining, ...engine];
  const { status, stderr } = await runHere(words);
  expect(status, stderr).toBe(0);
}, 120_000);
afterAll(() => folder.remove());

describe('cfgen generate', () => {
  it('writes as many cells as asked for, from the bundle with threads', async () => {
    const { status, stdout, stderr } = await runCfgenCommand(
      ['generate', 'model', '--cells', '70', '--out', 'threads.h5ad', '--threads', '2'],
      folder.path,
    );
    expect(status, stderr).toBe(0);
    expect(stdout).toMatch(/^The cells are in threads.h5ad\n {2}cells {3}70\n {2}genes {3}40\n/);
    const dataset = await openDataset(inFolder('threads.h5ad'));
    expect([dataset.cells, dataset.features]).toEqual([70, 40]);
    dataset.close();
  });

  it('gives the same bytes for the same seed, and other cells for another', async () => {
    for (const [out, seed] of [
      ['a.h5ad', '1'],
      ['b.h5ad', '1'],
      ['c.h5ad', '2'],
    ] as const) {
      expect(await generate(out, '--cells', '20', '--seed', seed)).toMatchObject({ status: 0 });
    }
    const bytes = (name: string): Buffer => readFileSync(inFolder(name));
    expect(bytes('a.h5ad').equals(bytes('b.h5ad'))).toBe(true);
    expect(bytes('a.h5ad').equals(bytes('c.h5ad'))).toBe(false);
  });

  it('gives only what was asked for, of several values of a column too', async () => {
    const asked = ['--where', `cell_type=${cellTypes[2]}`, '--where', 'cell_type=B cells', '--guidance', 'cell_type=1.5'];
    expect(await generate('asked.h5ad', '--cells', '30', ...asked)).toMatchObject({
      status: 0,
      stderr: expect.not.stringContaining('warning'),
    });
    const types = await typesIn('asked.h5ad');
    expect(Object.keys(types).sort()).toEqual(['B cells', cellTypes[2]]);
  });

  it('lists the known values when one is unknown, and the known columns', async () => {
    const value = await generate('refused.h5ad', '--where', 'cell_type=B sells');
    expect(value.status).toBe(2);
    expect(value.stderr).toMatch(/^error REQUEST_UNKNOWN_VALUE: "B sells" .*\nhint: .*"B cells", "NK cells", "T = alpha beta"/);
    const column = await generate('refused.h5ad', '--guidance', 'tissue=2');
    expect(column.stderr).toMatch(/^error REQUEST_UNKNOWN_VALUE: .*"tissue"\nhint: .*cell_type, donor/);
    expect(readdirSync(folder.path).filter((name) => name.includes('refused'))).toEqual([]);
  });

  it('warns of a combination that was never seen, in the terminal, in the JSON and in the file', async () => {
    const never = ['--cells', '5', '--where', 'cell_type=NK cells', '--where', 'donor=d2'];
    const told = await generate('never.h5ad', ...never);
    expect(told).toMatchObject({
      status: 0,
      stderr: expect.stringMatching(/^warning: never seen together in training: .*"NK cells".*"d2".*\nhint: /m),
    });
    const json = await generate('never.h5ad', ...never, '--overwrite', '--json');
    expect(json.stderr).toBe('');
    expect(JSON.parse(json.stdout)).toMatchObject({
      command: 'generate',
      cells: 5,
      features: 40,
      seconds: { total: expect.any(Number) },
      problems: [{ severity: 'warning', code: 'combination-never-seen' }],
    });
    expect(readFileSync(inFolder('never.h5ad')).includes('never seen together in training')).toBe(true);
  });

  it('gives a single cell, and means in place of counts, and latents', async () => {
    expect(await generate('one.h5ad', '--cells', '1')).toMatchObject({ status: 0 });
    expect(await generate('mean.h5ad', '--cells', '3', '--mean', '--latents', '--json')).toMatchObject({
      status: 0,
      stdout: expect.stringContaining('"values": "means"'),
    });
    await expect(openDataset(inFolder('mean.h5ad')).then((dataset) => dataset.scan())).rejects.toMatchObject({ code: 'INPUT_NOT_COUNTS' });
    expect(readFileSync(inFolder('mean.h5ad')).includes('X_cfgen')).toBe(true);
    expect(await generate('mean2.h5ad', '--cells', '3', '--mean')).toMatchObject({ stdout: expect.not.stringContaining('asked for') });
  });

  it('takes labels and library sizes from the test cells of a file', async () => {
    const like = ['--like', inFolder('cells.h5ad'), '--split', inFolder('split.tsv')];
    expect(await generate('like.h5ad', ...like)).toMatchObject({
      status: 0,
      stdout: expect.stringMatching(
        /sizes +[01]\.\d+ of what was asked for at the median \(.*\); correlation of the logarithms [01]\.?\d*\n/,
      ),
    });
    expect(await typesIn('like.h5ad')).toEqual(Object.fromEntries(cellTypes.map((name) => [name, 10])));
    const both = await generate('refused.h5ad', ...like, '--where', 'donor=d1');
    expect(both).toMatchObject({ status: 2, stderr: expect.stringContaining('error REQUEST_INVALID') });
  });

  it('takes solver, library size and compression as they are asked for', async () => {
    const plain = ['--cells', '200', '--library-size', '60', '--solver', 'euler', '--steps', '4'];
    expect(await generate('none.h5ad', ...plain, '--compression', 'none')).toMatchObject({ status: 0 });
    expect(await generate('gzip.h5ad', ...plain, '--level', '9')).toMatchObject({ status: 0 });
    expect(statSync(inFolder('gzip.h5ad')).size).toBeLessThan(statSync(inFolder('none.h5ad')).size);
    const dataset = await openDataset(inFolder('gzip.h5ad'));
    const total = dataset.scan().total / dataset.cells;
    dataset.close();
    // Counts of negative binomials with mean 60 a cell, over 200 cells: within a tenth.
    expect(Math.abs(total - 60)).toBeLessThan(6);
    const fixed = await generate('fixed.h5ad', ...plain, '--json');
    const { sizeFactors } = JSON.parse(fixed.stdout) as { sizeFactors: { medianRatio: number; logCorrelation: null; cells: number } };
    expect(sizeFactors).toMatchObject({ cells: 200, logCorrelation: null });
    expect(Math.abs(sizeFactors.medianRatio - 1)).toBeLessThan(0.1);
    expect(await generate('adaptive.h5ad', '--cells', '2', '--tolerance', '1e-2')).toMatchObject({ status: 0 });
  });

  it('does not touch a file that is there without --overwrite', async () => {
    expect(await generate('kept.h5ad', '--cells', '2')).toMatchObject({ status: 0 });
    const before = readFileSync(inFolder('kept.h5ad'));
    expect(await generate('kept.h5ad', '--cells', '3')).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(/^error OUTPUT_EXISTS: .*\nhint: .*--overwrite/),
    });
    expect(readFileSync(inFolder('kept.h5ad')).equals(before)).toBe(true);
  });

  it('stops soon after Ctrl-C and leaves nothing', async () => {
    const { child, ended, hasSaid } = startCfgen(
      ['generate', 'model', '--cells', '3000000', '--out', 'stopped.h5ad', ...engine],
      folder.path,
    );
    await hasSaid('generate: ');
    const asked = performance.now();
    child.kill('SIGINT');
    const { status, stdout, stderr } = await ended;
    expect(performance.now() - asked).toBeLessThan(5000);
    expect([status, stdout]).toEqual([130, '']);
    expect(stderr).toMatch(/\nerror INTERRUPTED: .*\nhint: Nothing was written/);
    expect(readdirSync(folder.path).filter((name) => name.includes('stopped'))).toEqual([]);
  });
});

describe('cfgen encode', () => {
  const encode = (out: string): Promise<Ended> => runHere(['encode', model, inFolder('cells.h5ad'), '--out', inFolder(out), ...engine]);

  it('writes the latents of every cell to AnnData or safetensors', async () => {
    expect(await encode('latents.safetensors')).toMatchObject({ status: 0, stdout: expect.stringContaining('150 cells, 4 dimensions') });
    expect(await encode('latents.h5ad')).toMatchObject({ status: 0 });
    const file = new SafetensorsFile(inFolder('latents.safetensors'));
    expect(file.tensors.map(({ name, shape }) => ({ name, shape }))).toEqual([{ name: 'latents', shape: [150, 4] }]);
    file.close();
  });

  it('refuses a file of another kind', async () => {
    expect(await encode('latents.csv')).toMatchObject({ status: 2, stderr: expect.stringContaining('latents.csv') });
    expect(existsSync(inFolder('latents.csv'))).toBe(false);
  });
});

describe('cfgen inspect', () => {
  it('says what a file holds and which columns can be labels', async () => {
    const { status, stdout } = await runHere(['inspect', inFolder('cells.h5ad'), '--label', 'partial']);
    expect(status).toBe(0);
    expect(stdout).toMatch(/cells +150\n/);
    expect(stdout).toMatch(/label +cell_type +categorical +3 values: B cells \(\d+\), NK cells \(\d+\), T = alpha beta \(\d+\)\n/);
    expect(stdout).toMatch(/- +partial .*38 missing\n/);
    expect(stdout).toContain('warning: 38 cells have no partial');
  });

  it('says whether a file fits a model', async () => {
    const { stdout } = await runHere(['inspect', inFolder('cells.h5ad'), '--model', model]);
    expect(stdout).toContain("40 of the model's 40 are in the file");
    expect(stdout).toContain('every value is known to the model');
  });

  it('says what a model was trained on', async () => {
    const { stdout } = await runHere(['inspect', model]);
    expect(stdout).toContain('150 cells of cells.h5ad (X)');
    expect(stdout).toContain('5 combinations of these occur');
    expect(JSON.parse((await runHere(['inspect', model, '--json'])).stdout)).toMatchObject({ kind: 'model', cells: 150, combinations: 5 });
  });

  it('refuses an unknown column or layer', async () => {
    expect(await runHere(['inspect', inFolder('cells.h5ad'), '--label', 'celltype'])).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(/^error LABEL_MISSING: .*\nhint: did you mean cell_type/),
    });
    expect(await runHere(['inspect', inFolder('cells.h5ad'), '--layer', 'raw_counts'])).toMatchObject({ status: 2 });
  });
});
