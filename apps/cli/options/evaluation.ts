import { wholeNumber } from './numbers';

/** Options of `cfgen evaluate` that are settings of the evaluation. */
export interface EvaluationOptions {
  readonly bootstrap?: string;
  readonly markers?: string;
}

/** Those that were given, checked; the evaluation fills in the others. */
export function evaluationSettingsOf({ bootstrap, markers }: EvaluationOptions): { bootstrap?: number; markers?: number } {
  return {
    ...(bootstrap === undefined ? {} : { bootstrap: wholeNumber('--bootstrap', bootstrap, { min: 0 }) }),
    ...(markers === undefined ? {} : { markers: wholeNumber('--markers', markers, { min: 0 }) }),
  };
}
