import { CfgenError } from '@cfgen/contracts';
import type { Protocol } from '../preprocessing/real-space';

/** Everything that changes a number of the result; stored with it. */
export interface EvaluationSettings {
  /** How generated cells enter the real PCA space; both by default, always reported by name. */
  readonly protocols: readonly Protocol[];
  /** Highly variable genes the PCA is made of. */
  readonly hvg: number;
  /** Principal components. */
  readonly components: number;
  readonly seed: number;
  /** Cells of a side above which distances take a seeded subsample. */
  readonly batchSize: number;
  /** The same for the Wasserstein distances, whose cost grows with the square to the cube of it. */
  readonly transportCells: number;
  /** The same for the classifiers. */
  readonly classifierCells: number;
  /** Trees of a forest. */
  readonly trees: number;
  /** Folds of the cross-validation. */
  readonly folds: number;
  /** Draws of resampled cells that the 95 % intervals are made of; 0 leaves the intervals out. */
  readonly bootstrap: number;
  /** Marker genes of each label; 0 leaves them out. */
  readonly markers: number;
  /** Generated and held-out cells of the privacy audit, above which a seeded subsample is taken; 0 leaves the audit out. */
  readonly privacyCells: number;
  /** Cells shown in each map of the report; 0 leaves the maps out. */
  readonly mapCells: number;
}

export const defaultSettings: EvaluationSettings = {
  protocols: ['centred', 'paper'],
  hvg: 2000,
  components: 30,
  seed: 0,
  batchSize: 10_000,
  transportCells: 5_000,
  classifierCells: 2_000,
  trees: 100,
  folds: 5,
  bootstrap: 100,
  markers: 20,
  privacyCells: 5_000,
  mapCells: 1_500,
};

const fewestDraws = 20;

/** Settings with the defaults filled in. @throws CfgenError REQUEST_INVALID naming the setting */
export function completeSettings(given: Partial<EvaluationSettings> = {}): EvaluationSettings {
  const settings = { ...defaultSettings, ...given };
  if (settings.protocols.length === 0) throw invalid('protocols', 'is empty', 'Name "centred", "paper" or both.');
  const least = {
    hvg: 2,
    components: 1,
    batchSize: 2,
    transportCells: 2,
    classifierCells: 2,
    trees: 1,
    folds: 2,
    mapCells: 0,
    seed: 0,
    bootstrap: 0,
    markers: 0,
    privacyCells: 0,
  };
  for (const [name, minimum] of Object.entries(least) as [keyof typeof least, number][]) {
    const value = settings[name];
    if (!Number.isSafeInteger(value) || value < minimum) throw invalid(name, `is ${value}`, `Give a whole number of at least ${minimum}.`);
  }
  // Two draws or three have a spread that says nothing.
  if (settings.bootstrap > 0 && settings.bootstrap < fewestDraws) {
    throw invalid('bootstrap', `is ${settings.bootstrap}`, `Give at least ${fewestDraws}, or 0 for no intervals.`);
  }
  return settings;
}

function invalid(name: string, found: string, hint: string): CfgenError {
  return new CfgenError('REQUEST_INVALID', `The evaluation setting ${name} ${found}.`, { hint, details: { setting: name } });
}
