import { randomKey } from '@cfgen/math';
import type { CellSet } from '../cells/cell-set';
import { subsample } from '../distances/subsample';
import type { EvaluationSettings } from '../evaluation/settings';
import { halves, selectedCells } from '../references/halves';
import { auditSet, locatedCells, nearestDistances, selectedLocated, trainingReference, type LocatedCells } from './audit-set';
import { copyIndex } from './copies';
import { privacyLimits, type PrivacyAudit, type PrivacyOfSet } from './result';

/** The audit, and what its plot is drawn from. */
export interface AuditAndPlot {
  readonly audit: PrivacyAudit;
  readonly plot: NearestTrainingDistances;
}

/** Distances to the nearest training cell, of held-out cells and of those of the first generated set. */
export interface NearestTrainingDistances {
  readonly heldOut: Float64Array;
  readonly generated: Float64Array;
}

/** Held-out cells below which there is nothing to compare with. */
export const fewestHeldOut = 20;
/** Draws of the audit lie beyond those of the scores. */
const firstSide = 1000;
const sidesOfSet = 1000;

/**
 * Looks for copied training cells: generated cells beside held-out cells, which the model cannot have copied.
 * The same seed gives the same result. Exact neighbours; at most `privacyCells` generated and held-out cells, all training cells.
 */
export async function auditPrivacy(
  training: CellSet,
  heldOut: CellSet,
  generated: readonly CellSet[],
  settings: EvaluationSettings,
  step: (part: string) => Promise<void>,
): Promise<AuditAndPlot> {
  const key = randomKey(settings.seed, 'evaluation/privacy');
  const limited = (set: CellSet, row: number): CellSet =>
    set.counts.rows <= settings.privacyCells ? set : selectedCells(set, subsample(set.counts.rows, settings.privacyCells, key, row));
  await step('privacy: training cells');
  const reference = trainingReference(training, limited(training, 0), settings, copyIndex(training.counts));
  const held = locatedCells(reference, limited(heldOut, 1));
  const sets: PrivacyOfSet[] = [];
  let firstSet: LocatedCells | undefined;
  for (const [at, set] of generated.entries()) {
    await step(`privacy: ${set.name}`);
    const located = locatedCells(reference, limited(set, at + 2));
    firstSet ??= located;
    sets.push(auditSet(reference, { heldOut: held, set: located }, settings, firstSide + sidesOfSet * at));
  }
  await step('privacy: held-out cells');
  const [first, second] = halves(held.set.counts.rows, held.set.labels, settings.seed);
  const floor =
    Math.min(first.length, second.length) < fewestHeldOut
      ? null
      : auditSet(
          reference,
          { heldOut: selectedLocated(held, second), set: selectedLocated(held, first, 'Half of the held-out cells') },
          settings,
          firstSide + sidesOfSet * generated.length,
        );
  const signs = [...new Set(sets.flatMap((set) => set.signs))];
  return {
    audit: {
      hvg: settings.hvg,
      components: settings.components,
      limits: privacyLimits,
      sets,
      floor,
      signs,
      remarks: [...new Set(sets.flatMap((set) => set.remarks))],
      passed: signs.length === 0,
    },
    plot: { heldOut: nearestDistances(held), generated: firstSet === undefined ? new Float64Array() : nearestDistances(firstSet) },
  };
}
