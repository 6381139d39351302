import { denseMatrix, project, projectSparse, type DenseMatrix, type PrincipalComponents } from '@cfgen/math';
import type { CountSource } from '@cfgen/tensors';
import { highlyVariableGenes } from './highly-variable-genes';
import { logNormalisedSparse } from './log-normalise';
import { componentsOfSparse } from './sparse-components';

/**
 * How generated cells are projected into the PCA of the real cells.
 * `paper`: the log-normalised data times the loadings, without subtracting the real mean, as in all published CFGen tables; the distances are
 * then mostly that constant offset. `centred`: the real mean is subtracted first. Numbers of the two are not comparable.
 */
export type Protocol = 'paper' | 'centred';

/** The PCA space of the real cells that everything is compared in. */
export interface RealSpace {
  /** Columns of the highly variable genes, ascending. */
  readonly genes: Uint32Array;
  readonly components: PrincipalComponents;
  /** Projection of the real mean on each component: what protocol `paper` adds to the coordinates. */
  readonly offset: Float64Array;
}

/** Fits the space: highly variable genes of the raw real counts, log-normalisation over all genes, centred PCA. */
export function fitRealSpace(real: CountSource, hvg: number, components: number): RealSpace {
  const genes = highlyVariableGenes(real, hvg);
  const fitted = componentsOfSparse(logNormalisedSparse(real, genes), components);
  const mean = denseMatrix(1, genes.length, fitted.means);
  return { genes, components: fitted, offset: project(mean, fitted.loadings).values };
}

/** Coordinates of cells in the real space, centred on the real mean: cells x components. */
export function coordinates(space: RealSpace, counts: CountSource): DenseMatrix {
  return projectSparse(logNormalisedSparse(counts, space.genes), space.components.loadings, space.components.means);
}

/** The centred coordinates of generated cells as the given protocol has them. */
export function underProtocol(space: Pick<RealSpace, 'offset'>, centred: DenseMatrix, protocol: Protocol): DenseMatrix {
  if (protocol === 'centred') return centred;
  const d = centred.columns;
  return denseMatrix(
    centred.rows,
    d,
    centred.values.map((value, at) => value + space.offset[at % d]),
  );
}
