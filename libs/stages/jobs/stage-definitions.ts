import type { CommandType, StageName } from '@cfgen/contracts';
import type { JobHandler } from './job-context';

type Handlers = { readonly [T in CommandType]: JobHandler<T> };

/** A stage: its name, and the steps it can do. */
export interface StageDefinition {
  readonly name: StageName;
  readonly handlers: Partial<Handlers>;
}

/** A step whose code is loaded when it is first asked for: a process that samples latents needs no charts. */
function loaded<T extends CommandType>(load: () => Promise<JobHandler<T>>): JobHandler<T> {
  return async (request, context) => (await load())(request, context);
}

/** What each stage can do. */
export const stageDefinitions = {
  'encoder-decoder': {
    name: 'encoder-decoder',
    handlers: {
      InspectCells: loaded(async () => (await import('./inspection/inspect-cells')).inspectCellsJob),
      TrainAutoencoder: loaded(async () => (await import('./training/train-autoencoder')).trainAutoencoderJob),
      EncodeCells: loaded(async () => (await import('./training/encode-cells')).encodeCellsJob),
      DecodeCells: loaded(async () => (await import('./generation/decode-cells')).decodeCellsJob),
      ImportModel: loaded(async () => (await import('./import/import-model')).importModelJob),
      AssembleAugmented: loaded(async () => (await import('./augmentation/assemble-augmented')).assembleAugmentedJob),
      CorrectCells: loaded(async () => (await import('./transport/correct-cells')).correctCellsJob),
      ImputeCells: loaded(async () => (await import('./transport/impute-cells')).imputeCellsJob),
      AssembleCells: loaded(async () => (await import('./generation/assemble-cells')).assembleCellsJob),
    },
  },
  flow: {
    name: 'flow',
    handlers: {
      TrainFlow: loaded(async () => (await import('./training/train-flow')).trainFlowJob),
      AssembleModel: loaded(async () => (await import('./training/assemble-model')).assembleModelJob),
      SampleLatents: loaded(async () => (await import('./generation/sample-latents')).sampleLatentsJob),
    },
  },
  prior: {
    name: 'prior',
    handlers: {
      FitPriors: loaded(async () => (await import('./training/fit-priors')).fitPriorsJob),
      PlanAugmentation: loaded(async () => (await import('./augmentation/plan-augmentation')).planAugmentationJob),
      DrawConditions: loaded(async () => (await import('./generation/draw-conditions')).drawConditionsJob),
    },
  },
  evaluation: {
    name: 'evaluation',
    handlers: {
      EvaluateCells: loaded(async () => (await import('./evaluation/evaluate-cells')).evaluateCellsJob),
      EvaluateAugmentation: loaded(async () => (await import('./augmentation/evaluate-augmentation')).evaluateAugmentationJob),
      SweepGuidance: loaded(async () => (await import('./evaluation/sweep-guidance')).sweepGuidanceJob),
      ScoreIntegration: loaded(async () => (await import('./evaluation/score-integration')).scoreIntegrationJob),
    },
  },
} as const satisfies Readonly<Record<StageName, StageDefinition>>;

/** The step of every command there is. */
export const stageHandlers: Handlers = {
  ...stageDefinitions['encoder-decoder'].handlers,
  ...stageDefinitions.flow.handlers,
  ...stageDefinitions.prior.handlers,
  ...stageDefinitions.evaluation.handlers,
};
