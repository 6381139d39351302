import type { ParameterSpec } from '@cfgen/compute';
import { RandomStream, randomKey } from '@cfgen/math';
import type { FlowSettings } from '../settings/model-settings';

/** The sizes a velocity network is built from. */
export interface FlowShape {
  /** Latent size D. */
  readonly latent: number;
  /** Hidden width H. */
  readonly hidden: number;
  /** Width E of the condition embedding, even. */
  readonly embedding: number;
  readonly blocks: number;
  /** Number of categories of each attribute, in the model's order. */
  readonly categories: readonly number[];
  readonly sizeFactorConditioning: boolean;
  /** Number of continuous covariates. */
  readonly covariates: number;
}

export function flowShape(settings: FlowSettings, latent: number, categories: readonly number[], covariates: number): FlowShape {
  const { hidden, embedding, blocks, sizeFactorConditioning } = settings;
  return { latent, hidden, embedding, blocks, categories, sizeFactorConditioning, covariates };
}

/** Names of the two-layer embedding networks that feed the condition: the time, then what every row is told. */
export function embedders(shape: FlowShape): string[] {
  return ['time', ...rowEmbedders(shape)];
}

/** Those of numbers that every row is told: its size factor, where the network is conditioned on it, and its covariates. */
export function rowEmbedders(shape: FlowShape): string[] {
  return [...(shape.sizeFactorConditioning ? ['size'] : []), ...Array.from({ length: shape.covariates }, (_, j) => `covariate.${j}`)];
}

/** Every trained tensor of the velocity network; Linear weights are [inputs, outputs] (PyTorch's transposed). */
export function flowParameters(shape: FlowShape): ParameterSpec[] {
  const { latent: d, hidden: h, embedding: e } = shape;
  const linear = (prefix: string, inputs: number, outputs: number): ParameterSpec[] => [
    { name: `${prefix}.weight`, shape: [inputs, outputs], group: 'weights' },
    { name: `${prefix}.bias`, shape: [outputs], group: 'weights' },
  ];
  return [
    ...embedders(shape).flatMap((name) => [...linear(`${name}.first`, e, e), ...linear(`${name}.second`, e, e)]),
    ...shape.categories.map((count, k) => ({ name: attributeTable(k), shape: [count, e], group: 'weights' })),
    ...linear('in', d, h),
    ...Array.from({ length: shape.blocks }, (_, i) => [
      ...linear(`blocks.${i}.first`, h, h),
      ...linear(`blocks.${i}.condition`, e, h),
      ...linear(`blocks.${i}.second`, h, h),
    ]).flat(),
    ...linear('out', h, d),
  ];
}

/** Name of the embedding table of attribute k. */
export function attributeTable(k: number): string {
  return `attribute.${k}.table`;
}

/** Standard deviation of a standard normal cut at ±2. */
const truncatedDeviation = 0.8796256610342398;

/**
 * First values of every tensor: Linear weights truncated normal (±2 sd) of variance 1/inputs, biases 0, the second Linear of each
 * block 0 (a block starts as the identity), attribute tables N(0, 1).
 */
export function initialFlow(shape: FlowShape, seed: number): Map<string, Float32Array> {
  const values = new Map<string, Float32Array>();
  for (const { name, shape: dimensions } of flowParameters(shape)) {
    const size = dimensions.reduce((product, n) => product * n, 1);
    const data = new Float32Array(size);
    const random = new RandomStream(randomKey(seed, `flow/start/${name}`));
    if (name.endsWith('.table')) for (let i = 0; i < size; i++) data[i] = random.normal();
    else if (name.endsWith('.weight') && !/^blocks\.\d+\.second\./.test(name)) {
      const scale = 1 / (truncatedDeviation * Math.sqrt(dimensions[0]));
      for (let i = 0; i < size; i++) data[i] = scale * truncatedNormal(random);
    }
    values.set(name, data);
  }
  return values;
}

function truncatedNormal(random: RandomStream): number {
  for (;;) {
    const value = random.normal();
    if (Math.abs(value) <= 2) return value;
  }
}
