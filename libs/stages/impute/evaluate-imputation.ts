import { CfgenError } from '@cfgen/contracts';
import {
  encodeModel,
  givenConditions,
  trainModel,
  type Attribute,
  type Model,
  type ModelSettings,
  type SolverSettings,
  type TrainingCells,
} from '@cfgen/model';
import type { StepContext } from '../context';
import { sizeFactorsOf } from '../data/cells-of';
import { openTrainingData, type TrainingDataOptions } from '../data/training-data';
import { moveCells } from '../transport/move-cells';
import { transportGuidance, transportSolver } from '../transport/provenance';
import { maskCounts, type HiddenEntries, type MaskedEntries } from './masked-counts';
import { checkNoise } from './noise';

export interface EvaluateImputationOptions extends Omit<TrainingDataOptions, 'atac' | 'modality'> {
  readonly settings: ModelSettings;
  /** Share of the entries that is hidden, and of which entries. */
  readonly mask: number;
  readonly entries: MaskedEntries;
  /** How often to mask and train anew; repeat r has the seed `seed + r`. */
  readonly repeats: number;
  readonly noise: number;
  readonly guidance: ReadonlyMap<string, number>;
  readonly solver?: SolverSettings;
  readonly seed: number;
}

/** Over the hidden entries: mean |true - imputed|, and the correlation of the two. */
export interface ImputationScore {
  readonly l1: number;
  readonly pearson: number;
}

/** Mean over the repeats, and its standard error: sd (ddof 1) / sqrt(repeats); null for one repeat. */
export interface ScoreOverRepeats {
  readonly l1: { readonly mean: number; readonly sem: number | null };
  readonly pearson: { readonly mean: number; readonly sem: number | null };
}

export interface ImputationEvaluation {
  readonly cells: number;
  readonly features: number;
  readonly mask: number;
  readonly entries: MaskedEntries;
  readonly noise: number;
  readonly repeats: readonly {
    readonly seed: number;
    readonly hidden: number;
    readonly model: ImputationScore;
    readonly baseline: ImputationScore;
  }[];
  readonly model: ScoreOverRepeats;
  /** The mean profile of the cell's label (of all cells without one), times the cell's total: what needs no model. */
  readonly baseline: ScoreOverRepeats;
}

/**
 * Hides entries of a data set, trains on what is left, imputes, and compares with what was hidden (paper, appendix H.6): nothing that is
 * scored was seen in training. Both the model and the baseline know the total of a cell without its hidden entries.
 */
export async function evaluateImputation(options: EvaluateImputationOptions, context: StepContext): Promise<ImputationEvaluation> {
  checkNoise(options.noise, context.onProblem);
  if (!(Number.isSafeInteger(options.repeats) && options.repeats >= 1)) {
    throw new CfgenError('REQUEST_INVALID', `${options.repeats} repeats are not possible`, { hint: 'Give 1 or more.' });
  }
  // Of cells with both modalities the RNA alone: that is what is hidden and imputed.
  const data = await openTrainingData({ ...options, modality: 'rna' }, context);
  try {
    const repeats: ImputationEvaluation['repeats'][number][] = [];
    for (let r = 0; r < options.repeats; r++) {
      const seed = options.seed + r;
      const { counts, hidden } = maskCounts(data.cells.counts, options.mask, options.entries, seed);
      const sizeFactors = sizeFactorsOf(counts).map((l) => Math.max(1, l));
      const cells: TrainingCells = { ...data.cells, counts, sizeFactors };
      const model = await trained(options, data, cells, seed, context, r);
      repeats.push({
        ...{ seed, hidden: hidden.values.length },
        model: await scoreModel(model, cells, hidden, options, seed, context),
        baseline: scoreBaseline(cells, hidden),
      });
    }
    return {
      ...{ cells: data.cells.counts.rows, features: data.features.names.length },
      ...{ mask: options.mask, entries: options.entries, noise: options.noise, repeats },
      model: overRepeats(repeats.map(({ model }) => model)),
      baseline: overRepeats(repeats.map(({ baseline }) => baseline)),
    };
  } finally {
    data.close();
  }
}

async function trained(
  { settings, repeats }: EvaluateImputationOptions,
  data: Awaited<ReturnType<typeof openTrainingData>>,
  cells: TrainingCells,
  seed: number,
  context: StepContext,
  repeat: number,
): Promise<Model> {
  const { signal, engine, version, onProgress } = context;
  const unsaved = await trainModel(
    engine,
    { cells, settings, seed, features: data.features, provenance: { version, data: data.data, notes: [...data.notes] } },
    {
      ...(signal === undefined ? {} : { signal }),
      onProgress: ({ stage, done, total }) =>
        onProgress?.({ stage: `${stage}, repeat ${repeat + 1} of ${repeats}`, done, total, unit: stage === 'encode' ? 'cells' : 'steps' }),
    },
  );
  return { ...unsaved, description: encodeModel(unsaved).description };
}

