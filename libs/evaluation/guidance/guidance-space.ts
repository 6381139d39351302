import { gatherRows, nearestNeighbours, type DenseMatrix } from '@cfgen/math';
import type { CountSource } from '@cfgen/tensors';
import type { Labels } from '../cells/cell-set';
import { labelAgreement, votingNeighbours } from '../classification/label-agreement';
import { coordinates, fitRealSpace, type RealSpace } from '../preprocessing/real-space';
import { totalVariance } from '../integration/within-label-variance';
import type { AttributeFit } from './result';

/** A column of the model, over some cells. */
export interface NamedLabels extends Labels {
  readonly name: string;
}

/** The real cells that guided cells are compared with: their PCA space, and their labels. */
export interface GuidanceSpace {
  readonly space: RealSpace;
  readonly attributes: readonly NamedLabels[];
}

/** Fits the PCA space of the real cells (`seurat_v3` genes, log-normalised). */
export function fitGuidanceSpace(
  real: CountSource,
  attributes: readonly NamedLabels[],
  settings: { readonly hvg: number; readonly components: number },
): GuidanceSpace {
  return { space: fitRealSpace(real, settings.hvg, settings.components), attributes };
}

/**
 * How generated cells fit each attribute.
 *
 * @param requested what was asked for, in the order of the attributes of the space
 */
export function fitOfCells(
  { space, attributes }: GuidanceSpace,
  generated: CountSource,
  requested: readonly NamedLabels[],
): AttributeFit[] {
  const realAt = space.components.scores;
  const generatedAt = coordinates(space, generated);
  return attributes.map((real, k) => {
    const { agreement } = labelAgreement(realAt, real, generatedAt, requested[k]);
    const spreads = agreement.labels.map(({ label, cells }) => ({
      cells,
      generated: varianceOf(generatedAt, requested[k], label),
      real: varianceOf(realAt, real, label),
    }));
    const values = agreement.labels.map(({ label, cells, agreement: share }, at) => ({
      ...{ value: label, cells, agreement: share },
      spreadRatio: ratio(spreads[at].generated, spreads[at].real),
    }));
    const usable = spreads.filter((spread) => ratio(spread.generated, spread.real) !== null);
    const pooled = (of: 'generated' | 'real'): number => usable.reduce((sum, spread) => sum + spread.cells * (spread[of] ?? 0), 0);
    return {
      name: real.name,
      agreement: agreement.overall ?? 0,
      spreadRatio: usable.length === 0 ? null : ratio(pooled('generated'), pooled('real')),
      values,
    };
  });
}

/** Agreement of the real cells with each other: every cell is voted on by its nearest others. */
export function agreementOfReal({ space, attributes }: GuidanceSpace): { readonly name: string; readonly agreement: number }[] {
  const { scores } = space.components;
  const k = Math.min(votingNeighbours, scores.rows - 1);
  const { indices } = nearestNeighbours(scores, scores, k, { excludeSelf: true });
  return attributes.map(({ name, categories, codes }) => {
    const votes = new Int32Array(categories.length);
    let agreeing = 0;
    for (let i = 0; i < scores.rows; i++) {
      votes.fill(0);
      for (let at = i * k; at < (i + 1) * k; at++) if (codes[indices[at]] >= 0) votes[codes[indices[at]]]++;
      if (votes.indexOf(Math.max(...votes)) === codes[i]) agreeing++;
    }
    return { name, agreement: agreeing / scores.rows };
  });
}

function ratio(generated: number | null, real: number | null): number | null {
  return generated === null || real === null || !(real > 0) ? null : generated / real;
}

/** Total variance (ddof 1) of the cells of a label; `null` for fewer than two. */
function varianceOf(x: DenseMatrix, { categories, codes }: Labels, label: string): number | null {
  const code = categories.indexOf(label);
  const rows = Int32Array.from(codes.keys()).filter((cell) => codes[cell] === code);
  return totalVariance(gatherRows(x, rows));
}
