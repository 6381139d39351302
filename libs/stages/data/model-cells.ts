import { CfgenError } from '@cfgen/contracts';
import type { ModelDescription, PeakCells } from '@cfgen/model';
import { matchFeatures, openCountSource, type Dataset, type OpenCountSource } from '@cfgen/single-cell';
import type { ReadingContext } from '../context';
import { cellsOf, sizeFactorsOf, type CellPart } from './cells-of';

/** Cells of a data file seen through a model's features. */
export interface ModelCells {
  readonly dataset: Dataset;
  /** Counts [N, G] with the model's features as columns. */
  readonly counts: OpenCountSource;
  /** Row of the data set of each cell. */
  readonly rows: Uint32Array;
  /** Total of each cell over the model's features. */
  readonly sizeFactors: Float64Array;
  /** The same of the peaks, where they were opened. */
  readonly atac?: PeakCells;
  close(): void;
}

/**
 * Matches a file's genes to the model's and opens the cells of a part. Takes over the data sets: they are closed with the cells, or on error.
 *
 * @param atac the same cells' peaks, for what needs both modalities of a model that has them
 */
export function openModelCells(
  dataset: Dataset,
  description: Pick<ModelDescription, 'features' | 'atac'>,
  part: CellPart | undefined,
  context: Pick<ReadingContext, 'memory' | 'onProblem'>,
  atac?: Dataset,
): ModelCells {
  const open: { close(): void }[] = [dataset, ...(atac === undefined ? [] : [atac])];
  const close = (): void => {
    for (const opened of [...open].reverse()) opened.close();
  };
  try {
    const rows = cellsOf(dataset, part, context.onProblem);
    const memory = context.memory / (atac === undefined ? 2 : 4);
    const columnsOf = (source: Dataset, names: readonly string[]): OpenCountSource => {
      const { columns, problems } = matchFeatures(names, source);
      for (const problem of [...source.problems, ...problems]) context.onProblem?.(problem);
      const counts = openCountSource(source, { memory, features: columns, cells: rows });
      open.push(counts);
      return counts;
    };
    const counts = columnsOf(dataset, description.features.names);
    const peaks = atac === undefined || description.atac === undefined ? undefined : columnsOf(atac, description.atac.features.names);
    return {
      ...{ dataset, counts, rows, sizeFactors: sizeFactorsOf(counts) },
      ...(peaks === undefined ? {} : { atac: { counts: peaks, sizeFactors: sizeFactorsOf(peaks) } }),
      close,
    };
  } catch (error) {
    close();
    throw error;
  }
}

/** Category codes of the cells for one of the model's attributes; refuses values the model does not know and cells without one. */
export function modelCodes(cells: ModelCells, attribute: ModelDescription['attributes'][number]): Int32Array {
  const label = cells.dataset.label(attribute.name, { missing: 'keep' });
  const known = new Map(attribute.categories.map((category, code) => [category, code]));
  return Int32Array.from(cells.rows, (row) => {
    const category = label.categories[label.codes[row] ?? -1];
    const code = category === undefined ? undefined : known.get(category);
    if (code !== undefined) return code;
    const found =
      category === undefined
        ? `cell ${cells.dataset.obsNames[row] ?? row} has no ${attribute.name}`
        : `"${category}" is no value of ${attribute.name} that the model was trained on`;
    throw new CfgenError('REQUEST_UNKNOWN_VALUE', `${cells.dataset.name}: ${found}`, {
      hint: `Known values: ${attribute.categories.map((name) => `"${name}"`).join(', ')}. Leave other cells out.`,
      details: { column: attribute.name, value: category ?? null, known: attribute.categories },
    });
  });
}
