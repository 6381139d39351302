import { CfgenError, conditionsManifestSchema, type BlobRef, type ConditionsManifest } from '@cfgen/contracts';
import type { RealArray } from '@cfgen/compute';
import type { Conditions, DecodedCells, DecodedCounts, ModelDescription } from '@cfgen/model';
import { encodeSafetensors, type SafetensorsContent, type SparseRows, type Tensor } from '@cfgen/tensors';
import { notWhatItSays, readJson, readTensors, valuesOf } from '../contents/contents';
import { covariatesOf } from '../contents/covariates';
import type { JobContext } from '../job-context';

/** The conditions of a generation. */
export async function conditionsManifest(context: JobContext, ref: BlobRef): Promise<ConditionsManifest> {
  return readJson(context, ref, conditionsManifestSchema);
}

/** Labels and size factors of chunk c. @throws CfgenError REQUEST_INVALID where there is no such chunk */
export async function chunkConditions(context: JobContext, manifest: ConditionsManifest, chunk: number): Promise<Conditions> {
  const shard = manifest.shards[chunk];
  if (shard === undefined) {
    throw new CfgenError('REQUEST_INVALID', `there is no chunk ${chunk}: the conditions have ${manifest.shards.length} chunks`, {
      details: { chunk, chunks: manifest.shards.length },
    });
  }
  const { ref, start, cells } = shard;
  const content = await readTensors(context, ref);
  const codes = valuesOf(ref, content, 'codes', [Int32Array], manifest.attributes.length * cells);
  return {
    start,
    cells,
    codes: manifest.attributes.map((_, k) => codes.slice(k * cells, (k + 1) * cells)),
    sizeFactors: valuesOf(ref, content, 'size_factors', [Float64Array], cells),
    covariates: covariatesOf(ref, content, manifest.covariates?.length ?? 0, cells),
  };
}

/** Refuses conditions that were drawn for another model. */
export function requireModel(manifest: ConditionsManifest, modelSha256: string): void {
  if (manifest.modelSha256 === modelSha256) return;
  throw new CfgenError('REQUEST_INVALID', 'the conditions were drawn for another model', {
    details: { found: manifest.modelSha256, expected: modelSha256 },
  });
}

/** `cfgen.latents-chunk.v1`: latents of a chunk in the precision of the engine, which is named. */
export function encodeLatents(latents: RealArray, conditions: Conditions, engine: string): Uint8Array {
  const { start, cells } = conditions;
  const shape = [cells, latents.length / cells];
  const axes = ['cell', 'latent'];
  const tensor: Tensor =
    latents instanceof Float32Array
      ? { name: 'latents', dtype: 'F32', shape, axes, data: latents }
      : { name: 'latents', dtype: 'F64', shape, axes, data: latents };
  return encodeSafetensors([tensor], { engine, start: String(start) });
}

/** Latents of a chunk, and the engine that drew them. */
export async function readLatents(
  context: JobContext,
  ref: BlobRef,
  { start, cells }: Pick<Conditions, 'start' | 'cells'>,
  latent: number,
): Promise<{ readonly latents: RealArray; readonly engine: string }> {
  const content = await readTensors(context, ref);
  return {
    latents: valuesOf<RealArray>(ref, content, 'latents', [Float32Array, Float64Array], cells * latent),
    engine: chunkEngine(ref, content, start),
  };
}

/**
 * `cfgen.cells-chunk.v1`: counts of a chunk in CSR form in the smallest types that hold them, or means as float32; the engine is named. The
 * second modality has the same tensors under names that begin with `atac.`.
 */
export function encodeCellsChunk({ atac, ...rna }: DecodedCells, { start, cells }: Conditions, engine: string): Uint8Array {
  const tensors = [...modalityTensors('', rna, cells), ...(atac === undefined ? [] : modalityTensors(atacPrefix, atac, cells))];
  return encodeSafetensors(tensors, { engine, start: String(start) });
}

const atacPrefix = 'atac.';

function modalityTensors(prefix: string, { counts, means }: DecodedCounts, cells: number): Tensor[] {
  if (means !== undefined) {
    const data = Float32Array.from(means);
    return [{ name: `${prefix}means`, dtype: 'F32', shape: [cells, data.length / cells], axes: ['cell', 'feature'], data }];
  }
  if (counts === undefined) throw new CfgenError('INTERNAL', 'cells were decoded to nothing');
  const entries = counts.indptr[cells] ?? 0;
  return [
    { name: `${prefix}indptr`, dtype: 'U32', shape: [cells + 1], data: counts.indptr.slice(0, cells + 1) },
    wholeNumbers(`${prefix}indices`, counts.indices.subarray(0, entries), counts.columns - 1),
    wholeNumbers(`${prefix}values`, counts.values.subarray(0, entries), largest(counts.values, entries)),
  ];
}

/** Counts or means of a chunk, and the engine that decoded them. */
export async function readCellsChunk(
  context: JobContext,
  ref: BlobRef,
  { start, cells }: Pick<Conditions, 'start' | 'cells'>,
  { features, atac }: Pick<ModelDescription, 'features' | 'atac'>,
  output: 'counts' | 'means',
): Promise<DecodedCells & { readonly engine: string }> {
  const content = await readTensors(context, ref);
  const engine = chunkEngine(ref, content, start);
  const read = (prefix: string, width: number): DecodedCounts =>
    output === 'means'
      ? { counts: undefined, means: valuesOf(ref, content, `${prefix}means`, [Float32Array], cells * width) }
      : { counts: sparseRows(ref, content, prefix, cells, width), means: undefined };
  return {
    ...read('', features.names.length),
    ...(atac === undefined ? {} : { atac: read(atacPrefix, atac.features.names.length) }),
    engine,
  };
}

function sparseRows(ref: BlobRef, content: SafetensorsContent, prefix: string, rows: number, columns: number): SparseRows {
  const indptr = valuesOf(ref, content, `${prefix}indptr`, [Uint32Array], rows + 1);
  const entries = indptr[rows] ?? 0;
  const small = [Uint8Array, Uint16Array, Uint32Array];
  const indices = Uint32Array.from(valuesOf<Uint8Array | Uint16Array | Uint32Array>(ref, content, `${prefix}indices`, small, entries));
  const values = Float32Array.from(valuesOf<Uint8Array | Uint16Array | Uint32Array>(ref, content, `${prefix}values`, small, entries));
  return { rows, columns, indptr, indices, values };
}

function wholeNumbers(name: string, values: Uint32Array | Float32Array, most: number): Tensor {
  const shape = [values.length];
  if (most < 2 ** 8) return { name, dtype: 'U8', shape, data: Uint8Array.from(values) };
  if (most < 2 ** 16) return { name, dtype: 'U16', shape, data: Uint16Array.from(values) };
  return { name, dtype: 'U32', shape, data: Uint32Array.from(values) };
}

function largest(values: Float32Array, entries: number): number {
  let most = 0;
  for (let k = 0; k < entries; k++) most = Math.max(most, values[k] ?? 0);
  return most;
}

function chunkEngine(ref: BlobRef, { metadata }: SafetensorsContent, start: number): string {
  const { engine } = metadata;
  if (engine === undefined || metadata['start'] !== String(start)) {
    throw notWhatItSays(ref, `it holds the cells from ${metadata['start'] ?? 'nowhere'} on, not those from ${start} on`);
  }
  return engine;
}
