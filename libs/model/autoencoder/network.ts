import type { CountsBatch, Engine, InputTransform, ParameterSet, RandomKey, Tensor } from '@cfgen/compute';
import type { SparseRows } from '@cfgen/tensors';
import {
  autoencoderParameters,
  decoderLayers,
  encoderLayers,
  runningStatistics,
  type AutoencoderShape,
  type HiddenLayer,
} from './architecture';
import { createWorkspace, releaseWorkspace, type LayerState, type Workspace } from './workspace';

/** BatchNorm1d as in PyTorch. */
const batchNorm = { epsilon: 1e-5, momentum: 0.1 } as const;

/** One minibatch as the network takes it. */
export interface AutoencoderBatch {
  /** Raw counts [B, G]. */
  readonly counts: SparseRows;
  /** Size factor l of each cell [B], positive. */
  readonly sizeFactors: ArrayLike<number>;
  /** Category of each cell for the label head [B], -1 when unknown. */
  readonly labels?: ArrayLike<number>;
}

/** What one training step needs besides the batch. */
export interface StepRandomness {
  readonly dropoutKey: RandomKey;
  readonly noiseKey: RandomKey;
  /** Index of the step: the stream of its random numbers. */
  readonly step: number;
}

/** Batch sizes whose workspaces are kept: a training has three, that of its batches and the last ones of cells and validation. */
const keptSizes = 4;

/**
 * The RNA autoencoder on an engine: counts -> latent -> negative-binomial logits, with explicit forward and backward passes.
 *
 * Encoder: G-hidden-D, decoder: D-reversed hidden-G; hidden layers are Linear, BatchNorm, ELU; last layers are linear (spec of CFGen, section 3).
 * Workspaces of the last few batch sizes are kept, so a step allocates nothing.
 */
export class AutoencoderNetwork {
  readonly parameters: ParameterSet;
  readonly running = new Map<string, Tensor>();
  private readonly encoder: HiddenLayer[];
  private readonly decoder: HiddenLayer[];
  private readonly workspaces = new Map<number, Workspace>();
  private counts: CountsBatch | undefined;

  constructor(
    readonly engine: Engine,
    readonly shape: AutoencoderShape,
    private readonly options: { input: InputTransform; dropout: number; trainable: boolean },
  ) {
    this.encoder = encoderLayers(shape);
    this.decoder = decoderLayers(shape);
    this.parameters = engine.parameters(autoencoderParameters(shape), { trainable: options.trainable });
    for (const { name, size, start } of runningStatistics(shape)) {
      const tensor = engine.tensor([size]);
      engine.upload(tensor, new Float32Array(size).fill(start));
      this.running.set(name, tensor);
    }
  }

  /**
   * Forward and backward pass in training mode; gradients are left in `parameters`, the loss per cell in the returned tensors.
   *
   * Loss per cell: -ln NB summed over features, + klWeight * KL, + labelWeight * cross-entropy of the label head; gradients are of the mean over cells.
   */
  trainStep(
    batch: AutoencoderBatch,
    weights: { kl: number; label: number },
    random: StepRandomness,
  ): { rowLoss: Tensor; rowKl: Tensor | undefined; rowLabelLoss: Tensor | undefined } {
    const { engine, parameters: p } = this;
    const w = this.load(batch);
    const rows = batch.counts.rows;
    const scale = 1 / rows;

    this.encodeTraining(w, random);
    if (w.variational !== undefined) {
      engine.normal(w.variational.noise, { key: random.noiseKey, stream: random.step, rowStart: 0 });
      engine.gaussianHead({ head: w.head, noise: w.variational.noise, z: w.z, rowKl: w.variational.rowKl });
    }
    this.decodeTraining(w);
    engine.negativeBinomialLoss({
      logits: w.logits,
      logTheta: p.value('log_theta'),
      sizeFactors: w.sizeFactors,
      counts: this.batchOf(batch.counts),
      rowLoss: w.rowLoss,
      dLogTheta: p.gradient('log_theta'),
      scale,
    });

    this.decoderGradient(w);
    if (w.labelHead !== undefined) {
      engine.gemm(w.labelHead.logits, w.z, p.value('label_head.weight'), { bias: p.value('label_head.bias') });
      engine.crossEntropyLoss({
        logits: w.labelHead.logits,
        labels: w.labelHead.labels,
        rowLoss: w.labelHead.rowLoss,
        scale: scale * weights.label,
      });
      engine.gemm(p.gradient('label_head.weight'), w.z, w.labelHead.logits, { form: 'TN' });
      engine.columnSums(p.gradient('label_head.bias'), w.labelHead.logits);
      engine.gemm(w.dz, w.labelHead.logits, p.value('label_head.weight'), { form: 'NT', accumulate: true });
    }
    if (w.variational !== undefined) {
      engine.gaussianHeadGradient({
        head: w.head,
        noise: w.variational.noise,
        dz: w.dz,
        dHead: w.variational.dHead,
        klScale: scale * weights.kl,
      });
    }
    this.encoderGradient(w, random);
    return { rowLoss: w.rowLoss, rowKl: w.variational?.rowKl, rowLabelLoss: w.labelHead?.rowLoss };
  }

