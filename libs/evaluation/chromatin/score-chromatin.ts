import type { DenseMatrix } from '@cfgen/math';
import { cellsByLabel, type CellSet } from '../cells/cell-set';
import { labelAgreement, type LabelAgreement } from '../classification/label-agreement';
import { conditionalDistances, type ConditionalDistances } from '../distances/conditional-distances';
import { setDistances, type SetDistances } from '../distances/set-distances';
import { linearReplicates, sideDraws, type CellEffects, type Draws, type SideDraws } from '../intervals/draws';
import { underProtocol, type Protocol } from '../preprocessing/real-space';
import { chromatinCoordinates, type ChromatinSpace } from './chromatin-space';
import { openPeakProfile, type OpenPeakProfile } from './open-peaks';
import { peakAgreement } from './peak-agreement';
import type { ChromatinScores } from './result';
import type { ChromatinSettings, SharedSettings } from './settings';

/** The real cells that sets are compared with, prepared once for all of them. */
export interface ChromatinReference {
  readonly set: CellSet;
  readonly space: ChromatinSpace;
  /** Coordinates of the cells in the space, centred. */
  readonly coordinates: DenseMatrix;
  readonly profile: OpenPeakProfile;
  readonly draws: SideDraws;
}

/** The scores of a set, and the values of its figures on each draw of resampled cells, by id. */
export interface ScoredChromatin {
  readonly scores: ChromatinScores;
  readonly replicates: ReadonlyMap<string, Float64Array>;
}

/** How a set is scored. */
export interface ChromatinScoring {
  readonly settings: SharedSettings & ChromatinSettings;
  /** Tells the draws of sets apart, from 1; left out: the figures get no intervals. */
  readonly side?: number;
  /** Awaited before each part, which lets the caller report progress and stop. */
  readonly step: (part: string) => Promise<void>;
}

/** The distances of the table, by the name they have in the result. */
export const shownDistances = ['mmd2', 'w2'] as const;

/** Computes every score of one set. */
export async function scoreChromatin(real: ChromatinReference, set: CellSet, scoring: ChromatinScoring): Promise<ScoredChromatin> {
  const { settings, side, step } = scoring;
  await step('ATAC, projection');
  const centred = chromatinCoordinates(real.space, set.counts, settings);
  const draws: Draws = { real: real.draws, set: sideDraws(set, side === undefined ? 0 : settings.bootstrap, settings.seed, side ?? 0) };
  const replicates = new Map<string, Float64Array>();
  const keep = (id: string, value: number | null, effects: CellEffects): void => {
    if (side !== undefined && value !== null) replicates.set(id, linearReplicates(value, effects, draws));
  };
  const labelled = real.set.labels !== undefined && set.labels !== undefined;
  const [realCells, setCells] = [cellsByLabel(real.set.labels), cellsByLabel(set.labels)];
  const distances: { [P in Protocol]?: SetDistances } = {};
  const conditional: { [P in Protocol]?: ConditionalDistances } = {};
  for (const protocol of settings.protocols) {
    await step(`ATAC, distances, ${protocol}`);
    const projected = underProtocol(real.space, centred, protocol);
    const whole = setDistances(real.coordinates, projected, settings);
    distances[protocol] = whole.distances;
    for (const measure of shownDistances) keep(`atac.${measure}.${protocol}`, whole.distances[measure], whole.effects[measure]);
    if (!labelled) continue;
    const byLabel = conditionalDistances(real.coordinates, projected, realCells, setCells, settings);
    conditional[protocol] = byLabel.conditional;
    const { mean } = byLabel.conditional;
    for (const measure of shownDistances) keep(`atac.${measure}.label.${protocol}`, mean?.[measure] ?? null, byLabel.effects[measure]);
  }
  await step('ATAC, peaks');
  return {
    scores: {
      name: set.name,
      cells: set.counts.rows,
      distances,
      conditional: labelled ? conditional : null,
      agreement: agreementOf(real, set, centred, keep),
      peaks: peakAgreement(real.profile, openPeakProfile(set)),
    },
    replicates,
  };
}

/** Label agreement. The real cells that vote are taken as they are; the cells that are voted on are resampled. */
function agreementOf(
  real: ChromatinReference,
  set: CellSet,
  centred: DenseMatrix,
  keep: (id: string, value: number | null, effects: CellEffects) => void,
): LabelAgreement | null {
  if (real.set.labels === undefined || set.labels === undefined) return null;
  const { agreement, agrees } = labelAgreement(real.coordinates, real.set.labels, centred, set.labels);
  const asked = agrees.filter((outcome) => outcome >= 0).length;
  const effects = Float64Array.from(agrees, (outcome) => (outcome === 1 ? 1 / asked : 0));
  keep('atac.agreement', agreement.overall, { real: new Float64Array(real.set.counts.rows), set: effects });
  return agreement;
}
