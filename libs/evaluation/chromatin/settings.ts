import { CfgenError } from '@cfgen/contracts';
import type { EvaluationSettings } from '../evaluation/settings';

/** Everything that changes a figure of open chromatin beyond the settings it shares with gene expression; stored with the result. */
export interface ChromatinSettings {
  /** Highly variable peaks that the components are made of. */
  readonly peaks: number;
  /** Whether any count above 0 is taken as 1: open or closed, as models of presence generate it. */
  readonly binarise: boolean;
}

export const defaultChromatinSettings: ChromatinSettings = { peaks: 10_000, binarise: true };

/** What figures of open chromatin take from the settings of the whole evaluation. */
export type SharedSettings = Pick<EvaluationSettings, 'protocols' | 'components' | 'seed' | 'batchSize' | 'transportCells' | 'bootstrap'>;

/** Settings with the defaults filled in. @throws CfgenError REQUEST_INVALID naming the setting */
export function completeChromatinSettings(given: Partial<ChromatinSettings> = {}): ChromatinSettings {
  const settings = { ...defaultChromatinSettings, ...given };
  if (Number.isSafeInteger(settings.peaks) && settings.peaks >= 2) return settings;
  throw new CfgenError('REQUEST_INVALID', `The evaluation setting peaks is ${settings.peaks}.`, {
    hint: 'Give a whole number of at least 2.',
    details: { setting: 'peaks' },
  });
}
