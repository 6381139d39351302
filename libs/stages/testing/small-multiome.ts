import { RandomStream, randomKey } from '@cfgen/math';
import { createH5muWriter, type H5adTable } from '@cfgen/single-cell';
import type { SparseRows } from '@cfgen/tensors';

/** Writes a MuData file of 60 cells of two types with 30 genes and 50 peaks, a third of each higher in the second type. */
export async function writeSmallMultiome(path: string): Promise<void> {
  const cells = 60;
  const types = Array.from({ length: cells }, (_, cell) => cell % 2);
  const random = new RandomStream(randomKey(6, 'small multiome'));
  const rows = (columns: number, largest: number): SparseRows => {
    const indptr = [0];
    const indices: number[] = [];
    const values: number[] = [];
    for (const type of types) {
      for (let column = 0; column < columns; column++) {
        const high = type === 1 && column % 3 === 0;
        if (random.uniform() > (high ? 0.8 : 0.3)) continue;
        indices.push(column);
        values.push(1 + Math.floor(random.uniform() * largest));
      }
      indptr.push(indices.length);
    }
    const block = { rows: cells, columns, indptr: Uint32Array.from(indptr), indices: Uint32Array.from(indices) };
    return { ...block, values: Float32Array.from(values) };
  };
  const features = (what: string, count: number): { readonly features: H5adTable } => ({
    features: { names: Array.from({ length: count }, (_, i) => `${what}${i}`), columns: {} },
  });
  const writer = createH5muWriter(path, { modalities: { rna: features('gene_', 30), atac: features('chr1:', 50) }, overwrite: true });
  await writer.append({ rna: rows(30, 40), atac: rows(50, 2) });
  await writer.finish({
    obs: {
      names: types.map((_, cell) => `cell_${cell}`),
      columns: { cell_type: { kind: 'categorical', codes: types, categories: ['B cells', 'T cells'] } },
    },
  });
}