  /**
   * Loss per cell with batch-norm frozen, no dropout and z = mean: what validation uses. No gradient.
   * The label head does not count.
   */
  evaluate(batch: AutoencoderBatch): { rowLoss: Tensor; rowKl: Tensor | undefined } {
    const w = this.load(batch);
    this.encodeFrozen(w);
    if (w.variational !== undefined) {
      this.engine.combine(w.variational.noise, [[0, w.variational.noise]]);
      this.engine.gaussianHead({ head: w.head, noise: w.variational.noise, z: w.z, rowKl: w.variational.rowKl });
    }
    this.decodeFrozen(w, w.z);
    this.engine.negativeBinomialLoss({
      logits: w.logits,
      logTheta: this.parameters.value('log_theta'),
      sizeFactors: w.sizeFactors,
      counts: this.batchOf(batch.counts),
      rowLoss: w.rowLoss,
      scale: 1,
    });
    return { rowLoss: w.rowLoss, rowKl: w.variational?.rowKl };
  }

  /** Latents (means) of a batch [B, D]; the tensor is overwritten by the next call. */
  encode(batch: AutoencoderBatch): Tensor {
    const w = this.load(batch);
    this.encodeFrozen(w);
    if (w.variational === undefined) return w.z;
    this.engine.combine(w.variational.noise, [[0, w.variational.noise]]);
    this.engine.gaussianHead({ head: w.head, noise: w.variational.noise, z: w.z, rowKl: w.variational.rowKl });
    return w.z;
  }

  /** Logits [B, G] of latents z [B, D]: softmax of a row is the cell's expected proportions. Overwritten by the next call. */
  decode(z: Tensor): Tensor {
    const w = this.workspace(z.shape[0] ?? 0);
    this.decodeFrozen(w, z);
    return w.logits;
  }

  get logTheta(): Tensor {
    return this.parameters.value('log_theta');
  }

  release(): void {
    for (const w of this.workspaces.values()) releaseWorkspace(this.engine, w);
    this.workspaces.clear();
    if (this.counts !== undefined) this.engine.releaseCounts(this.counts);
    this.engine.releaseParameters(this.parameters);
    this.engine.release(...this.running.values());
    this.running.clear();
  }

