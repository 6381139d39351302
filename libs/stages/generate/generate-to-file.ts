import type { Problem } from '@cfgen/contracts';
import { generateCells, guidanceWeights, loadModel, modelHash, type SolverSettings } from '@cfgen/model';
import type { SizeFactorAgreement } from '@cfgen/evaluation';
import type { StepContext } from '../context';
import { conditionsOf, type ConditionOptions } from './conditions';
import { createGeneratedFile } from './generated-file';
import { cellxgeneFindings, requireViewable, writeView } from './hand-off';
import { librarySizeRequest } from './library-sizes';
import { generationProvenance } from './provenance';
import { SizeOutcome } from './size-outcome';

export interface GenerateOptions extends Omit<ConditionOptions, 'librarySize'> {
  readonly model: string;
  /** File to write: `.h5ad`, `.zarr` (a folder), `.zarr.zip`, or `.h5mu` for a model of RNA and ATAC. Left out: `synthetic` with this ending, in the current folder. */
  readonly out?: string;
  readonly overwrite: boolean;
  /** Guidance weight by column; for others the biological label has the model's own weight, the rest 1. */
  readonly guidance: ReadonlyMap<string, number>;
  /** `prior`, a number of counts, or a data file. */
  readonly librarySize: string;
  /** Solver to use instead of the model's own. */
  readonly solver?: SolverSettings;
  /** Means instead of drawn counts (dense X). */
  readonly means: boolean;
  /** Keep the latents in `obsm['X_cfgen']`. */
  readonly latents: boolean;
  readonly compression: 'gzip' | 'none';
  readonly level?: number;
  /** Generation of Zarr; 2 by default. */
  readonly zarrFormat?: 2 | 3;
  /** Write what the schema of CELLxGENE asks for, and tell what is missing. */
  readonly profile?: 'cellxgene';
  /** Write a view for Vitessce beside a Zarr store. */
  readonly vitessce?: boolean;
  readonly chunkCells?: number;
}

export interface GenerateSummary {
  readonly out: string;
  /** The view for Vitessce, where one was asked for. */
  readonly view?: string;
  readonly cells: number;
  /** Genes. */
  readonly features: number;
  readonly modelHash: string;
  /** Counts of genes that are not zero, and their sum; for means: 0. */
  readonly nonzeros: number;
  readonly total: number;
  /** The same of peaks, for a model of RNA and ATAC. */
  readonly atac?: { readonly features: number; readonly nonzeros: number; readonly total: number };
  /** Mean passes of the velocity network a cell. */
  readonly evaluationsPerCell: number;
  /** Library sizes that were asked for, against those of the drawn counts; absent for means. */
  readonly sizeFactors?: SizeFactorAgreement;
  readonly problems: readonly Problem[];
}

/** From a model folder to a file of AnnData (MuData for RNA and ATAC) with provenance. The same seed and options give the same bytes. */
export async function generateToFile(options: GenerateOptions, context: StepContext): Promise<GenerateSummary> {
  const model = loadModel(options.model);
  const { description } = model;
  const guidance = guidanceWeights(options.guidance, description);
  const librarySize = librarySizeRequest(options.librarySize);
  const { cells, source, problems } = await conditionsOf({ ...options, librarySize }, description, context);
  for (const problem of problems) context.onProblem?.(problem);
  const solver = options.solver ?? description.settings.solver;
  const output = options.means ? 'means' : 'counts';
  const { seed, chunkCells } = options;
  const { atac } = description;
  const out = options.out ?? (atac === undefined ? 'synthetic.h5ad' : 'synthetic.h5mu');
  const { profile } = options;
  const viewOf = options.vitessce === true ? requireViewable(out, options.overwrite) : undefined;
  const file = createGeneratedFile(out, description, {
    ...{ ...options, cells, output, plane: viewOf !== undefined },
    threads: context.engine.threads,
  });
  const sizes = new SizeOutcome(cells);
  let evaluations = 0;
  try {
    const request = {
      cells,
      conditions: source,
      guidance,
      solver,
      seed,
      output,
      ...(chunkCells === undefined ? {} : { chunkCells }),
    } as const;
    for await (const chunk of generateCells(context.engine, model, request, context.signal)) {
      await file.append(chunk);
      sizes.add(chunk);
      evaluations += chunk.evaluations * chunk.conditions.cells;
      context.onProgress?.({ stage: 'generate', done: chunk.conditions.start + chunk.conditions.cells, total: cells, unit: 'cells' });
    }
    const { where, like, covariates } = options;
    const { version, engine } = context;
    await file.finish(
      generationProvenance({
        ...{ description, cells, seed, output, guidance: options.guidance, solver, where, covariates, librarySize, like, problems },
        ...{ version, engine: engine.name },
      }),
    );
  } catch (error) {
    await file.abort();
    throw error;
  }
  const view = viewOf === undefined ? undefined : writeView(out, viewOf, description, profile);
  const findings = profile === undefined ? [] : await cellxgeneFindings(out, description, context);
  for (const problem of findings) context.onProblem?.(problem);
  return {
    out,
    ...(view === undefined ? {} : { view }),
    cells,
    features: description.features.names.length,
    modelHash: modelHash(description),
    ...file.rna,
    ...(atac === undefined || file.atac === undefined ? {} : { atac: { features: atac.features.names.length, ...file.atac } }),
    evaluationsPerCell: evaluations / cells,
    ...(output === 'means' ? {} : { sizeFactors: sizes.agreement() }),
    problems: [...problems, ...findings],
  };
}
