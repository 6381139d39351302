import type { SparseRows } from '@cfgen/tensors';
import type { Kernels } from '../port/kernels';
import { wordsOf, type KernelArguments } from './arguments';
import { dispersions } from './losses';

type Decoding = Pick<Kernels, 'sampleNegativeBinomial' | 'negativeBinomialMeans'>;

/** Draws are made in slots of a full row each; this bounds the room they take. */
const slotBytes = 32 * 1024 * 1024;

interface DrawnRows {
  readonly lengths: Uint32Array;
  readonly indices: Uint32Array;
  readonly values: Float32Array;
}

export function decoding(args: KernelArguments): Decoding {
  const { exports, home } = args;
  return {
    async sampleNegativeBinomial({ logits, logTheta, category, sizeFactors, key, rowStart }) {
      const kernel = 'sampleNegativeBinomial';
      const [rows, genes] = args.dimensions(kernel, 'logits', logits);
      const pointer = args.matrix(kernel, 'logits', logits, rows, genes);
      const theta = dispersions(args, kernel, logTheta, category, rows, genes);
      const factors = args.vector(kernel, 'sizeFactors', sizeFactors, rows);
      const most = Math.max(1, Math.min(rows, Math.floor(slotBytes / (8 * Math.max(1, genes)))));
      const own = exports.nb_sample_workspace(genes, theta.categories) >>> 0;
      const drawn: DrawnRows[] = [];
      for (let from = 0; from < rows; from += most) {
        const count = Math.min(most, rows - from);
        const workspace = args.workspace(own + count * 4 + count * genes * 8);
        const counts = workspace + own;
        const indices = counts + count * 4;
        const values = indices + count * genes * 4;
        const [low, high] = wordsOf(rowStart + from);
        exports.nb_sample(
          pointer + from * genes * 4,
          theta.logTheta,
          theta.category === 0 ? 0 : theta.category + from * 4,
          factors + from * 4,
          counts,
          indices,
          values,
          count,
          genes,
          theta.categories,
          key.k0,
          key.k1,
          low,
          high,
          workspace,
        );
        drawn.push(gathered(home.arena.u32, home.arena.f32, counts / 4, indices / 4, values / 4, count, genes));
      }
      return joined(drawn, rows, genes);
    },

    negativeBinomialMeans(out, { logits, sizeFactors }) {
      const [rows, genes] = args.dimensions('negativeBinomialMeans', 'logits', logits);
      exports.nb_means(
        args.matrix('negativeBinomialMeans', 'out', out, rows, genes),
        args.matrix('negativeBinomialMeans', 'logits', logits, rows, genes),
        args.vector('negativeBinomialMeans', 'sizeFactors', sizeFactors, rows),
        rows,
        genes,
      );
    },
  };
}

/** Copies the used part of each slot; positions are in words of the memory. */
function gathered(
  u32: Uint32Array,
  f32: Float32Array,
  counts: number,
  indices: number,
  values: number,
  rows: number,
  genes: number,
): DrawnRows {
  const lengths = u32.slice(counts, counts + rows);
  const entries = lengths.reduce((sum, length) => sum + length, 0);
  const drawn = { lengths, indices: new Uint32Array(entries), values: new Float32Array(entries) };
  let at = 0;
  for (let row = 0; row < rows; row++) {
    const length = lengths[row] ?? 0;
    const slot = row * genes;
    drawn.indices.set(u32.subarray(indices + slot, indices + slot + length), at);
    drawn.values.set(f32.subarray(values + slot, values + slot + length), at);
    at += length;
  }
  return drawn;
}

function joined(parts: readonly DrawnRows[], rows: number, columns: number): SparseRows {
  const entries = parts.reduce((sum, part) => sum + part.indices.length, 0);
  const [first] = parts;
  const whole = parts.length === 1 && first !== undefined ? first : undefined;
  const indices = whole?.indices ?? new Uint32Array(entries);
  const values = whole?.values ?? new Float32Array(entries);
  const indptr = new Uint32Array(rows + 1);
  let row = 0;
  let at = 0;
  for (const part of parts) {
    if (whole === undefined) {
      indices.set(part.indices, at);
      values.set(part.values, at);
      at += part.indices.length;
    }
    for (const length of part.lengths) {
      indptr[row + 1] = (indptr[row] ?? 0) + length;
      row++;
    }
  }
  return { rows, columns, indptr, indices, values };
}
