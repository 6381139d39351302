import type { SparseRows } from '@cfgen/tensors';
import type { Kernels } from '../port/kernels';
import { argumentsOf } from './arguments';
import { CountDraws } from './count-draws';
import { dispersions } from './dispersions';
import { softmax } from './softmax';

type Decoding = Pick<Kernels, 'sampleNegativeBinomial' | 'negativeBinomialMeans'>;

const sampleNegativeBinomial: Kernels['sampleNegativeBinomial'] = async (args): Promise<SparseRows> => {
  const { real, matrix, fail } = argumentsOf('sampleNegativeBinomial');
  const [rows, features] = matrix('logits', args.logits);
  const logits = real('logits', args.logits);
  const l = real('sizeFactors', args.sizeFactors, [rows]);
  const theta = dispersions('sampleNegativeBinomial', args.logTheta, args.category, rows, features);

  const draws = new CountDraws(args.key);
  const proportions = new Float64Array(features);
  const logProportions = new Float64Array(features);
  const indptr = new Uint32Array(rows + 1);
  const indices: number[] = [];
  const values: number[] = [];
  for (let r = 0; r < rows; r++) {
    softmax(logits.subarray(r * features, (r + 1) * features), proportions, logProportions);
    draws.startRow(args.rowStart + r);
    const thetaRow = theta.offset(r);
    for (let g = 0; g < features; g++) {
      const mean = l[r] * proportions[g];
      if (!Number.isFinite(mean)) throw fail(`the mean of row ${r}, feature ${g} is ${mean}`);
      const count = draws.draw(g, mean, theta.values[thetaRow + g]);
      if (count > 0) {
        indices.push(g);
        values.push(count);
      }
    }
    indptr[r + 1] = indices.length;
  }
  return { rows, columns: features, indptr, indices: Uint32Array.from(indices), values: Float32Array.from(values) };
};

const negativeBinomialMeans: Kernels['negativeBinomialMeans'] = (out, args) => {
  const { real, matrix } = argumentsOf('negativeBinomialMeans');
  const [rows, features] = matrix('logits', args.logits);
  const means = real('out', out, [rows, features]);
  const logits = real('logits', args.logits);
  const l = real('sizeFactors', args.sizeFactors, [rows]);
  const proportions = new Float64Array(features);
  const logProportions = new Float64Array(features);
  for (let r = 0; r < rows; r++) {
    softmax(logits.subarray(r * features, (r + 1) * features), proportions, logProportions);
    for (let g = 0; g < features; g++) means[r * features + g] = l[r] * proportions[g];
  }
};

export const decoding: Decoding = { sampleNegativeBinomial, negativeBinomialMeans };
