import { CfgenError } from '@cfgen/contracts';
import type { ModelSettings, MultimodalSettings } from './model-settings';
import { requirePreset, type PresetName } from './presets';

const paper: MultimodalSettings = {
  latents: 'joint',
  learningRateFactor: 1,
  latent: 100,
  rna: { hidden: [512, 300], code: 100 },
  atac: { hidden: [1024, 512], code: 100, input: 'binary', likelihood: 'bernoulli' },
};

/** Peaks are many and each says little: small networks that learn slowly did best on held-out cells. */
const best: MultimodalSettings = {
  latents: 'joint',
  learningRateFactor: 0.5,
  latent: 20,
  rna: { hidden: [128], code: 64 },
  atac: { hidden: [64], code: 64, input: 'binary', likelihood: 'bernoulli' },
};

const presets: Readonly<Record<PresetName, MultimodalSettings>> = { paper, best, quick: best };

/** What a preset does with RNA and ATAC together, as a fresh copy. @throws CfgenError REQUEST_INVALID for an unknown preset */
export function multimodalPreset(name: string): MultimodalSettings {
  return structuredClone(presets[requirePreset(name)]);
}

/**
 * Settings as they are used for cells with or without a second modality: for both modalities what the preset says about them is filled in,
 * unless it is there.
 *
 * @throws CfgenError REQUEST_INVALID when there are settings for two modalities and cells with one
 */
export function completeSettings(settings: ModelSettings, multimodal: boolean): ModelSettings {
  if (multimodal) return settings.multimodal === undefined ? { ...settings, multimodal: multimodalPreset(settings.preset) } : settings;
  if (settings.multimodal === undefined) return settings;
  throw new CfgenError('REQUEST_INVALID', 'there are settings for RNA and ATAC (multimodal), but the cells have RNA only', {
    hint: 'Leave these settings out, or give data with both modalities.',
    details: { path: 'multimodal' },
  });
}
