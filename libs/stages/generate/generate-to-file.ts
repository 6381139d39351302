import { basename } from 'node:path';
import { CfgenError, type Problem } from '@cfgen/contracts';
import { generateCells, loadModel, modelHash, unknownColumn, type ModelDescription, type SolverSettings } from '@cfgen/model';
import { createH5adWriter, type H5adColumn, type H5adTable, type UnsValue } from '@cfgen/single-cell';
import type { StepContext } from '../context';
import { conditionsOf, type ConditionOptions } from './conditions';

export interface GenerateOptions extends ConditionOptions {
  readonly model: string;
  /** `.h5ad` file to write. */
  readonly out: string;
  readonly overwrite: boolean;
  /** Guidance weight by column; for others the biological label has the model's own weight, the rest 1. */
  readonly guidance: ReadonlyMap<string, number>;
  /** Solver to use instead of the model's own. */
  readonly solver?: SolverSettings;
  /** Means instead of drawn counts (dense X). */
  readonly means: boolean;
  /** Keep the latents in `obsm['X_cfgen']`. */
  readonly latents: boolean;
  readonly compression: 'gzip' | 'none';
  readonly level?: number;
  readonly chunkCells?: number;
}

export interface GenerateSummary {
  readonly out: string;
  readonly cells: number;
  readonly features: number;
  readonly modelHash: string;
  /** Counts that are not zero, and their sum; for means: 0. */
  readonly nonzeros: number;
  readonly total: number;
  /** Mean passes of the velocity network a cell. */
  readonly evaluationsPerCell: number;
  readonly problems: readonly Problem[];
}

/** From a model folder to an AnnData file with provenance. The same seed and options give the same bytes. */
export async function generateToFile(options: GenerateOptions, context: StepContext): Promise<GenerateSummary> {
  const model = loadModel(options.model);
  const { description } = model;
  const guidance = guidanceOf(options.guidance, description);
  const planned = await conditionsOf(options, description, context);
  if (!Number.isSafeInteger(planned.cells) || planned.cells < 1) {
    throw new CfgenError('REQUEST_INVALID', `${planned.cells} cells cannot be generated`, { hint: 'Ask for at least one cell.' });
  }
  for (const problem of planned.problems) context.onProblem?.(problem);
  const solver = options.solver ?? description.settings.solver;
  const writer = createH5adWriter(options.out, {
    features: featureTable(description),
    compression: options.compression,
    ...(options.level === undefined ? {} : { level: options.level }),
    layout: options.means ? 'dense' : 'sparse',
    overwrite: options.overwrite,
  });
  const obs = new ObsColumns(description, planned.cells);
  const latents = options.latents ? new Float32Array(planned.cells * description.settings.autoencoder.latent) : undefined;
  let evaluations = 0;
  let nonzeros = 0;
  let total = 0;
  try {
    const request = {
      cells: planned.cells,
      conditions: planned.source,
      guidance,
      solver,
      seed: options.seed,
      output: options.means ? ('means' as const) : ('counts' as const),
      ...(options.chunkCells === undefined ? {} : { chunkCells: options.chunkCells }),
    };
    for await (const chunk of generateCells(context.engine, model, request, context.signal)) {
      const { start, cells } = chunk.conditions;
      if (chunk.counts !== undefined) {
        await writer.append(chunk.counts);
        nonzeros += chunk.counts.indptr[cells] ?? 0;
        for (let k = 0; k < (chunk.counts.indptr[cells] ?? 0); k++) total += chunk.counts.values[k] ?? 0;
      }
      if (chunk.means !== undefined) await writer.appendDense(Float32Array.from(chunk.means));
      obs.fill(start, chunk.conditions.codes, chunk.conditions.sizeFactors);
      latents?.set(chunk.latents, start * description.settings.autoencoder.latent);
      evaluations += chunk.evaluations * cells;
      context.onProgress?.({ stage: 'generate', done: start + cells, total: planned.cells, unit: 'cells' });
    }
    await writer.finish({
      obs: obs.table(),
      uns: { cfgen: provenance(options, description, planned.problems, planned.cells, solver, context) },
      ...(latents === undefined ? {} : { obsm: { X_cfgen: latents } }),
    });
  } catch (error) {
    await writer.abort();
    throw error;
  }
  return {
    out: options.out,
    cells: planned.cells,
    features: description.features.names.length,
    modelHash: modelHash(description),
    nonzeros,
    total,
    evaluationsPerCell: evaluations / planned.cells,
    problems: planned.problems,
  };
}

