import { CfgenError, type Problem } from '@cfgen/contracts';
import {
  evaluateAugmentation,
  renderAugmentation,
  type AugmentationResult,
  type AugmentationSettings,
  type CellSet,
} from '@cfgen/evaluation';
import type { ModelDescription } from '@cfgen/model';
import type { StepContext } from '../context';
import type { CellPart } from '../data/cells-of';
import type { DataFile } from '../data/data-file';
import { openModelCells, type ModelCells } from '../data/model-cells';
import { openRna } from '../data/open-rna';
import { sourceColumn } from './augmented-file';

/** Real cells, a split that holds some of them out, and what the rest were augmented to. */
export interface AugmentationEvaluationData {
  readonly data: DataFile;
  readonly layer?: string;
  /** TSV with the columns `barcode` and `split`: classifiers learn from `train` and are judged by `test`. */
  readonly split: DataFile;
  readonly label: string;
  /** Augmented files; several are replicates. Their generated cells are used, and the genes of the first. */
  readonly augmented: readonly DataFile[];
  /** The model that generated them: whether it may have seen the held-out cells is told. */
  readonly model?: ModelDescription;
  readonly settings?: Partial<AugmentationSettings>;
}

export interface EvaluatedAugmentation {
  readonly result: AugmentationResult;
  /** `augmentation.json` and `augmentation.html`. */
  readonly metrics: string;
  readonly report: string;
}

type EvaluationContext = Omit<StepContext, 'engine'>;

/** Recall of classifiers on held-out real cells, without and with generated cells to learn from. */
export async function evaluateAugmentationData(
  data: AugmentationEvaluationData,
  context: EvaluationContext,
): Promise<EvaluatedAugmentation> {
  const opened: ModelCells[] = [];
  const keep = (cells: ModelCells): ModelCells => {
    opened.push(cells);
    return cells;
  };
  try {
    const genes = await genesOf(data.augmented[0], context);
    const open = async (file: DataFile, part?: CellPart): Promise<ModelCells> => {
      const dataset = await openRna(file, context, part === undefined ? undefined : data.layer);
      return keep(openModelCells(dataset, { features: { names: [...genes], columns: {} } }, part, context));
    };
    const training = await open(data.data, { file: data.split, part: 'train' });
    const heldOut = await open(data.data, { file: data.split, part: 'test' });
    const generated: CellSet[] = [];
    for (const file of data.augmented) generated.push(generatedSet(await open(file), data.label));
    const provenance = data.model === undefined ? [] : await whatTheModelSaw(data.model, training);
    for (const problem of provenance) context.onProblem?.(problem);
    const result = await evaluateAugmentation({
      training: cellSet(training, data.label, `${training.dataset.name} (train)`),
      heldOut: cellSet(heldOut, data.label, `${heldOut.dataset.name} (test)`),
      generated,
      software: context.version,
      notes: provenance.map(({ message }) => message),
      ...(data.settings === undefined ? {} : { settings: data.settings }),
      ...(context.signal === undefined ? {} : { signal: context.signal }),
      onProgress: (part, share) =>
        context.onProgress?.({ stage: `evaluate: ${part}`, done: Math.round(100 * share), total: 100, unit: '%' }),
    });
    return { result, metrics: `${JSON.stringify(result, null, 1)}\n`, report: renderAugmentation(result) };
  } finally {
    for (const cells of opened) cells.close();
  }
}

/** The genes of the first augmented file: those of the model. */
async function genesOf(file: DataFile | undefined, context: EvaluationContext): Promise<readonly string[]> {
  if (file === undefined) throw new CfgenError('REQUEST_INVALID', 'no augmented file is given', { hint: 'Name at least one .h5ad file.' });
  const dataset = await openRna(file, context);
  try {
    return dataset.varNames;
  } finally {
    dataset.close();
  }
}

function cellSet({ dataset, counts, rows }: ModelCells, label: string, name: string): CellSet {
  const { categories, codes } = dataset.label(label, { missing: 'keep' });
  return { name, counts, labels: { categories, codes: Int32Array.from(rows, (row) => codes[row] ?? -1) } };
}

/** The generated cells of an augmented file. */
function generatedSet(cells: ModelCells, label: string): CellSet {
  const { dataset, counts } = cells;
  const source = dataset.label(sourceColumn, { missing: 'keep' });
  const generated = Uint32Array.from(cells.rows.keys()).filter(
    (i) => source.categories[source.codes[cells.rows[i] ?? 0] ?? -1] === 'generated',
  );
  const all = cellSet(cells, label, dataset.name);
  return {
    name: dataset.name,
    counts: { rows: generated.length, columns: counts.columns, gather: (rows) => counts.gather(rows.map((row) => generated[row] ?? 0)) },
    labels: { categories: all.labels?.categories ?? [], codes: Int32Array.from(generated, (row) => all.labels?.codes[row] ?? -1) },
  };
}

/** Whether the model can have seen the held-out cells, as far as its provenance tells. */
async function whatTheModelSaw(model: ModelDescription, training: ModelCells): Promise<Problem[]> {
  const { data, notes } = model.provenance;
  const sameFile = data.sha256 === (await training.dataset.contentHash());
  const trainedOnPart = notes.some((note) => note.includes('of the part "train" of a split file'));
  if (!sameFile) {
    return [
      warning(
        'model-of-other-data',
        `the model was trained on ${data.name}, another file than ${training.dataset.name}: whether it has seen the held-out cells cannot be told`,
      ),
    ];
  }
  const wanted = training.rows.length;
  if (trainedOnPart && notes.some((note) => note.includes(`the ${wanted} cells of the part "train"`))) return [];
  const trained = trainedOnPart
    ? 'on another part of this file than the "train" cells of the split'
    : 'on all cells of this file, those that are held out here among them';
  return [warning('model-saw-held-out-cells', `the model was trained ${trained}: its gains of recall are too high`)];
}

function warning(code: string, message: string): Problem {
  return { severity: 'warning', code, message, hint: 'Train the model with --split and the same split file.' };
}
