import type { BlobRef, CommandData } from '@cfgen/contracts';
import type { Engine } from '@cfgen/compute';
import { guidanceWeights, LatentSampler, modelHash, type SolverSettings } from '@cfgen/model';
import { putContent } from '../contents/contents';
import { inputOf } from '../contents/inputs';
import { modelOf } from '../contents/model-blobs';
import type { JobContext, JobHandler } from '../job-context';
import { chunkConditions, conditionsManifest, encodeLatents, requireModel } from './chunk-contents';
import { samplersOf, type SamplerEntry } from './reused-parts';

/** Conditions of a chunk -> latents. A latent depends on the seed and the index of its cell alone. */
export const sampleLatentsJob: JobHandler<'SampleLatents'> = async (request, context) => {
  const { chunk, guidance, solver, seed } = request.data;
  const model = inputOf(request, 'model');
  const manifest = await conditionsManifest(context, inputOf(request, 'conditions'));
  const conditions = await chunkConditions(context, manifest, chunk);
  const engine = await context.engine();
  const key = JSON.stringify([model.sha256, guidance, solver ?? null, seed]);
  return samplersOf(engine).use(
    key,
    () => sampler(context, engine, model, request.data),
    async ({ part, modelSha256 }) => {
      requireModel(manifest, modelSha256);
      const { latents, cost } = await part.sample(conditions, context.signal);
      const bytes = encodeLatents(await engine.download(latents), conditions, engine.name);
      context.progress({ stage: 'sample', done: conditions.cells, total: conditions.cells, unit: 'cells' });
      return {
        data: { chunk, cells: conditions.cells, evaluations: Math.round(cost.evaluations) },
        outputs: [await putContent(context, 'latents', 'cfgen.latents-chunk.v1', bytes)],
      };
    },
  );
};

async function sampler(context: JobContext, engine: Engine, ref: BlobRef, data: CommandData<'SampleLatents'>): Promise<SamplerEntry> {
  const { description, flow } = await modelOf(context, ref);
  const weights = guidanceWeights(new Map(Object.entries(data.guidance)), description);
  const solver: SolverSettings = data.solver ?? description.settings.solver;
  const part = new LatentSampler(engine, { description, flow }, weights, solver, data.seed);
  return { part, description, modelSha256: modelHash(description) };
}
