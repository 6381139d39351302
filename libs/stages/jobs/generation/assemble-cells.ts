import { join } from 'node:path';
import { CfgenError, chunksManifestSchema, type ChunksManifest, type CommandData, type ConditionsManifest } from '@cfgen/contracts';
import { latentSize, modelHash, type ModelDescription } from '@cfgen/model';
import { cellxgeneFindings } from '../../generate/hand-off';
import { createGeneratedFile, type CountSums, type GeneratedFile } from '../../generate/generated-file';
import type { OutputFormat } from '../../generate/output-format';
import type { LibrarySizeRequest } from '../../generate/library-sizes';
import { generationProvenance } from '../../generate/provenance';
import { putForeign, readJson } from '../contents/contents';
import { inputOf } from '../contents/inputs';
import { modelDescriptionOf } from '../contents/model-blobs';
import { reported, type JobContext, type JobHandler } from '../job-context';
import { stopWhenAborted } from '../reading';
import { enginesOf } from '../training/assemble-model';
import { chunkConditions, conditionsManifest, readCellsChunk, readLatents, requireModel } from './chunk-contents';
import { whereOf } from './draw-conditions';

/** The chunks of a generation -> one file of AnnData, or of MuData for two modalities: the one that `cfgen generate` writes for the same request. Needs no engine. */
export const assembleCellsJob: JobHandler<'AssembleCells'> = async (request, context) => {
  const { data } = request;
  const description = await modelDescriptionOf(context, inputOf(request, 'model'));
  const conditions = await conditionsManifest(context, inputOf(request, 'conditions'));
  requireModel(conditions, modelHash(description));
  const chunks = inOrder(await readJson(context, inputOf(request, 'chunks'), chunksManifestSchema), conditions.shards.length);
  const { output, latents, compression, level, profile, zarrFormat } = data;
  const format = formatOf(data, description);
  const path = join(context.workFolder, `generated.${format}`);
  const file = createGeneratedFile(path, description, {
    ...{ cells: conditions.cells, output, latents, compression, format, overwrite: true },
    ...(level === undefined ? {} : { level }),
    ...(profile === undefined ? {} : { profile }),
    ...(zarrFormat === undefined ? {} : { zarrFormat }),
  });
  try {
    const engine = await appendChunks(context, file, description, conditions, chunks, data);
    await file.finish(provenanceOf(context, description, conditions, data, engine));
  } catch (error) {
    await file.abort();
    throw error;
  }
  const findings =
    profile === undefined
      ? undefined
      : await cellxgeneFindings(path, description, { memory: context.memory, tempFolder: context.workFolder });
  return {
    data: {
      ...{ cells: conditions.cells, features: featuresOf(description), ...sumsOf(file), format },
      ...(findings === undefined ? {} : { problems: reported(findings) }),
    },
    outputs: [await putForeign(context, 'generated', format === 'zarr.zip' ? 'application/zip' : 'application/x-hdf5', { file: path })],
  };
};

/** Ending of the file: one blob takes one file, so a Zarr store goes into an archive. */
function formatOf({ format }: CommandData<'AssembleCells'>, { atac }: ModelDescription): OutputFormat {
  if (format === 'zarr') return 'zarr.zip';
  return format ?? (atac === undefined ? 'h5ad' : 'h5mu');
}

/** Genes, and peaks where there are any. */
function featuresOf({ features, atac }: ModelDescription): number {
  return features.names.length + (atac?.features.names.length ?? 0);
}

/** Over all modalities. */
function sumsOf({ rna, atac }: GeneratedFile): CountSums {
  return { nonzeros: rna.nonzeros + (atac?.nonzeros ?? 0), total: rna.total + (atac?.total ?? 0) };
}

type Chunks = ChunksManifest['chunks'];

/** Every chunk once, in order. @throws CfgenError REQUEST_INVALID naming what is missing or too much */
export function inOrder({ chunks }: ChunksManifest, count: number): Chunks {
  const ordered = [...chunks].sort((a, b) => a.chunk - b.chunk);
  const wrong = Array.from({ length: Math.max(count, ordered.length) }, (_, i) => i).find((i) => ordered[i]?.chunk !== i || i >= count);
  if (wrong === undefined) return ordered;
  const found = ordered[wrong]?.chunk;
  const what = found !== undefined && found <= wrong ? `chunk ${found} is too much` : `chunk ${wrong} is missing`;
  throw new CfgenError('REQUEST_INVALID', `the list of chunks does not fit the conditions, which have ${count} chunks: ${what}`, {
    details: { chunks: count, listed: chunks.length },
  });
}

/** @returns the engines that computed the cells */
async function appendChunks(
  context: JobContext,
  file: GeneratedFile,
  description: ModelDescription,
  manifest: ConditionsManifest,
  chunks: Chunks,
  { output }: CommandData<'AssembleCells'>,
): Promise<string> {
  const engines: string[] = [];
  const latent = latentSize(description.settings);
  for (const { chunk, cells, latents } of chunks) {
    stopWhenAborted(context, 'writing cells');
    const conditions = await chunkConditions(context, manifest, chunk);
    const sampled = await readLatents(context, latents, conditions, latent);
    const decoded = await readCellsChunk(context, cells, conditions, description, output);
    await file.append({ ...decoded, conditions, latents: sampled.latents });
    engines.push(sampled.engine, decoded.engine);
    context.progress({ stage: 'write', done: conditions.start + conditions.cells, total: manifest.cells, unit: 'cells' });
  }
  return enginesOf(engines);
}

function provenanceOf(
  context: JobContext,
  description: ModelDescription,
  { cells, problems }: ConditionsManifest,
  data: CommandData<'AssembleCells'>,
  engine: string,
): ReturnType<typeof generationProvenance> {
  const { seed, output, guidance, solver, where, covariates = {}, likeName } = data;
  return generationProvenance({
    ...{
      description,
      cells,
      seed,
      output,
      solver,
      engine,
      problems: problems.map(({ severity, code, message }) => ({ severity, code, message })),
    },
    guidance: new Map(Object.entries(guidance)),
    where: whereOf(where),
    covariates: new Map(Object.entries(covariates)),
    librarySize: librarySizeOf(data),
    like: likeName === undefined ? undefined : { path: '', name: likeName },
    version: context.version,
  });
}

function librarySizeOf({ librarySize, librarySizeName }: CommandData<'AssembleCells'>): LibrarySizeRequest {
  if (librarySizeName !== undefined) return { kind: 'file', file: { path: '', name: librarySizeName } };
  return librarySize === undefined ? { kind: 'prior' } : { kind: 'fixed', value: librarySize };
}
