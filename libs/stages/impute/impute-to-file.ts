import { CfgenError } from '@cfgen/contracts';
import { loadModel, modelHash, type SolverSettings } from '@cfgen/model';
import type { UnsValue } from '@cfgen/single-cell';
import type { StepContext } from '../context';
import { openCellsToMove, type CellsToMoveOptions, type UnknownValues } from '../transport/cells-to-move';
import { moveCells } from '../transport/move-cells';
import { MovedFile } from '../transport/moved-file';
import { transportGuidance, transportProvenance, transportSolver } from '../transport/provenance';
import type { RoundTripCertificate } from '../transport/round-trip';
import { checkNoise } from './noise';

export interface ImputeOptions extends CellsToMoveOptions {
  readonly model: string;
  /** `.h5ad` file (or Zarr) to write. */
  readonly out: string;
  readonly overwrite: boolean;
  /** Deviation s of the noise between the way back and the way forth: z0' ~ N(z0, s^2 I). */
  readonly noise: number;
  /** Guidance weight by column, both ways; 1 for others. */
  readonly guidance: ReadonlyMap<string, number>;
  readonly solver?: SolverSettings;
  readonly seed: number;
  /** Bound on the round trip; left out: from the data. */
  readonly bound?: number;
  readonly compression: 'gzip' | 'none';
  readonly level?: number;
  readonly chunkCells?: number;
}

export interface ImputeSummary {
  readonly out: string;
  readonly cells: number;
  readonly features: number;
  readonly modelHash: string;
  readonly unknown: readonly UnknownValues[];
  readonly roundTrip: RoundTripCertificate;
  /** Entries of the data that are not zero, and the sum of the counts. */
  readonly nonzeros: number;
  readonly total: number;
  readonly evaluationsPerCell: number;
}

/**
 * Imputes expression: cells are encoded, taken back to noise, moved a little there, taken forth again and decoded to their expected counts
 * (paper, appendix H.6). The counts of the data stay in X, the expected ones are in `layers['imputed']`, for every gene of every cell.
 * The same seed and options give the same bytes, whatever the chunks.
 */
export async function imputeToFile(options: ImputeOptions, context: StepContext): Promise<ImputeSummary> {
  checkNoise(options.noise, context.onProblem);
  const model = loadModel(options.model);
  const { description } = model;
  const { engine, signal } = context;
  const solver = options.solver ?? transportSolver;
  const guidance = transportGuidance(options.guidance, description);
  const cells = await openCellsToMove(options, description, context);
  let file: MovedFile | undefined;
  try {
    const { compression, level, overwrite, bound, seed, noise } = options;
    file = new MovedFile(options.out, description, cells, {
      ...{ layer: 'imputed', memory: context.memory / 2, bound, compression, overwrite },
      ...(level === undefined ? {} : { level }),
      threads: context.engine.threads,
    });
    const n = cells.rows.length;
    let evaluations = 0;
    const { chunkCells } = options;
    const request = {
      ...{ cells, guidance, solver },
      ...(noise > 0 ? { noise: { deviation: noise, seed } } : {}),
      ...(chunkCells === undefined ? {} : { chunkCells }),
    };
    for await (const chunk of moveCells(engine, model, request, signal)) {
      const { means } = await chunk.decode('means', seed);
      if (means === undefined) throw new CfgenError('INTERNAL', 'cells were decoded to nothing');
      const counts = cells.counts.gather(Uint32Array.from({ length: chunk.cells }, (_, i) => chunk.start + i));
      await file.append({ ...chunk, counts, means });
      evaluations += chunk.evaluations * chunk.cells;
      context.onProgress?.({ stage: 'impute', done: chunk.start + chunk.cells, total: n, unit: 'cells' });
    }
    const { version } = context;
    const facts = { description, cells, seed, guidance: options.guidance, solver, version, engine: engine.name };
    const roundTrip = await file.finish(imputationTold(await transportProvenance(facts), noise));
    return {
      ...{ out: options.out, cells: n, features: description.features.names.length, modelHash: modelHash(description) },
      ...{ unknown: cells.unknown, roundTrip, nonzeros: file.nonzeros, total: file.total, evaluationsPerCell: evaluations / n },
    };
  } catch (error) {
    await file?.abort();
    throw error;
  } finally {
    cells.close();
  }
}

/** `uns['cfgen']` of imputed cells. */
function imputationTold(shared: Record<string, UnsValue>, noise: number): Record<string, UnsValue> {
  return { step: 'impute', ...shared, noise, values: 'counts of the data in X, expected counts in layers' };
}
