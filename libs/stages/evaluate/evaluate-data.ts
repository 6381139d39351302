import { CfgenError } from '@cfgen/contracts';
import {
  evaluateCells,
  renderReport,
  type CellSet,
  type EvaluationResult,
  type EvaluationSettings,
  type LossCurve,
} from '@cfgen/evaluation';
import type { ModelDescription } from '@cfgen/model';
import type { StepContext } from '../context';
import type { CellPart } from '../data/cells-of';
import type { DataFile } from '../data/data-file';
import { openModelCells, type ModelCells } from '../data/model-cells';
import { openRna } from '../data/open-rna';

/** Files to compare. */
export interface EvaluationData {
  /** Real cells to judge by: all cells of the file, or its `test` part with `split`. */
  readonly real: DataFile;
  /** Generated files; several are replicates. Their genes, those of the first, are what is compared. */
  readonly generated: readonly DataFile[];
  /** Label column of all files; none: overall scores alone. */
  readonly label?: string;
  /** Real cells the model was trained on, for floor and baseline; with `split` the `train` part of the real file unless given. */
  readonly training?: DataFile;
  readonly split?: DataFile;
  /** Layer of the counts in the real files. */
  readonly layer?: string;
  /** The model: its loss curves go into the report. */
  readonly model?: ModelDescription;
  readonly settings?: Partial<EvaluationSettings>;
}

export interface EvaluatedData {
  readonly result: EvaluationResult;
  /** `metrics.json` and `report.html`. */
  readonly metrics: string;
  readonly report: string;
}

type EvaluationContext = Omit<StepContext, 'engine'>;

/** Compares generated cells with real ones: figures and a report. */
export async function evaluateData(data: EvaluationData, context: EvaluationContext): Promise<EvaluatedData> {
  const opened: ModelCells[] = [];
  try {
    const genes = [...(await genesOf(data.generated[0], context))];
    const open = async (file: DataFile, layer?: string, part?: CellPart['part']): Promise<CellSet> => {
      const dataset = await openRna(file, context, layer);
      const where = part === undefined || data.split === undefined ? undefined : { file: data.split, part };
      const cells = openModelCells(dataset, { features: { names: genes, columns: {} } }, where, context);
      opened.push(cells);
      return cellSet(cells, data.label, part === undefined ? dataset.name : `${dataset.name} (${part})`);
    };
    const { layer, split } = data;
    const real = await open(data.real, layer, split === undefined ? undefined : 'test');
    const generated: CellSet[] = [];
    for (const file of data.generated) generated.push(await open(file));
    const trainingFile = data.training ?? (split === undefined ? undefined : data.real);
    const trainingPart = data.training === undefined ? 'train' : undefined;
    const training = trainingFile === undefined ? undefined : await open(trainingFile, layer, trainingPart);

    const { result, plots } = await evaluateCells({
      real,
      generated,
      genes,
      software: context.version,
      ...(training === undefined ? {} : { training }),
      ...(data.settings === undefined ? {} : { settings: data.settings }),
      ...(context.signal === undefined ? {} : { signal: context.signal }),
      onProgress: (part, share) =>
        context.onProgress?.({ stage: `evaluate: ${part}`, done: Math.round(100 * share), total: 100, unit: '%' }),
    });
    for (const problem of result.problems) context.onProblem?.(problem);
    const report = renderReport(result, plots, data.model === undefined ? {} : { losses: lossesOf(data.model) });
    return { result, metrics: `${JSON.stringify(result, null, 1)}\n`, report };
  } finally {
    for (const cells of opened) cells.close();
  }
}

/** The genes of the first generated file, in its order. */
async function genesOf(file: DataFile | undefined, context: EvaluationContext): Promise<readonly string[]> {
  if (file === undefined) throw new CfgenError('REQUEST_INVALID', 'no generated file is given', { hint: 'Name at least one .h5ad file.' });
  const dataset = await openRna(file, context);
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

function lossesOf({ training: { autoencoder, flow } }: ModelDescription): LossCurve[] {
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
