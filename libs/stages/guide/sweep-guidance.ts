import { CfgenError } from '@cfgen/contracts';
import {
  agreementOfReal,
  defaultGuidanceSettings,
  fitGuidanceSpace,
  fitOfCells,
  judgeWeights,
  recommend,
  storedCounts,
  type GuidanceResult,
  type GuidanceSettings,
  type NamedLabels,
  type WeightsFit,
} from '@cfgen/evaluation';
import {
  covariateChoice,
  generateCells,
  interrupted,
  modelHash,
  planConditions,
  priorConditions,
  type ConditionSource,
  type Model,
  type SolverSettings,
} from '@cfgen/model';
import type { SparseRows } from '@cfgen/tensors';
import type { StepContext } from '../context';
import type { DataFile } from '../data/data-file';
import { modelCodes, openModelCells } from '../data/model-cells';
import { openRna } from '../data/open-rna';
import { weightGrid } from './weight-grid';

/** What to try. */
export interface SweepRequest {
  /** Real cells to judge by: all cells of the file, or its `test` part with `split`. */
  readonly data: DataFile;
  readonly split?: DataFile;
  readonly layer?: string;
  /** Weights to try by attribute; attributes that are not named keep their usual weight. */
  readonly grid: Readonly<Record<string, readonly number[]>>;
  /** Solver to use instead of the model's own. */
  readonly solver?: SolverSettings;
  readonly settings?: Partial<GuidanceSettings>;
}

/**
 * Generates cells with every choice of weights of a grid, and says which to use. Labels are drawn from the joint table of the training cells; all
 * choices share labels, size factors and noise, so that only the weights make a difference.
 *
 * @throws CfgenError as weights, files and columns may be refused; INTERRUPTED after the signal
 */
export async function sweepGuidance(model: Model, request: SweepRequest, context: StepContext): Promise<GuidanceResult> {
  const { description } = model;
  const settings = completeSettings(request.settings);
  const grid = weightGrid(request.grid, description);
  const part = request.split === undefined ? undefined : ({ file: request.split, part: 'test' } as const);
  const opened = openModelCells(await openRna(request.data, context, request.layer), description, part, context);
  try {
    context.onProgress?.({ stage: 'guide: real cells', done: 0, total: grid.length, unit: 'weights' });
    const attributes = description.attributes.map((attribute): NamedLabels => {
      return { name: attribute.name, categories: attribute.categories, codes: modelCodes(opened, attribute) };
    });
    const space = fitGuidanceSpace(opened.counts, attributes, settings);
    const plan = planConditions(description.attributes, description.combinations, new Map());
    const { cells, seed, band } = settings;
    const conditions = priorConditions(
      plan,
      description.sizeFactorPrior,
      { kind: 'prior' },
      attributes.length,
      seed,
      covariateChoice(description, new Map()),
    );
    const { codes } = conditions.draw(0, cells);
    const requested = attributes.map(({ name, categories }, k): NamedLabels => ({
      name,
      categories,
      codes: codes[k] ?? new Int32Array(cells),
    }));
    const sweep: WeightsFit[] = [];
    for (const guidance of grid) {
      if (context.signal?.aborted === true) throw interrupted('the sweep over guidance weights');
      const weights = Object.fromEntries(attributes.map(({ name }, k) => [name, guidance[k] ?? 0]));
      const generated = await generateCounts(model, conditions, guidance, cells, request, seed, context);
      sweep.push(judgeWeights(weights, fitOfCells(space, storedCounts(generated), requested), band));
      context.onProgress?.({ stage: 'guide', done: sweep.length, total: grid.length, unit: 'weights' });
    }
    const realAgreement = agreementOfReal(space);
    return {
      format: 'cfgen-guidance',
      formatVersion: 1,
      software: context.version,
      model: modelHash(description),
      real: { name: opened.dataset.name, cells: opened.rows.length },
      settings,
      realAgreement,
      sweep,
      ...recommend(sweep, { band, realAgreement, cells }),
    };
  } finally {
    opened.close();
  }
}

async function generateCounts(
  model: Model,
  conditions: ConditionSource,
  guidance: readonly number[],
  cells: number,
  { solver }: SweepRequest,
  seed: number,
  { engine, signal }: StepContext,
): Promise<SparseRows> {
  const asked = { cells, conditions, guidance, solver: solver ?? model.description.settings.solver, seed, output: 'counts' } as const;
  const chunks: SparseRows[] = [];
  for await (const { counts } of generateCells(engine, model, asked, signal)) if (counts !== undefined) chunks.push(counts);
  return joined(chunks, model.description.features.names.length);
}

function joined(chunks: readonly SparseRows[], columns: number): SparseRows {
  const rows = chunks.reduce((sum, chunk) => sum + chunk.rows, 0);
  const entries = chunks.reduce((sum, chunk) => sum + (chunk.indptr[chunk.rows] ?? 0), 0);
  const all = { rows, columns, indptr: new Uint32Array(rows + 1), indices: new Uint32Array(entries), values: new Float32Array(entries) };
  let row = 0;
  let entry = 0;
  for (const { rows: count, indptr, indices, values } of chunks) {
    const filled = indptr[count] ?? 0;
    for (let r = 0; r < count; r++) all.indptr[++row] = entry + (indptr[r + 1] ?? 0);
    all.indices.set(indices.subarray(0, filled), entry);
    all.values.set(values.subarray(0, filled), entry);
    entry += filled;
  }
  return all;
}

function completeSettings(given: Partial<GuidanceSettings> = {}): GuidanceSettings {
  const settings = { ...defaultGuidanceSettings, ...given };
  const [low, high] = settings.band;
  if (!(low >= 0 && low < high && Number.isFinite(high))) {
    throw new CfgenError('REQUEST_INVALID', `the band of spread ratios is ${low} to ${high}`, {
      hint: 'Give two numbers such as 0.8 and 1.25.',
    });
  }
  if (!Number.isSafeInteger(settings.cells) || settings.cells < 20) {
    throw new CfgenError('REQUEST_INVALID', `${settings.cells} cells for each choice of weights are too few`, {
      hint: 'Give at least 20; 500 is usual.',
    });
  }
  return settings;
}
