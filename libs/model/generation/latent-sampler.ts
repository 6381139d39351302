import type { Engine, RandomKey, Tensor } from '@cfgen/compute';
import { randomKey } from '@cfgen/math';
import type { Model } from '../files/model';
import type { Conditions } from '../priors/draw-conditions';
import type { SolverSettings } from '../settings/model-settings';
import { GuidedField, type SamplingCost } from './guided-field';
import { LatentStandards } from './latent-standards';

/**
 * Draws latents by integrating the guided field from t = 0 (normal noise) to t = 1.
 * The noise of a cell is a function of (seed, its index): chunks of any size give the same latents. Release it when done.
 */
export class LatentSampler {
  private readonly field: GuidedField;
  private readonly standards: LatentStandards;
  private readonly key: RandomKey;

  /**
   * @param guidance weight w_k of each attribute, in the model's order; see {@link guidanceWeights}
   */
  constructor(
    private readonly engine: Engine,
    model: Pick<Model, 'description' | 'flow'>,
    guidance: readonly number[],
    solver: SolverSettings,
    seed: number,
  ) {
    this.key = randomKey(seed, 'generate/noise');
    this.field = new GuidedField(engine, model, guidance, solver);
    this.standards = new LatentStandards(engine, model.description);
  }

  /** Latents [R, D] on the autoencoder's scale; the tensor is overwritten by the next chunk of as many rows. */
  async sample(conditions: Conditions, signal?: AbortSignal): Promise<{ latents: Tensor; cost: SamplingCost }> {
    const chunk = this.field.chunk(conditions.cells);
    this.engine.normal(chunk.z, { key: this.key, stream: 0, rowStart: conditions.start });
    const cost = await this.field.integrate(chunk, conditions, { from: 0, to: 1 }, 'generation', signal);
    this.standards.restore(chunk.latents, chunk.z);
    return { latents: chunk.latents, cost };
  }

  release(): void {
    this.field.release();
    this.standards.release();
  }
}
