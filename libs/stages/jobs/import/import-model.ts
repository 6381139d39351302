import { encodeModel, modelHash } from '@cfgen/model';
import { importedModel } from '../../import/import-model';
import { dataFile, inputOf, optionalDataFile } from '../contents/inputs';
import { reported, type JobHandler } from '../job-context';
import { readingOf } from '../reading';
import { putModel, told } from '../training/assemble-model';

/** A checkpoint of the authors' code and the cells it was trained on -> a model, as `cfgen import` writes it. Needs no engine. */
export const importModelJob: JobHandler<'ImportModel'> = async (request, context) => {
  const { checkpointName, autoencoderName, metadataName, fileName, splitName, layer, batches } = request.data;
  const { inputs } = request;
  const reading = readingOf(context);
  const { model, problems } = await importedModel(
    {
      batches,
      checkpoint: await dataFile(context, inputOf(request, 'checkpoint'), checkpointName),
      ...(await optionalDataFile('autoencoder', context, inputs.get('autoencoder'), autoencoderName ?? 'autoencoder.safetensors')),
      ...(await optionalDataFile('metadata', context, inputs.get('metadata'), metadataName ?? 'metadata.json')),
      data: await dataFile(context, inputOf(request, 'data'), fileName),
      ...(await optionalDataFile('split', context, inputs.get('split'), splitName ?? 'split.tsv')),
      ...(layer === undefined ? {} : { layer }),
    },
    { ...reading, version: context.version },
  );
  const { description, files } = encodeModel(model);
  return {
    data: {
      ...{ modelSha256: modelHash(description), cells: description.training.cells, features: description.features.names.length },
      attributes: told(description),
      problems: reported([...problems, ...reading.problems]),
    },
    outputs: [await putModel(context, files)],
  };
};
