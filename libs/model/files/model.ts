import type { AutoencoderShape } from '../autoencoder/architecture';
import { autoencoderShape } from '../autoencoder/architecture';
import type { LatentScale } from '../flow/latent-scale';
import { flowShape, type FlowShape } from '../flow/architecture';
import type { StoredTensors } from '../training/state';
import type { ModelDescription } from './model-description';

/** A trained model in memory. */
export interface Model {
  readonly description: ModelDescription;
  /** Weights, running statistics and log_theta of the autoencoder. */
  readonly autoencoder: StoredTensors;
  /** Weights of the velocity network. */
  readonly flow: StoredTensors;
}

/** Sizes of a finished model's autoencoder (no label head). */
export function modelAutoencoderShape(description: ModelDescription): AutoencoderShape {
  return autoencoderShape(description.settings.autoencoder, description.features.names.length, 0);
}

export function modelFlowShape(description: ModelDescription): FlowShape {
  const { settings, attributes } = description;
  return flowShape(
    settings.flow,
    settings.autoencoder.latent,
    attributes.map((attribute) => attribute.categories.length),
  );
}

export function modelLatentScale(description: ModelDescription): LatentScale {
  const { mean, deviation } = description.latentScale;
  return { mean: Float64Array.from(mean), deviation: Float64Array.from(deviation) };
}
