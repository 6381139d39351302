import { CfgenError, type Problem } from '@cfgen/contracts';
import type { Column, ColumnValues, DataFrame } from '../frames/column';
import { nearestName } from '../frames/nearest-name';

/** A label column ready for conditioning. */
export interface Label {
  readonly column: string;
  /** Values that occur, each once, sorted: text by code units, numbers by size. */
  readonly categories: readonly string[];
  /** Category of each cell; -1 where the file has no value. */
  readonly codes: Int32Array;
  /** Cells of each category. */
  readonly sizes: readonly number[];
  /** Cells without a value. */
  readonly missing: number;
  /** What the user has to be told about this column. */
  readonly problems: readonly Problem[];
}

export interface LabelOptions {
  /** Cells without a value: `refuse` (default), or `keep` them with code -1 for the caller to leave out. */
  readonly missing?: 'refuse' | 'keep';
}

/** The column of obs with this name; otherwise `LABEL_MISSING`, listing the columns and the nearest name. */
export function requireColumn(file: string, obs: DataFrame, name: string): Column {
  const column = obs.columns.find((candidate) => candidate.name === name);
  if (column) return column;
  const names = obs.columns.map((candidate) => candidate.name);
  const nearest = nearestName(name, names);
  throw new CfgenError(
    'LABEL_MISSING',
    `${file}: there is no obs column ${name}; columns: ${names.length === 0 ? 'none' : names.join(', ')}`,
    {
      hint: nearest === undefined ? 'name one of the columns, or leave the label out' : `did you mean ${nearest}?`,
      details: { file, column: name, columns: names, nearest: nearest ?? null },
    },
  );
}

/**
 * Reads an obs column as a label: which values occur, and which each cell has.
 * Refused (`LABEL_UNUSABLE`): values missing, identifiers, continuous numbers. Told as problems: a single value, values with one cell,
 * values that differ only in white space, numbers used as labels, text that is not UTF-8.
 */
export function readLabel(file: string, obs: DataFrame, name: string, options: LabelOptions = {}): Label {
  const values = requireColumn(file, obs, name).read();
  const texts = textValues(file, name, values, obs.length);
  const found = categorise(
    texts,
    values.kind === 'integer' || values.kind === 'float' || ('numbers' in values && values.numbers !== undefined),
  );
  const refuse = (message: string, hint: string): CfgenError =>
    new CfgenError('LABEL_UNUSABLE', `${file}: ${message}`, { hint, details: { file, column: name } });
  if (found.missing > 0 && options.missing !== 'keep') {
    throw refuse(
      `${cells(found.missing)} ${found.missing === 1 ? 'has' : 'have'} no ${name}`,
      'drop these cells, or give them a name of their own in the file (for instance "unknown")',
    );
  }
  const labelled = obs.length - found.missing;
  if (found.categories.length === 0) throw refuse(`no cell has a ${name}`, 'choose another column');
  if (found.categories.length > 10 && found.categories.length > labelled / 2) {
    throw refuse(
      `${name} has ${found.categories.length.toLocaleString('en-US')} values for ${cells(labelled)}: an identifier, not a label`,
      'choose a column whose values many cells share',
    );
  }
  const numeric = values.kind === 'integer' || values.kind === 'float';
  if (numeric && found.categories.length > Math.max(50, labelled / 10)) {
    throw refuse(
      `${name} is numeric and continuous (${found.categories.length.toLocaleString('en-US')} different values)`,
      'choose a categorical column, or bin this one',
    );
  }
  return { column: name, ...found, problems: labelProblems(name, values, found) };
}

