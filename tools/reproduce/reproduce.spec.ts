import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CommandRunner } from './commands';
import { figureOf, table, written } from './figures';
import { renderPage } from './page';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'cfgen-reproduce-'));
  // A program in the place of cfgen: notes that it ran and answers its own words.
  const program = `const { appendFileSync } = require('node:fs'); appendFileSync(${JSON.stringify(join(folder, 'ran'))}, process.argv[2] + '\\n');
    process.stdout.write(JSON.stringify(process.argv.slice(2)));`;
  writeFileSync(join(folder, 'cfgen.cjs'), program);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('the commands of a reproduction', () => {
  it('run once, and again when what they were made from has changed', async () => {
    const runner = (): CommandRunner => new CommandRunner(join(folder, 'cfgen.cjs'), join(folder, 'work'), '/data', 1);
    const first = runner();
    const trained = await first.run('a/train', ['train', first.data('x.h5ad'), '--seed', '0']);
    await first.run('a/generate', ['generate', first.at('a/model')], [trained]);
    const second = runner();
    const again = await second.run('a/train', ['train', second.data('x.h5ad'), '--seed', '0']);
    await second.run('a/generate', ['generate', second.at('a/model')], [again]);
    expect(readFileSync(join(folder, 'ran'), 'utf8')).toBe('train\ngenerate\n');
    const third = runner();
    const other = await third.run('a/train', ['train', third.data('x.h5ad'), '--seed', '1']);
    await third.run('a/generate', ['generate', third.at('a/model')], [other]);
    expect(readFileSync(join(folder, 'ran'), 'utf8')).toBe('train\ngenerate\ntrain\ngenerate\n');
  });

  it('are listed as a user would type them', async () => {
    const runner = new CommandRunner(join(folder, 'cfgen.cjs'), join(folder, 'typed'), '/data', 1);
    await runner.run('b', ['generate', runner.at('b/model'), '--where', 'cell_type=B cells', '--like', runner.data('x.h5ad')]);
    expect(runner.log).toEqual(['cfgen generate b/model --where "cell_type=B cells" --like x.h5ad']);
  });

  it('that fail end the run, and leave no answer', async () => {
    const runner = new CommandRunner(join(folder, 'missing.cjs'), join(folder, 'failed'), '/data', 1);
    await expect(runner.run('c', ['train'])).rejects.toThrow('ended with status 1');
    await expect(runner.run('c', ['train'])).rejects.toThrow('ended with status 1');
  });
});

describe('the figures of a page', () => {
  it('are means with the standard error over seeds', () => {
    expect(written(figureOf([1, 2, 3]))).toBe('2.00 ± 0.58');
    expect(written(figureOf([1, null]))).toBe('1.00');
    expect(written(figureOf([null, undefined]))).toBe('');
  });

  it('stand in tables under headings, the commands at the end', () => {
    const body = table(['data set', 'W2'], [['x', '1.00']]);
    const page = renderPage([{ title: 'Table 1', body }], ['cfgen train x'], {
      ...{ version: '1.2.3', node: 'v20', processor: 'a processor', threads: 2, seeds: [0, 1] },
    });
    expect(page).toContain('## Table 1\n\n| data set | W2 |\n| --- | --- |\n| x | 1.00 |');
    expect(page.indexOf('cfgen train x')).toBeGreaterThan(page.indexOf('## The commands'));
  });
});
