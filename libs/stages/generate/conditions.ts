import { CfgenError, type Problem } from '@cfgen/contracts';
import {
  covariateChoice,
  givenConditions,
  planConditions,
  priorConditions,
  type ConditionSource,
  type ModelDescription,
} from '@cfgen/model';
import type { ReadingContext } from '../context';
import { covariateOf } from '../data/covariates';
import type { DataFile } from '../data/data-file';
import { modelCodes, openModelCells } from '../data/model-cells';
import { openRna } from '../data/open-rna';
import { librarySizes, type LibrarySizeRequest } from './library-sizes';

export interface ConditionOptions {
  /** Number of cells; with `like` the file's cells unless given. */
  readonly cells?: number;
  /** Requested values by column; several values of a column share by training proportion. */
  readonly where: ReadonlyMap<string, readonly string[]>;
  /** Values of covariates for all cells, by name; others are drawn as in training. */
  readonly covariates?: ReadonlyMap<string, number>;
  /** A data file whose cells' labels, covariates and size factors are taken as they are. */
  readonly like?: DataFile;
  /** Split file: of `like`, the `test` part only. */
  readonly split?: DataFile;
  readonly librarySize: LibrarySizeRequest;
  readonly seed: number;
}

/** What will be generated, and what the user has to be told about it. */
export interface PlannedConditions {
  readonly cells: number;
  readonly source: ConditionSource;
  readonly problems: readonly Problem[];
}

const defaultCells = 1000;

export async function conditionsOf(
  options: ConditionOptions,
  description: ModelDescription,
  context: ReadingContext,
): Promise<PlannedConditions> {
  if (options.like !== undefined) return conditionsLike(options, options.like, description, context);
  const { cells = defaultCells } = options;
  const plan = planConditions(description.attributes, description.combinations, options.where);
  const covariates = covariateChoice(description, options.covariates ?? new Map());
  const choice = await librarySizes(options.librarySize, description, context);
  const { sizeFactorPrior, attributes } = description;
  return {
    cells: countOf(cells),
    source: priorConditions(plan, sizeFactorPrior, choice, attributes.length, options.seed, covariates),
    problems: [...plan.problems, ...covariatesOutside(covariates.fixed.map(valuesOfAll), description)],
  };
}

async function conditionsLike(
  options: ConditionOptions,
  like: DataFile,
  description: ModelDescription,
  context: ReadingContext,
): Promise<PlannedConditions> {
  if (options.where.size > 0) {
    throw new CfgenError('REQUEST_INVALID', '--like takes the labels of a file, --where asks for others', { hint: 'Give one of the two.' });
  }
  if (options.librarySize.kind !== 'prior') {
    throw new CfgenError('REQUEST_INVALID', '--like takes the library sizes of a file, --library-size asks for others', {
      hint: 'Give one of the two.',
    });
  }
  if ((options.covariates?.size ?? 0) > 0) {
    throw new CfgenError('REQUEST_INVALID', '--like takes the covariates of a file, --set-covariate asks for others', {
      hint: 'Give one of the two.',
    });
  }
  const part = options.split === undefined ? undefined : { file: options.split, part: 'test' as const };
  const cells = openModelCells(await openRna(like, context), description, part, context);
  try {
    const empty = cells.sizeFactors.findIndex((l) => !(l > 0));
    if (empty >= 0) {
      throw new CfgenError(
        'INPUT_EMPTY',
        `${cells.dataset.name}: cell ${cells.dataset.obsNames[cells.rows[empty] ?? 0] ?? ''} has no counts in the model's genes`,
        {
          hint: 'Remove cells without counts from the file.',
        },
      );
    }
    const available = cells.sizeFactors.length;
    const count = countOf(options.cells ?? available);
    const codes = description.attributes.map((attribute) => {
      const given = modelCodes(cells, attribute);
      return Int32Array.from({ length: count }, (_, i) => given[i % available] ?? 0);
    });
    const sizeFactors = Float64Array.from({ length: count }, (_, i) => cells.sizeFactors[i % available] ?? 0);
    const given = description.covariates.map(({ name }) => covariateOf(cells.dataset, name, cells.rows, fillHint).values);
    const covariates = given.map((values) => Float64Array.from({ length: count }, (_, i) => values[i % available] ?? 0));
    return {
      cells: count,
      source: givenConditions(codes, sizeFactors, covariates),
      problems: [...outOfRange(cells.sizeFactors, description), ...covariatesOutside(given, description)],
    };
  } finally {
    cells.close();
  }
}

function countOf(cells: number): number {
  if (Number.isSafeInteger(cells) && cells >= 1) return cells;
  throw new CfgenError('REQUEST_INVALID', `${cells} cells cannot be generated`, { hint: 'Ask for at least one cell.' });
}

const fillHint = 'Fill them in, or leave such cells out of the file.';

function valuesOfAll(value: number | undefined): readonly number[] {
  return value === undefined ? [] : [value];
}

/** Values of covariates that the flow was never trained on. */
function covariatesOutside(values: readonly ArrayLike<number>[], { covariates }: ModelDescription): Problem[] {
  return covariates.flatMap(({ name, min, max }, j) => {
    const outside = Array.from(values[j] ?? []).filter((value) => value < min || value > max);
    if (outside.length === 0) return [];
    return [
      {
        severity: 'note' as const,
        code: 'covariate-outside-training',
        message: `${outside.length} requested ${outside.length === 1 ? 'value' : 'values'} of ${name} (such as ${outside[0] ?? ''}) ${outside.length === 1 ? 'lies' : 'lie'} outside the training cells' ${min} to ${max}: an extrapolation`,
        details: { covariate: name, values: outside.length, min, max },
      },
    ];
  });
}

/** Size factors the flow was never trained on. */
function outOfRange(sizeFactors: Float64Array, description: ModelDescription): Problem[] {
  const { min, max } = description.sizeRange;
  const outside = sizeFactors.filter((l) => Math.log(l) < min || Math.log(l) > max).length;
  if (outside === 0) return [];
  return [
    {
      severity: 'note',
      code: 'library-size-outside-training',
      message: `${outside} requested library sizes lie outside those of the training cells (${Math.round(Math.exp(min))} to ${Math.round(Math.exp(max))} counts)`,
      details: { cells: outside },
    },
  ];
}
