import type { Problem } from '@cfgen/contracts';
import { readFrame } from '../anndata/read-frame';
import type { ArrayFile } from '../array-file/array-file';
import { withArrayFile } from '../array-file/open-array-file';
import type { Column, DataFrame } from '../frames/column';
import { openDataset } from '../opening/open-dataset';
import type { OpenOptions } from '../opening/open-source';
import {
  cellxgeneColumns,
  isGeneId,
  organismName,
  organismPattern,
  reservedObs,
  reservedUns,
  reservedVar,
  type CellxgeneColumn,
} from './schema';

/**
 * Compares a file with the schema of CELLxGENE and lists what is missing or malformed, each with a remedy; empty when nothing is. Terms are
 * judged by their form only.
 *
 * @throws CfgenError for a file that cannot be read
 */
export async function checkCellxgene(path: string, options: OpenOptions = {}): Promise<Problem[]> {
  const found = await withArrayFile(path, options, (file) => {
    const obs = readFrame(file, 'obs');
    const features = readFrame(file, 'var');
    const raw = file.kind('raw/var') === undefined ? undefined : readFrame(file, 'raw/var');
    return [...obsProblems(obs), ...varProblems(features, raw), ...unsProblems(file), ...embeddingProblems(file), ...matrixProblems(file)];
  });
  return [...found, ...(await countProblems(path, options))];
}

function obsProblems(obs: DataFrame): Problem[] {
  const problems = cellxgeneColumns.flatMap((column) => columnProblems(obs, column));
  const primary = obs.columns.find(({ name }) => name === 'is_primary_data');
  if (primary === undefined) problems.push(missing('obs', 'is_primary_data', 'a truth value: False for generated cells'));
  else if (primary.kind !== 'boolean') {
    problems.push(problem('malformed', `obs column is_primary_data holds ${primary.kind} values`, 'store truth values'));
  }
  for (const { name } of obs.columns.filter((column) => reservedObs.has(column.name) || column.name.startsWith('__'))) {
    problems.push(reserved('obs column', name));
  }
  if (obs.columns.some(({ name }) => name === organismName)) {
    problems.push(problem('malformed', `obs has the column ${organismName}`, `keep the term once, in uns['${organismName}']`));
  }
  return problems;
}

function columnProblems(obs: DataFrame, { name, pattern, expected }: CellxgeneColumn): Problem[] {
  const column = obs.columns.find((candidate) => candidate.name === name);
  if (column === undefined) return [missing('obs', name, expected)];
  if (column.kind !== 'categorical') {
    return [problem('malformed', `obs column ${name} holds ${column.kind} values, not categories`, `store categories: ${expected}`)];
  }
  const values = column.read();
  if (values.kind !== 'categorical') return [];
  const problems: Problem[] = [];
  const empty = values.codes.reduce((sum, code) => sum + (code < 0 ? 1 : 0), 0);
  if (empty > 0) problems.push(problem('missing', `${count(empty)} cells have no ${name}`, `give them ${expected}`));
  const used = new Set(values.codes);
  const wrong = values.categories.filter((category, code) => used.has(code) && !pattern.test(category));
  if (wrong.length > 0) {
    const example = `${JSON.stringify(wrong[0])}${wrong.length > 1 ? ` and ${count(wrong.length - 1)} more` : ''}`;
    problems.push(problem('malformed', `obs column ${name} has the value ${example}`, `expected: ${expected}`));
  }
  return problems;
}

function varProblems(features: DataFrame, raw: DataFrame | undefined): Problem[] {
  const problems: Problem[] = [];
  const foreign = features.names.filter((name) => !isGeneId(name));
  if (foreign.length > 0) {
    problems.push(
      problem(
        'malformed',
        `${count(foreign.length)} of ${count(features.length)} names of var are no Ensembl identifiers, such as ${JSON.stringify(foreign[0])}`,
        'train on a file whose var has the identifiers (without version) as its index or in a column such as gene_ids',
      ),
    );
  }
  if (new Set(features.names).size < features.length) problems.push(problem('malformed', 'names of var repeat', 'make them unique'));
  const filtered = features.columns.find(({ name }) => name === 'feature_is_filtered');
  if (filtered === undefined) problems.push(missing('var', 'feature_is_filtered', 'a truth value: False for genes that X holds'));
  else if (filtered.kind !== 'boolean') {
    problems.push(problem('malformed', `var column feature_is_filtered holds ${filtered.kind} values`, 'store truth values'));
  }
  for (const { name } of [...features.columns, ...(raw?.columns ?? [])].filter((column) => reservedVar.has(column.name))) {
    problems.push(reserved('var column', name));
  }
  if (raw !== undefined) problems.push(...rawProblems(features, raw));
  return problems;
}

