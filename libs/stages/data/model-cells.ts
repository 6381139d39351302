import { CfgenError } from '@cfgen/contracts';
import type { ModelDescription } from '@cfgen/model';
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
  close(): void;
}

/** Matches a file's genes to the model's and opens the cells of a part. Takes over the data set: it is closed with the cells, or on error. */
export function openModelCells(
  dataset: Dataset,
  description: Pick<ModelDescription, 'features'>,
  part: CellPart | undefined,
  context: Pick<ReadingContext, 'memory' | 'onProblem'>,
): ModelCells {
  try {
    const { columns, problems } = matchFeatures(description.features.names, dataset);
    for (const problem of [...dataset.problems, ...problems]) context.onProblem?.(problem);
    const rows = cellsOf(dataset, part, context.onProblem);
    const counts = openCountSource(dataset, { memory: context.memory / 2, features: columns, cells: rows });
    return {
      dataset,
      counts,
      rows,
      sizeFactors: sizeFactorsOf(counts),
      close: () => {
        counts.close();
        dataset.close();
      },
    };
  } catch (error) {
    dataset.close();
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
