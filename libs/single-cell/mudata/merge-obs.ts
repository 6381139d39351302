import type { Problem } from '@cfgen/contracts';
import type { Column, ColumnValues, DataFrame } from '../frames/column';
import { selectValues } from '../frames/select-rows';

/** A frame that describes the cells, or some of them. */
export interface ObsSource {
  /** As users name it: `obs`, `rna`, `atac`. */
  readonly from: string;
  readonly frame: DataFrame;
  /** Row of the frame for each cell, -1 for none; the frame's own order where it is left out. */
  readonly rows?: ArrayLike<number>;
  /** Its columns are copies of columns of another source: they count only where that lacks them. */
  readonly copies?: boolean;
}

/**
 * The columns of several frames about the same cells under their plain names. Where two hold a column of one name, the first source wins; the
 * other column stays, as `source:name`, unless it holds the same values. Text that differs is told: it may be taken for a label.
 */
export function mergeObs(sources: readonly ObsSource[]): { columns: readonly Column[]; problems: readonly Problem[] } {
  const merged = new Map<string, { readonly column: Column; readonly from: string }>();
  const problems: Problem[] = [];
  for (const source of sources) {
    for (const own of source.frame.columns) {
      const column = inOrder(own, source);
      const first = merged.get(column.name);
      if (!first) {
        merged.set(column.name, { column, from: source.from });
        continue;
      }
      if (source.copies === true || column.kind === 'unsupported' || first.column.kind === 'unsupported') continue;
      const different = differences(first.column.read(), column.read());
      if (different === 0) continue;
      const other = `${source.from}:${column.name}`;
      if (!merged.has(other)) merged.set(other, { column: { ...column, name: other }, from: source.from });
      if (isText(column) || isText(first.column)) problems.push(disagreement(column.name, first.from, source.from, different));
    }
  }
  return { columns: Array.from(merged.values(), ({ column }) => column), problems };
}

function inOrder(column: Column, { rows }: ObsSource): Column {
  return rows === undefined ? column : { ...column, read: () => selectValues(column.read(), rows) };
}

function disagreement(column: string, used: string, other: string, cells: number): Problem {
  return {
    severity: 'warning',
    code: 'labels-disagree',
    message: `${cells.toLocaleString('en-US')} ${cells === 1 ? 'cell has' : 'cells have'} another ${column} in ${other} than in ${used}: that of ${used} is used`,
    hint: `the other is the column ${other}:${column}`,
    details: { column, used, other, cells },
  };
}

function isText({ kind }: Column): boolean {
  return kind === 'categorical' || kind === 'string' || kind === 'boolean';
}

/** Cells for which both columns have a value, and not the same. */
function differences(a: ColumnValues, b: ColumnValues): number {
  const valueOfA = valueAt(a);
  const valueOfB = valueAt(b);
  const cells = a.kind === 'categorical' ? a.codes.length : a.values.length;
  let different = 0;
  for (let cell = 0; cell < cells; cell++) {
    const left = valueOfA(cell);
    const right = valueOfB(cell);
    if (left !== undefined && right !== undefined && left !== right && String(left) !== String(right)) different++;
  }
  return different;
}

function valueAt(column: ColumnValues): (cell: number) => string | number | undefined {
  if (column.kind === 'categorical') return (cell) => column.categories[column.codes[cell]];
  const { values, missing } = column;
  return (cell) => {
    const value = values[cell];
    return (missing !== undefined && missing[cell] !== 0) || Number.isNaN(value) ? undefined : value;
  };
}
