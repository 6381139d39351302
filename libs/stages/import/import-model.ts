import { readFileSync } from 'node:fs';
import { CfgenError, type Problem } from '@cfgen/contracts';
import {
  checkModelFolder,
  exportHint,
  importCheckpoint,
  modelHash,
  parseCheckpointFacts,
  readCheckpointFile,
  saveModel,
  type Attribute,
  type CheckpointFacts,
  type CheckpointFile,
  type ImportedModel,
  type ModelDescription,
} from '@cfgen/model';
import { requireTrainable, type Dataset } from '@cfgen/single-cell';
import type { ReadingContext } from '../context';
import { nameOf, pathOf, type DataFile } from '../data/data-file';
import { modelCodes, openModelCells, type ModelCells } from '../data/model-cells';
import { openRna } from '../data/open-rna';
import { textColumns } from '../data/text-columns';

/** A checkpoint of the authors' code, and the cells it was trained on. */
export interface ImportData {
  /** Tensors of the flow checkpoint (safetensors), which holds the autoencoder too. */
  readonly checkpoint: DataFile;
  /** Tensors of an autoencoder checkpoint to take instead. */
  readonly autoencoder?: DataFile;
  /** Description of the checkpoint; by default that in the metadata of the checkpoint. */
  readonly metadata?: DataFile;
  /** The cells it was trained on: gene names, labels, library sizes. */
  readonly data: DataFile;
  readonly layer?: string;
  /** Split file: the `train` part of the data. */
  readonly split?: DataFile;
  /** Columns of the checkpoint that are batches; the others are biology. */
  readonly batches: readonly string[];
}

export interface ImportOptions extends ImportData {
  /** Model folder to write. */
  readonly out: string;
  readonly overwrite: boolean;
}

export interface ImportSummary {
  readonly model: string;
  readonly modelHash: string;
  readonly description: ModelDescription;
  readonly problems: readonly Problem[];
}

type ImportContext = ReadingContext & { readonly version: string };

/** From a checkpoint of the authors' code to a model folder that generates, encodes and evaluates as a trained one does. No engine is needed. */
export async function importToFolder(options: ImportOptions, context: ImportContext): Promise<ImportSummary> {
  checkModelFolder(options.out, options.overwrite);
  const { model, problems } = await importedModel(options, context);
  for (const problem of problems) context.onProblem?.(problem);
  const description = saveModel(options.out, model);
  return { model: options.out, modelHash: modelHash(description), description, problems };
}

/** The model of a checkpoint. Errors name the tensor, the column or the choice that does not fit. */
export async function importedModel(options: ImportData, context: ImportContext): Promise<ImportedModel> {
  const checkpoint = readFile(options.checkpoint);
  const autoencoder = options.autoencoder === undefined ? undefined : readFile(options.autoencoder);
  const facts = factsOf(options, checkpoint);
  requireColumns(facts, options.batches);
  const cells = await openTrainedCells(options, facts, context);
  try {
    const { dataset, counts, rows, sizeFactors } = cells;
    requireTrainable({ name: dataset.name, cells: rows.length });
    requireFilled(cells);
    return importCheckpoint({
      tensors: checkpoint.tensors,
      ...(autoencoder === undefined ? {} : { autoencoder: autoencoder.tensors }),
      facts,
      source: nameOf(options.checkpoint),
      features: { names: [...namesOf(facts, dataset)], columns: columnsOf(facts, dataset) },
      cells: { sizeFactors, attributes: facts.covariate_list.map((name) => attributeOf(name, facts, cells, options.batches)) },
      provenance: {
        version: context.version,
        data: {
          name: dataset.name,
          sha256: await dataset.contentHash(),
          countsAt: dataset.countsAt,
          cells: dataset.cells,
          features: dataset.features,
        },
        notes: [
          `weights of the checkpoint ${nameOf(options.checkpoint)}${options.autoencoder === undefined ? '' : ` and of ${nameOf(options.autoencoder)}`}, trained by the code of theislab/CFGen, taken as they are`,
          `labels and library sizes of ${counts.rows} cells${options.split === undefined ? '' : ' of the part "train" of a split file'}`,
          'settings of the optimisers are those of the paper: the checkpoint does not tell them',
        ],
      },
    });
  } finally {
    cells.close();
  }
}

function readFile(file: DataFile): CheckpointFile {
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(pathOf(file));
  } catch (cause) {
    throw notThere(file, cause);
  }
  return readCheckpointFile(bytes, nameOf(file));
}

