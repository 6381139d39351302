import type { DenseMatrix } from '@cfgen/math';
import { cellsByLabel, type CellSet } from '../cells/cell-set';
import { labelAgreement } from '../classification/label-agreement';
import { conditionalDistances, type ConditionalDistances } from '../distances/conditional-distances';
import { setDistances, type SetDistances } from '../distances/set-distances';
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
}

/** Computes every score of one set; `step` is awaited before each part, which lets the caller report progress and stop. */
export async function scoreChromatin(
  real: ChromatinReference,
  set: CellSet,
  settings: SharedSettings & ChromatinSettings,
  step: (part: string) => Promise<void>,
): Promise<ChromatinScores> {
  await step('ATAC, projection');
  const centred = chromatinCoordinates(real.space, set.counts, settings);
  const labelled = real.set.labels !== undefined && set.labels !== undefined;
  const [realCells, setCells] = [cellsByLabel(real.set.labels), cellsByLabel(set.labels)];
  const distances: { [P in Protocol]?: SetDistances } = {};
  const conditional: { [P in Protocol]?: ConditionalDistances } = {};
  for (const protocol of settings.protocols) {
    await step(`ATAC, distances, ${protocol}`);
    const projected = underProtocol(real.space, centred, protocol);
    distances[protocol] = setDistances(real.coordinates, projected, settings).distances;
    if (!labelled) continue;
    conditional[protocol] = conditionalDistances(real.coordinates, projected, realCells, setCells, settings).conditional;
  }
  await step('ATAC, peaks');
  const agreement =
    real.set.labels !== undefined && set.labels !== undefined
      ? labelAgreement(real.coordinates, real.set.labels, centred, set.labels).agreement
      : null;
  return {
    name: set.name,
    cells: set.counts.rows,
    distances,
    conditional: labelled ? conditional : null,
    agreement,
    peaks: peakAgreement(real.profile, openPeakProfile(set)),
  };
}
