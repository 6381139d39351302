import type { TrainedAutoencoder } from '../autoencoder/training';
import type { LatentScale } from '../flow/latent-scale';
import type { TrainedFlow } from '../flow/training';
import type { Priors } from '../priors/fit-priors';
import { completeSettings } from '../settings/complete-settings';
import type { ModelSettings } from '../settings/model-settings';
import { modelFormatVersion, type ModelDescription } from './model-description';

/** Everything that `model.json` tells, from the parts of a training. */
export interface ModelParts {
  readonly settings: ModelSettings;
  readonly features: ModelDescription['features'];
  /** The peaks, of models of two modalities. */
  readonly atac?: ModelDescription['features'] | undefined;
  /** Columns of obs that follow from a label, or are the same for all cells. */
  readonly carried?: ModelDescription['carried'];
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
  const { features, atac, priors, latentScale, autoencoder, flow } = parts;
  const settings = completeSettings(parts.settings, atac !== undefined);
  return {
    format: 'cfgen-model',
    formatVersion: modelFormatVersion,
    modality: atac === undefined ? 'rna' : 'rna+atac',
    settings,
    features,
    ...(atac === undefined ? {} : { atac: { likelihood: settings.multimodal?.atac.likelihood ?? 'bernoulli', features: atac } }),
    ...priors,
    ...(parts.carried === undefined ? {} : { carried: parts.carried }),
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
