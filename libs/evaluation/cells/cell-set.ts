import { CfgenError } from '@cfgen/contracts';
import type { CountSource } from '@cfgen/tensors';

/** One label per cell. */
export interface Labels {
  readonly categories: readonly string[];
  /** Index into `categories` of each cell; -1 where the cell has no label. */
  readonly codes: Int32Array;
}

/** Cells to judge or to judge by: raw counts, and labels where known. */
export interface CellSet {
  /** How the report calls them, e.g. a file name. */
  readonly name: string;
  /** Raw counts, cells x genes. */
  readonly counts: CountSource;
  readonly labels?: Labels;
  /** The donor of each cell, where known: for the privacy audit. */
  readonly donors?: Labels;
  /** The size factor each generated cell was drawn for, where known; NaN where a cell has none. */
  readonly requestedSizes?: Float64Array;
}

/** The cells of each label that has any, in stored order. Unlabelled cells (code -1) belong to none. */
export function cellsByLabel(labels: Labels | undefined): Map<string, Uint32Array> {
  const cells = new Map<string, number[]>();
  labels?.codes.forEach((code, cell) => {
    if (code < 0) return;
    const name = labels.categories[code];
    const list = cells.get(name);
    if (list === undefined) cells.set(name, [cell]);
    else list.push(cell);
  });
  return new Map(Array.from(cells, ([name, list]) => [name, Uint32Array.from(list)]));
}

/** Label of each cell by name, `undefined` where it has none. */
export function labelNames(labels: Labels): (string | undefined)[] {
  return Array.from(labels.codes, (code) => (code < 0 ? undefined : labels.categories[code]));
}

/**
 * Checks that a set can be evaluated on the given genes.
 *
 * @throws CfgenError FEATURES_MISMATCH, INPUT_TOO_FEW_CELLS or LABEL_UNUSABLE, naming the set
 */
export function assertCellSet(set: CellSet, genes: number): void {
  const { name, counts, labels } = set;
  if (counts.columns !== genes) {
    throw new CfgenError('FEATURES_MISMATCH', `${name} has counts of ${counts.columns} genes, the gene list holds ${genes} names.`, {
      hint: 'Bring all sets to the same genes in the same order first.',
      details: { set: name, columns: counts.columns, genes },
    });
  }
  if (counts.rows < 2) {
    throw new CfgenError('INPUT_TOO_FEW_CELLS', `${name} has ${counts.rows} cells; an evaluation needs at least 2.`, {
      details: { set: name },
    });
  }
  if (labels === undefined) return;
  if (labels.codes.length !== counts.rows) {
    throw new CfgenError('LABEL_UNUSABLE', `${name} has ${counts.rows} cells but ${labels.codes.length} labels.`, {
      details: { set: name },
    });
  }
  const wrong = labels.codes.find((code) => code < -1 || code >= labels.categories.length);
  if (wrong !== undefined) {
    throw new CfgenError('LABEL_UNUSABLE', `${name} has label code ${wrong}, but ${labels.categories.length} categories.`, {
      details: { set: name, code: wrong },
    });
  }
}
