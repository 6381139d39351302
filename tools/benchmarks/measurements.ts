import type { Engine } from '@cfgen/compute';
import { preset, type ModelSettings, type SolverSettings } from '@cfgen/model';
import { generateToFile, trainFromFile, type StepContext } from '@cfgen/stages';
import { trainingTimes, type TimedProgress } from './stage-times';

/** What a benchmark answers: seconds of every repetition by what was timed, and facts that say what was computed. */
export interface Measurement {
  readonly seconds: Readonly<Record<string, readonly number[]>>;
  readonly facts: Readonly<Record<string, number>>;
}

/** Seconds since some moment. */
export type Clock = () => number;

export interface TrainingBenchmark {
  readonly data: string;
  readonly split: string;
  readonly label: string;
  readonly minCells: number;
  /** Model folder that is written. */
  readonly out: string;
  /** Epochs of the autoencoder, the first one being warm-up; steps of the flow, a tenth more for warm-up. */
  readonly epochs: number;
  readonly flowSteps: number;
  /** Settings whose lengths are replaced; default `paper`. */
  readonly settings?: ModelSettings;
  readonly seed: number;
}

/** Share of the machine that counts may take; a benchmark's data fits in it. */
const memory = 1024 ** 3;
const version = 'benchmark';

/** Trains on the `train` cells of a file as `cfgen train` does, and times steps and epochs. */
export async function measureTraining(engine: Engine, options: TrainingBenchmark, clock: Clock): Promise<Measurement> {
  const { data, split, label, minCells, out, seed } = options;
  const reports: TimedProgress[] = [];
  const context: StepContext = {
    engine,
    version,
    memory,
    onProgress: ({ stage, done, total }) => reports.push({ stage, done, total, at: clock() }),
  };
  const started = clock();
  const { description } = await trainFromFile(
    {
      data,
      split,
      labels: [label],
      batches: [],
      minCells,
      missingLabels: 'refuse',
      out,
      settings: cutTo(options.settings ?? preset('paper'), options.epochs, options.flowSteps),
      seed,
      overwrite: true,
      resume: false,
      checkpointEvery: null,
    },
    context,
  );
  return {
    seconds: { ...trainingTimes(reports), total: [clock() - started] },
    facts: { cells: description.training.cells, genes: description.features.names.length },
  };
}

/** The same settings with other lengths. Learning rates of a schedule move over the shorter length. */
function cutTo(settings: ModelSettings, epochs: number, flowSteps: number): ModelSettings {
  return {
    ...settings,
    autoencoder: { ...settings.autoencoder, epochs },
    flow: { ...settings.flow, duration: { unit: 'steps', steps: Math.ceil(flowSteps * 1.1) } },
  };
}

export interface GenerationBenchmark {
  readonly model: string;
  /** `.h5ad` file that is written, without compression. */
  readonly out: string;
  readonly cells: number;
  readonly warmUpCells: number;
  readonly solver: SolverSettings;
  readonly seed: number;
}

/** Generates cells from a model folder into an AnnData file as `cfgen generate` does, after a small warm-up. */
export async function measureGeneration(engine: Engine, options: GenerationBenchmark, clock: Clock): Promise<Measurement> {
  const generate = (cells: number) =>
    generateToFile(
      {
        model: options.model,
        out: options.out,
        overwrite: true,
        cells,
        solver: options.solver,
        seed: options.seed,
        where: new Map(),
        guidance: new Map(),
        librarySize: 'prior',
        means: false,
        latents: false,
        compression: 'none',
      },
      { engine, version, memory },
    );
  await generate(options.warmUpCells);
  const started = clock();
  const summary = await generate(options.cells);
  const total = clock() - started;
  return {
    seconds: { total: [total] },
    facts: {
      passesPerCell: summary.evaluationsPerCell,
      meanTotal: summary.total / summary.cells,
      zeros: 1 - summary.nonzeros / (summary.cells * summary.features),
    },
  };
}
