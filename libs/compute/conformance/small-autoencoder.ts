import type { CountsBatch, ParameterSet, ParameterSpec, Tensor } from '../index';
import type { TensorScope } from './tensor-scope';

/** Widths from genes to latent: encoder and, mirrored, decoder. Hidden layers are linear, batch norm, ELU; the last ones linear. */
export type Widths = readonly number[];

const layersOf = (widths: Widths) =>
  [
    ...widths.slice(1).map((out, i) => ({ part: 'encoder', i, into: widths[i], out, hidden: i < widths.length - 2 })),
    ...widths
      .slice(0, -1)
      .reverse()
      .map((out, i) => ({ part: 'decoder', i, into: widths[widths.length - 1 - i], out, hidden: i < widths.length - 2 })),
  ].map((layer) => ({ ...layer, name: `${layer.part}.${layer.i}` }));

export function autoencoderParameters(widths: Widths): ParameterSpec[] {
  const group = 'autoencoder';
  return layersOf(widths)
    .flatMap(({ name, into, out, hidden }) => [
      { name: `${name}.weight`, shape: [into, out], group },
      { name: `${name}.bias`, shape: [out], group },
      ...(hidden ? ['gamma', 'beta'].map((part) => ({ name: `${name}.${part}`, shape: [out], group })) : []),
    ])
    .concat([{ name: 'logTheta', shape: [widths[0]], group }]);
}

/** Running means and variances of the hidden layers. */
export function autoencoderStatistics(widths: Widths): ParameterSpec[] {
  return layersOf(widths)
    .filter(({ hidden }) => hidden)
    .flatMap(({ name, out }) => ['mean', 'variance'].map((part) => ({ name: `${name}.${part}`, shape: [out], group: 'statistics' })));
}

interface Inputs {
  readonly widths: Widths;
  readonly parameters: ParameterSet;
  readonly statistics: ParameterSet;
  readonly counts: CountsBatch;
  readonly sizeFactors: Tensor;
}

/** Result of one pass over a batch of `rows` cells. `dLogits` is the logits' tensor, overwritten by their gradient. */
export interface AutoencoderPass {
  readonly z: Tensor;
  readonly logits: Float64Array;
  readonly dLogits: Tensor;
  readonly loss: number;
}

/** Forward and backward pass in training mode: fills the gradients of mean(-ln p) of the batch. */
export async function autoencoderPass(scope: TensorScope, inputs: Inputs): Promise<AutoencoderPass> {
  const { engine } = scope;
  const { widths, parameters, statistics, counts, sizeFactors } = inputs;
  const { rows } = counts;
  const layers = layersOf(widths);
  const kept: { input: Tensor | undefined; linear: Tensor; output: Tensor; saved: Tensor | undefined }[] = [];

  engine.transformCounts(counts, 'log1p', sizeFactors);
  let current: Tensor | undefined;
  for (const { name, out, hidden } of layers) {
    const [weight, bias] = [parameters.value(`${name}.weight`), parameters.value(`${name}.bias`)];
    const input = current;
    const linear = scope.dirty([rows, out]);
    if (input === undefined) engine.sparseGemm(linear, counts, weight, bias);
    else engine.gemm(linear, input, weight, { bias });
    const saved = hidden ? scope.dirty([2, out]) : undefined;
    const output = hidden ? scope.dirty([rows, out]) : linear;
    if (saved !== undefined) {
      engine.batchNormElu(output, {
        x: linear,
        gamma: parameters.value(`${name}.gamma`),
        beta: parameters.value(`${name}.beta`),
        runningMean: statistics.value(`${name}.mean`),
        runningVariance: statistics.value(`${name}.variance`),
        saved,
        epsilon: 1e-5,
        momentum: 0.1,
      });
    }
    kept.push({ input, linear, output, saved });
    current = output;
  }

  const dLogits = kept[kept.length - 1].output;
  const logits = Float64Array.from(await engine.download(dLogits));
  const rowLoss = scope.dirty([rows]);
  const total = scope.real([1]);
  engine.negativeBinomialLoss({
    logits: dLogits,
    logTheta: parameters.value('logTheta'),
    sizeFactors,
    counts,
    rowLoss,
    dLogTheta: parameters.gradient('logTheta'),
    scale: 1 / rows,
  });
  engine.addSum(total, rowLoss, 1 / rows);

  let upstream = dLogits;
  for (let i = layers.length - 1; i >= 0; i--) {
    const { name, into } = layers[i];
    const { input, linear, output, saved } = kept[i];
    if (saved !== undefined) {
      engine.batchNormEluGradient(upstream, {
        dy: upstream,
        x: linear,
        y: output,
        gamma: parameters.value(`${name}.gamma`),
        saved,
        dGamma: parameters.gradient(`${name}.gamma`),
        dBeta: parameters.gradient(`${name}.beta`),
      });
    }
    engine.columnSums(parameters.gradient(`${name}.bias`), upstream);
    if (input === undefined) {
      engine.sparseGemmTransposed(parameters.gradient(`${name}.weight`), counts, upstream);
    } else {
      engine.gemm(parameters.gradient(`${name}.weight`), input, upstream, { form: 'TN' });
      const dInput = scope.dirty([rows, into]);
      engine.gemm(dInput, upstream, parameters.value(`${name}.weight`), { form: 'NT' });
      upstream = dInput;
    }
  }
  const z = kept[widths.length - 2].output;
  return { z, logits, dLogits, loss: (await engine.download(total))[0] };
}

/** Latents and means in inference mode. */
export async function autoencoderInference(scope: TensorScope, inputs: Inputs): Promise<{ z: Float64Array; means: Float64Array }> {
  const { engine } = scope;
  const { widths, parameters, statistics, counts, sizeFactors } = inputs;
  engine.transformCounts(counts, 'log1p', sizeFactors);
  let current: Tensor | undefined;
  let z = new Float64Array(0);
  for (const { name, part, out, hidden } of layersOf(widths)) {
    const [weight, bias] = [parameters.value(`${name}.weight`), parameters.value(`${name}.bias`)];
    const output = scope.dirty([counts.rows, out]);
    if (current === undefined) engine.sparseGemm(output, counts, weight, bias);
    else engine.gemm(output, current, weight, { bias });
    if (hidden) {
      engine.batchNormEluFrozen(output, {
        x: output,
        gamma: parameters.value(`${name}.gamma`),
        beta: parameters.value(`${name}.beta`),
        runningMean: statistics.value(`${name}.mean`),
        runningVariance: statistics.value(`${name}.variance`),
        epsilon: 1e-5,
      });
    } else if (part === 'encoder') z = Float64Array.from(await engine.download(output));
    current = output;
  }
  if (current === undefined) throw new Error(`no layers in widths ${widths.join(', ')}`);
  engine.negativeBinomialMeans(current, { logits: current, sizeFactors });
  return { z, means: Float64Array.from(await engine.download(current)) };
}
