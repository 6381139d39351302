import type { Engine, Tensor } from '@cfgen/compute';
import { headWidth, type AutoencoderShape } from './architecture';

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

/** Every tensor a pass over B cells writes. */
export interface Workspace {
  readonly encoder: readonly LayerState[];
  readonly decoder: readonly LayerState[];
  /** The encoder's last layer; the latent itself when the model is deterministic. */
  readonly head: Tensor;
  readonly z: Tensor;
  readonly dz: Tensor;
  readonly variational: { readonly noise: Tensor; readonly rowKl: Tensor; readonly dHead: Tensor } | undefined;
  readonly labelHead: { readonly logits: Tensor; readonly labels: Tensor; readonly rowLoss: Tensor } | undefined;
  readonly logits: Tensor;
  readonly sizeFactors: Tensor;
  readonly rowLoss: Tensor;
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
  const head = t(headWidth(shape));
  const withDropout = options.trainable && options.dropout > 0;
  return {
    encoder: shape.hidden.map((width) => layer(width, withDropout)),
    decoder: [...shape.hidden].reverse().map((width) => layer(width, false)),
    head,
    z: shape.variational ? t(shape.latent) : head,
    dz: t(shape.latent),
    variational: shape.variational ? { noise: t(shape.latent), rowKl: engine.tensor([rows]), dHead: t(2 * shape.latent) } : undefined,
    labelHead:
      shape.labels > 0 ? { logits: t(shape.labels), labels: engine.tensor([rows], 'int32'), rowLoss: engine.tensor([rows]) } : undefined,
    logits: t(shape.features),
    sizeFactors: engine.tensor([rows]),
    rowLoss: engine.tensor([rows]),
  };
}

export function releaseWorkspace(engine: Engine, w: Workspace): void {
  const all = new Set<Tensor>([w.head, w.z, w.dz, w.logits, w.sizeFactors, w.rowLoss]);
  for (const state of [...w.encoder, ...w.decoder]) {
    for (const tensor of [state.linear, state.active, state.dropped, state.saved, state.gradient])
      if (tensor !== undefined) all.add(tensor);
  }
  for (const part of [w.variational, w.labelHead]) {
    if (part !== undefined) for (const tensor of Object.values(part)) all.add(tensor);
  }
  engine.release(...all);
}
