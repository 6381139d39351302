import { CfgenError } from '@cfgen/contracts';
import { settingsFrom, type ModelSettings, type SettingValue } from '@cfgen/model';
import { pair } from './conditions';
import { wholeNumber } from './numbers';

/** Settings as asked for on the command line. */
export interface SettingsRequest {
  readonly preset: string;
  /** Epochs of the autoencoder. */
  readonly epochs?: string;
  /** Steps of the flow. */
  readonly flowSteps?: string;
  /** Epochs without improvement after which the autoencoder stops, or `none`. */
  readonly patience?: string;
  /** `path=value` overrides; these win over the options above. */
  readonly set?: readonly string[];
}

/**
 * A preset with overrides, checked.
 * Errors: `REQUEST_INVALID` naming the path, the value, and for an unknown path the nearest known one.
 */
export function settingsOf(request: SettingsRequest): ModelSettings {
  const { epochs, flowSteps, patience } = request;
  const written = new Map<string, string>();
  for (const text of request.set ?? []) {
    const [path, value] = pair('--set', text, 'autoencoder.latent=50');
    // A path given again counts from its last place.
    written.delete(path);
    written.set(path, value);
  }
  try {
    return settingsFrom({
      preset: request.preset,
      epochs: epochs === undefined ? undefined : wholeNumber('--epochs', epochs, { min: 1 }),
      flowSteps: flowSteps === undefined ? undefined : wholeNumber('--flow-steps', flowSteps, { min: 1 }),
      patience: patience === undefined ? undefined : patience === 'none' ? null : wholeNumber('--patience', patience, { min: 1 }),
      changes: Object.fromEntries([...written].map(([path, value]) => [path, parsed(value)])),
    });
  } catch (thrown) {
    throw inWordsOfOptions(thrown, written);
  }
}

/** JSON where it is JSON, otherwise the text as it is: `50`, `[512,256]`, `null`, `log1p`. */
function parsed(text: string): SettingValue {
  try {
    return JSON.parse(text) as SettingValue;
  } catch {
    return text;
  }
}

/** A refused change as the option it was given by. */
function inWordsOfOptions(thrown: unknown, written: ReadonlyMap<string, string>): unknown {
  if (!(thrown instanceof CfgenError)) return thrown;
  const { change, path, missing } = thrown.details;
  const value = typeof change === 'string' ? written.get(change) : undefined;
  if (typeof change !== 'string' || value === undefined) return thrown;
  const hint = hintOf(thrown, change, missing === true ? String(path) : undefined);
  return new CfgenError('REQUEST_INVALID', `--set ${change}=${value}: ${thrown.message}`, {
    ...(hint === undefined ? {} : { hint }),
    details: { option: '--set', ...thrown.details },
    cause: thrown,
  });
}

function hintOf(thrown: CfgenError, change: string, missing: string | undefined): string | undefined {
  if (change === 'preset') return 'Choose it with --preset.';
  return missing === undefined ? thrown.hint : `Give it too, by another --set ${missing}=...`;
}