async function scoreModel(
  model: Model,
  cells: TrainingCells,
  hidden: HiddenEntries,
  options: EvaluateImputationOptions,
  seed: number,
  { engine, signal }: StepContext,
): Promise<ImputationScore> {
  const own = givenConditions(
    cells.attributes.map(({ codes }) => codes),
    cells.sizeFactors,
    cells.covariates.map(({ values }) => values),
  );
  const request = {
    cells: { counts: cells.counts, sizeFactors: cells.sizeFactors, own },
    guidance: transportGuidance(options.guidance, model.description),
    solver: options.solver ?? transportSolver,
    ...(options.noise > 0 ? { noise: { deviation: options.noise, seed } } : {}),
  };
  const imputed = new Float64Array(hidden.values.length);
  const genes = cells.counts.columns;
  for await (const { start, cells: count, decode } of moveCells(engine, model, request, signal)) {
    const { means } = await decode('means', seed);
    for (let cell = start; cell < start + count; cell++) {
      for (let k = hidden.starts[cell] ?? 0; k < (hidden.starts[cell + 1] ?? 0); k++) {
        imputed[k] = means?.[(cell - start) * genes + (hidden.columns[k] ?? 0)] ?? 0;
      }
    }
  }
  return scoreOf(hidden.values, imputed);
}

function scoreBaseline(cells: TrainingCells, hidden: HiddenEntries): ImputationScore {
  const label = cells.attributes.find(({ role }) => role === 'label');
  const profiles = profilesOf(cells, label);
  const imputed = new Float64Array(hidden.values.length);
  for (let cell = 0; cell < cells.counts.rows; cell++) {
    const profile = profiles[label?.codes[cell] ?? 0];
    for (let k = hidden.starts[cell] ?? 0; k < (hidden.starts[cell + 1] ?? 0); k++) {
      imputed[k] = (cells.sizeFactors[cell] ?? 0) * (profile?.[hidden.columns[k] ?? 0] ?? 0);
    }
  }
  return scoreOf(hidden.values, imputed);
}

/** Cells read at once. */
const blockCells = 512;

/** Share of each gene in the counts of each category. */
function profilesOf({ counts }: TrainingCells, label: Attribute | undefined): Float64Array[] {
  const sums = Array.from({ length: label?.categories.length ?? 1 }, () => new Float64Array(counts.columns));
  for (let start = 0; start < counts.rows; start += blockCells) {
    const rows = Uint32Array.from({ length: Math.min(blockCells, counts.rows - start) }, (_, i) => start + i);
    const block = counts.gather(rows);
    rows.forEach((row, r) => {
      const sum = sums[label?.codes[row] ?? 0];
      for (let k = block.indptr[r] ?? 0; sum !== undefined && k < (block.indptr[r + 1] ?? 0); k++) {
        const gene = block.indices[k] ?? 0;
        sum[gene] = (sum[gene] ?? 0) + (block.values[k] ?? 0);
      }
    });
  }
  return sums.map((sum) => {
    const total = sum.reduce((all, x) => all + x, 0);
    return total > 0 ? sum.map((x) => x / total) : sum;
  });
}

/** Mean absolute difference and Pearson correlation; correlation 0 where one of the two does not vary. */
function scoreOf(truth: Float32Array, imputed: Float64Array): ImputationScore {
  const n = truth.length;
  if (n === 0) throw new CfgenError('INPUT_TOO_FEW_CELLS', 'no entry was hidden', { hint: 'Hide a larger share by --mask.' });
  const mean = (values: ArrayLike<number>): number => Array.from(values).reduce((sum, x) => sum + x, 0) / n;
  const [mt, mi] = [mean(truth), mean(imputed)];
  let [l1, tt, ii, ti] = [0, 0, 0, 0];
  truth.forEach((value, k) => {
    const guess = imputed[k] ?? 0;
    l1 += Math.abs(value - guess) / n;
    tt += (value - mt) ** 2;
    ii += (guess - mi) ** 2;
    ti += (value - mt) * (guess - mi);
  });
  return { l1, pearson: tt > 0 && ii > 0 ? ti / Math.sqrt(tt * ii) : 0 };
}

function overRepeats(scores: readonly ImputationScore[]): ScoreOverRepeats {
  const summary = (values: readonly number[]): { mean: number; sem: number | null } => {
    const mean = values.reduce((sum, x) => sum + x, 0) / values.length;
    if (values.length < 2) return { mean, sem: null };
    const variance = values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / (values.length - 1);
    return { mean, sem: Math.sqrt(variance / values.length) };
  };
  return { l1: summary(scores.map(({ l1 }) => l1)), pearson: summary(scores.map(({ pearson }) => pearson)) };
}
