import { CfgenError } from '@cfgen/contracts';
import { denseMatrix, type DenseMatrix } from '@cfgen/math';
import type { CountSource } from '@cfgen/tensors';
import { assertCellSet, labelNames, type CellSet } from '../cells/cell-set';
import { selectedCounts } from '../cells/stored-counts';
import { nearestNeighbourVote } from '../classification/nearest-neighbour-vote';
import { fitOneVsRest, predictOneVsRest } from '../classification/one-vs-rest';
import { coordinates, fitRealSpace, type RealSpace } from '../preprocessing/real-space';
import { gainIntervals } from './gain-intervals';
import { joinedCounts } from './joined-counts';
import type { AugmentationResult, ClassifierRecall } from './result';
import { augmentationSettings, type AugmentationSettings } from './settings';
import { mean } from '../statistics/averages';

export interface AugmentationRequest {
  /** Real cells that were topped up. All sets have the same genes in the same order, and labels. */
  readonly training: CellSet;
  /** Real cells that neither the model nor the classifiers have seen. */
  readonly heldOut: CellSet;
  /** Generated cells; several are replicates. */
  readonly generated: readonly CellSet[];
  readonly settings?: Partial<AugmentationSettings>;
  readonly software: string;
  /** What the reader has to know besides. */
  readonly notes?: readonly string[];
  readonly onProgress?: (part: string, share: number) => void;
  readonly signal?: AbortSignal;
}

/** Cells with the number of their class. */
interface Classed {
  readonly counts: CountSource;
  readonly classOf: Int32Array;
}

/**
 * Whether classifiers recall held-out real cells better once they are trained on generated cells too: k nearest neighbours in principal
 * components of the training cells, and the linear classifier of CellTypist.
 *
 * @throws CfgenError LABEL_MISSING, LABEL_UNUSABLE, INPUT_TOO_FEW_CELLS, FEATURES_MISMATCH, INTERRUPTED
 */
export async function evaluateAugmentation(request: AugmentationRequest): Promise<AugmentationResult> {
  const settings = augmentationSettings(request.settings);
  const { training, heldOut, generated } = request;
  for (const set of [training, heldOut, ...generated]) assertLabelled(set, training.counts.columns);
  const classes = [...new Set(namesOf(training))].sort();
  const real = classed(training, classes);
  const judged = classed(heldOut, classes);
  if (judged.counts.rows === 0) throw nothingToJudge(heldOut, training);
  const replicates = generated.map((set) => classed(set, classes));

  const step = progressOf(request, 2 * (1 + replicates.length));
  const space = fitRealSpace(real.counts, settings.hvg, Math.min(settings.components, real.counts.rows - 1));
  await step('neighbours');
  const inSpace = (cells: Classed): DenseMatrix => coordinates(space, cells.counts);
  const points = { real: inSpace(real), judged: inSpace(judged) };
  const vote = (reference: DenseMatrix, classOf: ArrayLike<number>): Int32Array =>
    nearestNeighbourVote(points.judged, reference, classOf, classes.length, settings.neighbours);
  const votes = [vote(points.real, real.classOf)];
  for (const cells of replicates) {
    await step('neighbours');
    votes.push(vote(stacked(points.real, inSpace(cells)), [...real.classOf, ...cells.classOf]));
  }
  const linear: Int32Array[] = [];
  for (const extra of [undefined, ...replicates]) {
    await step('celltypist');
    const cells = extra === undefined ? real : joined(real, extra);
    const classifier = await fitOneVsRest(cells.counts, cells.classOf, classes.length, () => pauseOrStop(request.signal));
    linear.push(predictOneVsRest(classifier, judged.counts));
  }
  const recall = (id: ClassifierRecall['id'], name: string, predictions: readonly Int32Array[]): ClassifierRecall =>
    recallOf({ id, name, predictions, classes, real, judged, replicates, settings });
  return {
    software: request.software,
    settings,
    training: { name: training.name, cells: real.counts.rows },
    heldOut: { name: heldOut.name, cells: judged.counts.rows },
    generated: generated.map(({ name }, r) => ({ name, cells: replicates[r].counts.rows })),
    genes: training.counts.columns,
    classifiers: [
      recall('neighbours', `${settings.neighbours} nearest neighbours in ${describe(space)} of the training cells`, votes),
      recall('celltypist', 'CellTypist: one-vs-rest logistic regression on all genes, L2, C = 1', linear),
    ],
    unknown: unknownLabels(heldOut, classes),
    notes: request.notes ?? [],
  };
}

function assertLabelled(set: CellSet, genes: number): void {
  assertCellSet(set, genes);
  if (set.labels !== undefined) return;
  throw new CfgenError('LABEL_MISSING', `${set.name} has no labels; recall is counted by label`, { details: { set: set.name } });
}

