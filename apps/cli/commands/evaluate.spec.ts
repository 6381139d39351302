import { existsSync, readFileSync, readdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runHere } from '../testing/run-here';
import { temporaryFolder, type Ended } from '../testing/run-cfgen';
import { tinyTraining, writeTinyCells } from '../testing/tiny-cells';

const folder = temporaryFolder();
const inFolder = (name: string): string => join(folder.path, name);
const engine = ['--engine', 'reference'];
const split = ['--split', inFolder('pbmc3k.tsv')];
const cells = inFolder('pbmc3k.h5ad');
const model = inFolder('start/model');

const evaluate = (...words: string[]): Promise<Ended> => runHere(['evaluate', cells, ...words, ...engine]);

beforeAll(async () => {
  await writeTinyCells(cells, inFolder('pbmc3k.tsv'));
  const trained = await runHere(['train', cells, '--label', 'cell_type', ...split, '--out', model, ...tinyTraining, ...engine]);
  expect(trained.status, trained.stderr).toBe(0);
  for (const seed of ['0', '1']) {
    const words = ['generate', model, '--like', cells, ...split, '--seed', seed, '--out', inFolder(`seed${seed}.h5ad`), ...engine];
    expect(await runHere(words)).toMatchObject({ status: 0 });
  }
}, 120_000);
afterAll(() => folder.remove());

describe('cfgen evaluate', () => {
  it('writes figures and a report, and prints the main figures beside floor and baseline', async () => {
    const generated = [inFolder('seed0.h5ad'), inFolder('seed1.h5ad')];
    const { status, stdout, stderr } = await evaluate(
      ...generated,
      ...['--label', 'cell_type', '--donor', 'donor', '--bootstrap', '20', '--markers', '5'],
      ...split,
      ...['--out', inFolder('report')],
    );
    expect(status, stderr).toBe(0);
    expect(readdirSync(inFolder('report')).sort()).toEqual(['metrics.json', 'report.html']);
    expect(stdout).toMatch(/^ +generated +95 % interval +floor +baseline\n/);
    expect(stdout).toMatch(/Classifier AUC, random forest +0\.\d+ ± \d.* \.\. .*0\.5 is best\n/);
    expect(stdout).toContain('"floor" is what other real cells score');
    expect(stderr).toMatch(/evaluate in .* s\n/);
    expect(stdout).toMatch(/The privacy audit found /);
    expect(stdout).toMatch(/\nLibrary sizes of seed0.h5ad: [01]\.\d+ of what was asked for .*\nLibrary sizes of seed1.h5ad: /);
    expect(readFileSync(inFolder('report/report.html'), 'utf8')).toContain('Library sizes asked for, and what came');
    const donors = [expect.objectContaining({ donor: 'd1' }), expect.objectContaining({ donor: 'd2' })] as unknown[];
    expect(JSON.parse(readFileSync(inFolder('report/metrics.json'), 'utf8'))).toMatchObject({
      ...{ format: 'cfgen-evaluation', formatVersion: 2 },
      settings: { bootstrap: 20, markers: 5 },
      floor: { of: 'training' },
      requests: [{ name: 'seed0.h5ad', sizeFactors: { deciles: expect.any(Array) as unknown } }, { name: 'seed1.h5ad' }],
      privacy: { sets: [{ donors: { heldOutDonors: 'shared', donors } }, { donors: { donors } }] },
    });
  }, 120_000);

  it('prints one JSON object, with a floor of halves when there are no training cells', async () => {
    const { status, stdout, stderr } = await evaluate(inFolder('seed0.h5ad'), '--bootstrap', '0', '--out', inFolder('plain'), '--json');
    expect([status, stderr]).toEqual([0, '']);
    expect(JSON.parse(stdout)).toMatchObject({
      command: 'evaluate',
      metrics: inFolder('plain/metrics.json'),
      floor: { of: 'halves' },
      privacy: { reason: 'no training cells were given' },
      summary: expect.arrayContaining([expect.objectContaining({ id: 'auc.forest', interval: null })]),
    });
  }, 120_000);

  it('does not touch a report that is there, and refuses files it cannot compare', async () => {
    expect(await evaluate(inFolder('seed0.h5ad'), '--out', inFolder('report'))).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(/^error OUTPUT_EXISTS/),
    });
    expect(await evaluate(inFolder('seed0.h5ad'), '--label', 'tissue', '--out', inFolder('no'))).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(/^error LABEL_MISSING/m),
    });
    expect(await evaluate(inFolder('seed0.h5ad'), '--donor', 'patient', '--out', inFolder('no'))).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(/^error LABEL_MISSING.*patient/m),
    });
    expect(await evaluate(inFolder('seed0.h5ad'), '--bootstrap', '3', '--out', inFolder('no'))).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(/^error REQUEST_INVALID.*bootstrap is 3/m),
    });
    expect(await evaluate(inFolder('nowhere.h5ad'), '--out', inFolder('no'))).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('nowhere.h5ad'),
    });
    expect(existsSync(inFolder('no'))).toBe(false);
  });
});

describe('cfgen quickstart', () => {
  it('generates as many cells as the test part has, evaluates them, and says how to read that and what to do next', async () => {
    const words = ['quickstart', '--out', inFolder('start'), '--keep', ...engine];
    const before = readFileSync(join(model, 'model.json'), 'utf8');
    const { status, stdout, stderr } = await runHere(words, folder.path);
    expect(status, stderr).toBe(0);
    expect(readdirSync(inFolder('start')).sort()).toEqual(['model', 'report', 'synthetic.h5ad']);
    expect(readFileSync(join(model, 'model.json'), 'utf8')).toBe(before);
    for (const name of [
      model,
      'synthetic.h5ad',
      'report.html',
      'metrics.json',
      'floor',
      'W2, all cells',
      'Next\n  cfgen generate ',
      'cfgen train ',
    ]) {
      expect(stdout).toContain(name);
    }
    const again = await runHere([...words, '--json'], folder.path);
    expect(JSON.parse(again.stdout)).toMatchObject({
      command: 'quickstart',
      synthetic: inFolder('start/synthetic.h5ad'),
      steps: { train: expect.any(Number), generate: expect.any(Number), evaluate: expect.any(Number) },
    });
  }, 120_000);

  it('does not touch a folder that holds other files where the model would go', async () => {
    renameSync(inFolder('seed1.h5ad'), join(model, 'mine.h5ad'));
    renameSync(join(model, 'model.json'), inFolder('model.json'));
    expect(await runHere(['quickstart', '--out', inFolder('start'), ...engine], folder.path)).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(/^error OUTPUT_EXISTS: .*mine.h5ad/),
    });
    expect(existsSync(join(model, 'mine.h5ad'))).toBe(true);
  });
});
