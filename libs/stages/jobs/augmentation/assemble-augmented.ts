import { join } from 'node:path';
import { chunksManifestSchema } from '@cfgen/contracts';
import { latentSize, modelHash } from '@cfgen/model';
import { augmentationProvenance } from '../../augment/augment-to-file';
import { AugmentedFile } from '../../augment/augmented-file';
import { augmentationPlanSchema, openRealCells } from '../../augment/plan-augmentation';
import { putForeign, readJson } from '../contents/contents';
import { dataFile, inputOf, optionalDataFile } from '../contents/inputs';
import { modelDescriptionOf } from '../contents/model-blobs';
import { inOrder } from '../generation/assemble-cells';
import { chunkConditions, conditionsManifest, readCellsChunk, readLatents, requireModel } from '../generation/chunk-contents';
import type { JobHandler } from '../job-context';
import { readingOf, stopWhenAborted } from '../reading';
import { enginesOf } from '../training/assemble-model';

/** Real cells and the chunks of generated ones -> the file that `cfgen augment` writes for the same request. Needs no engine. */
export const assembleAugmentedJob: JobHandler<'AssembleAugmented'> = async (request, context) => {
  const { fileName, splitName, layer, compression, level, seed, guidance, solver } = request.data;
  const description = await modelDescriptionOf(context, inputOf(request, 'model'));
  const manifest = await conditionsManifest(context, inputOf(request, 'conditions'));
  requireModel(manifest, modelHash(description));
  const plan = await readJson(context, inputOf(request, 'plan'), augmentationPlanSchema);
  const chunks = inOrder(await readJson(context, inputOf(request, 'chunks'), chunksManifestSchema), manifest.shards.length);
  const real = await openRealCells(
    {
      data: await dataFile(context, inputOf(request, 'data'), fileName),
      ...(await optionalDataFile('split', context, request.inputs.get('split'), splitName ?? 'split.tsv')),
      ...(layer === undefined ? {} : { layer }),
    },
    description,
    readingOf(context),
  );
  try {
    const path = join(context.workFolder, 'augmented.h5ad');
    const writing = { generated: plan.generated, compression, overwrite: true, ...(level === undefined ? {} : { level }) };
    const file = new AugmentedFile(path, description, real, writing);
    const engines: string[] = [];
    try {
      await file.appendReal(() => stopWhenAborted(context, 'writing cells'));
      for (const { chunk, cells, latents } of chunks) {
        stopWhenAborted(context, 'writing cells');
        const conditions = await chunkConditions(context, manifest, chunk);
        const sampled = await readLatents(context, latents, conditions, latentSize(description.settings));
        const decoded = await readCellsChunk(context, cells, conditions, description, 'counts');
        await file.append({ ...decoded, conditions });
        engines.push(sampled.engine, decoded.engine);
        context.progress({ stage: 'write', done: conditions.start + conditions.cells, total: manifest.cells, unit: 'cells' });
      }
      await file.finish(
        augmentationProvenance({
          ...{ description, plan, seed, solver, guidance: new Map(Object.entries(guidance)) },
          problems: manifest.problems.map(({ severity, code, message }) => ({ severity, code, message })),
          ...{ version: context.version, engine: enginesOf(engines) },
          ...{ dataName: fileName, dataSha256: await real.dataset.contentHash() },
        }),
      );
    } catch (error) {
      await file.abort();
      throw error;
    }
    return {
      data: { cells: plan.real + plan.generated, real: plan.real, generated: plan.generated, features: description.features.names.length },
      outputs: [await putForeign(context, 'augmented', 'application/x-hdf5', { file: path })],
    };
  } finally {
    real.close();
  }
};
