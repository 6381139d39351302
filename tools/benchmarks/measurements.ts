import { join } from 'node:path';
import type { Engine } from '@cfgen/compute';
import { preset, type FlowSettings, type ModelSettings, type SolverSettings } from '@cfgen/model';
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
  /** Epochs of the autoencoder, the first one being warm-up. */
  readonly epochs: number;
  /** Of the flow a tenth is warm-up. */
  readonly flow: FlowSettings['duration'];
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
      settings: cutTo(options.settings ?? preset('paper'), options),
      seed,
      overwrite: true,
      resume: false,
      checkpointEvery: null,
    },
    context,
  );
  const stepsAnEpoch = Math.floor(description.training.cells / description.settings.flow.batch);
  return {
    seconds: { ...trainingTimes(reports, stepsAnEpoch), total: [clock() - started] },
    facts: { cells: description.training.cells, genes: description.features.names.length },
  };
}

/** The same settings with other lengths. Learning rates of a schedule move over the shorter length. */
function cutTo(settings: ModelSettings, { epochs, flow }: Pick<TrainingBenchmark, 'epochs' | 'flow'>): ModelSettings {
  return { ...settings, autoencoder: { ...settings.autoencoder, epochs }, flow: { ...settings.flow, duration: flow } };
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
  if (options.warmUpCells > 0) await generate(engine, options, options.warmUpCells);
  const started = clock();
  const summary = await generate(engine, options, options.cells);
  return {
    seconds: { total: [clock() - started] },
    facts: {
      passesPerCell: summary.evaluationsPerCell,
      meanTotal: summary.total / summary.cells,
      zeros: 1 - summary.nonzeros / (summary.cells * summary.features),
    },
  };
}

function generate(engine: Engine, { model, out, solver, seed }: GenerationBenchmark, cells: number) {
  return generateToFile(
    {
      ...{ model, out, cells, solver, seed, overwrite: true },
      ...{ where: new Map(), guidance: new Map(), librarySize: 'prior', means: false, latents: false, compression: 'none' },
    },
    { engine, version, memory },
  );
}

export interface WholeBenchmark extends TrainingBenchmark {
  /** Cells generated from the model that was trained. */
  readonly cells: number;
  readonly solver: SolverSettings;
}

/** From a data file to a file of generated cells, in one go: nothing is left out for warm-up. */
export async function measureWhole(engine: Engine, options: WholeBenchmark, clock: Clock): Promise<Measurement> {
  const { out: model, cells, solver, seed } = options;
  const started = clock();
  await measureTraining(engine, options, clock);
  const trained = clock();
  const out = join(model, 'generated.h5ad');
  const { facts } = await measureGeneration(engine, { model, out, cells, warmUpCells: 0, solver, seed }, clock);
  return { seconds: { total: [clock() - started], training: [trained - started] }, facts };
}
