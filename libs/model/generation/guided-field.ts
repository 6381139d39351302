import type { Engine, Tensor } from '@cfgen/compute';
import { CfgenError } from '@cfgen/contracts';
import { butcherTableaus, IntegrationError, integrateAdaptive, integrateFixed, type RowsAtHand, type VectorField } from '@cfgen/math';
import { modelFlowShape, type Model } from '../files/model';
import { fieldConditions } from '../flow/field-conditions';
import { FieldWeights } from '../flow/field-weights';
import { VelocityField } from '../flow/velocity-field';
import type { Conditions } from '../priors/draw-conditions';
import type { SolverSettings } from '../settings/model-settings';
import { interrupted } from '../training/hooks';
import { EngineRowSpace } from './engine-row-space';

/** Tensors for chunks of one size. */
export interface FieldChunk {
  readonly field: VelocityField;
  readonly space: EngineRowSpace;
  /** State of the integration [R, D], and room for what comes of it. */
  readonly z: Tensor;
  readonly latents: Tensor;
}

/** What the integration of a chunk cost. */
export interface SamplingCost {
  /** Passes of the velocity network a cell, on average over the chunk, all guidance terms counted. */
  readonly evaluations: number;
}

/** From where to where in time. */
export interface TimeSpan {
  readonly from: 0 | 1;
  readonly to: 0 | 1;
}

/** Chunk sizes whose tensors are kept: one run has two, that of its chunks and that of the last one. */
const keptSizes = 2;

/** The guided field of a model, with what it takes to integrate it over chunks of cells. Release it when done. */
export class GuidedField {
  private readonly chunks = new Map<number, FieldChunk>();
  private readonly weights: FieldWeights;

  /** @param guidance weight w_k of each attribute, in the model's order */
  constructor(
    private readonly engine: Engine,
    private readonly model: Pick<Model, 'description' | 'flow'>,
    guidance: readonly number[],
    private readonly solver: SolverSettings,
  ) {
    this.weights = new FieldWeights(engine, modelFlowShape(model.description), model.flow, guidance);
  }

  /** Tensors for so many rows; those of the size before the last are given up. */
  chunk(rows: number): FieldChunk {
    let chunk = this.chunks.get(rows);
    if (chunk === undefined) {
      if (this.chunks.size >= keptSizes) this.releaseOldest();
      const { engine, weights } = this;
      const space = new EngineRowSpace(engine, rows, weights.shape.latent);
      chunk = {
        field: new VelocityField(weights, rows, hasRepeatedTimes(this.solver)),
        space,
        z: space.create(),
        latents: space.create(),
      };
      this.chunks.set(rows, chunk);
    }
    return chunk;
  }

  /**
   * Moves the state z of a chunk through time, in place, under the conditions of its cells.
   *
   * @param what is being done, for messages
   * @throws CfgenError INTERRUPTED, or REQUEST_INVALID when the solver cannot go on
   */
  async integrate(
    { field, space, z }: FieldChunk,
    conditions: Conditions,
    span: TimeSpan,
    what: string,
    signal?: AbortSignal,
  ): Promise<SamplingCost> {
    field.load(fieldConditions(this.model.description, conditions));
    let passes = 0;
    const velocityOf =
      (part: VelocityField): VectorField<Tensor> =>
      (out, t, y) => {
        part.evaluate(out, t, y);
        passes += part.rows * this.weights.terms.length;
      };
    const only = (rows: Int32Array): RowsAtHand<Tensor> => {
      const part = field.only(rows);
      const partSpace = new EngineRowSpace(this.engine, rows.length, this.weights.shape.latent);
      return {
        space: partSpace,
        field: velocityOf(part),
        close: () => {
          part.release();
          partSpace.close();
        },
      };
    };
    try {
      await integrate({ space, field: velocityOf(field), only }, z, this.solver, span, signal);
    } catch (cause) {
      if (signal?.aborted === true) throw interrupted(what);
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
    return { evaluations: passes / field.rows };
  }

  release(): void {
    for (const chunk of this.chunks.values()) this.releaseChunk(chunk);
    this.chunks.clear();
    this.weights.release();
  }

  private releaseOldest(): void {
    for (const [rows, chunk] of this.chunks) {
      this.chunks.delete(rows);
      this.releaseChunk(chunk);
      return;
    }
  }

  private releaseChunk({ field, space, z, latents }: FieldChunk): void {
    field.release();
    space.close();
    this.engine.release(z, latents);
  }
}

/** Whether the solver has stages, one after the other, at the same time: then what depends on the time alone can be kept. */
function hasRepeatedTimes({ method }: SolverSettings): boolean {
  if (method === 'dopri5') return true;
  const { c } = butcherTableaus[method];
  return new Set(c).size < c.length;
}

/** What is integrated, and how to make it fewer rows. */
interface Trajectories {
  readonly space: EngineRowSpace;
  readonly field: VectorField<Tensor>;
  readonly only: (rows: Int32Array) => RowsAtHand<Tensor>;
}

async function integrate(
  { space, field, only }: Trajectories,
  z: Tensor,
  solver: SolverSettings,
  span: TimeSpan,
  signal: AbortSignal | undefined,
): Promise<void> {
  const options = { ...span, ...(signal === undefined ? {} : { signal }) };
  if (solver.method === 'dopri5') {
    const { tolerance, maxSteps } = solver;
    await integrateAdaptive(space, field, z, { ...options, atol: tolerance, rtol: tolerance, maxSteps, only });
  } else {
    await integrateFixed(space, field, z, { ...options, method: solver.method, steps: solver.steps });
  }
}
