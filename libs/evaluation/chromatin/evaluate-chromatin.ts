import { CfgenError } from '@cfgen/contracts';
import { gatherRows, randomKey } from '@cfgen/math';
import { assertCellSet, type CellSet } from '../cells/cell-set';
import type { NotScored } from '../evaluation/result';
import { halves, selectedCells } from '../references/halves';
import { matchingTrainingCells } from '../references/matching-cells';
import { fitChromatinSpace, type ChromatinSpace } from './chromatin-space';
import { drawLabelShareCells } from './label-shares';
import { openPeakProfile } from './open-peaks';
import type { ChromatinResult, ChromatinScores } from './result';
import { scoreChromatin, type ChromatinReference } from './score-chromatin';
import { completeChromatinSettings, type ChromatinSettings, type SharedSettings } from './settings';
import { summariseChromatin } from './summary';

/** Cells whose open chromatin is to be judged: the same cells, in the same order, as those whose expression is. */
export interface ChromatinRequest {
  readonly real: CellSet;
  /** One set for each replicate. */
  readonly generated: readonly CellSet[];
  readonly training?: CellSet;
  /** Names of the peaks, the columns of all counts. */
  readonly peaks: readonly string[];
  readonly settings?: Partial<ChromatinSettings>;
}

/**
 * Compares open chromatin of generated and real cells: distances in the principal components of the real cells' TF-IDF, label agreement there,
 * and the shares of cells in which peaks are open; beside a floor and a baseline.
 *
 * @param step awaited before each part
 * @throws CfgenError FEATURES_MISMATCH, INPUT_TOO_FEW_CELLS, LABEL_UNUSABLE or REQUEST_INVALID
 */
export async function evaluateChromatin(
  request: ChromatinRequest,
  shared: SharedSettings,
  step: (part: string) => Promise<void> = () => Promise.resolve(),
): Promise<ChromatinResult> {
  const { real, generated, training, peaks } = request;
  const own = completeChromatinSettings(request.settings);
  const settings = { ...shared, ...own };
  for (const set of [real, ...generated, ...(training === undefined ? [] : [training])]) assertCellSet(set, peaks.length);

  await step('ATAC, real cells');
  const space = fitChromatinSpace(real.counts, own, shared.components);
  if (space.components.variances.length === 0) {
    throw new CfgenError('INPUT_TOO_FEW_CELLS', `All cells of ${real.name} have the same open peaks: there is nothing to compare in.`);
  }
  const reference: ChromatinReference = { set: real, space, coordinates: space.components.scores, profile: openPeakProfile(real) };
  const scoreAs = (set: CellSet, against = reference): Promise<ChromatinScores> =>
    scoreChromatin(against, set, settings, (part) => step(`${set.name}: ${part}`));
  const scores: ChromatinScores[] = [];
  for (const set of generated) scores.push(await scoreAs(set));
  const floor = training === undefined ? await floorOfHalves() : await floorOfTraining(training);
  const baseline = training === undefined ? { reason: 'no training cells were given' } : await scoreAs(baselineCells(training));

  async function floorOfTraining(cells: CellSet): Promise<ChromatinResult['floor']> {
    const matched = matchingTrainingCells(real, cells, settings.seed);
    if (matched.cells.counts.rows < 2) return { reason: 'the training cells share no label with the real cells' };
    return { ...(await scoreAs({ ...matched.cells, name: 'Real training cells' })), of: 'training' };
  }

  async function floorOfHalves(): Promise<ChromatinResult['floor']> {
    const [first, second] = halves(real.counts.rows, real.labels, settings.seed);
    if (first.length < 2 || second.length < 2) return tooFewForHalves;
    const kept = selectedCells(real, first);
    const half = { set: kept, space, coordinates: gatherRows(reference.coordinates, first), profile: openPeakProfile(kept) };
    return { ...(await scoreAs(selectedCells(real, second, 'Other half of the real cells'), half)), of: 'halves' };
  }

  function baselineCells(cells: CellSet): CellSet {
    const key = randomKey(settings.seed, 'evaluation/label-shares');
    return drawLabelShareCells(openPeakProfile(cells), real, key, 'Label-share baseline');
  }

  return {
    settings: own,
    space: describeSpace(space, peaks, reference),
    summary: summariseChromatin(settings.protocols, scores, floor, baseline),
    scores,
    floor,
    baseline,
  };
}

/** How many parts `evaluateChromatin` awaits. */
export function chromatinParts(request: ChromatinRequest | undefined, { protocols }: Pick<SharedSettings, 'protocols'>): number {
  if (request === undefined) return 0;
  return 1 + (2 + protocols.length) * (request.generated.length + (request.training === undefined ? 1 : 2));
}

const tooFewForHalves: NotScored = { reason: 'there are no training cells, and too few real cells for two halves' };

function describeSpace(space: ChromatinSpace, names: readonly string[], { profile }: ChromatinReference): ChromatinResult['space'] {
  const { variances, totalVariance } = space.components;
  return {
    peaks: names.length,
    highlyVariablePeaks: Array.from(space.peaks, (peak) => names[peak]),
    components: variances.length,
    explainedVariance: Array.from(variances),
    explainedShare: variances.reduce((sum, value) => sum + value, 0) / totalVariance,
    uncentredOffset: Math.hypot(...space.offset),
    meanOpenPeaks: profile.openInCell.reduce((sum, open) => sum + open, 0) / profile.openInCell.length,
  };
}
