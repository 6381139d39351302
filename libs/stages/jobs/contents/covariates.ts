import type { BlobRef } from '@cfgen/contracts';
import type { SafetensorsContent, Tensor } from '@cfgen/tensors';
import { valuesOf } from './contents';

/** Covariates of the cells of a shard as a tensor `covariates` F64 [covariates, n]; no tensor where there are none. */
export function covariateTensor(covariates: readonly Float64Array[]): Tensor[] {
  const n = covariates[0]?.length ?? 0;
  if (n === 0) return [];
  const data = new Float64Array(covariates.length * n);
  covariates.forEach((values, j) => data.set(values, j * n));
  return [{ name: 'covariates', dtype: 'F64', shape: [covariates.length, n], axes: ['covariate', 'cell'], data }];
}

/** Reads them back. @throws CfgenError REQUEST_INVALID when there are others than expected */
export function covariatesOf(ref: BlobRef, content: SafetensorsContent, count: number, cells: number): Float64Array[] {
  if (count === 0) return [];
  const all = valuesOf(ref, content, 'covariates', [Float64Array], count * cells);
  return Array.from({ length: count }, (_, j) => all.slice(j * cells, (j + 1) * cells));
}
