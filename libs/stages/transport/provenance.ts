import type { Problem } from '@cfgen/contracts';
import { guidanceWeights, modelHash, type ModelDescription, type SolverSettings } from '@cfgen/model';
import type { UnsValue } from '@cfgen/single-cell';
import type { CellsToMove } from './cells-to-move';

/** What a file of cells that went through the flow says about where they come from. */
export interface TransportFacts {
  readonly description: ModelDescription;
  readonly cells: CellsToMove;
  readonly seed: number;
  readonly guidance: ReadonlyMap<string, number>;
  readonly solver: SolverSettings;
  readonly version: string;
  readonly engine: string;
}

/** The part of `uns['cfgen']` that correction and imputation share. Names, not paths: the same request gives the same bytes everywhere. */
export async function transportProvenance(facts: TransportFacts): Promise<Record<string, UnsValue>> {
  const { description, cells, seed, solver, version, engine } = facts;
  const weights = transportGuidance(facts.guidance, description);
  return {
    ...{ version, engine, seed },
    model_sha256: modelHash(description),
    training_data_name: description.provenance.data.name,
    data_name: cells.dataset.name,
    data_sha256: await cells.dataset.contentHash(),
    cells: cells.rows.length,
    solver: { ...solver },
    guidance: Object.fromEntries(description.attributes.map(({ name }, k) => [name, weights[k]])),
    not_shown: Object.fromEntries(cells.unknown.map(({ column, cells: count }) => [column, count])),
    warnings: cells.problems.map(({ message }: Problem) => message),
  };
}

/** Weights both ways: 1 for columns that are not named, whatever the model draws new cells with. */
export function transportGuidance(weights: ReadonlyMap<string, number>, description: ModelDescription): number[] {
  const usual = new Map(description.attributes.map(({ name }): [string, number] => [name, 1]));
  return guidanceWeights(new Map([...usual, ...weights]), description);
}

/** Fine enough that cells come home: coarser ones, which do for drawing, lose more on the way back. */
export const transportSolver: SolverSettings = { method: 'rk4', steps: 10 };
