import {
  evaluateCells,
  renderReport,
  type ChromatinRequest,
  type EvaluationResult,
  type EvaluationSettings,
  type LossCurve,
} from '@cfgen/evaluation';
import type { ModelDescription } from '@cfgen/model';
import type { StepContext } from '../context';
import type { CellPart } from '../data/cells-of';
import type { DataFile } from '../data/data-file';
import { comparedFeatures, openSets, type ComparedFeatures, type OpenedSets } from './open-sets';

/** Files to compare. */
export interface EvaluationData {
  /** Real cells to judge by: all cells of the file, or its `test` part with `split`. */
  readonly real: DataFile;
  /** Generated files; several are replicates. Their genes, those of the first, are what is compared. */
  readonly generated: readonly DataFile[];
  /** Label column of all files; none: overall scores alone. */
  readonly label?: string;
  /** Column of the real files that says who each cell is from, for the privacy audit. */
  readonly donor?: string;
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
  const opened: { close(): void }[] = [];
  const told = once(context);
  try {
    const features = await comparedFeatures(data.real, data.generated, told);
    const { label, donor, layer, split } = data;
    const open = (file: DataFile, isReal: boolean, ofLayer?: string, part?: CellPart['part']): Promise<OpenedSets> =>
      openSets(
        {
          file,
          ...(label === undefined ? {} : { label }),
          // Only real cells are asked for their donors.
          ...(donor === undefined || !isReal ? {} : { donor }),
          ...(ofLayer === undefined ? {} : { layer: ofLayer }),
          ...(part === undefined || split === undefined ? {} : { part: { file: split, part } }),
        },
        features,
        told,
        opened,
      );
    const real = await open(data.real, true, layer, split === undefined ? undefined : 'test');
    const generated: OpenedSets[] = [];
    for (const file of data.generated) generated.push(await open(file, false));
    const trainingFile = data.training ?? (split === undefined ? undefined : data.real);
    const trainingPart = data.training === undefined ? 'train' : undefined;
    const training = trainingFile === undefined ? undefined : await open(trainingFile, true, layer, trainingPart);

    const { result, plots } = await evaluateCells({
      real: real.rna,
      generated: generated.map(({ rna }) => rna),
      genes: features.genes,
      software: context.version,
      ...(training === undefined ? {} : { training: training.rna }),
      ...chromatinOf(features, real, generated, training),
      ...(data.settings === undefined ? {} : { settings: data.settings }),
      ...(context.signal === undefined ? {} : { signal: context.signal }),
      onProgress: (part, share) =>
        context.onProgress?.({ stage: `evaluate: ${part}`, done: Math.round(100 * share), total: 100, unit: '%' }),
    });
    for (const problem of result.problems) context.onProblem?.(problem);
    const report = renderReport(result, plots, data.model === undefined ? {} : { losses: lossesOf(data.model) });
    return { result, metrics: `${JSON.stringify(result, null, 1)}\n`, report };
  } finally {
    for (const cells of opened.reverse()) cells.close();
  }
}

/** Open chromatin of the same cells, where all sets have it. */
function chromatinOf(
  { peaks }: ComparedFeatures,
  real: OpenedSets,
  generated: readonly OpenedSets[],
  training: OpenedSets | undefined,
): { chromatin?: ChromatinRequest } {
  if (peaks === undefined || real.atac === undefined) return {};
  const ofGenerated = generated.flatMap(({ atac }) => atac ?? []);
  return {
    chromatin: { real: real.atac, generated: ofGenerated, peaks, ...(training?.atac === undefined ? {} : { training: training.atac }) },
  };
}

/** The two modalities of a file are read apart and may have the same to tell. */
function once(context: EvaluationContext): EvaluationContext {
  const told = new Set<string>();
  return {
    ...context,
    onProblem(problem) {
      if (told.has(problem.message)) return;
      told.add(problem.message);
      context.onProblem?.(problem);
    },
  };
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
