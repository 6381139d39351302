import { CfgenError, type Problem } from '@cfgen/contracts';
import type { Column } from '../frames/column';

/** How the features of a model lie in a data set. */
export interface FeatureMatch {
  /** For each feature of the model its column in the data set, -1 where the data set has none (taken as 0 counts). Fits `openCountSource`. */
  readonly columns: Int32Array;
  readonly missing: number;
  readonly problems: readonly Problem[];
}

/** What matching needs of a data set. */
export interface NamedFeatures {
  readonly name: string;
  readonly varNames: readonly string[];
  readonly varColumns: readonly Column[];
}

/**
 * Finds the features of a model in a data set by name. Features the data set lacks count as 0 and are told as a warning; those the model
 * does not know are left out. Throws `FEATURES_MISMATCH` when none is found, naming the var column that would match, or the kind of names.
 * @param modelFeatures names in the model's order, unique
 * @param by var column to match by, instead of the names of the features
 */
export function matchFeatures(modelFeatures: readonly string[], dataset: NamedFeatures, by?: string): FeatureMatch {
  const names = by === undefined ? dataset.varNames : columnTexts(dataset, by);
  const { position, repeated } = firstPositions(names);
  const columns = Int32Array.from(modelFeatures, (feature) => position.get(feature) ?? -1);
  const missing = columns.reduce((sum, column) => sum + (column < 0 ? 1 : 0), 0);
  if (missing === modelFeatures.length) throw noOverlap(modelFeatures, dataset, names, by);
  return { columns, missing, problems: matchProblems(modelFeatures, names, columns, missing, repeated) };
}

function matchProblems(
  modelFeatures: readonly string[],
  names: readonly string[],
  columns: Int32Array,
  missing: number,
  repeated: readonly string[],
): Problem[] {
  const problems: Problem[] = [];
  const share = missing / modelFeatures.length;
  if (missing > 0) {
    const examples = modelFeatures.filter((_, i) => columns[i] < 0).slice(0, 5);
    problems.push({
      severity: 'warning',
      code: 'features-missing',
      message: `${count(missing)} of the model's ${count(modelFeatures.length)} features (${(100 * share).toFixed(share < 0.01 ? 2 : 0)} %) are not in the data and are taken as 0: ${examples.join(', ')}${missing > examples.length ? ', ...' : ''}`,
      ...(share > 0.2 ? { hint: 'with so many missing, results are unreliable: give data with the genes the model was trained on' } : {}),
      details: { missing, of: modelFeatures.length, examples },
    });
  }
  const used = new Set(modelFeatures);
  const extra = names.reduce((sum, name) => sum + (used.has(name) ? 0 : 1), 0);
  if (extra > 0) {
    problems.push({
      severity: 'note',
      code: 'features-extra',
      message: `${count(extra)} features of the data are not in the model and are left out`,
      details: { extra },
    });
  }
  const ambiguous = repeated.filter((name) => used.has(name));
  if (ambiguous.length > 0) {
    problems.push({
      severity: 'warning',
      code: 'features-repeated',
      message: `${count(ambiguous.length)} names occur more than once in the data (such as ${ambiguous[0]}): the first is used`,
      details: { names: ambiguous.slice(0, 20) },
    });
  }
  return problems;
}

function noOverlap(modelFeatures: readonly string[], dataset: NamedFeatures, names: readonly string[], by: string | undefined): CfgenError {
  const model = identifierKind(modelFeatures);
  const data = identifierKind(names);
  const better = betterColumn(modelFeatures, dataset);
  const details = { file: dataset.name, by: by ?? null, model, data, better: better ?? null };
  if (model !== data) {
    return new CfgenError(
      'FEATURES_MISMATCH',
      `${dataset.name}: names look like ${data} (${names[0]}), the model uses ${model} (${modelFeatures[0]})`,
      {
        hint:
          better === undefined
            ? `choose the var column that holds ${model}; this file has none: add one`
            : `choose the matching var column: ${better}`,
        details,
      },
    );
  }
  return new CfgenError(
    'FEATURES_MISMATCH',
    `${dataset.name}: none of the ${count(names.length)} genes (such as ${names[0]}) is in the model (expects ${model} such as ${modelFeatures[0]})`,
    {
      hint:
        better === undefined
          ? 'give data of the same species with the same kind of gene names'
          : `choose the matching var column: ${better}`,
      details,
    },
  );
}

/** The var column (or the names) that most of the model's features are found in, if any. */
function betterColumn(modelFeatures: readonly string[], dataset: NamedFeatures): string | undefined {
  const wanted = new Set(modelFeatures);
  let best: string | undefined;
  let most = 0;
  for (const column of dataset.varColumns) {
    if (column.kind !== 'string' && column.kind !== 'categorical') continue;
    const found = columnTexts(dataset, column.name).reduce((sum, text) => sum + (wanted.has(text) ? 1 : 0), 0);
    if (found > most) {
      most = found;
      best = column.name;
    }
  }
  return best;
}

function columnTexts(dataset: NamedFeatures, name: string): readonly string[] {
  const values = dataset.varColumns.find((column) => column.name === name)?.read();
  if (values?.kind === 'string') return values.values;
  if (values?.kind === 'categorical') return Array.from(values.codes, (code) => (code < 0 ? '' : (values.categories[code] ?? '')));
  const texts = dataset.varColumns.filter(({ kind }) => kind === 'string' || kind === 'categorical').map((column) => column.name);
  throw new CfgenError(
    'FEATURES_MISMATCH',
    `${dataset.name}: there is no var column ${name} with text; columns: ${texts.length === 0 ? 'none' : texts.join(', ')}`,
    {
      hint: 'name one of these, or none to use the names of the features',
      details: { file: dataset.name, column: name },
    },
  );
}

/** Ensembl stable identifiers (https://www.ensembl.org/info/genome/stable_ids), peaks as positions, or gene symbols. */
function identifierKind(names: readonly string[]): string {
  const sample = names.slice(0, 200);
  const share = (pattern: RegExp): number => sample.filter((name) => pattern.test(name)).length / Math.max(1, sample.length);
  if (share(/^ENS[A-Z]{0,6}G\d{6,}/) > 0.5) return 'Ensembl ids';
  if (share(/^[\w.]+[:-]\d+[-_]\d+$/) > 0.5) return 'genome positions';
  if (share(/^\d+$/) > 0.5) return 'numbers';
  return 'symbols';
}

function firstPositions(names: readonly string[]): { position: Map<string, number>; repeated: string[] } {
  const position = new Map<string, number>();
  const repeated = new Set<string>();
  for (const [i, name] of names.entries()) {
    if (position.has(name)) repeated.add(name);
    else position.set(name, i);
  }
  return { position, repeated: [...repeated] };
}

function count(value: number): string {
  return value.toLocaleString('en-US');
}