/** Text of each cell's value, undefined where missing. Numbers must be whole to be labels. */
function textValues(file: string, name: string, values: ColumnValues, length: number): (string | undefined)[] {
  if (values.kind === 'categorical') {
    return Array.from(values.codes, (code) => (code < 0 ? undefined : values.categories[code]));
  }
  const present = (i: number): boolean => values.missing === undefined || values.missing[i] === 0;
  if (values.kind === 'string') return values.values.map((value, i) => (present(i) ? value : undefined));
  const numbers = values.values;
  if (values.kind === 'boolean') return Array.from({ length }, (_, i) => (present(i) ? (numbers[i] === 0 ? 'False' : 'True') : undefined));
  const fractional = numbers.find((value, i) => present(i) && !Number.isNaN(value) && !Number.isInteger(value));
  if (fractional !== undefined) {
    throw new CfgenError('LABEL_UNUSABLE', `${file}: ${name} is numeric and continuous (first value that is not whole: ${fractional})`, {
      hint: 'choose a categorical column, or bin this one',
      details: { file, column: name },
    });
  }
  return Array.from({ length }, (_, i) => (present(i) && !Number.isNaN(numbers[i]) ? String(numbers[i]) : undefined));
}

function categorise(texts: readonly (string | undefined)[], numeric: boolean): Pick<Label, 'categories' | 'codes' | 'sizes' | 'missing'> {
  const categories = [...new Set(texts.filter((text) => text !== undefined))];
  if (numeric) categories.sort((a, b) => Number(a) - Number(b));
  else categories.sort();
  const code = new Map(categories.map((category, i) => [category, i]));
  const sizes = categories.map(() => 0);
  let missing = 0;
  const codes = Int32Array.from(texts, (text) => {
    const at = text === undefined ? undefined : code.get(text);
    if (at === undefined) missing++;
    else sizes[at]++;
    return at ?? -1;
  });
  return { categories, codes, sizes, missing };
}

function labelProblems(name: string, values: ColumnValues, found: Pick<Label, 'categories' | 'sizes'>): Problem[] {
  const problems: Problem[] = [];
  const details = { column: name };
  if (found.categories.length === 1) {
    problems.push({
      severity: 'warning',
      code: 'label-single-value',
      message: `${name} has a single value (${found.categories[0]}): conditioning on it changes nothing`,
      details,
    });
  }
  const single = found.categories.filter((_, i) => found.sizes[i] === 1);
  if (single.length > 0) {
    problems.push({
      severity: 'warning',
      code: 'label-singleton',
      message: `${name}: ${single.map((category) => JSON.stringify(category)).join(', ')} ${single.length === 1 ? 'has' : 'have'} only 1 cell: it cannot be split into train and test, and the pooled spread of size factors is used for it`,
      details: { ...details, categories: single },
    });
  }
  const alike = sameButSpace(found.categories);
  if (alike.length > 0) {
    problems.push({
      severity: 'warning',
      code: 'label-white-space',
      message: `${name}: labels ${alike.map((group) => group.map((category) => JSON.stringify(category)).join(' and ')).join('; ')} differ only in white space`,
      hint: 'they are kept apart; strip the labels in the file if they are one',
      details: { ...details, categories: alike },
    });
  }
  if (values.kind === 'integer' || values.kind === 'float') {
    problems.push({
      severity: 'note',
      code: 'label-numeric',
      message: `${name} holds whole numbers; each is used as a name, not as a quantity`,
      details,
    });
  }
  if ('invalidText' in values && values.invalidText > 0) problems.push(invalidText(`obs column ${name}`, details));
  return problems;
}

/** Text with bytes that are no UTF-8, as R or old tools on Windows write. */
export function invalidText(what: string, details: Readonly<Record<string, unknown>>): Problem {
  return {
    severity: 'warning',
    code: 'text-not-utf8',
    message: `${what} is not valid UTF-8: shown with replacement characters`,
    hint: 'store text as UTF-8',
    details,
  };
}

function sameButSpace(categories: readonly string[]): string[][] {
  const groups = new Map<string, string[]>();
  for (const category of categories) {
    const key = category.trim().replace(/\s+/g, ' ');
    groups.set(key, [...(groups.get(key) ?? []), category]);
  }
  return [...groups.values()].filter((group) => group.length > 1);
}

function cells(count: number): string {
  return `${count.toLocaleString('en-US')} ${count === 1 ? 'cell' : 'cells'}`;
}