function factsOf({ metadata, checkpoint }: ImportData, file: CheckpointFile): CheckpointFacts {
  if (metadata === undefined) {
    if (file.facts !== undefined) return parseCheckpointFacts(file.facts, `the description in ${nameOf(checkpoint)}`);
    throw new CfgenError('INPUT_INCOMPLETE', `${nameOf(checkpoint)} holds no description of the checkpoint`, {
      hint: `Give one by --metadata. ${exportHint}`,
      details: { file: nameOf(checkpoint) },
    });
  }
  try {
    return parseCheckpointFacts(readFileSync(pathOf(metadata), 'utf8'), nameOf(metadata));
  } catch (cause) {
    if (cause instanceof CfgenError) throw cause;
    throw notThere(metadata, cause);
  }
}

function notThere(file: DataFile, cause: unknown): CfgenError {
  return new CfgenError('INPUT_NOT_FOUND', `${nameOf(file)} cannot be read`, {
    hint: 'Check the path and that you may read it.',
    details: { path: pathOf(file) },
    cause,
  });
}

function requireColumns({ covariate_list: covariates }: CheckpointFacts, batches: readonly string[]): void {
  const strange = batches.find((name) => !covariates.includes(name));
  if (strange === undefined) return;
  throw new CfgenError('REQUEST_UNKNOWN_VALUE', `the checkpoint was not trained with a column "${strange}"`, {
    hint: covariates.length > 0 ? `It was trained with: ${covariates.join(', ')}.` : 'It was trained without labels.',
    details: { column: strange, known: covariates },
  });
}

function namesOf({ genes }: CheckpointFacts, dataset: Dataset): readonly string[] {
  return genes ?? dataset.varNames;
}

/** Cells of the data, with the genes of the checkpoint in its order. */
async function openTrainedCells(options: ImportData, facts: CheckpointFacts, context: ImportContext): Promise<ModelCells> {
  const dataset = await openRna(options.data, context, options.layer);
  const names = namesOf(facts, dataset);
  const known = new Set(dataset.varNames);
  const missing = names.filter((name) => !known.has(name));
  if (missing.length > 0) {
    dataset.close();
    throw new CfgenError(
      'FEATURES_MISMATCH',
      `${dataset.name} lacks ${missing.length} of the ${names.length} genes of the checkpoint, such as ${missing[0] ?? ''}`,
      {
        hint: 'Give the file the checkpoint was trained on: library sizes are totals over exactly its genes.',
        details: { missing: missing.length, examples: missing.slice(0, 5) },
      },
    );
  }
  const part = options.split === undefined ? undefined : ({ file: options.split, part: 'train' } as const);
  return openModelCells(dataset, { features: { names: [...names], columns: {} } }, part, context);
}

/** Text columns of var, in the order of the checkpoint. */
function columnsOf(facts: CheckpointFacts, dataset: Dataset): Record<string, string[]> {
  const place = new Map(dataset.varNames.map((name, i) => [name, i]));
  return textColumns(
    dataset.varColumns,
    Uint32Array.from(namesOf(facts, dataset), (name) => place.get(name) ?? 0),
  );
}

function requireFilled({ dataset, rows, sizeFactors }: ModelCells): void {
  const empty = sizeFactors.findIndex((l) => !(l > 0));
  if (empty < 0) return;
  throw new CfgenError(
    'INPUT_EMPTY',
    `${dataset.name}: cell ${dataset.obsNames[rows[empty] ?? 0] ?? ''} has no counts in the genes of the checkpoint`,
    {
      hint: 'Remove cells without counts from the file.',
      details: { file: dataset.name },
    },
  );
}

/** A column the flow was conditioned on: values in the order of their codes, as the authors' loader numbers them (sorted, unique). */
function attributeOf(name: string, facts: CheckpointFacts, cells: ModelCells, batches: readonly string[]): Attribute {
  const role = batches.includes(name) ? 'batch' : 'label';
  const label = cells.dataset.label(name);
  const given = facts.categories?.[name];
  const present = new Set(Array.from(cells.rows, (row) => label.codes[row] ?? -1));
  const categories = given ?? label.categories.filter((_, code) => present.has(code));
  const codes = modelCodes(cells, { name, role, categories: [...categories], counts: categories.map(() => 0) });
  const used = new Set(codes);
  const unused = categories.find((_, code) => !used.has(code));
  if (unused === undefined) return { name, role, categories, codes };
  throw new CfgenError(
    'LABEL_UNUSABLE',
    `${cells.dataset.name} has no cell with ${name} "${unused}", which the checkpoint was trained on`,
    {
      hint: 'Give the file, and the part of it, that the checkpoint was trained on: library sizes of each label are taken from it.',
      details: { column: name, value: unused },
    },
  );
}