function rawProblems(features: DataFrame, raw: DataFrame): Problem[] {
  const problems: Problem[] = [];
  if (raw.length !== features.length || raw.names.some((name, i) => name !== features.names[i])) {
    problems.push(
      problem('malformed', 'raw/var has other names than var', 'keep all genes in X and mark those left out in feature_is_filtered'),
    );
  }
  if (raw.columns.some(({ name }: Column) => name === 'feature_is_filtered')) {
    problems.push(problem('malformed', 'raw/var has the column feature_is_filtered', 'keep it in var only'));
  }
  return problems;
}

function unsProblems(file: ArrayFile): Problem[] {
  const problems: Problem[] = [];
  const title = unsText(file, 'title');
  if (title === undefined || title.trim() === '') problems.push(missing('uns', 'title', 'a title that tells the data set from others'));
  const organism = unsText(file, organismName);
  if (organism === undefined) problems.push(missing('uns', organismName, 'an NCBITaxon term such as NCBITaxon:9606'));
  else if (!organismPattern.test(organism)) {
    const found = `uns['${organismName}'] is ${JSON.stringify(organism)}`;
    problems.push(problem('malformed', found, 'expected: an NCBITaxon term such as NCBITaxon:9606'));
  }
  if (file.kind('uns') !== 'group') return problems;
  return [...problems, ...[...reservedUns].filter((name) => file.kind(`uns/${name}`)).map((name) => reserved('entry of uns', name))];
}

function unsText(file: ArrayFile, name: string): string | undefined {
  if (file.kind('uns') !== 'group' || file.kind(`uns/${name}`) !== 'array') return undefined;
  const array = file.array(`uns/${name}`);
  return array.kind === 'string' ? file.readStrings(array, 0, 1).values[0] : undefined;
}

function embeddingProblems(file: ArrayFile): Problem[] {
  const names = file.kind('obsm') === 'group' ? file.members('obsm') : [];
  const shown = names.filter((name) => file.kind(`obsm/${name}`) === 'array' && (file.array(`obsm/${name}`).shape[1] ?? 0) >= 2);
  if (shown.some((name) => name.startsWith('X_'))) return [];
  return [missing('obsm', 'X_...', 'an embedding of at least two dimensions, such as X_umap')];
}

function matrixProblems(file: ArrayFile): Problem[] {
  const where = file.kind('raw/X') === undefined ? 'X' : 'raw/X';
  const values = file.kind(where) === 'group' ? `${where}/data` : where;
  if (file.kind(values) !== 'array') return [missing('the file', where, 'raw counts')];
  const array = file.array(values);
  if (array.kind === 'float' && array.elementBytes === 4) return [];
  const type = array.kind === 'float' ? `float${8 * array.elementBytes}` : array.kind;
  return [problem('malformed', `the counts in ${where} are stored as ${type} values`, 'store them as float32')];
}

async function countProblems(path: string, options: OpenOptions): Promise<Problem[]> {
  const dataset = await openDataset(path, options);
  try {
    const empty = dataset.scan().cellTotals.reduce((sum, total) => sum + (total === 0 ? 1 : 0), 0);
    const told = empty === 0 ? [] : [problem('malformed', `${count(empty)} cells have no counts`, 'leave them out')];
    if (dataset.countsAt === 'X' || dataset.countsAt === 'raw/X') return told;
    return [
      ...told,
      problem('malformed', `the raw counts are in ${dataset.countsAt}`, 'store them in raw.X, or in X where nothing else is there'),
    ];
  } finally {
    dataset.close();
  }
}

function missing(where: string, name: string, expected: string): Problem {
  return problem('missing', `${where} has no ${name}`, `expected: ${expected}`);
}

function reserved(what: string, name: string): Problem {
  return problem('reserved', `the ${what} ${name} is one that CELLxGENE writes itself`, 'rename it, for instance to author_' + name);
}

function problem(kind: 'missing' | 'malformed' | 'reserved', message: string, hint: string): Problem {
  return { severity: 'warning', code: `cellxgene-${kind}`, message, hint };
}

function count(value: number): string {
  return value.toLocaleString('en-US');
}
