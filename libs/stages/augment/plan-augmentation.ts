import { CfgenError, type Problem } from '@cfgen/contracts';
import {
  planConditions,
  priorConditions,
  type ConditionPlan,
  type Conditions,
  type ConditionSource,
  type ModelDescription,
} from '@cfgen/model';
import { z } from 'zod';
import type { ReadingContext } from '../context';
import type { CellPart } from '../data/cells-of';
import type { DataFile } from '../data/data-file';
import { openModelCells, type ModelCells } from '../data/model-cells';
import { openRna } from '../data/open-rna';
import { allocateCells, type Allocation, type LabelCells } from './allocate-cells';

/** What is to be topped up, and how far. */
export interface AugmentationOptions {
  /** The real cells. */
  readonly data: DataFile;
  readonly layer?: string;
  /** Split file: the `train` part of the data alone. */
  readonly split?: DataFile;
  /** Column whose rare values are topped up. */
  readonly label: string;
  /** Column within whose values labels are topped up, such as the donor. */
  readonly by?: string;
  /** Real and generated cells together. */
  readonly target: number;
  /** Generated cells of a label are at most this many times its real ones. */
  readonly maxFactor: number;
  /** Labels with fewer real cells are left as they are. */
  readonly minSupport: number;
  readonly seed: number;
}

const count = z.int().min(0);

/** `cfgen.augmentation-plan.v1`: how many cells of which label are generated, and why of others none are. */
export const augmentationPlanSchema = z.object({
  label: z.string(),
  by: z.string().nullable(),
  target: count,
  maxFactor: z.number(),
  minSupport: count,
  /** Real cells, those without a label included, and cells that are generated. */
  real: count,
  unlabelled: count,
  generated: count,
  rows: z.array(
    z.object({
      label: z.string(),
      stratum: z.string().nullable(),
      real: count,
      frequency: z.number(),
      generated: count,
      capped: z.boolean(),
      skipped: z.string().nullable(),
    }),
  ),
});
export type AugmentationPlan = z.infer<typeof augmentationPlanSchema>;

export interface PlannedAugmentation {
  readonly plan: AugmentationPlan;
  /** Conditions of the generated cells, in the order of the rows of the plan. */
  readonly source: ConditionSource;
  readonly problems: readonly Problem[];
}

/** The real cells that are topped up, with the model's genes as columns. Close them when done. */
export async function openRealCells(
  options: Pick<AugmentationOptions, 'data' | 'layer' | 'split'>,
  description: Pick<ModelDescription, 'features'>,
  context: ReadingContext,
): Promise<ModelCells> {
  const part: CellPart | undefined = options.split === undefined ? undefined : { file: options.split, part: 'train' };
  return openModelCells(await openRna(options.data, context, options.layer), description, part, context);
}

/** Counts the labels of the real cells and shares out what is missing up to the target. */
export async function planAugmentation(
  options: AugmentationOptions,
  description: ModelDescription,
  context: ReadingContext,
): Promise<PlannedAugmentation> {
  requireAttributes(options, description);
  const cells = await openRealCells(options, description, context);
  try {
    return planOf(cells, options, description);
  } finally {
    cells.close();
  }
}

/** The same for cells that are open. */
export function planOf(cells: ModelCells, options: AugmentationOptions, description: ModelDescription): PlannedAugmentation {
  const real = cells.rows.length;
  const found = countLabels(cells, options);
  const plans = new Map<string, ConditionPlan>();
  const labels = found.map((label) => withConditions(label, options, description, plans));
  const unlabelled = real - found.reduce((sum, label) => sum + label.real, 0);
  const { maxFactor, minSupport } = options;
  const rows = allocateCells(labels, { target: options.target - unlabelled, maxFactor, minSupport });
  const generated = rows.reduce((sum, row) => sum + row.generated, 0);
  if (generated === 0) throw nothingToGenerate(cells.dataset.name, rows);
  const { label, by = null, target } = options;
  const plan = { label, by, target, maxFactor, minSupport, real, unlabelled, generated, rows: rows.map(planRow) };
  const parts = rows.flatMap((row) => {
    const conditions = plans.get(keyOf(row));
    return row.generated === 0 || conditions === undefined ? [] : [{ cells: row.generated, conditions }];
  });
  return { plan, source: sourceOf(parts, description, options.seed), problems: problemsOf(plan) };
}

/** Refuses columns that the model was not trained with, before a file is read. @throws CfgenError REQUEST_UNKNOWN_VALUE */
export function requireAttributes({ label, by }: Pick<AugmentationOptions, 'label' | 'by'>, description: ModelDescription): void {
  for (const column of [label, ...(by === undefined ? [] : [by])]) requireAttribute(column, description);
}

function requireAttribute(column: string, { attributes }: ModelDescription): void {
  if (attributes.some(({ name }) => name === column)) return;
  const known = attributes.map(({ name }) => name);
  throw new CfgenError('REQUEST_UNKNOWN_VALUE', `the model was not trained with a column "${column}"`, {
    hint: known.length > 0 ? `It was trained with: ${known.join(', ')}.` : 'It was trained without labels, so it cannot top up any.',
    details: { column, known },
  });
}

