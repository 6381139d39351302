import type { Engine } from '@cfgen/compute';
import type { AutoencoderSettings } from '../settings/model-settings';
import { loadParameters, loadTensor, type StoredTensors } from '../training/state';
import type { AutoencoderShape } from './architecture';
import { AutoencoderNetwork } from './network';

/** A trained autoencoder on an engine, for encoding and decoding. Release it when done. */
export function loadAutoencoder(
  engine: Engine,
  shape: AutoencoderShape,
  settings: AutoencoderSettings,
  tensors: StoredTensors,
): AutoencoderNetwork {
  const network = new AutoencoderNetwork(engine, { ...shape, labels: 0 }, { input: settings.input, dropout: 0, trainable: false });
  loadParameters(engine, network.parameters, tensors);
  for (const [name, tensor] of network.running) loadTensor(engine, tensor, tensors, name);
  return network;
}
