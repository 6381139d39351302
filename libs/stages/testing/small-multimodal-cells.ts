import { writeFileSync } from 'node:fs';
import { RandomStream, randomKey } from '@cfgen/math';
import { createH5muWriter } from '@cfgen/single-cell';
import type { SparseRows } from '@cfgen/tensors';
import type { ModelSettings } from '@cfgen/model';
import { smallSettings } from './small-cells';

const cells = 120;
const genes = 30;
const peaks = 50;

/**
 * Writes a MuData file of 120 cells of three types with marker genes and peaks of their own, and beside it a split: every fifth cell is for
 * testing. Four genes and five peaks are seen too rarely to be trained on.
 */
export async function writeSmallMultimodalCells(path: string, splitPath: string): Promise<void> {
  const random = new RandomStream(randomKey(6, 'small multimodal cells'));
  const types = Array.from({ length: cells }, (_, i) => i % 3);
  const rows = (width: number, rare: number, most: number): SparseRows => {
    const indptr = [0];
    const indices: number[] = [];
    const values: number[] = [];
    for (const type of types) {
      for (let feature = 0; feature < width; feature++) {
        const marker = feature % 3 === type;
        if (random.uniform() > (feature < rare ? 0.02 : marker ? 0.8 : 0.4)) continue;
        indices.push(feature);
        values.push(1 + Math.floor(random.uniform() * (marker ? most : Math.min(most, 3))));
      }
      indptr.push(indices.length);
    }
    return {
      ...{ rows: cells, columns: width, indptr: Uint32Array.from(indptr) },
      ...{ indices: Uint32Array.from(indices), values: Float32Array.from(values) },
    };
  };
  const features = (names: string[]) => ({ features: { names, columns: {} } });
  const writer = createH5muWriter(path, {
    modalities: {
      rna: features(Array.from({ length: genes }, (_, g) => `gene_${g}`)),
      atac: features(Array.from({ length: peaks }, (_, p) => `chr1:${p * 1000}-${p * 1000 + 500}`)),
    },
  });
  await writer.append({ rna: rows(genes, 4, 100), atac: rows(peaks, 5, 2) });
  const names = types.map((_, i) => `cell_${i}`);
  await writer.finish({
    obs: { names, columns: { cell_type: { kind: 'categorical', codes: types, categories: ['B cells', 'NK cells', 'T cells'] } } },
  });
  const lines = names.map((name, i) => `${name}\t${i % 5 === 0 ? 'test' : 'train'}`);
  writeFileSync(splitPath, ['barcode\tsplit', ...lines, ''].join('\n'));
}

/** Settings for both modalities that train in a second. */
export function smallMultimodalSettings(likelihood: 'bernoulli' | 'poisson' = 'bernoulli'): ModelSettings {
  const input = likelihood === 'bernoulli' ? 'binary' : 'log1p';
  const multimodal = {
    latents: 'joint' as const,
    learningRateFactor: 1,
    latent: 4,
    rna: { hidden: [16], code: 8 },
    atac: { hidden: [12], code: 6, input, likelihood },
  };
  return { ...smallSettings(), multimodal } as ModelSettings;
}
