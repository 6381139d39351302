import { CfgenError } from '@cfgen/contracts';
import { integrationProfiles } from './profiles';
import type { IntegrationSettings } from './result';

export interface IntegrationOptions extends Partial<IntegrationSettings> {
  /** Told before each part: what comes next, and the share done. */
  readonly onProgress?: (part: string, share: number) => void;
  readonly signal?: AbortSignal;
}

export const defaultIntegrationSettings: IntegrationSettings = {
  profile: 'scib-2025',
  neighbours: 'auto',
  seed: 0,
  unlabelled: 'refuse',
  bras: 'mean-other',
  isolatedLabelBatches: null,
  kMeansStarts: 10,
  lisiNeighbours: 90,
  kbetNeighbours: 50,
  graphNeighbours: 15,
};

const choices = {
  profile: integrationProfiles,
  neighbours: ['exact', 'approximate', 'auto'],
  unlabelled: ['refuse', 'batch-only'],
  bras: ['mean-other', 'furthest'],
} as const satisfies { readonly [K in keyof IntegrationSettings]?: readonly IntegrationSettings[K][] };

const least = { seed: 0, kMeansStarts: 1, lisiNeighbours: 6, kbetNeighbours: 3, graphNeighbours: 2 } as const;

/** Settings with the defaults filled in. @throws CfgenError REQUEST_INVALID naming the setting */
export function completeIntegrationSettings(given: Partial<IntegrationSettings>): IntegrationSettings {
  const names = Object.keys(defaultIntegrationSettings) as (keyof IntegrationSettings)[];
  // Only settings, in one order: the result holds nothing else of what the caller passed.
  const settings = Object.fromEntries(
    names.map((name) => [name, given[name] ?? defaultIntegrationSettings[name]]),
  ) as unknown as IntegrationSettings;
  for (const [name, allowed] of Object.entries(choices) as [keyof typeof choices, readonly string[]][]) {
    if (!allowed.includes(settings[name])) throw invalid(name, settings[name], `Choose one of: ${allowed.join(', ')}.`);
  }
  const counts: [string, number, number][] = (Object.keys(least) as (keyof typeof least)[]).map((name) => [
    name,
    settings[name],
    least[name],
  ]);
  if (settings.isolatedLabelBatches !== null) counts.push(['isolatedLabelBatches', settings.isolatedLabelBatches, 1]);
  for (const [name, value, minimum] of counts) {
    if (!Number.isSafeInteger(value) || value < minimum) throw invalid(name, value, `Give a whole number of at least ${minimum}.`);
  }
  return settings;
}

function invalid(name: string, found: unknown, hint: string): CfgenError {
  return new CfgenError('REQUEST_INVALID', `The integration setting ${name} is ${String(found)}.`, { hint, details: { setting: name } });
}
