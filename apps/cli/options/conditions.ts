import { CfgenError } from '@cfgen/contracts';
import { realNumber } from './numbers';

/**
 * Reads `column=value` requests. A column given several times asks for several values; everything after the first `=` belongs to
 * the value, spaces and further `=` included.
 */
export function whereOf(requests: readonly string[]): Map<string, string[]> {
  const where = new Map<string, string[]>();
  for (const request of requests) {
    const [column, value] = pair('--where', request, 'cell_type="B cells"');
    const values = where.get(column) ?? [];
    if (!values.includes(value)) values.push(value);
    where.set(column, values);
  }
  return where;
}

/** Reads `column=weight` requests: how strongly each column guides, 0 or more. */
export function guidanceOf(requests: readonly string[]): Map<string, number> {
  const weights = new Map<string, number>();
  for (const request of requests) {
    const [column, text] = pair('--guidance', request, 'cell_type=1.5');
    if (weights.has(column)) {
      throw new CfgenError('REQUEST_INVALID', `--guidance is given twice for ${column}`, {
        hint: 'Give one weight for each column.',
        details: { option: '--guidance', column },
      });
    }
    weights.set(column, realNumber(`--guidance ${column}`, text, { min: 0 }));
  }
  return weights;
}

/** Reads `column=number` requests: the value of each covariate in all cells. */
export function covariatesOf(requests: readonly string[]): Map<string, number> {
  const values = new Map<string, number>();
  for (const request of requests) {
    const [column, text] = pair('--set-covariate', request, 'pseudotime=0.5');
    if (values.has(column)) {
      throw new CfgenError('REQUEST_INVALID', `--set-covariate is given twice for ${column}`, {
        hint: 'Give one value for each covariate.',
        details: { option: '--set-covariate', column },
      });
    }
    values.set(column, realNumber(`--set-covariate ${column}`, text));
  }
  return values;
}

/** Splits at the first `=`; the part before it must not be empty. */
export function pair(option: string, text: string, example: string): readonly [name: string, value: string] {
  const at = text.indexOf('=');
  if (at > 0) return [text.slice(0, at).trim(), text.slice(at + 1)];
  throw new CfgenError('REQUEST_INVALID', `${option} is "${text}", not of the form name=value`, {
    hint: `Write it like ${option} ${example}.`,
    details: { option, value: text },
  });
}
