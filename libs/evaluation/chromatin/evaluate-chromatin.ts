import { CfgenError } from '@cfgen/contracts';
import { gatherRows, randomKey } from '@cfgen/math';
import { assertCellSet, type CellSet } from '../cells/cell-set';
import type { NotScored } from '../evaluation/not-scored';
import { sideDraws } from '../intervals/draws';
import { halves, selectedCells } from '../references/halves';
import { matchingTrainingCells } from '../references/matching-cells';
import { fitChromatinSpace, type ChromatinSpace } from './chromatin-space';
import { drawLabelShareCells } from './label-shares';
import { openPeakProfile } from './open-peaks';
import type { ChromatinResult } from './result';
import { scoreChromatin, type ChromatinReference, type ScoredChromatin } from './score-chromatin';
import { completeChromatinSettings, type ChromatinSettings, type SharedSettings } from './settings';
import { summariseChromatin } from './summary';
import { mean } from '../statistics/averages';

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
  const reference: ChromatinReference = {
    ...{ set: real, space, coordinates: space.components.scores },
    ...{ profile: openPeakProfile(real), draws: sideDraws(real, settings.bootstrap, settings.seed, 0) },
  };
  const scoreAs = (set: CellSet, side?: number, against = reference): Promise<ScoredChromatin> =>
    scoreChromatin(against, set, {
      settings,
      // Without draws there is nothing to take intervals from.
      ...(side === undefined || settings.bootstrap === 0 ? {} : { side }),
      step: (part) => step(`${set.name}: ${part}`),
    });
  const sets: ScoredChromatin[] = [];
  for (const [at, set] of generated.entries()) sets.push(await scoreAs(set, at + 1));
  const floorSide = generated.length + 1;
  const floor = await (training === undefined ? floorOfHalves() : floorOfTraining(training));
  const baseline = training === undefined ? { reason: 'no training cells were given' } : await scoreAs(baselineCells(training));

  async function floorOfTraining(cells: CellSet): Promise<ScoredChromatin | NotScored> {
    const matched = matchingTrainingCells(real, cells, settings.seed);
    if (matched.cells.counts.rows < 2) return { reason: 'the training cells share no label with the real cells' };
    return scoreAs({ ...matched.cells, name: 'Real training cells' }, floorSide);
  }

  async function floorOfHalves(): Promise<ScoredChromatin | NotScored> {
    const [first, second] = halves(real.counts.rows, real.labels, settings.seed);
    if (first.length < 2 || second.length < 2) return { reason: 'there are no training cells, and too few real cells for two halves' };
    const kept = selectedCells(real, first);
    const half: ChromatinReference = {
      ...{ set: kept, space, coordinates: gatherRows(reference.coordinates, first) },
      ...{ profile: openPeakProfile(kept), draws: sideDraws(kept, settings.bootstrap, settings.seed, 0) },
    };
    return scoreAs(selectedCells(real, second, 'Other half of the real cells'), floorSide, half);
  }

  function baselineCells(cells: CellSet): CellSet {
    const key = randomKey(settings.seed, 'evaluation/label-shares');
    return drawLabelShareCells(openPeakProfile(cells), real, key, 'Label-share baseline');
  }

  return {
    settings: own,
    space: describeSpace(space, peaks, reference),
    summary: summariseChromatin(settings.protocols, sets, floor, baseline),
    scores: sets.map(({ scores }) => scores),
    floor: 'scores' in floor ? { ...floor.scores, of: training === undefined ? 'halves' : 'training' } : floor,
    baseline: 'scores' in baseline ? baseline.scores : baseline,
  };
}

/** How many parts `evaluateChromatin` awaits. */
export function chromatinParts(request: ChromatinRequest | undefined, { protocols }: Pick<SharedSettings, 'protocols'>): number {
  if (request === undefined) return 0;
  return 1 + (2 + protocols.length) * (request.generated.length + (request.training === undefined ? 1 : 2));
}

function describeSpace(space: ChromatinSpace, names: readonly string[], { profile }: ChromatinReference): ChromatinResult['space'] {
  const { variances, totalVariance } = space.components;
  return {
    peaks: names.length,
    highlyVariablePeaks: Array.from(space.peaks, (peak) => names[peak]),
    components: variances.length,
    explainedVariance: Array.from(variances),
    explainedShare: variances.reduce((sum, value) => sum + value, 0) / totalVariance,
    uncentredOffset: Math.hypot(...space.offset),
    meanOpenPeaks: mean(profile.openInCell),
  };
}
