import { blobRefSchema } from '@cfgen/contracts';
import { z } from 'zod';
import { modelFilesOf } from './model-files';
import { blobInput, namedRefSchema, outputOf, type RunDefinition } from './run-definition';

const factsSchema = z.object({
  dataSetId: z.string(),
  fileName: z.string(),
  data: blobRefSchema,
  checkpoint: namedRefSchema,
  autoencoder: namedRefSchema.optional(),
  metadata: namedRefSchema.optional(),
  split: namedRefSchema.optional(),
  layer: z.string().optional(),
  batches: z.array(z.string()),
  /** Points at the model once it is there. */
  alias: z.string().nullable(),
});
export type ImportFacts = z.infer<typeof factsSchema>;

/** From a checkpoint of the authors' code to a model like one that was trained here. */
export const importRun: RunDefinition<ImportFacts> = {
  type: 'import',
  facts: factsSchema,

  nodes({ fileName, data, checkpoint, autoencoder, metadata, split, layer, batches }) {
    return [
      {
        key: 'import-model',
        type: 'ImportModel',
        data: {
          ...{ fileName, batches, checkpointName: checkpoint.name },
          ...(autoencoder === undefined ? {} : { autoencoderName: autoencoder.name }),
          ...(metadata === undefined ? {} : { metadataName: metadata.name }),
          ...(split === undefined ? {} : { splitName: split.name }),
          ...(layer === undefined ? {} : { layer }),
        },
        inputs: [
          blobInput('checkpoint', checkpoint.ref),
          ...(autoencoder === undefined ? [] : [blobInput('autoencoder', autoencoder.ref)]),
          ...(metadata === undefined ? [] : [blobInput('metadata', metadata.ref)]),
          blobInput('data', data),
          ...(split === undefined ? [] : [blobInput('split', split.ref)]),
        ],
        weight: 1,
      },
    ];
  },

  artifacts(_facts, view) {
    const model = outputOf(view, 'import-model', 'model');
    return model === undefined ? [] : modelFilesOf(model, view);
  },

  outcome({ alias, dataSetId }, view) {
    const ref = outputOf(view, 'import-model', 'model');
    if (ref === undefined) return { kind: 'none' };
    return { kind: 'model', alias, dataSetId, ref, summary: view.result('import-model')?.data ?? {} };
  },
};