function guidanceOf(weights: ReadonlyMap<string, number>, description: ModelDescription): number[] {
  for (const [column, weight] of weights) {
    if (!description.attributes.some((attribute) => attribute.name === column)) throw unknownColumn(column, description.attributes);
    if (!(weight >= 0 && Number.isFinite(weight))) {
      throw new CfgenError('REQUEST_INVALID', `the guidance weight of ${column} is ${weight}`, {
        hint: 'Give a weight of 0 or more, such as 1.5.',
      });
    }
  }
  const biological = description.attributes.find((attribute) => attribute.role === 'label');
  return description.attributes.map(
    (attribute) => weights.get(attribute.name) ?? (attribute === biological ? description.settings.guidance : 1),
  );
}

function featureTable(description: ModelDescription): H5adTable {
  const { names, columns } = description.features;
  return {
    names,
    columns: Object.fromEntries(Object.entries(columns).map(([name, values]) => [name, { kind: 'string', values } satisfies H5adColumn])),
  };
}

/** The obs of the generated cells, filled chunk by chunk. */
class ObsColumns {
  private readonly codes: readonly Int32Array[];
  private readonly sizeFactors: Float64Array;

  constructor(
    private readonly description: ModelDescription,
    private readonly cells: number,
  ) {
    this.codes = description.attributes.map(() => new Int32Array(cells));
    this.sizeFactors = new Float64Array(cells);
  }

  fill(start: number, codes: readonly Int32Array[], sizeFactors: Float64Array): void {
    this.codes.forEach((column, k) => column.set(codes[k] ?? [], start));
    this.sizeFactors.set(sizeFactors, start);
  }

  table(): H5adTable {
    const attributes = this.description.attributes.map(
      ({ name, categories }, k) => [name, { kind: 'categorical', codes: this.codes[k] ?? [], categories } satisfies H5adColumn] as const,
    );
    return {
      names: Array.from({ length: this.cells }, (_, i) => `synthetic_${i}`),
      columns: {
        ...Object.fromEntries<H5adColumn>(attributes),
        size_factor: { kind: 'numeric', values: this.sizeFactors },
        is_synthetic: { kind: 'boolean', values: new Uint8Array(this.cells).fill(1) },
      },
    };
  }
}

function provenance(
  options: GenerateOptions,
  description: ModelDescription,
  problems: readonly Problem[],
  cells: number,
  solver: SolverSettings,
  context: StepContext,
): UnsValue {
  const guidance = guidanceOf(options.guidance, description);
  return {
    version: context.version,
    model_sha256: modelHash(description),
    data_sha256: description.provenance.data.sha256,
    data_name: description.provenance.data.name,
    preset: description.settings.preset,
    seed: options.seed,
    cells,
    values: options.means ? 'means' : 'counts',
    engine: context.engine.name,
    solver: { ...solver },
    guidance: Object.fromEntries(description.attributes.map((attribute, k) => [attribute.name, guidance[k]])),
    where: Object.fromEntries([...options.where].map(([column, values]) => [column, [...values]])),
    // Names, not paths: the same request gives the same bytes wherever the files lie.
    library_size: options.like === undefined ? basename(options.librarySize) : 'like',
    like: options.like === undefined ? '' : basename(options.like),
    warnings: problems.map((problem) => problem.message),
  };
}
