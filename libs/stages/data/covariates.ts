import { CfgenError } from '@cfgen/contracts';
import type { Covariate } from '@cfgen/model';
import type { Dataset } from '@cfgen/single-cell';

/**
 * Values of a numeric obs column for rows of a data set.
 *
 * @throws CfgenError LABEL_MISSING, LABEL_UNUSABLE (text, or cells without a value, with their number)
 */
export function covariateOf(dataset: Dataset, name: string, rows: Uint32Array, remedy: string): Covariate {
  const all = dataset.numbers(name);
  const values = Float64Array.from(rows, (row) => all[row] ?? NaN);
  const missing = values.reduce((count, value) => count + (Number.isFinite(value) ? 0 : 1), 0);
  if (missing === 0) return { name, values };
  const first = rows[values.findIndex((value) => !Number.isFinite(value))] ?? 0;
  throw new CfgenError('LABEL_UNUSABLE', `${dataset.name}: ${missing} of ${rows.length} cells have no value of ${name}`, {
    hint: remedy,
    details: { column: name, missing, cells: rows.length, firstCell: dataset.obsNames[first] ?? first },
  });
}

/** The covariates of a training. */
export interface TrainingCovariates {
  /** Whether a row of the file has a value of each. */
  known(row: number): boolean;
  /** Their values in the rows that are trained on. */
  of(rows: Uint32Array): Covariate[];
}

const dropHint = 'Fill them in, choose another column, or leave such cells out by --missing-labels drop.';

/** Refuses columns that lack a value of a wanted row, unless such rows are left out; errors as {@link covariateOf}. */
export function openCovariates(
  dataset: Dataset,
  { covariates = [], missingLabels }: { readonly covariates?: readonly string[]; readonly missingLabels: 'refuse' | 'drop' },
  wanted: Uint32Array,
): TrainingCovariates {
  if (missingLabels === 'refuse') for (const name of covariates) covariateOf(dataset, name, wanted, dropHint);
  const values = covariates.map((name) => dataset.numbers(name));
  return {
    known: (row) => values.every((column) => Number.isFinite(column[row])),
    of: (rows) =>
      covariates.map((name) => {
        const covariate = covariateOf(dataset, name, rows, dropHint);
        requireVaried(dataset, covariate);
        return covariate;
      }),
  };
}

/** Refuses a column that tells cells apart in nothing. */
function requireVaried(dataset: Dataset, { name, values }: Covariate): void {
  const [first] = values;
  if (values.some((value) => value !== first)) return;
  throw new CfgenError('LABEL_UNUSABLE', `${dataset.name}: ${name} is ${first ?? 'nothing'} in every cell that is trained on`, {
    hint: 'Leave it out of --covariate.',
    details: { column: name, value: first ?? null },
  });
}
