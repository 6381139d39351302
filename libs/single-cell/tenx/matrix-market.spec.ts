import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { readMatrixMarket } from './matrix-market';

const folder = mkdtempSync(join(tmpdir(), 'market-'));
afterAll(() => rmSync(folder, { recursive: true }));

async function read(text: string | Buffer): Promise<number[][]> {
  const path = join(folder, 'matrix.mtx');
  writeFileSync(path, text);
  const seen: number[][] = [];
  await readMatrixMarket(path, {
    size: ({ rows, columns, entries }) => seen.push([rows, columns, entries]),
    entry: (row, column, value) => seen.push([row, column, value]),
  });
  return seen;
}

const header = '%%MatrixMarket matrix coordinate integer general\n';

describe('Matrix Market files', () => {
  it('are read with comments, Windows line ends, decimals and gzip', async () => {
    const want = [
      [3, 2, 3],
      [0, 0, 5],
      [2, 1, 1],
      [1, 1, 120],
    ];
    expect(await read(`${header}%metadata\n3 2 3\n1 1 5\n3 2 1\n2 2 120\n`)).toEqual(want);
    expect(await read(`${header}3 2 3\r\n1 1 5\r\n3 2 1\r\n2 2 120`)).toEqual(want);
    expect(await read('%%MatrixMarket matrix coordinate real general\n3 2 3\n1 1 5.0\n3 2 1\n2 2 1.2e2\n')).toEqual(want);
    expect(await read(gzipSync(`${header}3 2 3\n1 1 5\n3\t2\t1\n2 2 120\n\n`))).toEqual(want);
  });

  it.each([
    [`${header}3 2 1\n0 1 5\n`, /line 3: row 0 \(rows run from 1 to 3\)/],
    [`${header}3 2 1\n4 1 5\n`, /line 3: row 4/],
    [`${header}3 2 1\n1 3 5\n`, /line 3: column 3 \(columns run from 1 to 2\)/],
    [`${header}3 2 1\n1 1 abc\n`, /line 3: value "abc" is no number/],
    [`${header}3 2 1\n1 1\n`, /line 3: value "" is no number/],
    [`${header}3 2 1\nx 1 1\n`, /line 3: row x/],
    [`${header}3 2 2\n1 1 1\n`, /has 1 entries, its header says 2/],
    [`${header}3 2 1\n1 1 1\n2 1 1\n`, /has 2 entries, its header says 1/],
    [`${header}3 two 1\n1 1 1\n`, /line 2: "3 two 1" where rows, columns and entries/],
    [header, /ends before the sizes/],
    ['%%MatrixMarket matrix array real general\n3 2\n', /of kind matrix array real general/],
    ['barcode\n', /does not start with %%MatrixMarket/],
    ['a'.repeat(10_000), /line 1 is longer than/],
    [gzipSync(`${header}3 2 1\n1 1 1\n`).subarray(0, 40), /gzip stream ends early/],
  ])('are refused with the line: %j', async (text, message) => {
    await expect(read(text)).rejects.toThrow(message);
  });
});