/** Cells of each label, in the order of strata and labels. */
function countLabels({ dataset, rows }: ModelCells, options: AugmentationOptions): LabelCells[] {
  const label = dataset.label(options.label, { missing: 'keep' });
  const stratum = options.by === undefined ? undefined : dataset.label(options.by, { missing: 'keep' });
  const counts = new Map<string, LabelCells & { real: number }>();
  const strata = stratum === undefined ? [null] : stratum.categories;
  for (const value of strata) {
    for (const name of label.categories) counts.set(keyOf({ label: name, stratum: value }), { label: name, stratum: value, real: 0 });
  }
  for (const row of rows) {
    const name = label.categories[label.codes[row] ?? -1];
    const value = stratum === undefined ? null : stratum.categories[stratum.codes[row] ?? -1];
    if (name === undefined || value === undefined) continue;
    const entry = counts.get(keyOf({ label: name, stratum: value }));
    if (entry !== undefined) entry.real++;
  }
  return [...counts.values()].filter(({ real }) => real > 0);
}

function keyOf({ label, stratum }: Pick<LabelCells, 'label' | 'stratum'>): string {
  return JSON.stringify([stratum, label]);
}

/** Finds what the model would be asked for; where it cannot be asked, that is the obstacle. */
function withConditions(
  cells: LabelCells,
  { label, by }: AugmentationOptions,
  description: ModelDescription,
  plans: Map<string, ConditionPlan>,
): LabelCells {
  const where = new Map([[label, [cells.label]]]);
  if (by !== undefined && cells.stratum !== null) where.set(by, [cells.stratum]);
  const strange = [...where].find(
    ([column, values]) => !description.attributes.some(({ name, categories }) => name === column && categories.includes(values[0] ?? '')),
  );
  if (strange !== undefined) return { ...cells, obstacle: `the model was not trained on ${strange[0]} "${strange[1][0] ?? ''}"` };
  const plan = planConditions(description.attributes, description.combinations, where);
  if (!plan.combinations.some(({ trainingCells }) => trainingCells > 0)) {
    return { ...cells, obstacle: 'the model never saw this label and this value together' };
  }
  plans.set(keyOf(cells), plan);
  return cells;
}

function planRow({ label, stratum, real, frequency, generated, capped, skipped }: Allocation): AugmentationPlan['rows'][number] {
  return { label, stratum, real, frequency, generated, capped, skipped };
}

/** Cells of each part one after the other. A cell's conditions depend on its index alone, whatever chunk it is drawn in. */
function sourceOf(
  parts: readonly { readonly cells: number; readonly conditions: ConditionPlan }[],
  description: ModelDescription,
  seed: number,
): ConditionSource {
  const { sizeFactorPrior, attributes, covariates, covariateSamples } = description;
  const choice = { samples: covariateSamples, fixed: covariates.map(() => undefined) };
  let end = 0;
  const placed = parts.map(({ cells, conditions }) => ({
    start: end,
    end: (end += cells),
    source: priorConditions(conditions, sizeFactorPrior, { kind: 'prior' }, attributes.length, seed, choice),
  }));
  return {
    draw(start, cells) {
      const pieces = placed
        .filter((part) => part.start < start + cells && part.end > start)
        .map((part) => {
          const from = Math.max(start, part.start);
          return part.source.draw(from, Math.min(start + cells, part.end) - from);
        });
      return joined(start, cells, pieces, attributes.length, covariates.length);
    },
  };
}

function joined(start: number, cells: number, pieces: readonly Conditions[], attributes: number, covariates: number): Conditions {
  const codes = Array.from({ length: attributes }, () => new Int32Array(cells));
  const values = Array.from({ length: covariates }, () => new Float64Array(cells));
  const sizeFactors = new Float64Array(cells);
  for (const piece of pieces) {
    const at = piece.start - start;
    codes.forEach((column, k) => column.set(piece.codes[k] ?? [], at));
    values.forEach((column, k) => column.set(piece.covariates[k] ?? [], at));
    sizeFactors.set(piece.sizeFactors, at);
  }
  return { start, cells, codes, sizeFactors, covariates: values };
}

function nothingToGenerate(file: string, rows: readonly Allocation[]): CfgenError {
  const reasons = [...new Set(rows.map(({ label, skipped }) => `${label}: ${skipped ?? 'at its ceiling'}`))];
  return new CfgenError('REQUEST_INVALID', `${file}: no label can be topped up (${reasons.slice(0, 5).join('; ')})`, {
    hint: 'Lower --min-support, raise --max-factor, or train the model on these labels.',
    details: { reasons: reasons.slice(0, 50) },
  });
}

function problemsOf({ rows, real, generated, target, unlabelled }: AugmentationPlan): Problem[] {
  const problems: Problem[] = [];
  const named = (some: AugmentationPlan['rows']): string =>
    some
      .slice(0, 5)
      .map(({ label, stratum }) => (stratum === null ? label : `${label} in ${stratum}`))
      .join(', ') + (some.length > 5 ? ` and ${some.length - 5} more` : '');
  const skipped = rows.filter((row) => row.skipped !== null);
  if (skipped.length > 0) {
    problems.push({
      severity: 'warning',
      code: 'labels-not-topped-up',
      message: `no cells are generated of ${named(skipped)}: ${[...new Set(skipped.map((row) => row.skipped ?? ''))].slice(0, 3).join('; ')}`,
      details: { labels: skipped.slice(0, 50).map(({ label, stratum }) => ({ label, stratum })) },
    });
  }
  if (real + generated < target) {
    problems.push({
      severity: 'warning',
      code: 'augmentation-below-target',
      message: `${generated} cells are generated, ${target - real} would reach the target: ${named(rows.filter((row) => row.capped))} are at their ceiling`,
      hint: 'Raise --max-factor, or be content with fewer cells: many copies of few cells teach little.',
      details: { generated, wanted: target - real },
    });
  }
  if (unlabelled > 0) {
    problems.push({
      severity: 'note',
      code: 'cells-without-label',
      message: `${unlabelled} real cells have no label; they are kept, and count towards the target`,
      details: { cells: unlabelled },
    });
  }
  return problems;
}
