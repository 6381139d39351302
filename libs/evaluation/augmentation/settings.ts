import { CfgenError } from '@cfgen/contracts';

/** How an augmentation is judged. */
export interface AugmentationSettings {
  /** Neighbours that vote on a cell. */
  readonly neighbours: number;
  /** Highly variable genes and principal components of the training cells that neighbours are found by. */
  readonly hvg: number;
  readonly components: number;
  /** Draws of held-out cells that intervals come from. */
  readonly draws: number;
  readonly seed: number;
}

export const defaultAugmentationSettings: AugmentationSettings = { neighbours: 15, hvg: 2000, components: 30, draws: 1000, seed: 0 };

const least: AugmentationSettings = { neighbours: 1, hvg: 2, components: 1, draws: 100, seed: 0 };

/** Settings with defaults for what is left out. @throws CfgenError REQUEST_INVALID naming the setting */
export function augmentationSettings(chosen: Partial<AugmentationSettings> = {}): AugmentationSettings {
  const settings = { ...defaultAugmentationSettings, ...chosen };
  for (const name of Object.keys(least) as (keyof AugmentationSettings)[]) {
    if (Number.isSafeInteger(settings[name]) && settings[name] >= least[name]) continue;
    throw new CfgenError('REQUEST_INVALID', `the setting ${name} of the evaluation is ${settings[name]}`, {
      hint: `Give a whole number of at least ${least[name]}.`,
      details: { setting: name, value: settings[name] },
    });
  }
  return settings;
}
