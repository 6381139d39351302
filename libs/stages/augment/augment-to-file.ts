import { CfgenError, type Problem } from '@cfgen/contracts';
import { generateCells, guidanceWeights, loadModel, modelHash, type ModelDescription, type SolverSettings } from '@cfgen/model';
import type { UnsValue } from '@cfgen/single-cell';
import { checkOutputPath } from '@cfgen/tensors';
import type { ReadingContext, StepContext } from '../context';
import { nameOf } from '../data/data-file';
import { generationProvenance } from '../generate/provenance';
import { AugmentedFile } from './augmented-file';
import {
  openRealCells,
  planAugmentation,
  planOf,
  requireAttributes,
  type AugmentationOptions,
  type AugmentationPlan,
} from './plan-augmentation';

export interface AugmentOptions extends AugmentationOptions {
  /** Model folder. */
  readonly model: string;
  /** `.h5ad` file to write. */
  readonly out: string;
  readonly overwrite: boolean;
  /** Guidance weight by column; for others the biological label has the model's own weight, the rest 1. */
  readonly guidance: ReadonlyMap<string, number>;
  /** Solver to use instead of the model's own. */
  readonly solver?: SolverSettings;
  readonly compression: 'gzip' | 'none';
  readonly level?: number;
  readonly chunkCells?: number;
}

export interface AugmentSummary {
  readonly out: string;
  readonly plan: AugmentationPlan;
  readonly features: number;
  readonly modelHash: string;
  readonly problems: readonly Problem[];
}

/** What would be generated, without generating it. */
export async function previewAugmentation(
  options: Omit<AugmentationOptions, 'seed'> & { readonly model: string },
  context: ReadingContext,
): Promise<AugmentationPlan> {
  const { description } = loadModel(options.model);
  requireRna(description);
  const { plan, problems } = await planAugmentation({ ...options, seed: 0 }, description, context);
  for (const problem of problems) context.onProblem?.(problem);
  return plan;
}

/** Real cells, topped up with generated ones where labels are rare. The same seed and options give the same bytes. */
export async function augmentToFile(options: AugmentOptions, context: StepContext): Promise<AugmentSummary> {
  checkOutputPath(options.out, options.overwrite);
  const model = loadModel(options.model);
  const { description } = model;
  requireRna(description);
  const guidance = guidanceWeights(options.guidance, description);
  requireAttributes(options, description);
  const solver = options.solver ?? description.settings.solver;
  const { seed, chunkCells } = options;
  const real = await openRealCells(options, description, context);
  try {
    const { plan, source, problems } = planOf(real, options, description);
    for (const problem of problems) context.onProblem?.(problem);
    const file = new AugmentedFile(options.out, description, real, {
      ...options,
      generated: plan.generated,
      threads: context.engine.threads,
    });
    try {
      await file.appendReal();
      const cells = plan.generated;
      const request = { cells, conditions: source, guidance, solver, seed, output: 'counts' } as const;
      const chunks = generateCells(
        context.engine,
        model,
        { ...request, ...(chunkCells === undefined ? {} : { chunkCells }) },
        context.signal,
      );
      for await (const chunk of chunks) {
        await file.append(chunk);
        context.onProgress?.({ stage: 'generate', done: chunk.conditions.start + chunk.conditions.cells, total: cells, unit: 'cells' });
      }
      const dataSha256 = await real.dataset.contentHash();
      const { version, engine } = context;
      const facts = { description, seed, guidance: options.guidance, solver, problems, version, engine: engine.name };
      await file.finish(augmentationProvenance({ ...facts, plan, dataName: nameOf(options.data), dataSha256 }));
    } catch (error) {
      await file.abort();
      throw error;
    }
    return { out: options.out, plan, features: description.features.names.length, modelHash: modelHash(description), problems };
  } finally {
    real.close();
  }
}

/** @throws CfgenError REQUEST_INVALID for a model of two modalities: real cells would lack one of them */
export function requireRna({ atac }: ModelDescription): void {
  if (atac === undefined) return;
  throw new CfgenError('REQUEST_INVALID', 'the model is of RNA and ATAC; cells can be topped up with a model of RNA alone', {
    hint: 'Train a model on the RNA of the file.',
  });
}

/** What an augmented file says about where its cells come from. */
export interface AugmentationFacts {
  readonly description: ModelDescription;
  readonly seed: number;
  readonly guidance: ReadonlyMap<string, number>;
  readonly solver: SolverSettings | undefined;
  readonly problems: readonly Problem[];
  readonly version: string;
  readonly engine: string;
  readonly plan: AugmentationPlan;
  readonly dataName: string;
  readonly dataSha256: string;
}

/** `uns['cfgen']` of an augmented file: the generation, the plan it followed, and the real cells it stands beside. */
export function augmentationProvenance({ plan, dataName, dataSha256, ...facts }: AugmentationFacts): UnsValue {
  const generation = generationProvenance({
    ...{
      ...facts,
      cells: plan.generated,
      output: 'counts',
      where: new Map(),
      covariates: new Map(),
      librarySize: { kind: 'prior' },
      like: undefined,
    },
  });
  const rows = plan.rows;
  return {
    ...(generation as Readonly<Record<string, UnsValue>>),
    augmentation: {
      data_name: dataName,
      data_sha256: dataSha256,
      label: plan.label,
      by: plan.by ?? '',
      target: plan.target,
      max_factor: plan.maxFactor,
      min_support: plan.minSupport,
      real_cells: plan.real,
      values: rows.map(({ label }) => label),
      strata: rows.map(({ stratum }) => stratum ?? ''),
      real: rows.map(({ real }) => real),
      generated: rows.map(({ generated }) => generated),
      skipped: rows.map(({ skipped }) => skipped ?? ''),
    },
  };
}
