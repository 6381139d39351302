import { writeFileSync } from 'node:fs';
import { RandomStream, randomKey } from '@cfgen/math';
import { preset, type ModelSettings } from '@cfgen/model';
import { createH5adWriter } from '@cfgen/single-cell';

const cells = 150;
const genes = 40;

/**
 * Writes an AnnData file of 150 cells of three types with marker genes, from two donors, with a
 * pseudotime, and beside it a split: every fifth cell is for
 * testing. Five genes are seen too rarely to be trained on; type 1 never comes from the second donor.
 */
export async function writeSmallCells(path: string, splitPath: string): Promise<void> {
  const random = new RandomStream(randomKey(5, 'small cells'));
  const types = Array.from({ length: cells }, (_, i) => i % 3);
  const donors = types.map((type, i) => (type === 1 ? 0 : Math.floor(i / 3) % 2));
  const indptr = [0];
  const indices: number[] = [];
  const values: number[] = [];
  for (const type of types) {
    for (let gene = 0; gene < genes; gene++) {
      const often = gene < 5 ? 0.02 : 0.7;
      if (random.uniform() > often) continue;
      indices.push(gene);
      values.push(1 + Math.floor(random.uniform() * (gene % 3 === type ? 300 : 6)));
    }
    indptr.push(indices.length);
  }
  const names = types.map((_, i) => `cell_${i}`);
  const ids = Array.from({ length: genes }, (_, g) => `ENSG${g}`);
  const features = { names: ids.map((_, g) => `gene_${g}`), columns: { gene_ids: { kind: 'string' as const, values: ids } } };
  const writer = createH5adWriter(path, { features });
  const rows = { rows: cells, columns: genes, indptr: Uint32Array.from(indptr) };
  await writer.append({ ...rows, indices: Uint32Array.from(indices), values: Float32Array.from(values) });
  await writer.finish({
    obs: {
      names,
      columns: {
        cell_type: { kind: 'categorical', codes: types, categories: ['B cells', 'NK cells', 'T cells'] },
        donor: { kind: 'categorical', codes: donors, categories: ['d1', 'd2'] },
        pseudotime: { kind: 'numeric', values: Float64Array.from(types, (type, i) => type + ((i * 7) % 50) / 50) },
      },
    },
  });
  const lines = names.map((name, i) => `${name}\t${i % 5 === 0 ? 'test' : 'train'}`);
  writeFileSync(splitPath, ['barcode\tsplit', ...lines, ''].join('\n'));
}

/** Settings that train in a second. */
export function smallSettings(): ModelSettings {
  const settings = preset('best');
  return {
    ...settings,
    autoencoder: { ...settings.autoencoder, latent: 4, hidden: [16], batch: 32, epochs: 4 },
    flow: { ...settings.flow, hidden: 16, embedding: 8, blocks: 1, batch: 32, duration: { unit: 'steps', steps: 40 } },
  };
}
