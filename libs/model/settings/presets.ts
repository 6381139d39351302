import { CfgenError } from '@cfgen/contracts';
import type { ModelSettings } from './model-settings';

/**
 * Named settings.
 * - `paper`: the defaults of the CFGen paper and its code.
 * - `best`: the same family of model, trained so that held-out cells are hard to tell from generated ones; the default.
 * - `quick`: `best` cut to a minute on two cores, for trying things out.
 */
export const presetNames = ['best', 'paper', 'quick'] as const;
export type PresetName = (typeof presetNames)[number];

const paper: ModelSettings = {
  preset: 'paper',
  autoencoder: {
    latent: 50,
    hidden: [512, 256],
    input: 'log1p',
    dropout: 0,
    head: { kind: 'deterministic' },
    labelHeadWeight: 0,
    outputStart: 'uniform',
    theta: { start: 'normal', learningRateFactor: 1, weightDecay: 1e-5 },
    optimiser: {
      learningRate: 1e-3,
      weightDecay: 1e-5,
      beta1: 0.9,
      beta2: 0.999,
      epsilon: 1e-8,
      clipNorm: 1,
      schedule: { kind: 'constant', finalFraction: 1, warmupSteps: 0 },
    },
    batch: 256,
    epochs: 300,
    validationFraction: 0.1,
    patience: null,
  },
  flow: {
    hidden: 64,
    embedding: 100,
    blocks: 3,
    optimiser: {
      learningRate: 1e-4,
      weightDecay: 1e-6,
      beta1: 0.9,
      beta2: 0.999,
      epsilon: 1e-8,
      clipNorm: 1,
      schedule: { kind: 'constant', finalFraction: 1, warmupSteps: 0 },
    },
    batch: 256,
    duration: { unit: 'epochs', epochs: 1500 },
    averaging: null,
    conditionProbability: 0.8,
    conditionDraws: 'per-batch',
    labelWeightPower: 0,
    standardise: false,
    sizeFactorConditioning: false,
    coupling: 'independent',
    sigmaMin: 1e-4,
  },
  priors: { sizeFactor: { kind: 'log-normal', by: 'label' } },
  solver: { method: 'dopri5', tolerance: 1e-5, maxSteps: 10_000 },
  guidance: 1,
};

const best: ModelSettings = {
  preset: 'best',
  autoencoder: {
    latent: 20,
    hidden: [256],
    input: 'log1p-normalised',
    dropout: 0.1,
    head: { kind: 'deterministic' },
    labelHeadWeight: 10,
    outputStart: 'profile',
    theta: { start: 'moments', learningRateFactor: 10, weightDecay: 0 },
    optimiser: {
      learningRate: 2e-3,
      weightDecay: 1e-5,
      beta1: 0.9,
      beta2: 0.999,
      epsilon: 1e-8,
      clipNorm: 1,
      schedule: { kind: 'cosine', finalFraction: 0.02, warmupSteps: 0 },
    },
    batch: 128,
    epochs: 20,
    validationFraction: 0.1,
    patience: null,
  },
  flow: {
    hidden: 128,
    embedding: 128,
    blocks: 3,
    optimiser: {
      learningRate: 1e-3,
      weightDecay: 1e-4,
      beta1: 0.9,
      beta2: 0.999,
      epsilon: 1e-8,
      clipNorm: 1,
      schedule: { kind: 'cosine', finalFraction: 0.02, warmupSteps: 100 },
    },
    batch: 256,
    duration: { unit: 'steps', steps: 1500 },
    averaging: 0.999,
    conditionProbability: 0.8,
    conditionDraws: 'per-cell',
    labelWeightPower: -0.5,
    standardise: true,
    sizeFactorConditioning: true,
    coupling: 'independent',
    sigmaMin: 1e-4,
  },
  priors: { sizeFactor: { kind: 'smoothed-bootstrap', by: 'label' } },
  solver: { method: 'midpoint', steps: 5 },
  guidance: 1.5,
};

const quick: ModelSettings = {
  ...best,
  preset: 'quick',
  flow: { ...best.flow, duration: { unit: 'steps', steps: 1000 }, optimiser: { ...best.flow.optimiser } },
};

const presets: Readonly<Record<PresetName, ModelSettings>> = { paper, best, quick };

/** The settings of a preset, as a fresh copy. */
export function preset(name: string): ModelSettings {
  return structuredClone(presets[requirePreset(name)]);
}

/** @throws CfgenError REQUEST_INVALID for an unknown preset, listing those there are */
export function requirePreset(name: string): PresetName {
  const found = presetNames.find((known) => known === name);
  if (found !== undefined) return found;
  throw new CfgenError('REQUEST_INVALID', `there is no preset "${name}"`, {
    hint: `Choose one of: ${presetNames.join(', ')}.`,
    details: { preset: name, known: presetNames },
  });
}
