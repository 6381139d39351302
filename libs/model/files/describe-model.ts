import type { TrainedAutoencoder } from '../autoencoder/training';
import type { LatentScale } from '../flow/latent-scale';
import type { TrainedFlow } from '../flow/training';
import type { Priors } from '../priors/fit-priors';
import type { ModelSettings } from '../settings/model-settings';
import { modelFormatVersion, type ModelDescription } from './model-description';

/** Everything that `model.json` tells, from the parts of a training. */
export interface ModelParts {
  readonly settings: ModelSettings;
  readonly features: ModelDescription['features'];
  readonly priors: Priors;
  readonly latentScale: LatentScale;
  /** Cells trained on. */
  readonly cells: number;
  readonly autoencoder: Pick<TrainedAutoencoder, 'history' | 'bestEpoch' | 'stoppedEarly'>;
  readonly flow: Pick<TrainedFlow, 'history' | 'steps'>;
  readonly provenance: ModelDescription['provenance'];
}

/** Puts the parts of a training together. The same parts give the same description. */
export function describeModel(parts: ModelParts): Omit<ModelDescription, 'files'> {
  const { settings, features, priors, latentScale, autoencoder, flow } = parts;
  return {
    format: 'cfgen-model',
    formatVersion: modelFormatVersion,
    modality: 'rna',
    settings,
    features,
    ...priors,
    latentScale: { mean: [...latentScale.mean], deviation: [...latentScale.deviation] },
    training: {
      cells: parts.cells,
      autoencoder: {
        bestEpoch: autoencoder.bestEpoch,
        stoppedEarly: autoencoder.stoppedEarly,
        history: autoencoder.history.map((entry) => ({ ...entry })),
      },
      flow: { steps: flow.steps, history: flow.history.map((entry) => ({ ...entry })) },
    },
    provenance: parts.provenance,
  };
}
