import { CfgenError, type Problem } from '@cfgen/contracts';
import type { Labels } from '@cfgen/evaluation';
import type { Dataset } from '@cfgen/single-cell';

/** Which cells of a file are scored. */
export interface CellsToScore {
  /** Rows of the file, ascending. */
  readonly rows: Uint32Array;
  /** Cells left out, by the value they were left out for. */
  readonly excluded: readonly { readonly column: string; readonly value: string; readonly cells: number }[];
}

interface Choice {
  readonly label: string;
  readonly batch: string;
  readonly exclude?: Readonly<Record<string, readonly string[]>>;
}

/**
 * The cells that have a label and a batch and are not excluded.
 *
 * @throws CfgenError REQUEST_UNKNOWN_VALUE for a value to exclude that no cell has, INPUT_TOO_FEW_CELLS when none is left
 */
export function cellsToScore(
  dataset: Dataset,
  { label, batch, exclude = {} }: Choice,
  onProblem?: (problem: Problem) => void,
): CellsToScore {
  const kept = new Uint8Array(dataset.cells).fill(1);
  const excluded: { column: string; value: string; cells: number }[] = [];
  for (const [column, values] of Object.entries(exclude)) {
    const { categories, codes } = dataset.label(column, { missing: 'keep' });
    for (const value of values) {
      const unwanted = categories.indexOf(value);
      if (unwanted < 0) throw unknownValue(dataset.name, column, value, categories);
      let cells = 0;
      codes.forEach((code, cell) => {
        if (code !== unwanted) return;
        kept[cell] = 0;
        cells++;
      });
      excluded.push({ column, value, cells });
    }
  }
  let unnamed = 0;
  for (const column of [label, batch]) {
    dataset.label(column, { missing: 'keep' }).codes.forEach((code, cell) => {
      if (code >= 0 || kept[cell] === 0) return;
      kept[cell] = 0;
      unnamed++;
    });
  }
  if (unnamed > 0) {
    onProblem?.({
      severity: 'warning',
      code: 'cells-left-out',
      message: `${unnamed} cells have no ${label} or no ${batch} and are left out`,
      details: { cells: unnamed },
    });
  }
  const rows = Uint32Array.from(kept.keys()).filter((cell) => kept[cell] === 1);
  if (rows.length === 0) throw new CfgenError('INPUT_TOO_FEW_CELLS', `${dataset.name}: no cell is left to score`);
  return { rows, excluded };
}

/** A column over some of the cells; -1 for the values that mean "not known". @throws CfgenError REQUEST_UNKNOWN_VALUE */
export function labelsOf(dataset: Dataset, column: string, rows: Uint32Array, unknown: readonly string[]): Labels {
  const { categories, codes } = dataset.label(column, { missing: 'keep' });
  for (const value of unknown) if (!categories.includes(value)) throw unknownValue(dataset.name, column, value, categories);
  return {
    categories,
    codes: Int32Array.from(rows, (row) => {
      const code = codes[row] ?? -1;
      return unknown.includes(categories[code] ?? '') ? -1 : code;
    }),
  };
}

function unknownValue(file: string, column: string, value: string, categories: readonly string[]): CfgenError {
  return new CfgenError('REQUEST_UNKNOWN_VALUE', `${file}: no cell has the ${column} "${value}"`, {
    hint: `Values are: ${categories.slice(0, 20).join(', ')}.`,
    details: { column, value, categories: categories.slice(0, 50) },
  });
}
