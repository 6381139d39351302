import type { Column } from '@cfgen/single-cell';

/** Text columns of var, such as gene ids: they go with the features into every generated file. */
export function textColumns(columns: readonly Column[], features: Uint32Array): Record<string, string[]> {
  const kept: Record<string, string[]> = {};
  for (const column of columns) {
    if (column.kind !== 'string' && column.kind !== 'categorical') continue;
    const values = column.read();
    if (values.kind === 'string') kept[column.name] = Array.from(features, (feature) => values.values[feature] ?? '');
    else if (values.kind === 'categorical') {
      kept[column.name] = Array.from(features, (feature) => values.categories[values.codes[feature] ?? -1] ?? '');
    }
  }
  return kept;
}
