import { CfgenError } from '@cfgen/contracts';
import type { Dataset } from '../dataset/dataset';
import type { Column, ColumnKind, ColumnValues } from '../frames/column';

/** An obs column in figures. JSON-ready. */
export interface ColumnSummary {
  readonly name: string;
  readonly kind: ColumnKind;
  /** Cells without a value (NaN for numbers). */
  readonly missing: number;
  /** Values and how many cells have each, largest first, at most 100; absent for numbers and for text that differs in every cell. */
  readonly categories?: readonly { readonly value: string; readonly cells: number }[];
  /** Number of different values, for text, categories and booleans. */
  readonly values?: number;
  /** Categories that no cell has. */
  readonly unusedCategories?: number;
  readonly range?: { readonly min: number; readonly max: number; readonly mean: number };
  /** Whether it can be used as a label as it is; if not, why. */
  readonly label: { readonly usable: true } | { readonly usable: false; readonly reason: string };
}

const listedCategories = 100;

/** Reads one obs column and sums it up. */
export function describeColumn(dataset: Dataset, column: Column): ColumnSummary {
  const { name, kind } = column;
  if (kind === 'unsupported') return { name, kind, missing: 0, label: { usable: false, reason: 'its encoding is not read here' } };
  const values = dataset.column(name);
  const label = labelUse(dataset, name);
  if (values.kind === 'integer' || values.kind === 'float') return { name, kind, ...describeNumbers(values.values, values.missing), label };
  return { name, kind, ...describeTexts(values), label };
}

function labelUse(dataset: Dataset, name: string): ColumnSummary['label'] {
  try {
    dataset.checkLabel(name);
    return { usable: true };
  } catch (cause) {
    if (cause instanceof CfgenError && cause.code === 'LABEL_UNUSABLE')
      return { usable: false, reason: cause.message.replace(`${dataset.name}: `, '') };
    throw cause;
  }
}

function describeNumbers(values: Float64Array, mask: Uint8Array | undefined): Pick<ColumnSummary, 'missing' | 'range'> {
  let missing = 0;
  let sum = 0;
  let min = Infinity;
  let max = -Infinity;
  for (const [i, value] of values.entries()) {
    if (Number.isNaN(value) || (mask !== undefined && mask[i] !== 0)) {
      missing++;
      continue;
    }
    sum += value;
    if (value < min) min = value;
    if (value > max) max = value;
  }
  const present = values.length - missing;
  return present === 0 ? { missing } : { missing, range: { min, max, mean: sum / present } };
}

function describeTexts(
  values: Exclude<ColumnValues, { kind: 'integer' | 'float' }> | Extract<ColumnValues, { kind: 'integer' | 'float' | 'boolean' }>,
): Omit<ColumnSummary, 'name' | 'kind' | 'label'> {
  const counts = new Map<string, number>();
  let missing = 0;
  let unused = 0;
  const add = (text: string | undefined): void => {
    if (text === undefined) missing++;
    else counts.set(text, (counts.get(text) ?? 0) + 1);
  };
  if (values.kind === 'categorical') {
    for (const code of values.codes) add(code < 0 ? undefined : values.categories[code]);
    unused = values.categories.length - counts.size;
  } else {
    for (let i = 0; i < values.values.length; i++) {
      const value = values.values[i];
      const gone = values.missing !== undefined && values.missing[i] !== 0;
      add(gone ? undefined : typeof value === 'string' ? value : value === 0 ? 'False' : 'True');
    }
  }
  const everyCell =
    counts.size > listedCategories && counts.size > (values.kind === 'categorical' ? values.codes.length : values.values.length) / 2;
  const largest = [...counts].sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1)).slice(0, listedCategories);
  return {
    missing,
    values: counts.size,
    ...(everyCell ? {} : { categories: largest.map(([value, cells]) => ({ value, cells })) }),
    ...(unused > 0 ? { unusedCategories: unused } : {}),
  };
}
