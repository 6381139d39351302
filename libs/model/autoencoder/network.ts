import type { CountsBatch, Engine, InputTransform, ParameterSet, RandomKey, Tensor } from '@cfgen/compute';
import type { SparseRows } from '@cfgen/tensors';
import { autoencoderParameters, modalityShapes, runningStatistics, type AutoencoderShape, type Modality } from './architecture';
import { createCodeMixing, type CodeMixing } from './code-mixing';
import { measureLoss } from './likelihood';
import { Tower, type TowerDropout } from './tower';
import { createWorkspace, releaseWorkspace, type ModalityState, type Workspace } from './workspace';

/** One minibatch as the network takes it. */
export interface AutoencoderBatch {
  /** Raw counts [B, G]. */
  readonly counts: SparseRows;
  /** Size factor l of each cell [B], positive. */
  readonly sizeFactors: ArrayLike<number>;
  /** Category of each cell for the label head [B], -1 when unknown. */
  readonly labels?: ArrayLike<number>;
  /** The same cells' peaks; needed when the network has the modality. */
  readonly atac?: ModalityBatch;
}

/** Counts of the second modality, and the total of each cell over them. */
export interface ModalityBatch {
  readonly counts: SparseRows;
  readonly sizeFactors: ArrayLike<number>;
}

/** What one training step needs besides the batch. */
export interface StepRandomness {
  readonly dropoutKey: RandomKey;
  /** Of the second encoder. */
  readonly atacDropoutKey?: RandomKey;
  readonly noiseKey: RandomKey;
  /** Index of the step: the stream of its random numbers. */
  readonly step: number;
}

/** Losses of each cell of a batch, unweighted; overwritten by the next call. */
export interface RowLosses {
  /** -ln NB summed over genes [B]. */
  readonly rowLoss: Tensor;
  /** -ln p of the peaks, of models of two modalities. */
  readonly rowAtacLoss: Tensor | undefined;
  readonly rowKl: Tensor | undefined;
}

/** Batch sizes whose workspaces are kept: a training has three, that of its batches and the last ones of cells and validation. */
const keptSizes = 4;

/** The two towers of a modality on the engine, and the counts they are shown. */
interface ModalityPart {
  readonly encoder: Tower;
  readonly decoder: Tower;
  readonly input: InputTransform;
  counts: CountsBatch | undefined;
}

/**
 * The autoencoder on an engine: counts -> latent -> logits of each modality, with explicit forward and backward passes.
 *
 * RNA alone: encoder G-hidden-D, decoder D-reversed hidden-G. RNA and ATAC: an encoder and a decoder each, with one latent between them
 * (spec of CFGen, section 3). Workspaces of the last few batch sizes are kept, so a step allocates nothing.
 */
export class AutoencoderNetwork {
  readonly parameters: ParameterSet;
  readonly running = new Map<string, Tensor>();
  private readonly parts: ReadonlyMap<Modality, ModalityPart>;
  private readonly mixing: CodeMixing;
  private readonly workspaces = new Map<number, Workspace>();

  constructor(
    readonly engine: Engine,
    readonly shape: AutoencoderShape,
    private readonly options: { input: InputTransform; dropout: number; trainable: boolean },
  ) {
    this.parameters = engine.parameters(autoencoderParameters(shape), { trainable: options.trainable });
    for (const { name, size, start } of runningStatistics(shape)) {
      const tensor = engine.tensor([size]);
      engine.upload(tensor, new Float32Array(size).fill(start));
      this.running.set(name, tensor);
    }
    this.mixing = createCodeMixing(engine, shape, this.parameters);
    this.parts = new Map(
      modalityShapes(shape).map(({ modality, encoder, decoder }): [Modality, ModalityPart] => [
        modality,
        {
          encoder: new Tower(engine, encoder, this.parameters, this.running),
          decoder: new Tower(engine, decoder, this.parameters, this.running),
          input: modality === 'rna' ? options.input : (shape.atac?.input ?? 'binary'),
          counts: undefined,
        },
      ]),
    );
  }

