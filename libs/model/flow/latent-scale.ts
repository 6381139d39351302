/** Mean and standard deviation of each latent dimension over the training cells [D]; identity when latents are not standardised. */
export interface LatentScale {
  readonly mean: Float64Array;
  readonly deviation: Float64Array;
}

const smallestDeviation = 1e-3;

/** @param latents [N, D] row-major. */
export function latentScale(latents: Float32Array, dimensions: number, standardise: boolean): LatentScale {
  const mean = new Float64Array(dimensions);
  const deviation = new Float64Array(dimensions).fill(1);
  const cells = latents.length / dimensions;
  if (!standardise || cells === 0) return { mean, deviation };
  for (let i = 0; i < latents.length; i++) mean[i % dimensions] += latents[i] / cells;
  const squares = new Float64Array(dimensions);
  for (let i = 0; i < latents.length; i++) squares[i % dimensions] += (latents[i] - mean[i % dimensions]) ** 2;
  return { mean, deviation: squares.map((sum) => Math.max(smallestDeviation, Math.sqrt(sum / cells))) };
}

/** `(z - mean)/sd`, a new array. */
export function standardiseLatents(latents: Float32Array, scale: LatentScale): Float32Array {
  const d = scale.mean.length;
  return latents.map((value, i) => (value - scale.mean[i % d]) / scale.deviation[i % d]);
}
