import { loadModel, modelHash, type Conditions, type SolverSettings } from '@cfgen/model';
import { CfgenError } from '@cfgen/contracts';
import type { UnsValue } from '@cfgen/single-cell';
import type { StepContext } from '../context';
import { openCellsToMove, type CellsToMoveOptions, type UnknownValues } from '../transport/cells-to-move';
import { moveCells } from '../transport/move-cells';
import { MovedFile } from '../transport/moved-file';
import { transportGuidance, transportProvenance, transportSolver } from '../transport/provenance';
import type { RoundTripCertificate } from '../transport/round-trip';
import { inBatch, referenceBatch, type ReferenceBatch } from './reference-batch';

export interface CorrectOptions extends CellsToMoveOptions {
  readonly model: string;
  /** `.h5ad` file (or Zarr) to write. */
  readonly out: string;
  readonly overwrite: boolean;
  /** Attribute to correct; left out: the only batch column of the model. */
  readonly batch?: string;
  /** Batch that all cells are to be in; left out: that of most training cells. */
  readonly reference?: string;
  /** Guidance weight by column, both ways; 1 for others. */
  readonly guidance: ReadonlyMap<string, number>;
  readonly solver?: SolverSettings;
  readonly seed: number;
  /** Also the corrected means, in `layers['means']` (dense). */
  readonly means: boolean;
  /** Bound on the round trip; left out: from the data. */
  readonly bound?: number;
  readonly compression: 'gzip' | 'none';
  readonly level?: number;
  readonly chunkCells?: number;
}

export interface CorrectSummary {
  readonly out: string;
  readonly cells: number;
  readonly features: number;
  readonly modelHash: string;
  readonly batch: string;
  readonly reference: string;
  readonly unknown: readonly UnknownValues[];
  readonly roundTrip: RoundTripCertificate;
  /** Counts that are not zero, and their sum. */
  readonly nonzeros: number;
  readonly total: number;
  readonly evaluationsPerCell: number;
}

/**
 * Corrects a batch: cells are encoded, taken back to noise under their own labels and batch, and forth again in the reference batch (paper,
 * section 5); their counts are drawn with their own size factors. The same seed and options give the same bytes, whatever the chunks.
 */
export async function correctToFile(options: CorrectOptions, context: StepContext): Promise<CorrectSummary> {
  const model = loadModel(options.model);
  const { description } = model;
  const reference = referenceBatch(description, options.batch, options.reference);
  const guidance = transportGuidance(options.guidance, description);
  requireGuided(reference, guidance);
  const solver = options.solver ?? transportSolver;
  const { engine, signal } = context;
  const cells = await openCellsToMove(options, description, context);
  let file: MovedFile | undefined;
  try {
    const { means, compression, level, overwrite, bound, seed } = options;
    file = new MovedFile(options.out, description, cells, {
      ...{ layer: means ? 'means' : undefined, memory: context.memory / 2, bound, compression, overwrite },
      ...(level === undefined ? {} : { level }),
      threads: context.engine.threads,
    });
    const n = cells.rows.length;
    let evaluations = 0;
    const request = { cells, guidance, solver, to: (own: Conditions) => inBatch(own, reference) };
    const { chunkCells } = options;
    for await (const chunk of moveCells(engine, model, { ...request, ...(chunkCells === undefined ? {} : { chunkCells }) }, signal)) {
      const { counts } = await chunk.decode('counts', seed);
      const expected = means ? await chunk.decode('means', seed) : undefined;
      if (counts === undefined) throw new CfgenError('INTERNAL', 'cells were decoded to nothing');
      await file.append({ ...chunk, counts, means: expected?.means });
      evaluations += chunk.evaluations * chunk.cells;
      context.onProgress?.({ stage: 'correct', done: chunk.start + chunk.cells, total: n, unit: 'cells' });
    }
    const { version } = context;
    const facts = { description, cells, seed, guidance: options.guidance, solver, version, engine: engine.name };
    const roundTrip = await file.finish(correctionTold(await transportProvenance(facts), reference, means));
    return {
      ...{ out: options.out, cells: n, features: description.features.names.length, modelHash: modelHash(description) },
      ...{ batch: reference.column, reference: reference.value, unknown: cells.unknown, roundTrip },
      ...{ nonzeros: file.nonzeros, total: file.total, evaluationsPerCell: evaluations / n },
    };
  } catch (error) {
    await file?.abort();
    throw error;
  } finally {
    cells.close();
  }
}

/** Without a weight on the batch its replacement would change nothing. @throws CfgenError REQUEST_INVALID */
function requireGuided({ column, attribute }: ReferenceBatch, guidance: readonly number[]): void {
  if ((guidance[attribute] ?? 0) > 0) return;
  throw new CfgenError('REQUEST_INVALID', `the guidance weight of ${column} is 0, so that correcting it would change nothing`, {
    hint: `Give a weight from 1 to 2.5, such as --guidance ${column}=1.`,
    details: { column },
  });
}

/** `uns['cfgen']` of corrected cells. */
function correctionTold(shared: Record<string, UnsValue>, { column, value }: ReferenceBatch, means: boolean): Record<string, UnsValue> {
  return { step: 'correct', ...shared, batch: column, reference: value, values: means ? 'counts, and means in layers' : 'counts' };
}
