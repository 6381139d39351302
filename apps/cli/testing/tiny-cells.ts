import { writeFileSync } from 'node:fs';
import { createH5adWriter } from '@cfgen/single-cell';

/** Three cell types, one with a name that needs quoting, from two donors; NK cells never come from donor d2. */
export const cellTypes = ['B cells', 'NK cells', 'T = alpha beta'] as const;
export const tinyCells = 150;
export const tinyGenes = 40;

/**
 * Writes an AnnData file of 150 cells and 40 genes whose types have marker genes, and beside it a split (every fifth cell is for testing).
 * Every fourth cell of the column `partial` has no value.
 */
export async function writeTinyCells(path: string, splitPath?: string): Promise<void> {
  const random = sequence(7);
  const writer = createH5adWriter(path, { features: { names: Array.from({ length: tinyGenes }, (_, g) => `gene_${g}`), columns: {} } });
  const types = Array.from({ length: tinyCells }, (_, i) => i % 3);
  const donors = types.map((type, i) => (type === 1 ? 0 : Math.floor(i / 3) % 2));
  const indptr = Uint32Array.from({ length: tinyCells + 1 }, (_, i) => i * tinyGenes);
  const indices = Uint32Array.from({ length: tinyCells * tinyGenes }, (_, k) => k % tinyGenes);
  const values = Float32Array.from(indices, (gene, k) => {
    const marker = gene % 3 === types[Math.floor(k / tinyGenes)];
    return 1 + Math.floor(random() * (marker ? 12 : 3));
  });
  await writer.append({ rows: tinyCells, columns: tinyGenes, indptr, indices, values });
  const names = types.map((_, i) => `cell_${i}`);
  await writer.finish({
    obs: {
      names,
      columns: {
        cell_type: { kind: 'categorical', codes: types, categories: cellTypes },
        donor: { kind: 'categorical', codes: donors, categories: ['d1', 'd2'] },
        partial: { kind: 'categorical', codes: types.map((type, i) => (i % 4 === 0 ? -1 : type)), categories: cellTypes },
      },
    },
  });
  if (splitPath === undefined) return;
  const rows = names.map((name, i) => `${name}\t${i % 5 === 0 ? 'test' : 'train'}`);
  writeFileSync(splitPath, ['barcode\tsplit', ...rows, ''].join('\n'));
}

/** Options of a training that takes about a second. */
export const tinyTraining = [
  ...['--epochs', '3', '--flow-steps', '40'],
  ...['--set', 'autoencoder.latent=4', '--set', 'autoencoder.hidden=[16]', '--set', 'autoencoder.batch=32'],
  ...['--set', 'flow.hidden=16', '--set', 'flow.embedding=8', '--set', 'flow.blocks=1', '--set', 'flow.batch=32'],
  ...['--threads', '1'],
];

/** Numbers in [0, 1), always the same (Lehmer's generator). */
function sequence(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 48271) % 2147483647;
    return state / 2147483647;
  };
}
