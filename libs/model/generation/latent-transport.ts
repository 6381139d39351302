import type { Engine, RandomKey, RealArray, Tensor } from '@cfgen/compute';
import { randomKey } from '@cfgen/math';
import type { Model } from '../files/model';
import type { Conditions } from '../priors/draw-conditions';
import type { SolverSettings } from '../settings/model-settings';
import { GuidedField, type FieldChunk } from './guided-field';
import { LatentStandards } from './latent-standards';

/** Latents of consecutive cells, and how to take them through the flow. */
export interface TransportRequest {
  /** Latents [cells, D] as the encoder gives them, row-major. */
  readonly latents: RealArray;
  /** What the cells are. A code below 0: unknown, not shown. */
  readonly from: Conditions;
  /** What they are to be; the same cells in the same order. */
  readonly to: Conditions;
  /** Noise z0' ~ N(z0, s^2 I) between the way back and the way forth; none by default. */
  readonly noise?: { readonly deviation: number; readonly seed: number };
}

/** Where the cells came out. */
export interface TransportedLatents {
  /** Latents [cells, D] on the autoencoder's scale, row-major. */
  readonly latents: RealArray;
  /**
   * Per cell |z' - z|/|z| on standardised latents, z' being z taken back and forth under its own conditions without noise: what the solver
   * alone loses [cells].
   */
  readonly roundTripErrors: Float64Array;
  /** Passes of the velocity network over the chunk, all three ways and all guidance terms counted. */
  readonly evaluations: number;
}

/**
 * Takes latents back to noise, t: 1 -> 0, under the cells' own conditions, and forth again, 0 -> 1, under others (paper, section 5): what of
 * a cell its conditions do not tell is kept. A cell's result is a function of (seed, its index, its latent): chunks of any size give the
 * same. Release it when done.
 */
export class LatentTransport {
  private readonly field: GuidedField;
  private readonly standards: LatentStandards;

  /** @param guidance weight w_k of each attribute, in the model's order, used both ways; see {@link guidanceWeights} */
  constructor(
    private readonly engine: Engine,
    model: Pick<Model, 'description' | 'flow'>,
    guidance: readonly number[],
    solver: SolverSettings,
  ) {
    this.field = new GuidedField(engine, model, guidance, solver);
    this.standards = new LatentStandards(engine, model.description);
  }

  async transport({ latents, from, to, noise }: TransportRequest, signal?: AbortSignal): Promise<TransportedLatents> {
    const { engine, field, standards } = this;
    const chunk = field.chunk(from.cells);
    const [given, start] = [chunk.space.create(), chunk.space.create()];
    try {
      engine.upload(chunk.latents, latents);
      standards.standardise(given, chunk.latents);
      engine.combine(chunk.z, [[1, given]]);
      const back = await field.integrate(chunk, from, { from: 1, to: 0 }, 'the way back', signal);
      engine.combine(start, [[1, chunk.z]]);
      const home = await field.integrate(chunk, from, { from: 0, to: 1 }, 'the way forth', signal);
      const roundTripErrors = await this.errors(chunk, given);
      engine.combine(chunk.z, [[1, start]]);
      if (noise !== undefined) this.blur(chunk, start, from.start, noise);
      const forth = await field.integrate(chunk, to, { from: 0, to: 1 }, 'the way forth', signal);
      standards.restore(chunk.latents, chunk.z);
      return {
        latents: await engine.download(chunk.latents),
        roundTripErrors,
        evaluations: back.evaluations + home.evaluations + forth.evaluations,
      };
    } finally {
      engine.release(given, start);
    }
  }

  release(): void {
    this.field.release();
    this.standards.release();
  }

  /** z = start + deviation e. */
  private blur({ z }: FieldChunk, start: Tensor, rowStart: number, { deviation, seed }: { deviation: number; seed: number }): void {
    const key: RandomKey = randomKey(seed, 'impute/noise');
    this.engine.normal(z, { key, stream: 0, rowStart });
    this.engine.combine(z, [
      [deviation, z],
      [1, start],
    ]);
  }

  private async errors({ z }: FieldChunk, given: Tensor): Promise<Float64Array> {
    const [rows, d] = given.shape;
    const [came, went] = [await this.engine.download(z), await this.engine.download(given)];
    return Float64Array.from({ length: rows }, (_, i) => {
      let [off, norm] = [0, 0];
      for (let k = i * d; k < (i + 1) * d; k++) {
        off += (came[k] - went[k]) ** 2;
        norm += went[k] ** 2;
      }
      return norm > 0 ? Math.sqrt(off / norm) : Math.sqrt(off);
    });
  }
}
