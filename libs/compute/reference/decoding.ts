import { softmaxMeans } from '@cfgen/likelihoods';
import type { Kernels } from '../port/kernels';
import { argumentsOf } from './arguments';
import { CountDraws } from './count-draws';
import { dispersions } from './dispersions';
import { drawRows } from './sparse-draws';

type Decoding = Pick<Kernels, 'sampleNegativeBinomial' | 'negativeBinomialMeans'>;

const sampleNegativeBinomial: Kernels['sampleNegativeBinomial'] = async (args) => {
  const { real, matrix } = argumentsOf('sampleNegativeBinomial');
  const [rows, features] = matrix('logits', args.logits);
  const logits = real('logits', args.logits);
  const l = real('sizeFactors', args.sizeFactors, [rows]);
  const logTheta = dispersions('sampleNegativeBinomial', args.logTheta, args.category, rows, features);
  const theta = logTheta.values.map(Math.exp);

  const draws = new CountDraws(args.key);
  const means = new Float64Array(features);
  let thetaOfRow: Float64Array = theta;
  return drawRows(
    rows,
    features,
    (r) => {
      softmaxMeans(means, logits.subarray(r * features, (r + 1) * features), l[r]);
      thetaOfRow = logTheta.ofRow(theta, r);
      draws.startRow(args.rowStart + r);
    },
    (_, g) => draws.draw(g, means[g], thetaOfRow[g]),
  );
};

const negativeBinomialMeans: Kernels['negativeBinomialMeans'] = (out, args) => {
  const { real, matrix } = argumentsOf('negativeBinomialMeans');
  const [rows, features] = matrix('logits', args.logits);
  const means = real('out', out, [rows, features]);
  const logits = real('logits', args.logits);
  const l = real('sizeFactors', args.sizeFactors, [rows]);
  for (let r = 0; r < rows; r++) {
    const from = r * features;
    softmaxMeans(means.subarray(from, from + features), logits.subarray(from, from + features), l[r]);
  }
};

export const decoding: Decoding = { sampleNegativeBinomial, negativeBinomialMeans };
