import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { openDataset } from '../opening/open-dataset';
import { readSplit } from './read-split';

const folder = mkdtempSync(join(tmpdir(), 'split-'));
afterAll(() => rmSync(folder, { recursive: true }));
const data = fileURLToPath(new URL('../../../../shared/data/', import.meta.url));

function split(text: string): ReturnType<typeof readSplit> {
  const path = join(folder, 'split.tsv');
  writeFileSync(path, text);
  return readSplit(path, ['a', 'b', 'c', 'd']);
}

describe('fixed splits', () => {
  it('give the cells of each part in ascending order, whatever the order of lines and columns', () => {
    const { parts, problems } = split('split\tnote\tbarcode\ntest\tx\td\ntrain\ty\tc\r\ntrain\t\ta\ntest\t\tb\n');
    expect([...parts].map(([part, cells]) => [part, [...cells]])).toEqual([
      ['test', [1, 3]],
      ['train', [0, 2]],
    ]);
    expect(problems).toEqual([]);
  });

  it('tell cells that only one side knows', () => {
    expect(split('barcode\tsplit\na\ttrain\nz\ttest\n').problems.map(({ code }) => code)).toEqual([
      'split-unknown-cells',
      'split-unlisted-cells',
    ]);
  });

  it.each([
    ['cell,part\na,train\n', /the first line must name the columns barcode and split/],
    ['barcode\tsplit\nx\ttrain\n', /none of its 1 barcodes is in the data \(expects names such as a\)/],
    ['barcode\tsplit\na\ttrain\na\ttest\n', /line 3: the barcode a is listed twice/],
    ['barcode\tsplit\na\n', /line 2: a barcode and a split are needed/],
  ])('are refused when they cannot be meant: %j', (text, message) => {
    expect(() => split(text)).toThrow(message);
  });

  it.runIf(existsSync(data))('of PBMC3K cover all of its cells', async () => {
    const dataset = await openDataset(join(data, 'pbmc3k.h5ad'));
    const { parts, problems } = readSplit(join(data, 'splits', 'pbmc3k.tsv'), dataset.obsNames);
    dataset.close();
    expect(problems).toEqual([]);
    expect([...parts.keys()]).toEqual(['test', 'train']);
    expect([...parts.values()].reduce((sum, cells) => sum + cells.length, 0)).toBe(2638);
  });
});
