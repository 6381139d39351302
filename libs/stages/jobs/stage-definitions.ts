import type { CommandType, StageName } from '@cfgen/contracts';
import { evaluateCellsJob } from './evaluation/evaluate-cells';
import { assembleCellsJob } from './generation/assemble-cells';
import { decodeCellsJob } from './generation/decode-cells';
import { drawConditionsJob } from './generation/draw-conditions';
import { sampleLatentsJob } from './generation/sample-latents';
import { inspectCellsJob } from './inspection/inspect-cells';
import type { JobHandler } from './job-context';
import { assembleModelJob } from './training/assemble-model';
import { encodeCellsJob } from './training/encode-cells';
import { fitPriorsJob } from './training/fit-priors';
import { trainAutoencoderJob } from './training/train-autoencoder';
import { trainFlowJob } from './training/train-flow';

type Handlers = { readonly [T in CommandType]: JobHandler<T> };

/** A stage: its name, and the steps it can do. */
export interface StageDefinition {
  readonly name: StageName;
  readonly handlers: Partial<Handlers>;
}

/** What each stage can do. */
export const stageDefinitions = {
  'encoder-decoder': {
    name: 'encoder-decoder',
    handlers: {
      InspectCells: inspectCellsJob,
      TrainAutoencoder: trainAutoencoderJob,
      EncodeCells: encodeCellsJob,
      DecodeCells: decodeCellsJob,
      AssembleCells: assembleCellsJob,
    },
  },
  flow: { name: 'flow', handlers: { TrainFlow: trainFlowJob, AssembleModel: assembleModelJob, SampleLatents: sampleLatentsJob } },
  prior: { name: 'prior', handlers: { FitPriors: fitPriorsJob, DrawConditions: drawConditionsJob } },
  evaluation: { name: 'evaluation', handlers: { EvaluateCells: evaluateCellsJob } },
} as const satisfies Readonly<Record<StageName, StageDefinition>>;

/** The step of every command there is. */
export const stageHandlers: Handlers = {
  ...stageDefinitions['encoder-decoder'].handlers,
  ...stageDefinitions.flow.handlers,
  ...stageDefinitions.prior.handlers,
  ...stageDefinitions.evaluation.handlers,
};
