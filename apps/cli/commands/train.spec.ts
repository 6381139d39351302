import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runHere } from '../testing/run-here';
import { buildCfgen, runCfgenCommand, startCfgen, temporaryFolder, type Ended } from '../testing/run-cfgen';
import { cellTypes, tinyTraining, writeTinyCells } from '../testing/tiny-cells';

const folder = temporaryFolder();
const inFolder = (name: string): string => join(folder.path, name);
const run = (...words: string[]): Promise<Ended> => runCfgenCommand(words, folder.path);
const train = (out: string, ...more: string[]): Promise<Ended> =>
  run('train', 'cells.h5ad', '--label', 'cell_type', '--out', out, ...tinyTraining, ...more);
const modelHash = ({ stdout }: Ended): unknown => (JSON.parse(stdout) as { modelHash: unknown }).modelHash;

/** File names as paths. */
const inThisFolder = ([file = '', ...more]: readonly string[]): string[] => [inFolder(file), ...more];

beforeAll(async () => {
  buildCfgen();
  await writeTinyCells(inFolder('cells.h5ad'), inFolder('split.tsv'));
}, 120_000);
afterAll(() => folder.remove());

describe('cfgen train', () => {
  it('writes a model, says what it is, and what to do next', async () => {
    const { status, stdout, stderr } = await train('model');
    expect(status, stderr).toBe(0);
    expect(readdirSync(inFolder('model')).sort()).toEqual(['README.md', 'autoencoder.safetensors', 'flow.safetensors', 'model.json']);
    expect(stdout).toContain('The model is in model');
    expect(stdout).toContain('Next: cfgen generate model');
    expect(stderr).toMatch(
      /^read: 150 cells in .*\nautoencoder: 12 steps in .*loss .*\nencode: 150 cells in .*\nflow: 40 steps in .*loss .*\n$/,
    );
  });

  it('gives the same model for the same seed whatever the number of threads, and prints it as JSON alone', async () => {
    const first = await train('once', '--json');
    const again = await train('again', '--json', '--threads', '2');
    const other = await train('other', '--json', '--seed', '1');
    expect(first.stderr).toBe('');
    expect(JSON.parse(first.stdout)).toMatchObject({
      command: 'train',
      model: 'once',
      cells: 150,
      features: 40,
      attributes: [{ name: 'cell_type', role: 'label', categories: [...cellTypes], counts: [50, 50, 50] }],
      flow: { steps: 40 },
      seconds: { total: expect.any(Number), autoencoder: expect.any(Number), flow: expect.any(Number) },
      problems: [],
    });
    expect(modelHash(again)).toBe(modelHash(first));
    expect(modelHash(other)).not.toBe(modelHash(first));
  });

  it('says nothing but its answer with --quiet', async () => {
    const { status, stderr, stdout } = await train('quiet', '--quiet');
    expect([status, stderr]).toEqual([0, '']);
    expect(stdout).toContain('The model is in quiet');
  });

  it('does not touch a model that is there without --overwrite', async () => {
    await train('kept');
    const before = readFileSync(inFolder('kept/model.json'), 'utf8');
    expect(await train('kept', '--seed', '5')).toMatchObject({
      status: 2,
      stdout: '',
      stderr: expect.stringMatching(/^error OUTPUT_EXISTS: .*\nhint: .*--overwrite/),
    });
    expect(readFileSync(inFolder('kept/model.json'), 'utf8')).toBe(before);
    expect(await train('kept', '--seed', '5', '--overwrite')).toMatchObject({ status: 0 });
  });

  it('refuses columns and files it cannot use, and leaves nothing behind', async () => {
    const refusals: [string[], RegExp][] = [
      [['cells.h5ad', '--label', 'cell_typ'], /^error LABEL_MISSING: .*cell_typ.*\nhint: did you mean cell_type/],
      [['cells.h5ad', '--label', 'partial'], /^error LABEL_UNUSABLE: .*38 cells have no partial/],
      [['cells.h5ad', '--label', 'cell_type', '--batch', 'cell_type'], /^error REQUEST_INVALID: .*cell_type is given twice/],
      [['cells.h5ad', '--label', 'cell_type', '--layer', 'nothing'], /^error .*nothing/],
      [['nowhere.h5ad', '--label', 'cell_type'], /^error INPUT_NOT_FOUND: .*nowhere.h5ad/],
      [['split.tsv', '--label', 'cell_type'], /^error INPUT_/],
    ];
    for (const [words, expected] of refusals) {
      const { status, stderr } = await runHere(['train', ...inThisFolder(words), '--out', inFolder('refused'), ...tinyTraining]);
      expect(status, words.join(' ')).toBe(2);
      expect(stderr).toMatch(expected);
      expect(existsSync(inFolder('refused'))).toBe(false);
    }
  });

  it('leaves out cells without a label when told to, and says so', async () => {
    const { status, stderr } = await run(
      'train',
      'cells.h5ad',
      '--label',
      'partial',
      '--missing-labels',
      'drop',
      '--out',
      'partial',
      ...tinyTraining,
    );
    expect(status, stderr).toBe(0);
    expect(stderr).toContain('warning: 38 cells are left out of training');
  });

  it('notes that a model without labels cannot be asked for a kind of cell', async () => {
    const { status, stderr } = await run('train', 'cells.h5ad', '--out', 'unlabelled', ...tinyTraining);
    expect(status, stderr).toBe(0);
    expect(stderr).toContain('note: no --label is given');
  });
});

describe('a training that is stopped', () => {
  const long = ['--flow-steps', '2500', '--checkpoint-every', '1'];
  const line = (out: string): string[] => ['train', 'cells.h5ad', '--label', 'cell_type', '--out', out, ...tinyTraining, ...long];

  it('says how to go on, and goes on to the same model as one that was never stopped', async () => {
    const whole = await run(...line('whole'), '--json');
    expect(whole.status).toBe(0);

    const { child, hasSaid, ended } = startCfgen(line('my model'), folder.path);
    await hasSaid('encode: ');
    child.kill('SIGINT');
    const { status, stdout, stderr } = await ended;
    expect([status, stdout]).toEqual([130, '']);
    expect(stderr).toContain('stopping ...');
    expect(stderr).toMatch(
      /\nerror INTERRUPTED: .*\nhint: Go on with: cfgen train cells.h5ad --label cell_type --out 'my model' .* --resume\n$/,
    );
    expect(existsSync(inFolder('my model/model.json'))).toBe(false);

    expect(await run(...line('my model'))).toMatchObject({ status: 2, stderr: expect.stringContaining('--resume') });
    expect(await run(...line('my model'), '--resume', '--seed', '3')).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(/^error CHECKPOINT_MISMATCH: .*seed/m),
    });
    const resumed = await run(...line('my model'), '--resume', '--json');
    expect(resumed.status, resumed.stdout).toBe(0);
    expect(modelHash(resumed)).toBe(modelHash(whole));
    expect(readdirSync(inFolder('my model'))).not.toContain('checkpoint');
  }, 120_000);

  it('goes on after being killed outright', async () => {
    const killed = startCfgen(line('killed'), folder.path);
    await killed.hasSaid('encode: ');
    killed.child.kill('SIGKILL');
    expect((await killed.ended).status).toBeNull();
    expect(existsSync(inFolder('killed/model.json'))).toBe(false);
    const resumed = await run(...line('killed'), '--resume', '--json');
    expect(resumed.status, resumed.stdout).toBe(0);
    const whole = JSON.parse((await run('inspect', 'whole', '--json')).stdout) as { modelHash: string };
    expect(modelHash(resumed)).toBe(whole.modelHash);
  }, 120_000);
});
