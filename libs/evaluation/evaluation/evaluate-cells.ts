import { CfgenError, type Problem } from '@cfgen/contracts';
import { gatherRows, randomKey } from '@cfgen/math';
import { assertCellSet, cellsByLabel, labelNames, type CellSet } from '../cells/cell-set';
import { chromatinParts, evaluateChromatin, type ChromatinRequest } from '../chromatin/evaluate-chromatin';
import { fitRealSpace } from '../preprocessing/real-space';
import { halves, selectedCells } from '../references/halves';
import { drawLabelProfileCells, fitLabelProfiles } from '../references/label-profile';
import { matchingTrainingCells } from '../references/matching-cells';
import { plotData, type PlotData } from '../report/plot-data';
import { requestAgreements } from '../requests/request-agreement';
import { auditPrivacy, fewestHeldOut, type AuditAndPlot } from '../privacy/audit';
import { findings } from './findings';
import { privacyRows } from './privacy-rows';
import type { EvaluationResult, FloorScores, NotScored, SetDescription, SetScores } from './result';
import { realReference, type RealReference } from './real-reference';
import { scoreSet, type ScoredSet } from './score-set';
import { completeSettings, type EvaluationSettings } from './settings';
import { summarise } from './summary';

export interface EvaluationRequest {
  /** Held-out real cells. */
  readonly real: CellSet;
  /** Generated cells; several sets are replicates of one model. */
  readonly generated: CellSet | readonly CellSet[];
  /** Real cells the model was trained on: for floor and baseline. */
  readonly training?: CellSet;
  /** Names of the genes, the columns of all counts. */
  readonly genes: readonly string[];
  readonly settings?: Partial<EvaluationSettings>;
  /** Open chromatin of the same cells, where it is known on both sides. */
  readonly chromatin?: ChromatinRequest;
  /** Version of the software, stored in the result. */
  readonly software?: string;
  /** Told before each part: what comes next, and the share done. */
  readonly onProgress?: (part: string, share: number) => void;
  readonly signal?: AbortSignal;
}

/** The figures, and what the report's plots are drawn from. */
export interface Evaluation {
  readonly result: EvaluationResult;
  readonly plots: PlotData;
}

/**
 * Compares generated with real cells: distances in the PCA space of the real cells, classifiers, label agreement, gene and cell statistics, each
 * with a 95 % interval from resampled cells and beside a floor (other real cells in place of the generated ones) and a baseline (mean profile per
 * label with noise).
 * The same request gives the same result; only the seed decides what is drawn.
 *
 * @throws CfgenError FEATURES_MISMATCH, INPUT_TOO_FEW_CELLS, LABEL_UNUSABLE, REQUEST_INVALID, or INTERRUPTED after the signal
 */
