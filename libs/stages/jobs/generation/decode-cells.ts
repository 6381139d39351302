import type { BlobRef } from '@cfgen/contracts';
import type { Engine } from '@cfgen/compute';
import { CellDecoder, latentSize, modelHash, type DecodedCells } from '@cfgen/model';
import { putContent } from '../contents/contents';
import { inputOf } from '../contents/inputs';
import { modelOf } from '../contents/model-blobs';
import type { JobContext, JobHandler } from '../job-context';
import { stopWhenAborted } from '../reading';
import { chunkConditions, conditionsManifest, encodeCellsChunk, readLatents, requireModel } from './chunk-contents';
import { decodersOf, type DecoderEntry } from './reused-parts';

/** Latents of a chunk -> counts or means. */
export const decodeCellsJob: JobHandler<'DecodeCells'> = async (request, context) => {
  const { chunk, output, seed } = request.data;
  const model = inputOf(request, 'model');
  const manifest = await conditionsManifest(context, inputOf(request, 'conditions'));
  const conditions = await chunkConditions(context, manifest, chunk);
  const engine = await context.engine();
  return decodersOf(engine).use(
    model.sha256,
    () => decoder(context, engine, model),
    async ({ part, description, modelSha256 }) => {
      requireModel(manifest, modelSha256);
      const latent = latentSize(description.settings);
      const { latents } = await readLatents(context, inputOf(request, 'latents'), conditions, latent);
      stopWhenAborted(context, 'decoding');
      const decoded = await part.decodeStored(latents, conditions, output, seed);
      const bytes = encodeCellsChunk(decoded, conditions, engine.name);
      context.progress({ stage: 'decode', done: conditions.cells, total: conditions.cells, unit: 'cells' });
      return {
        data: { chunk, cells: conditions.cells, ...sums(decoded, conditions.cells) },
        outputs: [await putContent(context, 'cells', 'cfgen.cells-chunk.v1', bytes)],
      };
    },
  );
};

async function decoder(context: JobContext, engine: Engine, ref: BlobRef): Promise<DecoderEntry> {
  const { description, autoencoder } = await modelOf(context, ref);
  return { part: new CellDecoder(engine, { description, autoencoder }), description, modelSha256: modelHash(description) };
}

/** Counts that are not zero, and their sum, over all modalities. */
function sums({ counts, atac }: DecodedCells, cells: number): { readonly nonzeros: number; readonly total: number } {
  let nonzeros = 0;
  let total = 0;
  for (const drawn of [counts, atac?.counts]) {
    const entries = drawn?.indptr[cells] ?? 0;
    nonzeros += entries;
    for (let k = 0; k < entries; k++) total += drawn?.values[k] ?? 0;
  }
  return { nonzeros, total };
}
