import { CfgenError } from '@cfgen/contracts';

/** Bounds of a number on the command line, both included. */
export interface NumberBounds {
  readonly min?: number;
  readonly max?: number;
}

/** Reads a whole number; `REQUEST_INVALID` names the option and the text found. */
export function wholeNumber(option: string, text: string, bounds: NumberBounds = {}): number {
  const value = /^[+-]?\d+$/.test(text.trim()) ? Number(text) : NaN;
  if (Number.isSafeInteger(value) && within(value, bounds)) return value;
  throw notANumber(option, text, 'a whole number', bounds);
}

/** Reads a number such as `1.5` or `1e-5`; `REQUEST_INVALID` names the option and the text found. */
export function realNumber(option: string, text: string, bounds: NumberBounds = {}): number {
  const value = text.trim() === '' ? NaN : Number(text);
  if (Number.isFinite(value) && within(value, bounds)) return value;
  throw notANumber(option, text, 'a number', bounds);
}

function within(value: number, { min = -Infinity, max = Infinity }: NumberBounds): boolean {
  return value >= min && value <= max;
}

function notANumber(option: string, text: string, kind: string, { min, max }: NumberBounds): CfgenError {
  const limits = [...(min === undefined ? [] : [`at least ${min}`]), ...(max === undefined ? [] : [`at most ${max}`])].join(' and ');
  return new CfgenError('REQUEST_INVALID', `${option} is "${text}", not ${kind}${limits === '' ? '' : ` of ${limits}`}`, {
    hint: `Give ${kind}, such as ${option} ${exampleWithin(min, max)}.`,
    details: { option, value: text },
  });
}

function exampleWithin(min = 0, max = Infinity): number {
  return Math.min(Math.max(1, min), max);
}
