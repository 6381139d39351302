import type { Engine } from '@cfgen/compute';
import {
  CellDecoder,
  encodeCells,
  LatentTransport,
  loadAutoencoder,
  modelAutoencoderShape,
  type Conditions,
  type ConditionSource,
  type DecodedCells,
  type Model,
  type SolverSettings,
  type TransportedLatents,
  type TransportRequest,
} from '@cfgen/model';
import type { CountSource } from '@cfgen/tensors';

/** Which cells are taken through the flow, and how. */
export interface MovingRequest {
  readonly cells: {
    readonly counts: CountSource;
    readonly sizeFactors: Float64Array;
    /** What the cells are. */
    readonly own: ConditionSource;
  };
  /** Weight of each attribute, in the model's order. */
  readonly guidance: readonly number[];
  readonly solver: SolverSettings;
  /** What cells are to be; left out: what they are. */
  readonly to?: (own: Conditions) => Conditions;
  /** Noise between the way back and the way forth. */
  readonly noise?: TransportRequest['noise'];
  readonly chunkCells?: number;
}

/** Consecutive cells that went through the flow. */
export interface MovedChunk extends TransportedLatents {
  readonly start: number;
  readonly cells: number;
  /** Latents before [cells, D], row-major. */
  readonly encoded: Float32Array;
  /** Counts or means of what the cells have become; only until the next chunk is asked for. */
  decode(output: 'counts' | 'means', seed: number): Promise<DecodedCells>;
}

/** Cells of one chunk; never changes a cell. */
const usualChunkCells = 512;

/** Cells of RNA, encoded and taken back to noise and forth again, chunk by chunk in their order. */
export async function* moveCells(
  engine: Engine,
  model: Model,
  { cells, guidance, solver, to = (own) => own, noise, chunkCells = usualChunkCells }: MovingRequest,
  signal?: AbortSignal,
): AsyncGenerator<MovedChunk> {
  const { description } = model;
  const { counts, sizeFactors, own } = cells;
  const network = loadAutoencoder(engine, modelAutoencoderShape(description), description.settings.autoencoder, model.autoencoder);
  const transport = new LatentTransport(engine, model, guidance, solver);
  const decoder = new CellDecoder(engine, model);
  const hooks = signal === undefined ? {} : { signal };
  try {
    for (let start = 0; start < counts.rows; start += chunkCells) {
      const from = own.draw(start, Math.min(chunkCells, counts.rows - start));
      const become = to(from);
      const encoded = await encodeCells(network, counts, sizeFactors, hooks, { start, end: start + from.cells });
      const moved = await transport.transport({ latents: encoded, from, to: become, ...(noise === undefined ? {} : { noise }) }, signal);
      yield {
        ...{ start, cells: from.cells, encoded, ...moved },
        decode: (output, seed) => decoder.decodeStored(moved.latents, become, output, seed),
      };
    }
  } finally {
    network.release();
    transport.release();
    decoder.release();
  }
}
