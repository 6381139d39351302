import { CfgenError, type Problem } from '@cfgen/contracts';
import { compareCodes, type Combination } from './attribute-table';

/** An attribute as a finished model knows it. */
export interface ModelAttribute {
  readonly name: string;
  readonly role: 'label' | 'batch';
  readonly categories: readonly string[];
  /** Training cells of each category. */
  readonly counts: readonly number[];
}

/** Which combinations of categories will be drawn, with what weight, and what the user has to be told about them. */
export interface ConditionPlan {
  readonly combinations: readonly { readonly codes: readonly number[]; readonly weight: number; readonly trainingCells: number }[];
  readonly problems: readonly Problem[];
}

/**
 * Turns a request such as `{ cell_type: ["B cells", "NK cells"] }` into combinations to draw.
 *
 * Attributes that are not named follow the training cells. Combinations seen in training are drawn by their training counts; when none of
 * the requested ones was ever seen, they are drawn by the product of their categories' counts, with a warning. Requested
 * combinations that were never seen beside others that were are left out, with a warning that names them.
 */
export function planConditions(
  attributes: readonly ModelAttribute[],
  table: readonly Combination[],
  where: ReadonlyMap<string, readonly string[]>,
): ConditionPlan {
  const allowed = attributes.map((): Set<number> | undefined => undefined);
  for (const [column, values] of where) {
    const k = attributes.findIndex((attribute) => attribute.name === column);
    if (k < 0) throw unknownColumn(column, attributes);
    allowed[k] = new Set(values.map((value) => categoryCode(attributes[k], value)));
  }
  if (attributes.length === 0) return { combinations: [{ codes: [], weight: 1, trainingCells: 0 }], problems: [] };

  const seen = table.filter(({ codes }) => codes.every((code, k) => allowed[k]?.has(code) ?? true));
  const requested = requestedCombinations(allowed);
  const missing = requested.filter((request) => !seen.some(({ codes }) => request.every(([k, code]) => codes[k] === code)));
  const problems = missing.length === 0 ? [] : [neverSeen(missing, attributes, seen.length > 0)];
  if (seen.length > 0) {
    return { combinations: seen.map(({ codes, count }) => ({ codes, weight: count, trainingCells: count })), problems };
  }
  const choices = attributes.map((attribute, k) => [...(allowed[k] ?? attribute.categories.keys())].sort((a, b) => a - b));
  const combinations = product(choices)
    .map((codes) => ({
      codes,
      weight: codes.reduce((weight, code, k) => weight * attributes[k].counts[code], 1),
      trainingCells: 0,
    }))
    .filter(({ weight }) => weight > 0)
    .sort((a, b) => compareCodes(a.codes, b.codes));
  return { combinations, problems };
}

/** Code of a category by name; refuses one that was never trained on, listing those that were. */
export function categoryCode(attribute: ModelAttribute, value: string): number {
  const code = attribute.categories.indexOf(value);
  if (code >= 0) return code;
  throw new CfgenError('REQUEST_UNKNOWN_VALUE', `"${value}" is no value of ${attribute.name} that the model was trained on`, {
    hint: `Known values: ${attribute.categories.map((name) => `"${name}"`).join(', ')}.`,
    details: { column: attribute.name, value, known: attribute.categories },
  });
}

export function unknownColumn(column: string, attributes: readonly ModelAttribute[]): CfgenError {
  const known = attributes.map((attribute) => attribute.name);
  return new CfgenError('REQUEST_UNKNOWN_VALUE', `the model was not trained with a column "${column}"`, {
    hint: known.length > 0 ? `It was trained with: ${known.join(', ')}.` : 'It was trained without labels: leave the condition out.',
    details: { column, known },
  });
}

/** Every combination of the named values, as pairs (attribute, code). */
function requestedCombinations(allowed: readonly (Set<number> | undefined)[]): (readonly (readonly [number, number])[])[] {
  const named = allowed.flatMap((codes, k) => (codes === undefined ? [] : [[...codes].map((code) => [k, code] as const)]));
  return named.length === 0 ? [] : product(named);
}

function product<T>(choices: readonly (readonly T[])[]): T[][] {
  return choices.reduce<T[][]>((rows, choice) => rows.flatMap((row) => choice.map((value) => [...row, value])), [[]]);
}

function neverSeen(
  missing: readonly (readonly (readonly [number, number])[])[],
  attributes: readonly ModelAttribute[],
  othersSeen: boolean,
): Problem {
  const names = missing.map((request) =>
    request.map(([k, code]) => `${attributes[k].name}="${attributes[k].categories[code]}"`).join(' with '),
  );
  const shown = names.slice(0, 5).join('; ') + (names.length > 5 ? `; and ${names.length - 5} more` : '');
  return {
    severity: 'warning',
    code: 'combination-never-seen',
    message: othersSeen
      ? `never seen together in training, left out: ${shown}`
      : `never seen together in training: ${shown}; these cells are an extrapolation`,
    hint: othersSeen ? 'Ask for such a combination alone to generate it as an extrapolation.' : 'Check them against biology before use.',
    details: { combinations: names },
  };
}
