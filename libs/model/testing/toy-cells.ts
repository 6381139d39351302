import { RandomStream, randomKey } from '@cfgen/math';
import type { CountSource, SparseRows } from '@cfgen/tensors';
import type { ModelSettings } from '../settings/model-settings';
import { preset } from '../settings/presets';
import type { Attribute, TrainingCells } from '../training/cells';

/** Counts given as dense rows. */
export function denseSource(x: readonly (readonly number[])[]): CountSource {
  const columns = x[0].length;
  return {
    rows: x.length,
    columns,
    gather(rows): SparseRows {
      const indptr = new Uint32Array(rows.length + 1);
      const indices: number[] = [];
      const values: number[] = [];
      rows.forEach((row, r) => {
        x[row].forEach((value, j) => {
          if (value === 0) return;
          indices.push(j);
          values.push(value);
        });
        indptr[r + 1] = indices.length;
      });
      return { rows: rows.length, columns, indptr, indices: Uint32Array.from(indices), values: Float32Array.from(values) };
    },
  };
}

/** Cells of three types with marker genes, in two batches; type 2 never occurs in batch "b". Multinomial-like counts by inversion. */
export function toyCells(cells = 240, genes = 30, seed = 7): TrainingCells {
  const random = new RandomStream(randomKey(seed, 'toy'));
  const types = new Int32Array(cells);
  const batches = new Int32Array(cells);
  const rows = Array.from({ length: cells }, (_, i) => {
    types[i] = i % 3;
    batches[i] = types[i] === 2 ? 0 : Math.floor(i / 3) % 2;
    const weights = Array.from({ length: genes }, (_, g) => (g % 3 === types[i] ? 6 : 1) * (1 + (g % 5)));
    const total = weights.reduce((sum, w) => sum + w, 0);
    const counts = new Array<number>(genes).fill(0);
    const size = Math.round(Math.exp(4.5 + 0.3 * random.normal() + 0.2 * types[i]));
    for (let n = 0; n < size; n++) {
      let target = random.uniform() * total;
      let g = 0;
      while ((target -= weights[g]) > 0 && g < genes - 1) g += 1;
      counts[g] += 1;
    }
    return counts;
  });
  const attributes: Attribute[] = [
    { name: 'cell_type', role: 'label', categories: ['A', 'B', 'C'], codes: types },
    { name: 'donor', role: 'batch', categories: ['a', 'b'], codes: batches },
  ];
  const sizeFactors = Float64Array.from(rows, (row) => row.reduce((sum, x) => sum + x, 0));
  return { counts: denseSource(rows), sizeFactors, attributes, covariates: [] };
}

/** `best`, small enough to train in seconds in plain TypeScript. */
export function toySettings(): ModelSettings {
  const settings = preset('best');
  return {
    ...settings,
    autoencoder: {
      ...settings.autoencoder,
      latent: 4,
      hidden: [16],
      batch: 32,
      epochs: 12,
      optimiser: { ...settings.autoencoder.optimiser, learningRate: 1e-2 },
    },
    flow: {
      ...settings.flow,
      hidden: 24,
      embedding: 16,
      blocks: 2,
      batch: 32,
      duration: { unit: 'steps', steps: 400 },
      optimiser: { ...settings.flow.optimiser, learningRate: 5e-3, schedule: { kind: 'cosine', finalFraction: 0.02, warmupSteps: 10 } },
    },
    solver: { method: 'rk4', steps: 5 },
  };
}
