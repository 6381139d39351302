import type { AutoencoderShape } from '../autoencoder/architecture';
import { autoencoderShape } from '../autoencoder/architecture';
import type { LatentScale } from '../flow/latent-scale';
import { flowShape, type FlowShape } from '../flow/architecture';
import type { StoredTensors } from '../training/state';
import { latentSize } from '../settings/latent-size';
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
  const { settings, features, atac } = description;
  const second =
    atac === undefined || settings.multimodal === undefined
      ? undefined
      : { settings: settings.multimodal, peaks: atac.features.names.length };
  return autoencoderShape(settings.autoencoder, features.names.length, 0, second);
}

export function modelFlowShape(description: ModelDescription): FlowShape {
  const { settings, attributes, covariates } = description;
  return flowShape(
    settings.flow,
    latentSize(settings),
    attributes.map((attribute) => attribute.categories.length),
    covariates.length,
  );
}

export function modelLatentScale(description: ModelDescription): LatentScale {
  const { mean, deviation } = description.latentScale;
  return { mean: Float64Array.from(mean), deviation: Float64Array.from(deviation) };
}
