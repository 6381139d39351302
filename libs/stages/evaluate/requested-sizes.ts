import type { Dataset } from '@cfgen/single-cell';

/**
 * The size factors that cells were drawn for, from the columns that a generated file carries; NaN for cells that are not generated. `undefined`
 * in a file without generated cells: a column of that name means something else there.
 */
export function requestedSizesOf(dataset: Dataset, rows: Uint32Array): Float64Array | undefined {
  const column = (name: string) => dataset.obsColumns.find((known) => known.name === name);
  const [sizes, synthetic] = [column('size_factor'), column('is_synthetic')];
  if ((sizes?.kind !== 'float' && sizes?.kind !== 'integer') || synthetic?.kind !== 'boolean') return undefined;
  const generated = synthetic.read();
  if (generated.kind !== 'boolean' || !rows.some((row) => generated.values[row] === 1)) return undefined;
  const asked = dataset.numbers('size_factor');
  return Float64Array.from(rows, (row) => (generated.values[row] === 1 ? (asked[row] ?? NaN) : NaN));
}
