import { describe, expect, it } from 'vitest';
import { bytes, count, counted, duration, figure, share } from './quantities';
import { shellCommand } from './shell-words';
import { indented, table } from './tables';

describe('quantities for people', () => {
  it('are short', () => {
    expect([count(9999), count(12345), counted(1, 'cell'), counted(2638, 'cell')]).toEqual(['9999', '12,345', '1 cell', '2638 cells']);
    expect([duration(0.84), duration(12.2), duration(200), duration(7500)]).toEqual(['0.8 s', '12 s', '3 min 20 s', '2 h 05 min']);
    expect([duration(9.97), duration(59.6), duration(3599.7)]).toEqual(['10 s', '1 min 0 s', '1 h 00 min']);
    expect([bytes(512), bytes(6.5 * 2 ** 20), bytes(8 * 2 ** 30), bytes(150 * 2 ** 20)]).toEqual([
      '512 B',
      '6.5 MiB',
      '8.0 GiB',
      '150 MiB',
    ]);
    expect([figure(0.012345), figure(1234.56), figure(0), figure(0.00001234), figure(-2.5)]).toEqual([
      '0.01235',
      '1235',
      '0',
      '1.23e-5',
      '-2.5',
    ]);
    expect(share(0.026)).toBe('2.6 %');
  });
});

describe('a table', () => {
  it('sets text left and figures right, without trailing spaces', () => {
    const rows = table(
      [
        ['B cells', '342', ''],
        ['NK', '5', 'few'],
      ],
      ['left', 'right'],
    );
    expect(indented(rows)).toEqual(['  B cells  342', '  NK         5  few']);
  });
});

describe('a command line to paste', () => {
  it('quotes what a POSIX shell would take apart', () => {
    const words = ['cfgen', 'train', 'my data.h5ad', '--where', "cell_type=B's = $x", '--set', 'a=[1,2]', ''];
    expect(shellCommand(words, 'linux')).toBe(`cfgen train 'my data.h5ad' --where 'cell_type=B'\\''s = $x' --set 'a=[1,2]' ''`);
  });

  it('quotes for Windows with double quotes', () => {
    expect(shellCommand(['cfgen', 'C:\\my data\\x.h5ad', 'a=b'], 'win32')).toBe('cfgen "C:\\my data\\x.h5ad" a=b');
  });
});
