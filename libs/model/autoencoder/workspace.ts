import type { Engine, Tensor } from '@cfgen/compute';
import { headWidth, modalityShapes, type AutoencoderShape, type Modality, type ModalityShape, type TowerShape } from './architecture';

/** What one hidden layer keeps between the forward and the backward pass; all [B, width] but `saved` [2, width]. */
export interface LayerState {
  /** Output of the linear part. */
  readonly linear: Tensor;
  /** After BatchNorm and ELU. */
  readonly active: Tensor;
  /** `active` after dropout, when the layer has it. */
  readonly dropped: Tensor | undefined;
  /** Batch mean and 1/sd of the training pass. */
  readonly saved: Tensor;
  /** Gradient of the layer's output, then of its linear part. */
  readonly gradient: Tensor;
}

/** What a tower keeps. */
export interface TowerState {
  readonly hidden: readonly LayerState[];
  /** Output of the last layer [B, outputs]. */
  readonly out: Tensor;
}

/** What a pass writes for one modality. */
export interface ModalityState {
  readonly modality: Modality;
  readonly encoder: TowerState;
  /** Its output are the logits. */
  readonly decoder: TowerState;
  readonly sizeFactors: Tensor;
  readonly rowLoss: Tensor;
  /** Gradient of the code that the encoder ends in, of models of two modalities; else the latent is the code. */
  readonly dCode: Tensor | undefined;
  /** The part of the latent that the decoder starts from, and its gradient, when it is not the whole. */
  readonly part: { readonly z: Tensor; readonly dz: Tensor } | undefined;
}

/** Every tensor a pass over B cells writes. */
export interface Workspace {
  readonly modalities: readonly ModalityState[];
  /** Output of the encoders together; the latent itself when the model is deterministic. */
  readonly head: Tensor;
  readonly z: Tensor;
  readonly dz: Tensor;
  readonly variational: { readonly noise: Tensor; readonly rowKl: Tensor; readonly dHead: Tensor } | undefined;
  readonly labelHead: { readonly logits: Tensor; readonly labels: Tensor; readonly rowLoss: Tensor } | undefined;
}

export function createWorkspace(
  engine: Engine,
  shape: AutoencoderShape,
  rows: number,
  options: { dropout: number; trainable: boolean },
): Workspace {
  const t = (width: number): Tensor => engine.tensor([rows, width]);
  const layer = (width: number, dropout: boolean): LayerState => ({
    linear: t(width),
    active: t(width),
    dropped: dropout ? t(width) : undefined,
    saved: engine.tensor([2, width]),
    gradient: t(width),
  });
  const withDropout = options.trainable && options.dropout > 0;
  const tower = ({ hidden, outputs }: TowerShape, dropout: boolean): TowerState => ({
    hidden: hidden.map((width) => layer(width, dropout)),
    out: t(outputs),
  });
  const modality = ({ modality: name, encoder, decoder }: ModalityShape): ModalityState => ({
    modality: name,
    encoder: tower(encoder, withDropout),
    decoder: tower(decoder, false),
    sizeFactors: engine.tensor([rows]),
    rowLoss: engine.tensor([rows]),
    dCode: shape.atac === undefined ? undefined : t(encoder.outputs),
    part: shape.atac?.latents === 'separate' ? { z: t(decoder.inputs), dz: t(decoder.inputs) } : undefined,
  });
  const modalities = modalityShapes(shape).map(modality);
  const [only, second] = modalities;
  const head = second === undefined && only !== undefined ? only.encoder.out : t(headWidth(shape));
  return {
    modalities,
    head,
    z: shape.variational ? t(shape.latent) : head,
    dz: t(shape.latent),
    variational: shape.variational ? { noise: t(shape.latent), rowKl: engine.tensor([rows]), dHead: t(2 * shape.latent) } : undefined,
    labelHead:
      shape.labels > 0 ? { logits: t(shape.labels), labels: engine.tensor([rows], 'int32'), rowLoss: engine.tensor([rows]) } : undefined,
  };
}

export function releaseWorkspace(engine: Engine, w: Workspace): void {
  const all = new Set<Tensor | undefined>([w.head, w.z, w.dz]);
  for (const state of w.modalities) {
    const { encoder, decoder, sizeFactors, rowLoss, dCode, part } = state;
    for (const tensor of [encoder.out, decoder.out, sizeFactors, rowLoss, dCode, part?.z, part?.dz]) all.add(tensor);
    for (const layer of [...encoder.hidden, ...decoder.hidden]) {
      for (const tensor of [layer.linear, layer.active, layer.dropped, layer.saved, layer.gradient]) all.add(tensor);
    }
  }
  for (const part of [w.variational, w.labelHead]) {
    if (part !== undefined) for (const tensor of Object.values(part)) all.add(tensor);
  }
  all.delete(undefined);
  engine.release(...([...all] as Tensor[]));
}
