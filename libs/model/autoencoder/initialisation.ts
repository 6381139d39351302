import { RandomStream, randomKey } from '@cfgen/math';
import type { AutoencoderSettings } from '../settings/model-settings';
import { autoencoderParameters, modalityShapes, type AutoencoderShape } from './architecture';
import { momentDispersion, overallProfile, type CountMoments } from './count-moments';

/** Share of the usual start that output weights get when the bias already carries the mean profile. */
const outputWeightShare = 0.3;

/**
 * First values of every trained tensor, by name.
 *
 * Linear layers start as PyTorch's: weight and bias uniform in ±1/sqrt(inputs); gamma 1, beta 0.
 * ln theta starts from N(0, 1) or from the moments; the output layers can start at the mean profile.
 *
 * @param peaks start of the output bias of ATAC, see `peakBias`; of models that have it
 */
export function initialAutoencoder(
  shape: AutoencoderShape,
  settings: AutoencoderSettings,
  moments: CountMoments,
  seed: number,
  peaks?: Float64Array,
): Map<string, Float32Array> {
  const values = new Map<string, Float32Array>();
  for (const spec of autoencoderParameters(shape)) {
    const size = spec.shape.reduce((product, n) => product * n, 1);
    const random = new RandomStream(randomKey(seed, `autoencoder/start/${spec.name}`));
    values.set(spec.name, startOf(spec.name, size, shape, random));
  }
  if (settings.outputStart === 'profile') {
    for (const { modality, decoder } of modalityShapes(shape)) {
      const weight = values.get(`${decoder.prefix}.out.weight`);
      weight?.forEach((value, i) => (weight[i] = outputWeightShare * value));
      const bias = modality === 'rna' ? Float32Array.from(overallProfile(moments), Math.log) : Float32Array.from(peaks ?? []);
      values.set(`${decoder.prefix}.out.bias`, bias);
    }
  }
  if (settings.theta.start === 'moments') values.set('log_theta', Float32Array.from(momentDispersion(moments), Math.log));
  return values;
}

function startOf(name: string, size: number, shape: AutoencoderShape, random: RandomStream): Float32Array {
  const values = new Float32Array(size);
  if (name.endsWith('.gamma')) return values.fill(1);
  if (name.endsWith('.beta')) return values;
  // Plain loops: millions of weights, and callbacks take three times as long.
  if (name === 'log_theta') {
    for (let i = 0; i < size; i++) values[i] = random.normal();
    return values;
  }
  const bound = 1 / Math.sqrt(linearInputs(name, shape));
  for (let i = 0; i < size; i++) values[i] = bound * (2 * random.uniform() - 1);
  return values;
}

/** Inputs of the Linear layer that `name` (its weight or bias) belongs to. */
function linearInputs(name: string, shape: AutoencoderShape): number {
  if (name.startsWith('encoder.joint.') && shape.atac !== undefined) return shape.atac.rnaCode + shape.atac.code;
  const prefix = name.slice(0, name.lastIndexOf('.'));
  const weight = autoencoderParameters(shape).find((spec) => spec.name === `${prefix}.weight`);
  const inputs = weight?.shape[0];
  if (inputs === undefined) throw new Error(`${name} is no parameter of a linear layer`);
  return inputs;
}
