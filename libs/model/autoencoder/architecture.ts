import type { ParameterSpec } from '@cfgen/compute';
import type { AutoencoderSettings } from '../settings/model-settings';

/** The sizes an autoencoder is built from. */
export interface AutoencoderShape {
  /** Number of features G. */
  readonly features: number;
  /** Hidden widths of the encoder, outermost first. */
  readonly hidden: readonly number[];
  /** Latent size D. */
  readonly latent: number;
  /** A variational encoder ends in mean and log-variance, 2 D wide. */
  readonly variational: boolean;
  /** Categories of the label head that is trained along; 0: none. */
  readonly labels: number;
}

export function autoencoderShape(settings: AutoencoderSettings, features: number, labels: number): AutoencoderShape {
  return {
    features,
    hidden: settings.hidden,
    latent: settings.latent,
    variational: settings.head.kind === 'variational',
    labels: settings.labelHeadWeight > 0 ? labels : 0,
  };
}

/** One Linear + BatchNorm + ELU layer, by the prefix of its parameters. */
export interface HiddenLayer {
  readonly prefix: string;
  readonly inputs: number;
  readonly outputs: number;
}

export function encoderLayers(shape: AutoencoderShape): HiddenLayer[] {
  return hiddenLayers('encoder', [shape.features, ...shape.hidden]);
}

export function decoderLayers(shape: AutoencoderShape): HiddenLayer[] {
  return hiddenLayers('decoder', [shape.latent, ...[...shape.hidden].reverse()]);
}

function hiddenLayers(name: string, widths: readonly number[]): HiddenLayer[] {
  return widths.slice(1).map((outputs, i) => ({ prefix: `${name}.${i}`, inputs: widths[i], outputs }));
}

/** Width of the encoder's last layer. */
export function headWidth(shape: AutoencoderShape): number {
  return shape.variational ? 2 * shape.latent : shape.latent;
}

/** Width of the decoder's last hidden layer. */
export function outputInputs(shape: AutoencoderShape): number {
  return shape.hidden[0];
}

/**
 * Every trained tensor. Linear weights are [inputs, outputs] (PyTorch's transposed). `log_theta` [G] is a group of its own.
 */
export function autoencoderParameters(shape: AutoencoderShape): ParameterSpec[] {
  const weights = (name: string, dimensions: number[]): ParameterSpec => ({ name, shape: dimensions, group: 'weights' });
  const linear = (prefix: string, inputs: number, outputs: number): ParameterSpec[] => [
    weights(`${prefix}.weight`, [inputs, outputs]),
    weights(`${prefix}.bias`, [outputs]),
  ];
  const hidden = (layer: HiddenLayer): ParameterSpec[] => [
    ...linear(layer.prefix, layer.inputs, layer.outputs),
    weights(`${layer.prefix}.gamma`, [layer.outputs]),
    weights(`${layer.prefix}.beta`, [layer.outputs]),
  ];
  const lastHidden = shape.hidden[shape.hidden.length - 1];
  return [
    ...encoderLayers(shape).flatMap(hidden),
    ...linear('encoder.out', lastHidden, headWidth(shape)),
    ...decoderLayers(shape).flatMap(hidden),
    ...linear('decoder.out', outputInputs(shape), shape.features),
    ...(shape.labels > 0 ? linear('label_head', shape.latent, shape.labels) : []),
    { name: 'log_theta', shape: [shape.features], group: 'theta' },
  ];
}

/** Names and sizes of the batch-norm running statistics, which are state but not trained. */
export function runningStatistics(shape: AutoencoderShape): { name: string; size: number; start: number }[] {
  return [...encoderLayers(shape), ...decoderLayers(shape)].flatMap((layer) => [
    { name: `${layer.prefix}.running_mean`, size: layer.outputs, start: 0 },
    { name: `${layer.prefix}.running_variance`, size: layer.outputs, start: 1 },
  ]);
}

/** Parameters that are only there for training and do not belong to a finished model. */
export function isTrainingOnly(name: string): boolean {
  return name.startsWith('label_head.');
}
