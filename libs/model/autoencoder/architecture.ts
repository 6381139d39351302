import type { InputTransform, ParameterSpec } from '@cfgen/compute';
import type { AutoencoderSettings, MultimodalSettings } from '../settings/model-settings';

/** What is measured of a cell: its RNA counts, or how open its chromatin is. */
export type Modality = 'rna' | 'atac';

/** The sizes an autoencoder is built from. */
export interface AutoencoderShape {
  /** Number of genes G. */
  readonly features: number;
  /** Hidden widths of the RNA encoder, outermost first. */
  readonly hidden: readonly number[];
  /** Latent size D. */
  readonly latent: number;
  /** A variational encoder ends in mean and log-variance, 2 D wide. */
  readonly variational: boolean;
  /** Categories of the label head that is trained along; 0: none. */
  readonly labels: number;
  /** The second modality, when there is one. */
  readonly atac?: AtacShape | undefined;
}

/** What the ATAC part is built from, and how the two modalities come together. */
export interface AtacShape {
  /** Number of peaks P. */
  readonly peaks: number;
  readonly hidden: readonly number[];
  /** Widths of the codes that the encoders of RNA and ATAC end in. */
  readonly rnaCode: number;
  readonly code: number;
  readonly latents: MultimodalSettings['latents'];
  readonly input: InputTransform;
  readonly likelihood: MultimodalSettings['atac']['likelihood'];
}

/** @param atac the settings and the number of peaks of the second modality, when there is one */
export function autoencoderShape(
  settings: AutoencoderSettings,
  features: number,
  labels: number,
  atac?: { readonly settings: MultimodalSettings; readonly peaks: number },
): AutoencoderShape {
  const shape = {
    features,
    hidden: settings.hidden,
    latent: settings.latent,
    variational: settings.head.kind === 'variational',
    labels: settings.labelHeadWeight > 0 ? labels : 0,
  };
  if (atac === undefined) return shape;
  const { rna, atac: own, latents, latent } = atac.settings;
  return {
    ...shape,
    hidden: rna.hidden,
    latent: latents === 'joint' ? latent : rna.code + own.code,
    atac: {
      ...{ peaks: atac.peaks, hidden: own.hidden, rnaCode: rna.code, code: own.code },
      ...{ latents, input: own.input, likelihood: own.likelihood },
    },
  };
}

/** A chain of hidden layers (Linear, BatchNorm, ELU) that ends in a plain Linear layer, by the prefix of its parameters. */
export interface TowerShape {
  readonly prefix: string;
  readonly inputs: number;
  readonly hidden: readonly number[];
  readonly outputs: number;
}

/** The encoder and the decoder of one modality. */
export interface ModalityShape {
  readonly modality: Modality;
  readonly encoder: TowerShape;
  readonly decoder: TowerShape;
}

/**
 * The towers of an autoencoder: G-hidden-D and D-reversed hidden-G of RNA alone. Of two modalities each encoder ends in a code, and each
 * decoder starts from the joint latent (its code is then its first hidden layer) or from its own code.
 */
export function modalityShapes(shape: AutoencoderShape): readonly ModalityShape[] {
  const { features, hidden, latent, atac } = shape;
  const reversed = [...hidden].reverse();
  if (atac === undefined) {
    return [
      {
        modality: 'rna',
        encoder: { prefix: 'encoder', inputs: features, hidden, outputs: headWidth(shape) },
        decoder: { prefix: 'decoder', inputs: latent, hidden: reversed, outputs: features },
      },
    ];
  }
  const both = [
    { modality: 'rna', width: features, hidden, code: atac.rnaCode },
    { modality: 'atac', width: atac.peaks, hidden: atac.hidden, code: atac.code },
  ] as const;
  return both.map(({ modality, width, hidden: widths, code }) => ({
    modality,
    encoder: { prefix: `encoder.${modality}`, inputs: width, hidden: widths, outputs: code },
    decoder: {
      prefix: `decoder.${modality}`,
      inputs: atac.latents === 'joint' ? latent : code,
      hidden: [...(atac.latents === 'joint' ? [code] : []), ...[...widths].reverse()],
      outputs: width,
    },
  }));
}

/** One Linear + BatchNorm + ELU layer, by the prefix of its parameters. */
export interface HiddenLayer {
  readonly prefix: string;
  readonly inputs: number;
  readonly outputs: number;
}

export function hiddenLayers({ prefix, inputs, hidden }: TowerShape): HiddenLayer[] {
  const widths = [inputs, ...hidden];
  return hidden.map((outputs, i) => ({ prefix: `${prefix}.${i}`, inputs: widths[i], outputs }));
}

/** Width of the last layer of the encoder: the latent, or its mean and log-variance. */
export function headWidth(shape: AutoencoderShape): number {
  return shape.variational ? 2 * shape.latent : shape.latent;
}

/**
 * Every trained tensor. Linear weights are [inputs, outputs] (PyTorch's transposed). `log_theta` [G] is a group of its own. The joint layer
 * over both codes has its weight in two parts: the rows of the RNA code and those of the ATAC code.
 */
export function autoencoderParameters(shape: AutoencoderShape): ParameterSpec[] {
  const modalities = modalityShapes(shape);
  return [
    ...modalities.flatMap(({ encoder }) => towerParameters(encoder)),
    ...jointParameters(shape, modalities),
    ...modalities.flatMap(({ decoder }) => towerParameters(decoder)),
    ...(shape.labels > 0 ? linear('label_head', shape.latent, shape.labels) : []),
    { name: 'log_theta', shape: [shape.features], group: 'theta' },
  ];
}

function towerParameters(tower: TowerShape): ParameterSpec[] {
  const last = tower.hidden[tower.hidden.length - 1] ?? tower.inputs;
  const hidden = hiddenLayers(tower).flatMap((layer) => [
    ...linear(layer.prefix, layer.inputs, layer.outputs),
    weights(`${layer.prefix}.gamma`, [layer.outputs]),
    weights(`${layer.prefix}.beta`, [layer.outputs]),
  ]);
  return [...hidden, ...linear(`${tower.prefix}.out`, last, tower.outputs)];
}

function jointParameters(shape: AutoencoderShape, modalities: readonly ModalityShape[]): ParameterSpec[] {
  if (shape.atac?.latents !== 'joint') return [];
  const width = headWidth(shape);
  return [
    ...modalities.map(({ modality, encoder }) => weights(`encoder.joint.${modality}.weight`, [encoder.outputs, width])),
    weights('encoder.joint.bias', [width]),
  ];
}

function linear(prefix: string, inputs: number, outputs: number): ParameterSpec[] {
  return [weights(`${prefix}.weight`, [inputs, outputs]), weights(`${prefix}.bias`, [outputs])];
}

function weights(name: string, shape: number[]): ParameterSpec {
  return { name, shape, group: 'weights' };
}

/** Names and sizes of the batch-norm running statistics, which are state but not trained. */
export function runningStatistics(shape: AutoencoderShape): { name: string; size: number; start: number }[] {
  const modalities = modalityShapes(shape);
  const towers = [...modalities.map(({ encoder }) => encoder), ...modalities.map(({ decoder }) => decoder)];
  return towers.flatMap(hiddenLayers).flatMap((layer) => [
    { name: `${layer.prefix}.running_mean`, size: layer.outputs, start: 0 },
    { name: `${layer.prefix}.running_variance`, size: layer.outputs, start: 1 },
  ]);
}

/** Parameters that are only there for training and do not belong to a finished model. */
export function isTrainingOnly(name: string): boolean {
  return name.startsWith('label_head.');
}