function namesOf({ labels }: CellSet): string[] {
  return labels === undefined ? [] : labelNames(labels).filter((name) => name !== undefined);
}

/** The cells of the given classes. */
function classed({ counts, labels }: CellSet, classes: readonly string[]): Classed {
  const number = new Map(classes.map((name, k) => [name, k]));
  const of = (labels === undefined ? [] : labelNames(labels)).map((name) => (name === undefined ? -1 : (number.get(name) ?? -1)));
  const rows = Uint32Array.from(of.keys()).filter((i) => of[i] >= 0);
  return { counts: selectedCounts(counts, rows), classOf: Int32Array.from(rows, (row) => of[row]) };
}

function joined(a: Classed, b: Classed): Classed {
  return { counts: joinedCounts([a.counts, b.counts]), classOf: Int32Array.from([...a.classOf, ...b.classOf]) };
}

function stacked(a: DenseMatrix, b: DenseMatrix): DenseMatrix {
  const out = denseMatrix(a.rows + b.rows, a.columns);
  out.values.set(a.values);
  out.values.set(b.values, a.values.length);
  return out;
}

interface Recalled {
  readonly id: ClassifierRecall['id'];
  readonly name: string;
  /** Before, then of each replicate: class of each held-out cell. */
  readonly predictions: readonly Int32Array[];
  readonly classes: readonly string[];
  readonly real: Classed;
  readonly judged: Classed;
  readonly replicates: readonly Classed[];
  readonly settings: AugmentationSettings;
}

function recallOf({ id, name, predictions, classes, real, judged, replicates, settings }: Recalled): ClassifierRecall {
  const [before, ...after] = predictions;
  const cellsOf = (cells: Classed, k: number): number => cells.classOf.reduce((sum, own) => sum + (own === k ? 1 : 0), 0);
  const judgedClasses = [...classes.keys()].filter((k) => judged.classOf.includes(k));
  const outcomes = judgedClasses.map((k) => {
    const rows = Uint32Array.from(judged.classOf.keys()).filter((i) => judged.classOf[i] === k);
    const hits = (predicted: Int32Array): Float64Array => Float64Array.from(rows, (i) => (predicted[i] === k ? 1 : 0));
    const each = after.map(hits);
    return {
      frequency: cellsOf(real, k) / real.counts.rows,
      before: hits(before),
      each,
      after: Float64Array.from(rows, (_, i) => mean(each.map((one) => one[i]))),
    };
  });
  const intervals = gainIntervals(outcomes, settings.draws, settings.seed);
  const labels = judgedClasses.map((k, at) => ({
    label: classes[k],
    training: cellsOf(real, k),
    frequency: outcomes[at].frequency,
    generated: replicates.map((cells) => cellsOf(cells, k)),
    heldOut: outcomes[at].before.length,
    before: mean(outcomes[at].before),
    after: outcomes[at].each.map(mean),
    gain: intervals.gains[at],
  }));
  return {
    ...{ id, name, labels },
    macroBefore: mean(labels.map((one) => one.before)),
    macroAfter: after.map((_, r) => mean(labels.map((one) => one.after[r]))),
    macroGain: intervals.macro,
    pearson: intervals.pearson,
    spearman: intervals.spearman,
  };
}

function describe({ genes, components }: RealSpace): string {
  return `${components.scores.columns} principal components (${genes.length} variable genes)`;
}

function unknownLabels(heldOut: CellSet, classes: readonly string[]): AugmentationResult['unknown'] {
  const counts = new Map<string, number>();
  for (const name of namesOf(heldOut)) if (!classes.includes(name)) counts.set(name, (counts.get(name) ?? 0) + 1);
  return [...counts].sort(([a], [b]) => (a < b ? -1 : 1)).map(([label, cells]) => ({ label, heldOut: cells }));
}

function nothingToJudge(heldOut: CellSet, training: CellSet): CfgenError {
  return new CfgenError('LABEL_UNUSABLE', `no cell of ${heldOut.name} has a label that cells of ${training.name} have`, {
    hint: 'Held-out and training cells must come from the same labels.',
  });
}

function progressOf({ onProgress, signal }: AugmentationRequest, total: number): (part: string) => Promise<void> {
  let done = 0;
  return async (part) => {
    onProgress?.(part, done++ / total);
    await pauseOrStop(signal);
  };
}

/** Lets others have their turn, among them whoever wants this stopped. @throws CfgenError INTERRUPTED */
async function pauseOrStop(signal: AbortSignal | undefined): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
  if (signal?.aborted === true) throw new CfgenError('INTERRUPTED', 'the evaluation was stopped', { retryable: true });
}
