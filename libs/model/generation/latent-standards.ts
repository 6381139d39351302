import type { Engine, Tensor } from '@cfgen/compute';
import { modelLatentScale } from '../files/model';
import type { ModelDescription } from '../files/model-description';

/** Carries latents from the autoencoder's scale to the flow's, on which each dimension has mean 0 and deviation 1, and back. */
export class LatentStandards {
  /** Deviations, and their inverses, on the diagonal: one product scales every column. */
  private readonly deviation: Tensor;
  private readonly inverse: Tensor;
  private readonly mean: Tensor;
  private readonly origin: Tensor;

  constructor(
    private readonly engine: Engine,
    description: ModelDescription,
  ) {
    const { mean, deviation } = modelLatentScale(description);
    const d = mean.length;
    const diagonal = (values: Float64Array): Tensor => {
      const matrix = new Float64Array(d * d);
      values.forEach((value, i) => (matrix[i * d + i] = value));
      return uploaded(engine, [d, d], matrix);
    };
    this.deviation = diagonal(deviation);
    this.inverse = diagonal(deviation.map((value) => 1 / value));
    this.mean = uploaded(engine, [d], mean);
    this.origin = uploaded(
      engine,
      [d],
      mean.map((value, i) => -value / deviation[i]),
    );
  }

  /** out = z deviation + mean; both [R, D]. */
  restore(out: Tensor, z: Tensor): void {
    this.engine.gemm(out, z, this.deviation, { bias: this.mean });
  }

  /** out = (latents - mean)/deviation; both [R, D]. */
  standardise(out: Tensor, latents: Tensor): void {
    this.engine.gemm(out, latents, this.inverse, { bias: this.origin });
  }

  release(): void {
    this.engine.release(this.deviation, this.inverse, this.mean, this.origin);
  }
}

function uploaded(engine: Engine, shape: number[], values: Float64Array): Tensor {
  const tensor = engine.tensor(shape);
  engine.upload(tensor, values);
  return tensor;
}
