import { describe, expect, it } from 'vitest';
import { textColumn, type Column, type ColumnValues, type DataFrame } from '../frames/column';
import { readLabel } from './label';

function frame(...columns: Column[]): DataFrame {
  const length = 40;
  return { where: 'obs', length, names: Array.from({ length }, (_, i) => `c${i}`), invalidNames: 0, columns };
}

function column(name: string, values: ColumnValues): Column {
  return { name, kind: values.kind, read: () => values };
}

const forty = <T>(value: (i: number) => T): T[] => Array.from({ length: 40 }, (_, i) => value(i));

describe('labels', () => {
  it('have sorted categories, codes and sizes, and leave unused categories out', () => {
    const codes = Int32Array.from(forty((i) => (i % 4 === 0 ? 2 : 0)));
    const label = readLabel(
      'f',
      frame(column('type', { kind: 'categorical', categories: ['T', 'unused', 'B'], codes, ordered: false, invalidText: 0 })),
      'type',
    );
    expect(label.categories).toEqual(['B', 'T']);
    expect(label.sizes).toEqual([10, 30]);
    expect([...label.codes.subarray(0, 5)]).toEqual([0, 1, 1, 1, 0]);
    expect(label.problems).toEqual([]);
  });

  it('sort whole numbers by size and say that they are names', () => {
    const label = readLabel(
      'f',
      frame(column('cluster', { kind: 'integer', values: Float64Array.from(forty((i) => (i % 3) * 5)) })),
      'cluster',
    );
    expect(label.categories).toEqual(['0', '5', '10']);
    expect(label.problems.map(({ code }) => code)).toEqual(['label-numeric']);
  });

  it('turn booleans into False and True', () => {
    expect(
      readLabel('f', frame(column('flag', { kind: 'boolean', values: Float64Array.from(forty((i) => i % 2)) })), 'flag').categories,
    ).toEqual(['False', 'True']);
  });

  it('refuse missing values unless the caller keeps them', () => {
    const obs = frame(column('score', { kind: 'float', values: Float64Array.from(forty((i) => (i === 7 ? NaN : i % 2))) }));
    expect(() => readLabel('f', obs, 'score')).toThrow(/f: 1 cell has no score/);
    const label = readLabel('f', obs, 'score', { missing: 'keep' });
    expect([label.missing, label.codes[7]]).toEqual([1, -1]);
  });

  it('refuse identifiers and measurements', () => {
    expect(() => readLabel('f', frame(textColumn('barcode', forty(String))), 'barcode')).toThrow(/40 values for 40 cells: an identifier/);
    expect(() => readLabel('f', frame(column('x', { kind: 'float', values: Float64Array.from(forty((i) => i / 7)) })), 'x')).toThrow(
      /numeric and continuous/,
    );
  });

  it('name the columns there are and the nearest', () => {
    const obs = frame(
      textColumn(
        'cell_type',
        forty(() => 'T'),
      ),
      textColumn(
        'donor',
        forty(() => 'd'),
      ),
    );
    expect(() => readLabel('f', obs, 'celltype')).toThrow(
      expect.objectContaining({
        code: 'LABEL_MISSING',
        message: expect.stringContaining('columns: cell_type, donor') as string,
        hint: 'did you mean cell_type?',
      }),
    );
  });
});
