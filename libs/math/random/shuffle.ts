import type { RandomStream } from './random-stream';

/** Puts the elements of `indices` in random order, in place (Fisher-Yates): every order equally likely. */
export function shuffle(indices: Uint32Array | Int32Array | Float64Array | number[], stream: RandomStream): void {
  for (let i = indices.length - 1; i > 0; i--) {
    const j = stream.below(i + 1);
    const kept = indices[i];
    indices[i] = indices[j];
    indices[j] = kept;
  }
}