  /**
   * Forward and backward pass in training mode; gradients are left in `parameters`, the loss per cell in the returned tensors.
   *
   * Loss per cell: -ln p summed over the features of every modality, + klWeight * KL, + labelWeight * cross-entropy of the label head;
   * gradients are of the mean over cells.
   */
  trainStep(
    batch: AutoencoderBatch,
    weights: { kl: number; label: number },
    random: StepRandomness,
  ): RowLosses & { rowLabelLoss: Tensor | undefined } {
    const { engine, parameters: p } = this;
    const w = this.load(batch);
    const scale = 1 / batch.counts.rows;

    for (const state of w.modalities) {
      const part = this.partOf(state);
      part.encoder.forwardTraining(state.encoder, this.countsOf(state), this.dropoutOf(state, random));
    }
    this.mixing.merge(w);
    if (w.variational !== undefined) {
      engine.normal(w.variational.noise, { key: random.noiseKey, stream: random.step, rowStart: 0 });
      engine.gaussianHead({ head: w.head, noise: w.variational.noise, z: w.z, rowKl: w.variational.rowKl });
    }
    w.modalities.forEach((state, i) => {
      const { decoder } = this.partOf(state);
      const seen = { dense: this.mixing.decoderInput(state, w.z) };
      decoder.forwardTraining(state.decoder, seen);
      measureLoss(engine, this.shape, p, state, this.countsOf(state).counts, { scale, gradient: true });
      const dInput = this.mixing.decoderGradient(state, w);
      decoder.backward(state.decoder, seen, state.decoder.out, { dInput, accumulate: i > 0 && dInput === w.dz });
      this.mixing.spread(state, w, i === 0);
    });

    if (w.labelHead !== undefined) this.labelHeadPass(w, w.labelHead, scale * weights.label);
    if (w.variational !== undefined) {
      engine.gaussianHeadGradient({
        head: w.head,
        noise: w.variational.noise,
        dz: w.dz,
        dHead: w.variational.dHead,
        klScale: scale * weights.kl,
      });
    }
    const dHead = w.variational?.dHead ?? w.dz;
    this.mixing.mergeGradient(w, dHead);
    for (const state of w.modalities) {
      const dropout = this.dropoutOf(state, random);
      this.partOf(state).encoder.backward(state.encoder, this.countsOf(state), state.dCode ?? dHead, { dropout });
    }
    return { ...rowLosses(w), rowLabelLoss: w.labelHead?.rowLoss };
  }

  /**
   * Loss per cell with batch-norm frozen, no dropout and z = mean: what validation uses. No gradient.
   * The label head does not count.
   */
  evaluate(batch: AutoencoderBatch): RowLosses {
    const w = this.load(batch);
    this.encodeFrozen(w);
    for (const state of w.modalities) {
      this.decodeFrozen(state, w.z);
      measureLoss(this.engine, this.shape, this.parameters, state, this.countsOf(state).counts, { scale: 1, gradient: false });
    }
    return rowLosses(w);
  }

  /** Latents (means) of a batch [B, D]; the tensor is overwritten by the next call. */
  encode(batch: AutoencoderBatch): Tensor {
    const w = this.load(batch);
    this.encodeFrozen(w);
    return w.z;
  }

  /**
   * Logits [B, features] of latents z [B, D]. RNA: softmax of a row is the cell's expected proportions; ATAC: see the likelihood.
   * Overwritten by the next call for the same modality.
   */
  decode(z: Tensor, modality: Modality = 'rna'): Tensor {
    const state = this.workspace(z.shape[0] ?? 0).modalities.find((candidate) => candidate.modality === modality);
    if (state === undefined) throw new Error(`the network has no ${modality}`);
    this.decodeFrozen(state, z);
    return state.decoder.out;
  }

  get logTheta(): Tensor {
    return this.parameters.value('log_theta');
  }

  release(): void {
    for (const w of this.workspaces.values()) releaseWorkspace(this.engine, w);
    this.workspaces.clear();
    for (const { counts } of this.parts.values()) if (counts !== undefined) this.engine.releaseCounts(counts);
    this.mixing.release();
    this.engine.releaseParameters(this.parameters);
    this.engine.release(...this.running.values());
    this.running.clear();
  }

