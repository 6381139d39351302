import { blobRefSchema, seedSchema, trainingDataSchema } from '@cfgen/contracts';
import { z } from 'zod';
import { modelFilesOf } from './model-files';
import { blobInput, namedRefSchema, outputInput, outputOf, type NodeInput, type RunDefinition, type RunNode } from './run-definition';

const factsSchema = z.object({
  dataSetId: z.string(),
  fileName: z.string(),
  data: blobRefSchema,
  split: namedRefSchema.optional(),
  /** ATAC counts in a file of their own. */
  atac: namedRefSchema.optional(),
  training: trainingDataSchema,
  /** Settings of the model, whole. */
  settings: z.json(),
  seed: seedSchema,
  checkpointEpochs: z.int().min(1),
  checkpointSteps: z.int().min(1),
  shardCells: z.int().min(1),
  /** Points at the model once it is there. */
  alias: z.string().nullable(),
});
export type TrainFacts = z.infer<typeof factsSchema>;

/**
 * From a data set to a model. The autoencoder and the priors need the data alone and run side by side; the flow needs the latents that the
 * autoencoder makes.
 */
export const trainRun: RunDefinition<TrainFacts> = {
  type: 'train',
  facts: factsSchema,

  nodes(facts) {
    const { fileName, training, settings, seed } = facts;
    const { split, atac } = facts;
    const names = {
      fileName,
      ...(split === undefined ? {} : { splitName: split.name }),
      ...(atac === undefined ? {} : { atacName: atac.name }),
    };
    const data: NodeInput[] = [
      blobInput('data', facts.data),
      ...(split === undefined ? [] : [blobInput('split', split.ref)]),
      ...(atac === undefined ? [] : [blobInput('atac', atac.ref)]),
    ];
    const nodes: RunNode[] = [
      {
        key: 'train-autoencoder',
        type: 'TrainAutoencoder',
        data: { ...names, training, settings, seed, checkpointEpochs: facts.checkpointEpochs },
        inputs: data,
        weight: 45,
      },
      { key: 'fit-priors', type: 'FitPriors', data: { ...names, training, settings }, inputs: data, weight: 3 },
      {
        key: 'encode-cells',
        type: 'EncodeCells',
        data: { ...names, training, settings, shardCells: facts.shardCells },
        inputs: [...data, outputInput('train-autoencoder', 'autoencoder'), outputInput('train-autoencoder', 'autoencoder-training')],
        weight: 6,
      },
      {
        key: 'train-flow',
        type: 'TrainFlow',
        data: { settings, seed, checkpointSteps: facts.checkpointSteps },
        inputs: [outputInput('encode-cells', 'latents'), outputInput('fit-priors', 'priors')],
        weight: 45,
      },
      {
        key: 'assemble-model',
        type: 'AssembleModel',
        data: { settings, seed },
        inputs: [
          outputInput('train-autoencoder', 'autoencoder'),
          outputInput('train-autoencoder', 'autoencoder-training'),
          outputInput('fit-priors', 'priors'),
          outputInput('train-flow', 'flow'),
          outputInput('train-flow', 'flow-training'),
        ],
        weight: 1,
      },
    ];
    return nodes;
  },

  artifacts(_facts, view) {
    const model = outputOf(view, 'assemble-model', 'model');
    return model === undefined ? [] : modelFilesOf(model, view);
  },

  outcome(facts, view) {
    const ref = outputOf(view, 'assemble-model', 'model');
    if (ref === undefined) return { kind: 'none' };
    const summary = view.result('assemble-model')?.data ?? {};
    return { kind: 'model', alias: facts.alias, dataSetId: facts.dataSetId, ref, summary };
  },
};
