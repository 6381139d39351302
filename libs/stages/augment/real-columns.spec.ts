import type { Column, ColumnValues } from '@cfgen/single-cell';
import { describe, expect, it } from 'vitest';
import { labelColumn, lengthenedColumn } from './real-columns';

const column = (values: ColumnValues): Column => ({ name: 'column', kind: values.kind, read: () => values });
/** Cells 2 and 0 of a file, and two generated ones after them. */
const rows = { real: Uint32Array.from([2, 0]), generated: 2 };

describe('a column of real cells', () => {
  it('has no value in generated cells: categories get none, numbers NaN', () => {
    const categorical = {
      kind: 'categorical',
      categories: ['a', 'b'],
      codes: Int32Array.from([1, -1, 0]),
      ordered: true,
      invalidText: 0,
    } as const;
    expect(lengthenedColumn(column(categorical), rows)).toEqual({
      kind: 'categorical',
      codes: Int32Array.from([0, 1, -1, -1]),
      categories: ['a', 'b'],
      ordered: true,
    });
    const numbers = { kind: 'integer', values: Float64Array.from([7, 8, 9]), missing: Uint8Array.from([1, 0, 0]) } as const;
    expect(lengthenedColumn(column(numbers), rows)).toEqual({ kind: 'numeric', values: Float64Array.from([9, NaN, NaN, NaN]) });
  });

  it('of text or truth becomes categories, the form that can say "no value"', () => {
    const text = { kind: 'string', values: ['x', '', 'y'], missing: Uint8Array.from([0, 1, 0]), invalidText: 0 } as const;
    expect(lengthenedColumn(column(text), rows)).toEqual({
      kind: 'categorical',
      codes: Int32Array.from([1, 0, -1, -1]),
      categories: ['x', 'y'],
    });
    const truth = { kind: 'boolean', values: Float64Array.from([1, 0, 0]) } as const;
    expect(lengthenedColumn(column(truth), rows)).toEqual({
      kind: 'categorical',
      codes: Int32Array.from([0, 1, -1, -1]),
      categories: ['False', 'True'],
    });
  });

  it('keeps its numbers where its categories are numbers, and is left out where it cannot be read', () => {
    const numbers = Float64Array.from([2, 10]);
    const categorical = {
      kind: 'categorical',
      categories: ['2', '10'],
      codes: Int32Array.from([1, 0, 0]),
      ordered: false,
      numbers,
      invalidText: 0,
    } as const;
    expect(lengthenedColumn(column(categorical), rows)).toMatchObject({ categories: numbers });
    expect(lengthenedColumn({ name: 'column', kind: 'unsupported', read: () => categorical }, rows)).toBeUndefined();
  });
});

describe('a label', () => {
  it('is kept in real cells, those of values the model does not know included, and given to generated ones', () => {
    expect(labelColumn(['B', undefined, 'rare'], ['T', 'B'], ['B', 'T'])).toEqual({
      kind: 'categorical',
      codes: Int32Array.from([0, -1, 2, 1, 0]),
      categories: ['B', 'T', 'rare'],
    });
  });
});
