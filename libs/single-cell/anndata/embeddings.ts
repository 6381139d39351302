import { CfgenError } from '@cfgen/contracts';
import type { ArrayFile } from '../array-file/array-file';
import { nearestName } from '../frames/nearest-name';
import { requireNumbers } from '../matrix/compressed-parts';

/** Coordinates of cells, an entry of obsm. */
export interface Embedding {
  /** cells x dims, row-major, as the file holds them. */
  readonly values: Float32Array | Float64Array;
  readonly dims: number;
}

/** The obsm of a file. */
export interface Embeddings {
  /** Names of the entries. */
  readonly names: readonly string[];
  /** @throws CfgenError REQUEST_UNKNOWN_VALUE for another name, INPUT_UNSUPPORTED for an entry that is no dense matrix, INPUT_DAMAGED */
  read(name: string): Promise<Embedding>;
}

/** Where a file says how things are encoded. */
const group = 'obsm';

/**
 * The embeddings of an AnnData file.
 *
 * @param load brings an array within reach before it is read, where that takes time
 */
export function embeddingsOf(
  file: ArrayFile,
  cells: number,
  load: (path: string) => Promise<unknown> = () => Promise.resolve(),
): Embeddings {
  const names = file.kind(group) === 'group' ? file.members(group) : [];
  return {
    names,
    async read(name) {
      if (!names.includes(name)) throw unknownEmbedding(file.name, name, names);
      const path = `${group}/${name}`;
      if (file.kind(path) !== 'array') throw notDense(file.name, path);
      await load(path);
      const array = file.array(path);
      requireNumbers(file, array, path, path);
      const [rows = 0, dims = 1] = array.shape;
      if (array.shape.length > 2) throw file.damaged(`${path} has ${array.shape.length} dimensions instead of 2`);
      if (rows !== cells) throw file.damaged(`${path} has ${rows} cells but obs describes ${cells}`);
      const numbers = file.readNumbers(
        array,
        array.shape.map(() => 0),
        array.shape,
      );
      const values = numbers instanceof Float32Array || numbers instanceof Float64Array ? numbers : Float64Array.from(numbers, Number);
      return { values, dims };
    },
  };
}

/** The refusal of a name that obsm does not have. */
export function unknownEmbedding(file: string, name: string, names: readonly string[]): CfgenError {
  const nearest = nearestName(name, names);
  return new CfgenError(
    'REQUEST_UNKNOWN_VALUE',
    `${file}: there is no obsm entry ${name}; entries: ${names.length === 0 ? 'none' : names.join(', ')}`,
    {
      hint: nearest === undefined ? 'name one of the entries' : `did you mean ${nearest}?`,
      details: { file, embedding: name, found: names, nearest: nearest ?? null },
    },
  );
}

function notDense(file: string, path: string): CfgenError {
  return new CfgenError('INPUT_UNSUPPORTED', `${file}: ${path} is a sparse matrix or a table, and a dense matrix of numbers is needed`, {
    hint: 'store it as an array: adata.obsm[name] = numpy.asarray(...)',
    details: { file, part: path },
  });
}
