import type { Attribute } from '@cfgen/model';
import type { Column, ColumnValues } from '@cfgen/single-cell';
import { describe, expect, it } from 'vitest';
import { carriedColumns } from './carried-columns';

const attributes: Attribute[] = [
  { name: 'cell_type', role: 'label', categories: ['B', 'T'], codes: Int32Array.of(0, 1, 1, 0) },
  { name: 'sample', role: 'batch', categories: ['s1', 's2'], codes: Int32Array.of(0, 0, 1, 1) },
];

const column = (name: string, values: ColumnValues): Column => ({ name, kind: values.kind, read: () => values });
const text = (name: string, values: string[]): Column => column(name, { kind: 'string', values, invalidText: 0 });
const carried = (columns: Column[], rows = [0, 1, 2, 3]): unknown => carriedColumns(columns, Uint32Array.from(rows), attributes);

describe('columns that a model carries', () => {
  it('are those that are the same for all cells, or follow from a label', () => {
    expect(
      carried([
        text('organism', ['man', 'man', 'man', 'man']),
        text('term', ['CL:1', 'CL:2', 'CL:2', 'CL:1']),
        text('donor', ['a', 'a', 'b', 'b']),
        column('primary', { kind: 'boolean', values: Float64Array.of(1, 1, 1, 1) }),
      ]),
    ).toEqual([
      { name: 'organism', kind: 'text', by: null, values: ['man'] },
      { name: 'term', kind: 'text', by: 0, values: ['CL:1', 'CL:2'] },
      { name: 'donor', kind: 'text', by: 1, values: ['a', 'b'] },
      { name: 'primary', kind: 'boolean', by: null, values: ['True'] },
    ]);
  });

  it('are none that vary within a label, hold numbers, have no values, or are labels themselves', () => {
    expect(
      carried([
        text('barcode', ['a', 'b', 'c', 'd']),
        column('depth', { kind: 'integer', values: Float64Array.of(1, 1, 1, 1) }),
        text('cell_type', ['B', 'T', 'T', 'B']),
        column('none', { kind: 'categorical', categories: ['x'], codes: Int32Array.of(-1, -1, -1, -1), ordered: false, invalidText: 0 }),
        text(
          'long',
          Array.from({ length: 4 }, () => 'x'.repeat(1000)),
        ),
      ]),
    ).toEqual([]);
  });

  it('are judged by the cells trained on alone, and keep a label without a value apart', () => {
    const half: ColumnValues = {
      kind: 'categorical',
      categories: ['x', 'odd'],
      codes: Int32Array.of(0, -1, -1, 1),
      ordered: false,
      invalidText: 0,
    };
    expect(carriedColumns([column('half', half)], Uint32Array.of(0, 1, 2), [{ ...attributes[0]!, codes: Int32Array.of(0, 1, 1) }])).toEqual(
      [{ name: 'half', kind: 'text', by: 0, values: ['x', null] }],
    );
  });
});
