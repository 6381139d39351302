import { cellsByLabel, type CellSet } from '../cells/cell-set';
import { selectedCells } from '../references/halves';
import type { Attack } from './membership';
import type { PrivacyByDonor, PrivacyOfDonor } from './result';

/** Cells of a donor below which it is not attacked by itself. */
const fewestCells = 10;

/** Nearest training cell of some cells, and how much each counts. */
interface NearestTraining {
  readonly rows: Int32Array;
  readonly weights: Float64Array;
}

/** Donor by donor: whose training cells are the generated ones near, and can this donor's cells be told from held-out ones? */
export function auditDonors(
  training: CellSet,
  heldOut: CellSet,
  nearest: { readonly set: NearestTraining; readonly heldOut: NearestTraining },
  { membershipOf }: Attack,
  side: number,
): PrivacyByDonor | null {
  if (training.donors === undefined || heldOut.donors === undefined) return null;
  const trained = cellsByLabel(training.donors);
  const held = cellsByLabel(heldOut.donors);
  const shares = { set: sharesOf(training, nearest.set), heldOut: sharesOf(training, nearest.heldOut) };
  const donors = [...trained]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([donor, cells], at): PrivacyOfDonor => {
      const ownHeldOut = held.get(donor) ?? new Uint32Array();
      // Held-out cells of the same donor differ from the training ones in nothing but that; for want of them, all held-out cells.
      const others = ownHeldOut.length >= fewestCells ? selectedCells(heldOut, ownHeldOut) : heldOut;
      return {
        donor,
        trainingCells: cells.length,
        heldOutCells: ownHeldOut.length,
        nearestOfGenerated: shares.set.get(donor) ?? 0,
        nearestOfHeldOut: shares.heldOut.get(donor) ?? 0,
        membership: cells.length < fewestCells ? null : membershipOf(selectedCells(training, cells), others, side + 2 * at),
      };
    });
  const shared = [...held.keys()].filter((donor) => trained.has(donor)).length;
  return { heldOutDonors: shared === 0 ? 'other' : shared === held.size ? 'shared' : 'both', donors };
}

/** Share of the weight that lies nearest to training cells of each donor. */
function sharesOf({ donors }: CellSet, { rows, weights }: NearestTraining): Map<string, number> {
  const sums = new Map<string, number>();
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  rows.forEach((row, cell) => {
    const donor = donors?.categories[donors.codes[row]];
    if (donor !== undefined) sums.set(donor, (sums.get(donor) ?? 0) + weights[cell]);
  });
  return new Map(Array.from(sums, ([donor, sum]) => [donor, sum / total]));
}
