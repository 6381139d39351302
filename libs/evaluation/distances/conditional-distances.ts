import { gatherRows, type DenseMatrix } from '@cfgen/math';
import { setDistances, type DistanceLimits, type SetDistances } from './set-distances';

/** Distances inside one label. */
export interface LabelDistances extends SetDistances {
  readonly label: string;
  readonly realCells: number;
  readonly generatedCells: number;
}

/** A label without a score, and why. */
export interface SkippedLabel {
  readonly label: string;
  readonly realCells: number;
  readonly generatedCells: number;
  readonly reason: string;
}

/** Distances label by label and their unweighted means. */
export interface ConditionalDistances {
  /** Plain means over the scored labels; `null` when no label could be scored. */
  readonly mean: { readonly mmd2: number; readonly mmd2Unbiased: number; readonly w1: number; readonly w2: number } | null;
  readonly labels: readonly LabelDistances[];
  readonly skipped: readonly SkippedLabel[];
}

/**
 * Scores every label that has more than one real and more than one generated cell, then takes the plain mean over labels.
 *
 * @param realCells rows of `real` by label; `generatedCells` likewise
 */
export function conditionalDistances(
  real: DenseMatrix,
  generated: DenseMatrix,
  realCells: ReadonlyMap<string, Uint32Array>,
  generatedCells: ReadonlyMap<string, Uint32Array>,
  limits: DistanceLimits,
): ConditionalDistances {
  const labels: LabelDistances[] = [];
  const skipped: SkippedLabel[] = [];
  for (const label of [...new Set([...realCells.keys(), ...generatedCells.keys()])].sort()) {
    const ofReal = realCells.get(label) ?? new Uint32Array();
    const ofGenerated = generatedCells.get(label) ?? new Uint32Array();
    const counts = { label, realCells: ofReal.length, generatedCells: ofGenerated.length };
    if (ofReal.length > 1 && ofGenerated.length > 1) {
      labels.push({ ...counts, ...setDistances(gatherRows(real, ofReal), gatherRows(generated, ofGenerated), limits) });
    } else {
      skipped.push({
        ...counts,
        reason: `needs more than one real and one generated cell, has ${ofReal.length} and ${ofGenerated.length}`,
      });
    }
  }
  return { mean: meanOf(labels), labels, skipped };
}

function meanOf(labels: readonly LabelDistances[]): ConditionalDistances['mean'] {
  if (labels.length === 0) return null;
  const mean = (value: (label: LabelDistances) => number): number => labels.reduce((sum, label) => sum + value(label), 0) / labels.length;
  return {
    mmd2: mean((label) => label.mmd2),
    // A scored label has at least two cells on each side, so its unbiased form exists.
    mmd2Unbiased: mean((label) => label.mmd2Unbiased ?? 0),
    w1: mean((label) => label.w1),
    w2: mean((label) => label.w2),
  };
}
