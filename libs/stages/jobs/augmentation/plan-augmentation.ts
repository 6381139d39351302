import { requireRna } from '../../augment/augment-to-file';
import { planAugmentation, type AugmentationOptions } from '../../augment/plan-augmentation';
import { putJson } from '../contents/contents';
import { dataFile, inputOf, optionalDataFile } from '../contents/inputs';
import { modelDescriptionOf } from '../contents/model-blobs';
import { putConditions } from '../generation/condition-shards';
import { reported, type JobContext, type JobHandler, type JobRequest } from '../job-context';
import { readingOf } from '../reading';

/** Model, real cells and a target -> how many cells of which label, and the conditions of each of them, a shard a chunk. Needs no engine. */
export const planAugmentationJob: JobHandler<'PlanAugmentation'> = async (request, context) => {
  const { chunkCells } = request.data;
  const description = await modelDescriptionOf(context, inputOf(request, 'model'));
  requireRna(description);
  const reading = readingOf(context);
  const { plan, source, problems } = await planAugmentation(await optionsOf(request, context), description, reading);
  const conditions = { description, source, cells: plan.generated, chunkCells, problems };
  return {
    data: {
      ...{ real: plan.real, cells: plan.generated, chunks: Math.ceil(plan.generated / chunkCells) },
      problems: reported([...problems, ...reading.problems]),
    },
    outputs: [await putConditions(context, conditions, 'planning'), await putJson(context, 'plan', 'cfgen.augmentation-plan.v1', plan)],
  };
};

async function optionsOf(request: JobRequest<'PlanAugmentation'>, context: JobContext): Promise<AugmentationOptions> {
  const { fileName, splitName, layer, by, label, target, maxFactor, minSupport, seed } = request.data;
  return {
    ...{ label, target, maxFactor, minSupport, seed },
    data: await dataFile(context, inputOf(request, 'data'), fileName),
    ...(await optionalDataFile('split', context, request.inputs.get('split'), splitName ?? 'split.tsv')),
    ...(layer === undefined ? {} : { layer }),
    ...(by === undefined ? {} : { by }),
  };
}