  private batchOf(counts: SparseRows): CountsBatch {
    if (this.counts === undefined || this.counts.capacity < counts.rows) {
      if (this.counts !== undefined) this.engine.releaseCounts(this.counts);
      this.counts = this.engine.countsBatch(counts.rows, this.shape.features);
    }
    return this.counts;
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

  private load(batch: AutoencoderBatch): Workspace {
    const w = this.workspace(batch.counts.rows);
    const counts = this.batchOf(batch.counts);
    this.engine.uploadCounts(counts, batch.counts);
    this.engine.upload(w.sizeFactors, batch.sizeFactors);
    if (w.labelHead !== undefined && batch.labels !== undefined) this.engine.upload(w.labelHead.labels, batch.labels);
    this.engine.transformCounts(counts, this.options.input, w.sizeFactors);
    return w;
  }

  private loadedCounts(): CountsBatch {
    if (this.counts === undefined) throw new Error('no batch has been loaded');
    return this.counts;
  }

  private linear(out: Tensor, input: Tensor | undefined, prefix: string): void {
    const weight = this.parameters.value(`${prefix}.weight`);
    const bias = this.parameters.value(`${prefix}.bias`);
    if (input === undefined) this.engine.sparseGemm(out, this.loadedCounts(), weight, bias);
    else this.engine.gemm(out, input, weight, { bias });
  }

  private statistic(name: string): Tensor {
    const tensor = this.running.get(name);
    if (tensor === undefined) throw new Error(`there is no running statistic ${name}`);
    return tensor;
  }

  private normalisation(layer: HiddenLayer): { gamma: Tensor; beta: Tensor; runningMean: Tensor; runningVariance: Tensor } {
    return {
      gamma: this.parameters.value(`${layer.prefix}.gamma`),
      beta: this.parameters.value(`${layer.prefix}.beta`),
      runningMean: this.statistic(`${layer.prefix}.running_mean`),
      runningVariance: this.statistic(`${layer.prefix}.running_variance`),
    };
  }

  private hiddenTraining(layer: HiddenLayer, state: LayerState, input: Tensor | undefined): void {
    this.linear(state.linear, input, layer.prefix);
    this.engine.batchNormElu(state.active, { x: state.linear, saved: state.saved, ...this.normalisation(layer), ...batchNorm });
  }

  private hiddenFrozen(layer: HiddenLayer, state: LayerState, input: Tensor | undefined): void {
    this.linear(state.linear, input, layer.prefix);
    this.engine.batchNormEluFrozen(state.active, { x: state.linear, ...this.normalisation(layer), epsilon: batchNorm.epsilon });
  }

  private encodeTraining(w: Workspace, random: StepRandomness): void {
    let input: Tensor | undefined;
    this.encoder.forEach((layer, i) => {
      const state = w.encoder[i];
      this.hiddenTraining(layer, state, input);
      if (state.dropped !== undefined) {
        this.engine.combine(state.dropped, [[1, state.active]]);
        this.engine.dropout(state.dropped, this.dropoutOf(i, random));
      }
      input = state.dropped ?? state.active;
    });
    this.linear(w.head, input, 'encoder.out');
  }

  /** A stream per (step, layer), so that no two masks are alike. */
  private dropoutOf(layer: number, random: StepRandomness): { rate: number; key: RandomKey; stream: number } {
    return { rate: this.options.dropout, key: random.dropoutKey, stream: random.step * this.encoder.length + layer };
  }

  private encodeFrozen(w: Workspace): void {
    let input: Tensor | undefined;
    this.encoder.forEach((layer, i) => {
      const state = w.encoder[i];
      this.hiddenFrozen(layer, state, input);
      input = state.active;
    });
    this.linear(w.head, input, 'encoder.out');
  }

  private decodeTraining(w: Workspace): void {
    let input = w.z;
    this.decoder.forEach((layer, i) => {
      const state = w.decoder[i];
      this.hiddenTraining(layer, state, input);
      input = state.active;
    });
    this.linear(w.logits, input, 'decoder.out');
  }

  private decodeFrozen(w: Workspace, z: Tensor): void {
    let input = z;
    this.decoder.forEach((layer, i) => {
      const state = w.decoder[i];
      this.hiddenFrozen(layer, state, input);
      input = state.active;
    });
    this.linear(w.logits, input, 'decoder.out');
  }

  /** From d loss/d logits (in `w.logits`) to `w.dz`. */
  private decoderGradient(w: Workspace): void {
    const last = w.decoder[w.decoder.length - 1];
    this.linearGradient('decoder.out', last.active, w.logits, last.gradient);
    for (let i = this.decoder.length - 1; i >= 0; i--) {
      const state = w.decoder[i];
      const below = i > 0 ? w.decoder[i - 1] : undefined;
      this.hiddenGradient(this.decoder[i], state, below?.active ?? w.z, below?.gradient ?? w.dz);
    }
  }

  private encoderGradient(w: Workspace, random: StepRandomness): void {
    const { engine, parameters: p } = this;
    const last = w.encoder[w.encoder.length - 1];
    this.linearGradient('encoder.out', last.dropped ?? last.active, w.variational?.dHead ?? w.dz, last.gradient);
    for (let i = this.encoder.length - 1; i >= 0; i--) {
      const layer = this.encoder[i];
      const state = w.encoder[i];
      if (state.dropped !== undefined) engine.dropout(state.gradient, this.dropoutOf(i, random));
      if (i > 0) {
        const below = w.encoder[i - 1];
        this.hiddenGradient(layer, state, below.dropped ?? below.active, below.gradient);
      } else {
        this.normalisationGradient(layer, state);
        engine.sparseGemmTransposed(p.gradient(`${layer.prefix}.weight`), this.loadedCounts(), state.gradient);
        engine.columnSums(p.gradient(`${layer.prefix}.bias`), state.gradient);
      }
    }
  }

  /** Gradients of one Linear: d weight, d bias, and d input when asked for. */
  private linearGradient(prefix: string, input: Tensor, dOut: Tensor, dInput: Tensor): void {
    const { engine, parameters: p } = this;
    engine.gemm(p.gradient(`${prefix}.weight`), input, dOut, { form: 'TN' });
    engine.columnSums(p.gradient(`${prefix}.bias`), dOut);
    engine.gemm(dInput, dOut, p.value(`${prefix}.weight`), { form: 'NT' });
  }

  private normalisationGradient(layer: HiddenLayer, state: LayerState): void {
    this.engine.batchNormEluGradient(state.gradient, {
      dy: state.gradient,
      x: state.linear,
      y: state.active,
      gamma: this.parameters.value(`${layer.prefix}.gamma`),
      saved: state.saved,
      dGamma: this.parameters.gradient(`${layer.prefix}.gamma`),
      dBeta: this.parameters.gradient(`${layer.prefix}.beta`),
    });
  }

  private hiddenGradient(layer: HiddenLayer, state: LayerState, input: Tensor, dInput: Tensor): void {
    this.normalisationGradient(layer, state);
    this.linearGradient(layer.prefix, input, state.gradient, dInput);
  }
}
