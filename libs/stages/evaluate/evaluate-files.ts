import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { CfgenError } from '@cfgen/contracts';
import {
  evaluateCells,
  renderReport,
  type CellSet,
  type EvaluationResult,
  type EvaluationSettings,
  type LossCurve,
} from '@cfgen/evaluation';
import { loadModel } from '@cfgen/model';
import { outputError, writeWhole } from '@cfgen/tensors';
import type { StepContext } from '../context';
import type { CellPart } from '../data/cells-of';
import { openRna } from '../data/open-rna';
import { openModelCells, type ModelCells } from '../data/model-cells';

export interface EvaluateOptions {
  /** Real cells to judge by: all cells of the file, or its `test` part with `split`. */
  readonly real: string;
  /** Generated files; several are replicates. Their genes, those of the first, are what is compared. */
  readonly generated: readonly string[];
  /** Label column of all files; none: overall scores alone. */
  readonly label?: string;
  /** Real cells the model was trained on, for floor and baseline; with `split` the `train` part of the real file unless given. */
  readonly training?: string;
  readonly split?: string;
  /** Layer of the counts in the real files. */
  readonly layer?: string;
  /** Model folder: its loss curves go into the report. */
  readonly model?: string;
  /** Folder for `metrics.json` and `report.html`. */
  readonly out: string;
  readonly overwrite: boolean;
  readonly settings?: Partial<EvaluationSettings>;
}

export interface EvaluateSummary {
  readonly metrics: string;
  readonly report: string;
  readonly result: EvaluationResult;
}

const metricsFile = 'metrics.json';
const reportFile = 'report.html';

/** Compares generated files with real cells; writes figures and a report. */
export async function evaluateFiles(options: EvaluateOptions, context: StepContext): Promise<EvaluateSummary> {
  const metrics = join(options.out, metricsFile);
  const report = join(options.out, reportFile);
  if (!options.overwrite && [metrics, report].some((path) => existsSync(path))) {
    throw new CfgenError('OUTPUT_EXISTS', `${options.out} already holds a report`, {
      hint: 'Choose another folder, or replace it with --overwrite.',
    });
  }
  const opened: ModelCells[] = [];
  try {
    const genes = [...(await genesOf(options.generated[0], context))];
    const open = async (path: string, part?: CellPart['part']): Promise<CellSet> => {
      const dataset = await openRna(path, context, options.generated.includes(path) ? undefined : options.layer);
      const where = part === undefined || options.split === undefined ? undefined : { file: options.split, part };
      const cells = openModelCells(dataset, { features: { names: genes, columns: {} } }, where, context);
      opened.push(cells);
      return cellSet(cells, options.label, part === undefined ? dataset.name : `${dataset.name} (${part})`);
    };
    const real = await open(options.real, options.split === undefined ? undefined : 'test');
    const generated: CellSet[] = [];
    for (const path of options.generated) generated.push(await open(path));
    const trainingFile = options.training ?? (options.split === undefined ? undefined : options.real);
    const training =
      trainingFile === undefined ? undefined : await open(trainingFile, options.training === undefined ? 'train' : undefined);

    const { result, plots } = await evaluateCells({
      real,
      generated,
      genes,
      software: context.version,
      ...(training === undefined ? {} : { training }),
      ...(options.settings === undefined ? {} : { settings: options.settings }),
      ...(context.signal === undefined ? {} : { signal: context.signal }),
      onProgress: (part, share) =>
        context.onProgress?.({ stage: `evaluate: ${part}`, done: Math.round(100 * share), total: 100, unit: '%' }),
    });
    for (const problem of result.problems) context.onProblem?.(problem);
    const html = renderReport(result, plots, options.model === undefined ? {} : { losses: lossesOf(options.model) });
    writeOutputs(options.out, { [metrics]: `${JSON.stringify(result, null, 1)}\n`, [report]: html });
    return { metrics, report, result };
  } finally {
    for (const cells of opened) cells.close();
  }
}

/** The genes of the first generated file, in its order. */
async function genesOf(path: string | undefined, context: StepContext): Promise<readonly string[]> {
  if (path === undefined) throw new CfgenError('REQUEST_INVALID', 'no generated file is given', { hint: 'Name at least one .h5ad file.' });
  const dataset = await openRna(path, context);
  try {
    return dataset.varNames;
  } finally {
    dataset.close();
  }
}

function cellSet(cells: ModelCells, label: string | undefined, name: string): CellSet {
  if (label === undefined) return { name, counts: cells.counts };
  const { categories, codes } = cells.dataset.label(label, { missing: 'keep' });
  return { name, counts: cells.counts, labels: { categories, codes: Int32Array.from(cells.rows, (row) => codes[row] ?? -1) } };
}

function lossesOf(folder: string): LossCurve[] {
  const { autoencoder, flow } = loadModel(folder).description.training;
  const epochs = (pick: (entry: (typeof autoencoder.history)[number]) => number | null): [number, number][] =>
    autoencoder.history.flatMap((entry) => {
      const loss = pick(entry);
      return loss === null ? [] : [[entry.epoch + 1, loss]];
    });
  return [
    {
      title: 'Autoencoder',
      axis: 'epoch',
      lines: [
        { name: 'training', points: epochs((entry) => entry.training) },
        { name: 'validation', points: epochs((entry) => entry.validation) },
      ],
    },
    {
      title: 'Flow',
      axis: 'step',
      lines: [{ name: 'training', points: flow.history.map(({ step, loss }): [number, number] => [step, loss]) }],
    },
  ];
}

function writeOutputs(folder: string, files: Readonly<Record<string, string>>): void {
  try {
    mkdirSync(folder, { recursive: true });
    for (const [path, content] of Object.entries(files)) writeWhole(path, content);
  } catch (cause) {
    throw outputError(folder, cause);
  }
}
