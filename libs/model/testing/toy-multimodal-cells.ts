import { RandomStream, randomKey } from '@cfgen/math';
import type { ModelSettings } from '../settings/model-settings';
import type { PeakCells, TrainingCells } from '../training/cells';
import { denseSource, toyCells, toySettings } from './toy-cells';

/** The toy cells with peaks: of each type a third of the peaks is open in seven cells of ten, the others in one. Open peaks hold 1 to 3. */
export function toyMultimodalCells(cells = 240, genes = 30, peaks = 42, seed = 7): TrainingCells & { readonly atac: PeakCells } {
  const rna = toyCells(cells, genes, seed);
  const random = new RandomStream(randomKey(seed, 'toy peaks'));
  const types = rna.attributes[0].codes;
  const rows = Array.from(types, (type) => {
    const row = Array.from({ length: peaks }, (_, p) => (random.uniform() < (p % 3 === type ? 0.7 : 0.1) ? 1 + random.below(3) : 0));
    // No cell is without any.
    if (!row.some((x) => x > 0)) row[type] = 1;
    return row;
  });
  const sizeFactors = Float64Array.from(rows, (row) => row.reduce((sum, x) => sum + x, 0));
  return { ...rna, atac: { counts: denseSource(rows), sizeFactors } };
}

/** Settings of the toy cells for both modalities, small enough to train in seconds. */
export function toyMultimodalSettings(): ModelSettings {
  return {
    ...toySettings(),
    multimodal: {
      latents: 'joint',
      learningRateFactor: 1,
      latent: 4,
      rna: { hidden: [16], code: 8 },
      atac: { hidden: [16], code: 8, input: 'binary', likelihood: 'bernoulli' },
    },
  };
}
