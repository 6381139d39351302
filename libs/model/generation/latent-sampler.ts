import type { Engine, RandomKey, Tensor } from '@cfgen/compute';
import { CfgenError } from '@cfgen/contracts';
import { IntegrationError, integrateAdaptive, integrateFixed, randomKey, type VectorField } from '@cfgen/math';
import { modelFlowShape, modelLatentScale, type Model } from '../files/model';
import { fieldConditions } from '../flow/field-conditions';
import { VelocityField } from '../flow/velocity-field';
import type { Conditions } from '../priors/draw-conditions';
import type { SolverSettings } from '../settings/model-settings';
import { interrupted } from '../training/hooks';
import { EngineRowSpace } from './engine-row-space';

/** What drawing the latents of a chunk cost. */
export interface SamplingCost {
  /** Passes of the velocity network over the chunk, all guidance terms counted. */
  readonly evaluations: number;
}

/** Chunk sizes whose tensors are kept: one run has two, that of its chunks and that of the last one. */
const keptSizes = 2;

/**
 * Draws latents by integrating the guided field from t = 0 (normal noise) to t = 1.
 * The noise of a cell is a function of (seed, its index): chunks of any size give the same latents. Release it when done.
 */
export class LatentSampler {
  private readonly chunks = new Map<number, ChunkTensors>();
  /** Row d: deviation of latent d on the diagonal, so that one product undoes the standardisation. */
  private readonly deviation: Tensor;
  private readonly mean: Tensor;
  private readonly key: RandomKey;

  /**
   * @param guidance weight w_k of each attribute, in the model's order; see {@link guidanceWeights}
   */
  constructor(
    private readonly engine: Engine,
    private readonly model: Pick<Model, 'description' | 'flow'>,
    private readonly guidance: readonly number[],
    private readonly solver: SolverSettings,
    seed: number,
  ) {
    this.key = randomKey(seed, 'generate/noise');
    const { mean, deviation } = modelLatentScale(model.description);
    const d = mean.length;
    this.deviation = engine.tensor([d, d]);
    this.mean = engine.tensor([d]);
    const diagonal = new Float64Array(d * d);
    deviation.forEach((value, i) => (diagonal[i * d + i] = value));
    engine.upload(this.deviation, diagonal);
    engine.upload(this.mean, mean);
  }

  /** Latents [R, D] on the autoencoder's scale; the tensor is overwritten by the next chunk of as many rows. */
  async sample(conditions: Conditions, signal?: AbortSignal): Promise<{ latents: Tensor; cost: SamplingCost }> {
    const chunk = this.chunk(conditions.cells);
    const { field, space, z, latents } = chunk;
    field.load(fieldConditions(this.model.description, conditions));
    this.engine.normal(z, { key: this.key, stream: 0, rowStart: conditions.start });
    const before = field.evaluations;
    const velocity = (out: Tensor, t: number | Float64Array, y: Tensor): void => field.evaluate(out, t, y);
    try {
      await integrate(space, velocity, z, this.solver, signal);
    } catch (cause) {
      if (signal?.aborted === true) throw interrupted('generation');
      if (!(cause instanceof IntegrationError)) throw cause;
      throw new CfgenError(
        'REQUEST_INVALID',
        `the latents of cells ${conditions.start} and following could not be integrated: ${cause.message}`,
        {
          hint: 'Use a looser tolerance, or a solver with fixed steps (rk4).',
          details: { solver: this.solver, firstCell: conditions.start },
          cause,
        },
      );
    }
    this.engine.gemm(latents, z, this.deviation, { bias: this.mean });
    return { latents, cost: { evaluations: field.evaluations - before } };
  }

  release(): void {
    for (const chunk of this.chunks.values()) this.releaseChunk(chunk);
    this.chunks.clear();
    this.engine.release(this.deviation, this.mean);
  }

  private releaseOldest(): void {
    for (const [rows, chunk] of this.chunks) {
      this.chunks.delete(rows);
      this.releaseChunk(chunk);
      return;
    }
  }

  private releaseChunk({ field, space, z, latents }: ChunkTensors): void {
    field.release();
    space.close();
    this.engine.release(z, latents);
  }

  private chunk(rows: number): ChunkTensors {
    let chunk = this.chunks.get(rows);
    if (chunk === undefined) {
      if (this.chunks.size >= keptSizes) this.releaseOldest();
      const { engine, model } = this;
      const shape = modelFlowShape(model.description);
      const space = new EngineRowSpace(engine, rows, shape.latent);
      chunk = {
        field: new VelocityField(engine, shape, model.flow, rows, this.guidance),
        space,
        z: space.create(),
        latents: space.create(),
      };
      this.chunks.set(rows, chunk);
    }
    return chunk;
  }
}

/** From t = 0 to t = 1, in place. */
async function integrate(
  space: EngineRowSpace,
  velocity: VectorField<Tensor>,
  z: Tensor,
  solver: SolverSettings,
  signal: AbortSignal | undefined,
): Promise<void> {
  const options = { from: 0, to: 1, ...(signal === undefined ? {} : { signal }) };
  if (solver.method === 'dopri5') {
    const { tolerance, maxSteps } = solver;
    await integrateAdaptive(space, velocity, z, { ...options, atol: tolerance, rtol: tolerance, maxSteps });
  } else {
    await integrateFixed(space, velocity, z, { ...options, method: solver.method, steps: solver.steps });
  }
}

interface ChunkTensors {
  readonly field: VelocityField;
  readonly space: EngineRowSpace;
  readonly z: Tensor;
  readonly latents: Tensor;
}
