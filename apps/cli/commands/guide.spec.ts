import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runHere } from '../testing/run-here';
import { temporaryFolder, type Ended } from '../testing/run-cfgen';
import { tinyTraining, writeTinyCells } from '../testing/tiny-cells';

const folder = temporaryFolder();
const inFolder = (name: string): string => join(folder.path, name);
const cells = inFolder('pbmc3k.h5ad');
const split = ['--split', inFolder('pbmc3k.tsv')];
const engine = ['--engine', 'reference'];
const model = inFolder('model');

const guide = (...words: string[]): Promise<Ended> => runHere(['guide', model, cells, ...words, ...engine]);

beforeAll(async () => {
  await writeTinyCells(cells, inFolder('pbmc3k.tsv'));
  const trained = await runHere(['train', cells, '--label', 'cell_type', ...split, '--out', model, ...tinyTraining, ...engine]);
  expect(trained.status, trained.stderr).toBe(0);
}, 120_000);
afterAll(() => folder.remove());

describe('cfgen guide', () => {
  it('shows what each choice of weights makes, and marks the one to use', async () => {
    const out = inFolder('guidance');
    const words = ['--grid', 'cell_type=0,1,2', '--cells', '30', '--band', '0.000001,1000000', ...split, '--out', out];
    const { status, stdout, stderr } = await guide(...words);
    expect(status, stderr).toBe(0);
    expect(stdout).toMatch(/^cell_type +agreement cell_type +spread cell_type +mean agreement\n/);
    expect(stdout.match(/ \*\n/g)).toHaveLength(1);
    expect(stdout).toMatch(/Recommended: --guidance cell_type=[012]\n/);
    expect(readdirSync(out).sort()).toEqual(['guidance.json', 'guidance.svg', 'guidance.tsv']);
  }, 60_000);

  it('recommends nothing when nothing fits, and says so in the JSON', async () => {
    const { status, stdout } = await guide(
      '--grid',
      'cell_type=1',
      '--cells',
      '20',
      '--band',
      '0,0.000001',
      '--json',
      '--out',
      inFolder('none'),
    );
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      command: 'guide',
      result: { recommended: null, reason: expect.stringContaining('no weights of the grid') as string },
    });
  }, 60_000);

  it.each([
    [['--grid', 'tissue=1'], /tissue/],
    [['--grid', 'cell_type=x'], /--grid cell_type/],
    [['--grid', 'cell_type=1', '--band', '2,1'], /--band/],
    [[], /--grid/],
  ])('refuses %j', async (words, message) => {
    const { status, stderr } = await guide(...words, '--out', inFolder('no'));
    expect(status).toBe(2);
    expect(stderr).toMatch(message);
    expect(existsSync(inFolder('no'))).toBe(false);
  });
});
