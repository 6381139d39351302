import { CfgenError, type Problem } from '@cfgen/contracts';
import { givenConditions, type ConditionSource, type ModelDescription } from '@cfgen/model';
import type { ReadingContext } from '../context';
import { covariateOf } from '../data/covariates';
import type { DataFile } from '../data/data-file';
import { openModelCells, type ModelCells } from '../data/model-cells';
import { openRna } from '../data/open-rna';

/** Which cells are taken through the flow. */
export interface CellsToMoveOptions {
  readonly data: DataFile;
  readonly layer?: string;
  /** Only the cells of this part of a split file. */
  readonly split?: { readonly file: DataFile; readonly part: 'train' | 'test' };
  /** Cells whose value of an attribute is missing, or unknown to the model: refuse the file, or do not show them the attribute. */
  readonly missing: 'refuse' | 'keep';
}

/** Cells of one attribute that the model cannot be told about. */
export interface UnknownValues {
  readonly column: string;
  readonly cells: number;
  /** Values they have that the model does not know; none: they have no value. */
  readonly values: readonly string[];
}

/** Cells of a file as the model sees them, with what they are. */
export interface CellsToMove extends ModelCells {
  /** The cells' own labels (-1: unknown), size factors and covariates. */
  readonly own: ConditionSource;
  readonly unknown: readonly UnknownValues[];
  /** What there is to say about them; goes into the output. */
  readonly problems: readonly Problem[];
}

/**
 * Opens cells that a model can encode. Close it when done.
 *
 * @throws CfgenError REQUEST_UNKNOWN_VALUE for values that the model does not know, unless such cells are kept; INPUT_EMPTY for a cell without
 * counts in the model's genes
 */
export async function openCellsToMove(
  options: CellsToMoveOptions,
  description: ModelDescription,
  context: ReadingContext,
): Promise<CellsToMove> {
  if (description.modality !== 'rna') {
    throw new CfgenError('REQUEST_INVALID', `the model is of ${description.modality}; cells of RNA alone can be taken through the flow`, {
      hint: 'Train a model of the RNA alone: cfgen train --modality rna.',
    });
  }
  const dataset = await openRna(options.data, context, options.layer);
  const cells = openModelCells(dataset, description, options.split, context);
  try {
    const empty = cells.sizeFactors.findIndex((l) => !(l > 0));
    if (empty >= 0) {
      const name = dataset.obsNames[cells.rows[empty] ?? 0] ?? '';
      throw new CfgenError('INPUT_EMPTY', `${dataset.name}: cell ${name} has no counts in the model's genes`, {
        hint: 'Remove cells without counts from the file.',
        details: { cell: name },
      });
    }
    const attributes = description.attributes.map((attribute) => knownCodes(cells, attribute, options.missing));
    const covariates = description.covariates.map(({ name }) =>
      covariateOf(dataset, name, cells.rows, 'Fill them in, or leave such cells out.'),
    );
    const unknown = attributes.flatMap((attribute) => (attribute.unknown.cells > 0 ? [attribute.unknown] : []));
    const problems = unknown.map(notShown);
    for (const problem of problems) context.onProblem?.(problem);
    const own = givenConditions(
      attributes.map(({ codes }) => codes),
      cells.sizeFactors,
      covariates.map(({ values }) => values),
    );
    return { ...cells, own, unknown, problems };
  } catch (error) {
    cells.close();
    throw error;
  }
}

function knownCodes(
  { dataset, rows }: ModelCells,
  { name, categories }: ModelDescription['attributes'][number],
  missing: CellsToMoveOptions['missing'],
): { readonly codes: Int32Array; readonly unknown: UnknownValues } {
  const label = dataset.label(name, { missing: 'keep' });
  const known = new Map(categories.map((category, code) => [category, code]));
  const strange = new Set<string>();
  let cells = 0;
  const codes = Int32Array.from(rows, (row) => {
    const category = label.categories[label.codes[row] ?? -1];
    const code = category === undefined ? undefined : known.get(category);
    if (code !== undefined) return code;
    if (category !== undefined) strange.add(category);
    cells += 1;
    return -1;
  });
  const unknown = { column: name, cells, values: [...strange].sort() };
  if (cells === 0 || missing === 'keep') return { codes, unknown };
  const what =
    unknown.values.length === 0 ? 'no value' : `values that the model was not trained on (${unknown.values.slice(0, 5).join(', ')})`;
  throw new CfgenError('REQUEST_UNKNOWN_VALUE', `${dataset.name}: ${cells} of ${rows.length} cells have ${what} of ${name}`, {
    hint: `Take such cells as of unknown ${name} by --missing keep. The model knows: ${categories.slice(0, 20).join(', ')}.`,
    details: { column: name, cells, values: unknown.values.slice(0, 20), known: categories.slice(0, 50) },
  });
}

function notShown({ column, cells, values }: UnknownValues): Problem {
  const which = values.length === 0 ? 'without a value' : `with a value that the model does not know (${values.slice(0, 5).join(', ')})`;
  return {
    severity: 'note',
    code: 'unknown-not-shown',
    message: `${cells} cells ${which} of ${column} go through the flow without it`,
    details: { column, cells },
  };
}
