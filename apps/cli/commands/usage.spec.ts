import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runHere } from '../testing/run-here';
import { buildCfgen, runCfgenCommand, startCfgen, temporaryFolder } from '../testing/run-cfgen';

const folder = temporaryFolder();
const run = (...words: string[]) => runCfgenCommand(words, folder.path);

beforeAll(() => buildCfgen(), 120_000);
afterAll(() => folder.remove());

describe('cfgen', () => {
  it('greets without a command, and lists its commands with first steps', async () => {
    for (const words of [[], ['--help'], ['-h']]) {
      const { status, stdout, stderr } = await run(...words);
      expect([status, stderr]).toEqual([0, '']);
      for (const name of ['train', 'generate', 'evaluate', 'encode', 'inspect', 'doctor', 'quickstart'])
        expect(stdout).toContain(`  ${name} `);
      expect(stdout).toContain('First steps:');
    }
  });

  it.each(['train', 'generate', 'evaluate', 'encode', 'inspect'])('%s --help has examples', async (name) => {
    const { status, stdout } = await runHere([name, '--help']);
    expect(status).toBe(0);
    expect(stdout).toContain(`Examples:\n  cfgen ${name} `);
  });

  it('prints its version', async () => {
    const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string };
    expect(await run('--version')).toEqual({ status: 0, stdout: `${version}\n`, stderr: '' });
  });

  it.each([
    [['trian', 'x'], "unknown command 'trian'", 'Did you mean train?'],
    [['train', 'x.h5ad'], "required option '--out <folder>' not specified", 'cfgen train --help'],
    [['train', '--out', 'm'], "missing required argument 'data'", 'cfgen train --help'],
    [['generate', 'm', '--cels', '5'], "unknown option '--cels'", 'Did you mean --cells?'],
    [['generate', 'm', '--cells'], "option '--cells <n>' argument missing", 'cfgen generate --help'],
    [['generate', 'm', '--cells', 'ten'], '--cells is "ten", not a whole number of at least 1', '--cells 1'],
    [['generate', 'm', '--split', 's.tsv'], '--split needs --like', '--like'],
    [['generate', 'm', '--threads', '0'], '--threads is "0"', '--threads 1'],
    [['generate', 'm', '--engine', 'gpu'], 'there is no engine "gpu"', 'auto, tensorflow, native, wasm, reference'],
    [['generate', 'm', '--memory', '3KB'], '--memory is "3KB", too little', '64MiB'],
    [['generate', 'm', '--seed', '-1'], '--seed is "-1", not a whole number of at least 0', '--seed 1'],
    [['train', 'x', '--out', 'm', '--missing-labels', 'guess'], '--missing-labels is "guess"', 'refuse or drop'],
    [['train', 'x', '--out', 'm', '--preset', 'fast'], 'there is no preset "fast"', 'best, paper, quick'],
    [['train', 'x', '--out', 'm', '--set', 'flow.hiden=3'], '--set flow.hiden=3: there is no setting "flow.hiden"', 'flow.hidden'],
  ])('%j is refused with one line and a hint, exit status 2', async (words, message, hint) => {
    const { status, stdout, stderr } = await runHere(words);
    expect([status, stdout]).toEqual([2, '']);
    const [first, second, ...rest] = stderr.trimEnd().split('\n');
    expect(first).toContain(`error REQUEST_INVALID: ${message}`);
    expect(second).toMatch(/^hint: /);
    expect(second).toContain(hint);
    expect(rest).toEqual([]);
  });

  it('prints errors as one JSON object with --json, and nothing else', async () => {
    for (const words of [
      ['trian', '--json'],
      ['generate', 'nowhere', '--json'],
      ['inspect', 'nowhere.h5ad', '--json'],
    ]) {
      const { status, stdout, stderr } = await run(...words);
      expect([status, stderr]).toEqual([2, '']);
      expect(JSON.parse(stdout)).toMatchObject({
        error: { code: expect.any(String), message: expect.any(String), details: {} },
        problems: [],
      });
    }
  });

  it('shows where an error came from with --debug alone', async () => {
    expect((await run('generate', 'nowhere')).stderr).toMatch(/^error MODEL_NOT_FOUND: .*\nhint: .*\n$/);
    expect((await run('generate', 'nowhere', '--debug')).stderr).toMatch(/\n {4}at /);
  });

  it('ends quietly when nobody reads on', async () => {
    const { child, ended } = startCfgen(['train', '--help'], folder.path);
    child.stdout?.destroy();
    expect(await ended).toMatchObject({ status: 0, stderr: '' });
  });
});

describe('cfgen doctor', () => {
  it('finds this machine usable', async () => {
    const { status, stdout } = await run('doctor');
    expect(status).toBe(0);
    for (const word of [process.version, 'engine wasm', 'engine reference', 'engine auto', 'temporary files', 'Ready.'])
      expect(stdout).toContain(word);
  });

  it('says the same to machines', async () => {
    const { stdout } = await run('doctor', '--json');
    expect(JSON.parse(stdout)).toMatchObject({
      command: 'doctor',
      usable: true,
      node: process.version,
      wasm: { simd: true, threads: true },
      temporary: { writable: true },
      engines: [{ name: 'native' }, { name: 'wasm' }, { name: 'tensorflow' }, { name: 'reference', available: true }],
      problems: [],
    });
  });

  it('says what is wrong and exits with 1 where it cannot work', async () => {
    const { ended } = startCfgen(['doctor'], folder.path, { TMPDIR: `${folder.path}/nowhere`, TEMP: `${folder.path}/nowhere` });
    const { status, stdout } = await ended;
    expect(status).toBe(1);
    expect(stdout).toContain('error: files cannot be written to');
    expect(stdout).toContain('hint: Set TMPDIR');
  });
});
