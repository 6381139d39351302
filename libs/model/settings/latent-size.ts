import type { ModelSettings } from './model-settings';

/** Latent size D: what the flow moves in. Of separate latents it is the width of both codes. */
export function latentSize({ autoencoder, multimodal }: Pick<ModelSettings, 'autoencoder' | 'multimodal'>): number {
  if (multimodal === undefined) return autoencoder.latent;
  return multimodal.latents === 'joint' ? multimodal.latent : multimodal.rna.code + multimodal.atac.code;
}
