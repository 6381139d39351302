import { denseMatrix, principalComponents } from '@cfgen/math';

/** Cells that the components are taken from at most; all others are projected. */
const mostFitted = 20_000;

/**
 * The first two principal components of latents, for a picture of the cells. They are found on evenly spaced cells where there are many.
 *
 * @param latents [cells, D], row-major
 * @returns [cells, 2], row-major; zeros where latents have no second direction, or there is a single cell
 */
export function latentPlane(latents: Float32Array, cells: number): Float32Array {
  const plane = new Float32Array(2 * cells);
  if (cells < 2) return plane;
  const width = latents.length / cells;
  const fitted = Math.min(cells, mostFitted);
  const values = new Float64Array(fitted * width);
  for (let i = 0; i < fitted; i++) {
    const cell = Math.floor((i * cells) / fitted);
    values.set(latents.subarray(cell * width, (cell + 1) * width), i * width);
  }
  const { means, loadings } = principalComponents(denseMatrix(fitted, width, values), 2);
  for (let cell = 0; cell < cells; cell++) {
    for (let k = 0; k < loadings.rows; k++) {
      let sum = 0;
      for (let j = 0; j < width; j++) sum += ((latents[cell * width + j] ?? 0) - (means[j] ?? 0)) * (loadings.values[k * width + j] ?? 0);
      plane[2 * cell + k] = sum;
    }
  }
  return plane;
}