  private encodeFrozen(w: Workspace): void {
    for (const state of w.modalities) this.partOf(state).encoder.forwardFrozen(state.encoder, this.countsOf(state));
    this.mixing.merge(w);
    if (w.variational === undefined) return;
    this.engine.combine(w.variational.noise, [[0, w.variational.noise]]);
    this.engine.gaussianHead({ head: w.head, noise: w.variational.noise, z: w.z, rowKl: w.variational.rowKl });
  }

  private decodeFrozen(state: ModalityState, z: Tensor): void {
    this.partOf(state).decoder.forwardFrozen(state.decoder, { dense: this.mixing.decoderInput(state, z) });
  }

  /** Loss, gradients and share in `w.dz` of the label head. */
  private labelHeadPass(w: Workspace, head: NonNullable<Workspace['labelHead']>, scale: number): void {
    const { engine, parameters: p } = this;
    engine.gemm(head.logits, w.z, p.value('label_head.weight'), { bias: p.value('label_head.bias') });
    engine.crossEntropyLoss({ logits: head.logits, labels: head.labels, rowLoss: head.rowLoss, scale });
    engine.gemm(p.gradient('label_head.weight'), w.z, head.logits, { form: 'TN' });
    engine.columnSums(p.gradient('label_head.bias'), head.logits);
    engine.gemm(w.dz, head.logits, p.value('label_head.weight'), { form: 'NT', accumulate: true });
  }

  private load(batch: AutoencoderBatch): Workspace {
    const w = this.workspace(batch.counts.rows);
    for (const state of w.modalities) {
      const given = state.modality === 'rna' ? batch : batch.atac;
      if (given === undefined) throw new Error('the batch has no counts of the second modality');
      const part = this.partOf(state);
      part.counts = this.roomFor(part.counts, given.counts);
      this.engine.uploadCounts(part.counts, given.counts);
      this.engine.upload(state.sizeFactors, given.sizeFactors);
      this.engine.transformCounts(part.counts, part.input, state.sizeFactors);
    }
    if (w.labelHead !== undefined && batch.labels !== undefined) this.engine.upload(w.labelHead.labels, batch.labels);
    return w;
  }

  private roomFor(batch: CountsBatch | undefined, { rows, columns }: SparseRows): CountsBatch {
    if (batch !== undefined && batch.capacity >= rows) return batch;
    if (batch !== undefined) this.engine.releaseCounts(batch);
    return this.engine.countsBatch(rows, columns);
  }

  private countsOf(state: ModalityState): { readonly counts: CountsBatch } {
    const { counts } = this.partOf(state);
    if (counts === undefined) throw new Error('no batch has been loaded');
    return { counts };
  }

  private partOf({ modality }: ModalityState): ModalityPart {
    const part = this.parts.get(modality);
    if (part === undefined) throw new Error(`the network has no ${modality}`);
    return part;
  }

  private dropoutOf({ modality }: ModalityState, { dropoutKey, atacDropoutKey, step }: StepRandomness): TowerDropout {
    return { rate: this.options.dropout, key: modality === 'rna' ? dropoutKey : (atacDropoutKey ?? dropoutKey), step };
  }

  private workspace(rows: number): Workspace {
    let w = this.workspaces.get(rows);
    if (w === undefined) {
      if (this.workspaces.size >= keptSizes) this.releaseOldest();
      w = createWorkspace(this.engine, this.shape, rows, this.options);
      this.workspaces.set(rows, w);
    }
    return w;
  }

  private releaseOldest(): void {
    for (const [rows, w] of this.workspaces) {
      this.workspaces.delete(rows);
      releaseWorkspace(this.engine, w);
      return;
    }
  }
}

function rowLosses(w: Workspace): RowLosses {
  const [rna, atac] = w.modalities;
  if (rna === undefined) throw new Error('a network has at least one modality');
  return { rowLoss: rna.rowLoss, rowAtacLoss: atac?.rowLoss, rowKl: w.variational?.rowKl };
}
