import type { Problem } from '@cfgen/contracts';
import { guidanceWeights, modelHash, type ModelDescription, type SolverSettings } from '@cfgen/model';
import type { UnsValue } from '@cfgen/single-cell';
import { nameOf, type DataFile } from '../data/data-file';
import { librarySizeName, type LibrarySizeRequest } from './library-sizes';

/** What a generated file says about where its cells come from. */
export interface GenerationFacts {
  readonly description: ModelDescription;
  readonly cells: number;
  readonly seed: number;
  readonly output: 'counts' | 'means';
  /** Guidance weights as they were asked for, by column. */
  readonly guidance: ReadonlyMap<string, number>;
  /** The solver that was asked for; none: the model's own. */
  readonly solver: SolverSettings | undefined;
  readonly where: ReadonlyMap<string, readonly string[]>;
  /** Values of covariates that were asked for. */
  readonly covariates?: ReadonlyMap<string, number> | undefined;
  readonly librarySize: LibrarySizeRequest;
  readonly like: DataFile | undefined;
  /** What there was to say about the conditions. */
  readonly problems: readonly Problem[];
  /** Version of CFGen, and name of the engine that computed the cells. */
  readonly version: string;
  readonly engine: string;
}

/** `uns['cfgen']` of a generated file. Names, not paths: the same request gives the same bytes wherever the files lie. */
export function generationProvenance(facts: GenerationFacts): UnsValue {
  const { description, guidance, like, librarySize, where } = facts;
  const weights = guidanceWeights(guidance, description);
  const solver = facts.solver ?? description.settings.solver;
  return {
    version: facts.version,
    model_sha256: modelHash(description),
    data_sha256: description.provenance.data.sha256,
    data_name: description.provenance.data.name,
    preset: description.settings.preset,
    seed: facts.seed,
    cells: facts.cells,
    values: facts.output,
    engine: facts.engine,
    solver: { ...solver },
    guidance: Object.fromEntries(description.attributes.map((attribute, k) => [attribute.name, weights[k]])),
    where: Object.fromEntries([...where].map(([column, values]) => [column, [...values]])),
    ...(description.covariates.length === 0 ? {} : { covariates: covariatesTold(facts) }),
    library_size: like === undefined ? librarySizeName(librarySize) : 'like',
    like: like === undefined ? '' : nameOf(like),
    warnings: facts.problems.map((problem) => problem.message),
  };
}

/** Where each covariate comes from: the value that was asked for, or the training cells, or those of a file. */
function covariatesTold({ description, covariates, like }: GenerationFacts): Record<string, number | string> {
  const source = like === undefined ? 'as in training' : 'like';
  return Object.fromEntries(description.covariates.map(({ name }) => [name, covariates?.get(name) ?? source]));
}
