import { CfgenError } from '@cfgen/contracts';
import { unknownEmbedding, type Embedding, type Embeddings } from '../anndata/embeddings';

/**
 * Embeddings of other cells, or of the same in another order.
 * @param rows row of the embedding for each cell, -1 where it has none
 */
export function selectEmbeddings(file: string, embeddings: Embeddings, rows: ArrayLike<number>): Embeddings {
  return {
    names: embeddings.names,
    async read(name) {
      const { values, dims } = await embeddings.read(name);
      const selected = values instanceof Float32Array ? new Float32Array(rows.length * dims) : new Float64Array(rows.length * dims);
      for (let cell = 0; cell < rows.length; cell++) {
        if (rows[cell] < 0) {
          throw new CfgenError('INPUT_INCOMPLETE', `${file}: obsm/${name} lacks cells that a modality has`, {
            hint: 'save the file again with mudata, after mdata.update()',
            details: { file, part: `obsm/${name}` },
          });
        }
        selected.set(values.subarray(rows[cell] * dims, (rows[cell] + 1) * dims), cell * dims);
      }
      return { values: selected, dims };
    },
  };
}

/** Several sets of embeddings of the same cells; of a name that several have, the first. */
export function mergeEmbeddings(file: string, sources: readonly Embeddings[]): Embeddings {
  const names = [...new Set(sources.flatMap((source) => source.names))];
  return {
    names,
    read: (name): Promise<Embedding> => {
      const source = sources.find((candidate) => candidate.names.includes(name));
      return source ? source.read(name) : Promise.reject(unknownEmbedding(file, name, names));
    },
  };
}
