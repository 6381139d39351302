import type { Engine, ParameterSet, Tensor } from '@cfgen/compute';
import { modalityShapes, type AutoencoderShape } from './architecture';
import type { ModalityState, Workspace } from './workspace';

/** How the codes of the modalities become one latent, and what each decoder starts from. */
export interface CodeMixing {
  /** Codes of all modalities (outputs of the encoders) into `w.head`. */
  merge(w: Workspace): void;
  /** Gradients of the codes into `dCode`, and of the weights of the mixing, from that of the head. */
  mergeGradient(w: Workspace, dHead: Tensor): void;
  /** What the decoder of a modality sees of a latent. */
  decoderInput(state: ModalityState, z: Tensor): Tensor;
  /** Where the decoder's gradient of what it saw goes; {@link spread} brings it on to `w.dz`. */
  decoderGradient(state: ModalityState, w: Workspace): Tensor;
  /** @param first whether `w.dz` is to be overwritten, not added to */
  spread(state: ModalityState, w: Workspace, first: boolean): void;
  release(): void;
}

export function createCodeMixing(engine: Engine, shape: AutoencoderShape, parameters: ParameterSet): CodeMixing {
  if (shape.atac === undefined) return new OneCode();
  return shape.atac.latents === 'joint' ? new JointLayer(engine, parameters) : new SideBySide(engine, shape);
}

/** Each decoder sees the whole latent, and writes to its gradient itself. */
abstract class WholeLatent implements CodeMixing {
  abstract merge(w: Workspace): void;
  abstract mergeGradient(w: Workspace, dHead: Tensor): void;

  decoderInput(_state: ModalityState, z: Tensor): Tensor {
    return z;
  }

  decoderGradient(_state: ModalityState, w: Workspace): Tensor {
    return w.dz;
  }

  spread(): void {
    // The decoder has written to the gradient of the latent itself.
  }

  release(): void {
    // It holds nothing: weights belong to the parameter set.
  }
}

/** RNA alone: the code is the head. */
class OneCode extends WholeLatent {
  merge(): void {
    // The encoder writes into the head itself.
  }

  mergeGradient(): void {
    // The gradient of the head is that of the code.
  }
}

/** One linear layer over both codes side by side; its weight is kept in two parts, so that nothing has to be laid side by side. */
class JointLayer extends WholeLatent {
  constructor(
    private readonly engine: Engine,
    private readonly parameters: ParameterSet,
  ) {
    super();
  }

  merge(w: Workspace): void {
    const bias = this.parameters.value('encoder.joint.bias');
    w.modalities.forEach((state, i) => {
      this.engine.gemm(w.head, state.encoder.out, this.parameters.value(weightOf(state)), i === 0 ? { bias } : { accumulate: true });
    });
  }

  mergeGradient(w: Workspace, dHead: Tensor): void {
    const { engine, parameters: p } = this;
    engine.columnSums(p.gradient('encoder.joint.bias'), dHead);
    for (const state of w.modalities) {
      engine.gemm(p.gradient(weightOf(state)), state.encoder.out, dHead, { form: 'TN' });
      if (state.dCode !== undefined) engine.gemm(state.dCode, dHead, p.value(weightOf(state)), { form: 'NT' });
    }
  }
}

function weightOf({ modality }: ModalityState): string {
  return `encoder.joint.${modality}.weight`;
}

/** The latent is the codes side by side: the same layer, fixed at zeros and ones, and each decoder sees its own part. */
class SideBySide implements CodeMixing {
  private readonly places: ReadonlyMap<string, Tensor>;

  constructor(
    private readonly engine: Engine,
    shape: AutoencoderShape,
  ) {
    let offset = 0;
    this.places = new Map(
      modalityShapes(shape).map(({ modality, encoder: { outputs } }) => {
        const place = engine.tensor([outputs, shape.latent]);
        const ones = new Float32Array(outputs * shape.latent);
        for (let i = 0; i < outputs; i++) ones[i * shape.latent + offset + i] = 1;
        engine.upload(place, ones);
        offset += outputs;
        return [modality, place];
      }),
    );
  }

  merge(w: Workspace): void {
    w.modalities.forEach((state, i) =>
      this.engine.gemm(w.head, state.encoder.out, this.placeOf(state), i === 0 ? {} : { accumulate: true }),
    );
  }

  mergeGradient(w: Workspace, dHead: Tensor): void {
    for (const state of w.modalities) {
      if (state.dCode !== undefined) this.engine.gemm(state.dCode, dHead, this.placeOf(state), { form: 'NT' });
    }
  }

  decoderInput(state: ModalityState, z: Tensor): Tensor {
    if (state.part === undefined) return z;
    this.engine.gemm(state.part.z, z, this.placeOf(state), { form: 'NT' });
    return state.part.z;
  }

  decoderGradient(state: ModalityState, w: Workspace): Tensor {
    return state.part?.dz ?? w.dz;
  }

  spread(state: ModalityState, w: Workspace, first: boolean): void {
    if (state.part !== undefined) this.engine.gemm(w.dz, state.part.dz, this.placeOf(state), first ? {} : { accumulate: true });
  }

  release(): void {
    this.engine.release(...this.places.values());
  }

  private placeOf({ modality }: ModalityState): Tensor {
    const place = this.places.get(modality);
    if (place === undefined) throw new Error(`the latent has no part for ${modality}`);
    return place;
  }
}