export async function evaluateCells(request: EvaluationRequest): Promise<Evaluation> {
  const { real, training, genes } = request;
  const settings = completeSettings(request.settings);
  const generated = 'counts' in request.generated ? [request.generated] : request.generated;
  if (generated.length === 0) throw new CfgenError('REQUEST_INVALID', 'There are no generated cells to evaluate.');
  for (const set of [real, ...generated, ...(training === undefined ? [] : [training])]) assertCellSet(set, genes.length);

  const partsOfSet = settings.protocols.length + 2 + settings.folds + Math.ceil(settings.bootstrap / 10);
  const progress = progressSteps(
    request,
    3 + partsOfSet * (generated.length + (training === undefined ? 1 : 2)) + chromatinParts(request.chromatin, settings),
  );
  await progress('real cells');
  const space = fitRealSpace(real.counts, settings.hvg, settings.components);
  if (space.components.variances.length === 0) {
    throw new CfgenError('INPUT_TOO_FEW_CELLS', `All cells of ${real.name} are the same: there is nothing to compare in.`);
  }
  const reference = realReference(real, space, space.components.scores, settings);
  const scoreAs = (set: CellSet, side: number, resampled = true, against = reference): Promise<ScoredSet> =>
    scoreSet(against, set, { settings, genes, side, resampled, step: (part) => progress(`${set.name}: ${part}`) });
  const scored: ScoredSet[] = [];
  for (const [at, set] of generated.entries()) scored.push(await scoreAs(set, at + 1));

  const problems: Problem[] = [];
  const floorSide = generated.length + 1;
  const floor = await (training === undefined ? floorOfHalves() : floorOfTraining(training));
  const baseline: SetScores | NotScored =
    training === undefined
      ? { reason: 'no training cells were given' }
      : (await scoreAs(baselineCells(real, training, reference.profile.totals, settings.seed), floorSide + 1, false)).scores;

  async function floorOfTraining(cells: CellSet): Promise<FloorScores | NotScored> {
    const matched = matchingTrainingCells(real, cells, settings.seed);
    problems.push(...findings.shortOfTrainingCells(matched.short));
    if (matched.cells.counts.rows < 2) return { reason: 'the training cells share no label with the real cells' };
    return { ...(await scoreAs({ ...matched.cells, name: 'Real training cells' }, floorSide)).scores, of: 'training' };
  }

  async function floorOfHalves(): Promise<FloorScores | NotScored> {
    const [first, second] = halves(real.counts.rows, real.labels, settings.seed);
    if (first.length < 2 || second.length < 2) return { reason: 'there are no training cells, and too few real cells for two halves' };
    problems.push(findings.floorOfHalves());
    const kept = realReference(selectedCells(real, first), space, gatherRows(reference.coordinates, first), settings);
    return { ...(await scoreAs(selectedCells(real, second, 'Other half of the real cells'), floorSide, true, kept)).scores, of: 'halves' };
  }

  const audited = await auditOf(request, generated, settings, progress);
  const scores = scored.map((set) => set.scores);
  problems.push(
    ...findings.privacy('audit' in audited ? audited.audit : audited),
    ...findings.skippedLabels(scores),
    ...findings.subsampled(real, generated, settings),
  );
  const chromatin = request.chromatin === undefined ? undefined : await evaluateChromatin(request.chromatin, settings, progress);
  const requests = requestAgreements(generated);
  await progress('maps');
  return {
    result: {
      format: 'cfgen-evaluation',
      formatVersion: 2,
      software: request.software ?? null,
      settings,
      real: describeSet(real),
      generated: generated.map(describeSet),
      training: training === undefined ? null : describeSet(training),
      space: describeSpace(reference, genes),
      summary: [
        ...summarise({ protocols: settings.protocols, scores, replicates: scored.map((set) => set.replicates), floor, baseline }),
        ...('audit' in audited ? privacyRows(audited.audit) : []),
      ],
      scores,
      floor,
      baseline,
      privacy: 'audit' in audited ? audited.audit : audited,
      ...(chromatin === undefined ? {} : { chromatin }),
      ...(requests === undefined ? {} : { requests }),
      problems,
    },
    plots: { ...(await plotData(reference, generated[0], scored[0], settings)), ...('plot' in audited ? { privacy: audited.plot } : {}) },
  };
}

/** The privacy audit, or why there is none. */
async function auditOf(
  { real, training }: EvaluationRequest,
  generated: readonly CellSet[],
  settings: EvaluationSettings,
  step: (part: string) => Promise<void>,
): Promise<AuditAndPlot | NotScored> {
  if (settings.privacyCells === 0) return { reason: 'the setting privacyCells is 0' };
  if (training === undefined) return { reason: 'no training cells were given' };
  const fewest = Math.min(real.counts.rows, ...generated.map((set) => set.counts.rows));
  if (fewest < fewestHeldOut) return { reason: `it needs ${fewestHeldOut} held-out and generated cells, there are ${fewest}` };
  return auditPrivacy(training, real, generated, settings, step);
}

/** Tells the caller about each part, lets other work of the process run, and stops when asked to. */
function progressSteps(request: EvaluationRequest, parts: number): (part: string) => Promise<void> {
  let done = 0;
  return async (part) => {
    request.onProgress?.(part, Math.min(1, done++ / parts));
    await new Promise((resolve) => setImmediate(resolve));
    if (request.signal?.aborted === true) throw new CfgenError('INTERRUPTED', 'The evaluation was stopped.');
  };
}

/** One cell of the label-profile model for each real cell, with its label and its library size. */
function baselineCells(real: CellSet, training: CellSet, sizes: Float64Array, seed: number): CellSet {
  const model = fitLabelProfiles(training.counts, training.labels);
  const labels = real.labels === undefined ? Array.from(sizes, () => undefined) : labelNames(real.labels);
  const counts = drawLabelProfileCells(model, labels, sizes, randomKey(seed, 'evaluation/label-profile'));
  return { name: 'Label-profile baseline', counts, ...(real.labels === undefined ? {} : { labels: real.labels }) };
}

function describeSet(set: CellSet): SetDescription {
  const labels = Array.from(cellsByLabel(set.labels), ([label, cells]) => ({ label, cells: cells.length }));
  labels.sort((a, b) => b.cells - a.cells || (a.label < b.label ? -1 : 1));
  return { name: set.name, cells: set.counts.rows, labels: set.labels === undefined ? null : labels };
}

function describeSpace({ space }: RealReference, genes: readonly string[]): EvaluationResult['space'] {
  const { variances, totalVariance } = space.components;
  return {
    genes: genes.length,
    highlyVariableGenes: Array.from(space.genes, (gene) => genes[gene]),
    components: variances.length,
    explainedVariance: Array.from(variances),
    explainedShare: variances.reduce((sum, value) => sum + value, 0) / totalVariance,
    uncentredOffset: Math.hypot(...space.offset),
  };
}
