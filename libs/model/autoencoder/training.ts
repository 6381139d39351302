import { CfgenError } from '@cfgen/contracts';
import type { Engine, ParameterSet, Tensor } from '@cfgen/compute';
import { RandomStream, randomKey, shuffle } from '@cfgen/math';
import { biologicalLabel, type TrainingCells } from '../training/cells';
import { breathe, interrupted, requireFinite, type TrainingHooks } from '../training/hooks';
import { learningRateAt } from '../training/learning-rate';
import { validationSplit } from '../training/split';
import { loadParameters, loadTensor, storeParameters, storeTensor, type StoredTensor, type StoredTensors } from '../training/state';
import type { AutoencoderSettings, MultimodalSettings } from '../settings/model-settings';
import { autoencoderParameters, autoencoderShape, isTrainingOnly, type AutoencoderShape } from './architecture';
import { countMoments } from './count-moments';
import { initialAutoencoder } from './initialisation';
import { LossSums, type MeanLosses } from './loss-sums';
import { AutoencoderNetwork, type AutoencoderBatch } from './network';
import { peakBias } from './peak-profile';

/** Mean losses per cell of one epoch, in nats. */
export interface AutoencoderEpoch {
  readonly epoch: number;
  /** -ln NB (+ weighted KL) over the fitted cells, in training mode. */
  readonly training: number;
  /** The same over the validation cells in inference mode; null when there are none. */
  readonly validation: number | null;
  /** Cross-entropy of the label head, unweighted; null without one. */
  readonly label: number | null;
  /** Of models of two modalities: the share of each in the validation loss (in the training loss when there are no validation cells). */
  readonly modalities?: { readonly rna: number; readonly atac: number } | undefined;
}

export interface TrainedAutoencoder {
  readonly shape: AutoencoderShape;
  /** Weights, running statistics and log_theta of the best epoch, by name. */
  readonly tensors: StoredTensors;
  readonly history: readonly AutoencoderEpoch[];
  readonly bestEpoch: number;
  readonly stoppedEarly: boolean;
}

interface Progress {
  readonly epoch: number;
  readonly step: number;
  readonly history: readonly AutoencoderEpoch[];
  readonly bestEpoch: number;
}

/**
 * Trains the autoencoder (spec of CFGen, section 3): AdamW on minibatches, gradient clipped, last partial batch dropped,
 * best epoch by validation loss kept, stopped by patience when that is set.
 *
 * Every random choice is a function of (seed, purpose, epoch or step), so a training that goes on from a checkpoint
 * gives the same bits as one that was never stopped.
 *
 * @param multimodal what cells with peaks take besides; none for RNA alone
 */
export async function trainAutoencoder(
  engine: Engine,
  cells: TrainingCells,
  settings: AutoencoderSettings,
  seed: number,
  hooks: TrainingHooks = {},
  multimodal?: MultimodalSettings,
): Promise<TrainedAutoencoder> {
  const label = biologicalLabel(cells.attributes);
  const { fitted, validation } = validationSplit(cells.counts.rows, settings.validationFraction, label, seed);
  if (fitted.length < 2) {
    throw new CfgenError('INPUT_TOO_FEW_CELLS', `training needs at least 2 cells, there are ${cells.counts.rows}`, {
      hint: 'Train on more cells.',
      details: { cells: cells.counts.rows },
    });
  }
  const { atac } = cells;
  if ((atac === undefined) !== (multimodal === undefined)) throw new Error('settings and cells differ in their modalities');
  const second = atac === undefined || multimodal === undefined ? undefined : { settings: multimodal, peaks: atac.counts.columns };
  const shape = autoencoderShape(settings, cells.counts.columns, label?.categories.length ?? 0, second);
  const run = new AutoencoderRun(engine, cells, shape, settings, seed, fitted, validation, multimodal?.learningRateFactor ?? 1);
  try {
    return await run.train(hooks);
  } finally {
    run.release();
  }
}

/** The state of one training: network, best weights, counters. */
class AutoencoderRun {
  private readonly network: AutoencoderNetwork;
  private readonly best: ParameterSet;
  private bestRunning = new Map<string, StoredTensor>();
  private readonly norm: Tensor;
  private readonly sums: LossSums;
  private readonly batch: number;
  private readonly stepsPerEpoch: number;
  private readonly labels: Int32Array | undefined;
  private readonly dropoutKey;
  private readonly atacDropoutKey;
  private readonly noiseKey;
  private readonly orderKey;
  private history: AutoencoderEpoch[] = [];
  private bestEpoch = -1;
  private step = 0;

  constructor(
    private readonly engine: Engine,
    private readonly cells: TrainingCells,
    private readonly shape: AutoencoderShape,
    private readonly settings: AutoencoderSettings,
    private readonly seed: number,
    private readonly fitted: Uint32Array,
    private readonly validation: Uint32Array,
    private readonly learningRateFactor: number,
  ) {
    this.network = new AutoencoderNetwork(engine, shape, { input: settings.input, dropout: settings.dropout, trainable: true });
    this.best = engine.parameters(autoencoderParameters(shape), { trainable: false });
    this.norm = engine.tensor([1]);
    this.sums = new LossSums(engine);
    this.batch = Math.min(settings.batch, fitted.length);
    this.stepsPerEpoch = Math.floor(fitted.length / this.batch);
    this.labels = biologicalLabel(cells.attributes)?.codes;
    this.dropoutKey = randomKey(seed, 'autoencoder/dropout');
    this.atacDropoutKey = randomKey(seed, 'autoencoder/dropout/atac');
    this.noiseKey = randomKey(seed, 'autoencoder/noise');
    this.orderKey = randomKey(seed, 'autoencoder/order');
  }

  async train(hooks: TrainingHooks): Promise<TrainedAutoencoder> {
    const { settings } = this;
    if (hooks.resumeFrom !== undefined) this.restore(hooks.resumeFrom.tensors, hooks.resumeFrom.progress as unknown as Progress);
    else this.start();
    let stoppedEarly = false;
    for (let epoch = this.history.length; epoch < settings.epochs; epoch++) {
      await this.trainEpoch(epoch, hooks);
      const last = this.history[epoch];
      hooks.onProgress?.(this.progress(last));
      if (settings.patience !== null && epoch - this.bestEpoch >= settings.patience) {
        stoppedEarly = true;
        break;
      }
      if (hooks.saveCheckpoint !== undefined && (epoch + 1) % (hooks.checkpointEvery ?? 1) === 0)
        await hooks.saveCheckpoint(await this.state());
    }
    const tensors = new Map(this.bestRunning);
    await storeParameters(this.engine, this.best, tensors);
    for (const name of tensors.keys()) if (isTrainingOnly(name)) tensors.delete(name);
    return { shape: { ...this.shape, labels: 0 }, tensors, history: this.history, bestEpoch: this.bestEpoch, stoppedEarly };
  }

  release(): void {
    this.network.release();
    this.engine.releaseParameters(this.best);
    this.sums.release();
    this.engine.release(this.norm);
  }

  private start(): void {
    const groups = biologicalLabel(this.cells.attributes);
    const moments = countMoments(this.cells.counts, this.fitted, this.cells.sizeFactors, groups?.codes, groups?.categories.length ?? 1);
    const { atac } = this.cells;
    const peaks = atac === undefined ? undefined : peakBias(atac, this.fitted, this.shape.atac?.likelihood ?? 'bernoulli');
    const values = initialAutoencoder(this.shape, this.settings, moments, this.seed, peaks);
    for (const [name, data] of values) this.engine.upload(this.network.parameters.value(name), data);
  }

  private async trainEpoch(epoch: number, hooks: TrainingHooks): Promise<void> {
    const order = this.fitted.slice();
    shuffle(order, new RandomStream(this.orderKey, epoch));
    this.sums.clear();
    for (let s = 0; s < this.stepsPerEpoch; s++) {
      await breathe();
      // An epoch that was cut short is run again from its start: its last checkpoint is the end of the epoch before.
      if (hooks.signal?.aborted === true) throw interrupted('training of the autoencoder');
      this.trainBatch(order.subarray(s * this.batch, (s + 1) * this.batch));
      hooks.onProgress?.(this.progress(this.history[epoch - 1]));
    }
    const trained = await this.sums.means();
    requireFinite(trained.loss, 'autoencoder', `epoch ${epoch + 1}`);
    const validated = await this.validate();
    if (validated !== null) requireFinite(validated.loss, 'autoencoder', `the validation of epoch ${epoch + 1}`);
    const modalities = (validated ?? trained).modalities;
    this.history.push({
      epoch,
      training: trained.loss,
      validation: validated?.loss ?? null,
      label: this.shape.labels > 0 ? trained.label : null,
      ...(modalities === undefined ? {} : { modalities }),
    });
    const score = (entry: AutoencoderEpoch | undefined): number => entry?.validation ?? entry?.training ?? Infinity;
    if (score(this.history[epoch]) < score(this.history[this.bestEpoch])) await this.keepBest(epoch);
  }

  private trainBatch(rows: Uint32Array): void {
    const { engine, settings, network } = this;
    const { dropoutKey, atacDropoutKey, noiseKey, step } = this;
    const losses = network.trainStep(
      this.batchOf(rows),
      { kl: this.klWeight, label: settings.labelHeadWeight },
      { dropoutKey, atacDropoutKey, noiseKey, step },
    );
    this.sums.add(losses, this.klWeight);
    const { optimiser, theta } = settings;
    const peak = optimiser.learningRate * this.learningRateFactor;
    const rate = peak * learningRateAt(optimiser.schedule, this.step, settings.epochs * this.stepsPerEpoch);
    engine.adamw(network.parameters, {
      groups: {
        weights: { learningRate: rate, weightDecay: optimiser.weightDecay },
        theta: { learningRate: rate * theta.learningRateFactor, weightDecay: theta.weightDecay },
      },
      beta1: optimiser.beta1,
      beta2: optimiser.beta2,
      epsilon: optimiser.epsilon,
      clipNorm: optimiser.clipNorm,
      step: this.step + 1,
      norm: this.norm,
    });
    this.step += 1;
  }

  private async validate(): Promise<MeanLosses | null> {
    if (this.validation.length === 0) return null;
    this.sums.clear();
    for (let start = 0; start < this.validation.length; start += this.batch) {
      this.sums.add(this.network.evaluate(this.batchOf(this.validation.subarray(start, start + this.batch))), this.klWeight);
      await breathe();
    }
    return this.sums.means();
  }

  private get klWeight(): number {
    const { head } = this.settings;
    return head.kind === 'variational' ? head.klWeight : 0;
  }

  private batchOf(rows: Uint32Array): AutoencoderBatch {
    const { cells, labels } = this;
    const { atac } = cells;
    return {
      counts: cells.counts.gather(rows),
      sizeFactors: Float64Array.from(rows, (cell) => cells.sizeFactors[cell]),
      ...(atac === undefined
        ? {}
        : { atac: { counts: atac.counts.gather(rows), sizeFactors: Float64Array.from(rows, (cell) => atac.sizeFactors[cell]) } }),
      ...(labels === undefined ? {} : { labels: Int32Array.from(rows, (cell) => labels[cell]) }),
    };
  }

  private async keepBest(epoch: number): Promise<void> {
    this.bestEpoch = epoch;
    this.engine.blendParameters(this.best, this.network.parameters, 0);
    this.bestRunning = await this.runningStatistics('');
  }

  private async runningStatistics(prefix: string): Promise<Map<string, StoredTensor>> {
    const stored = new Map<string, StoredTensor>();
    for (const [name, tensor] of this.network.running) stored.set(`${prefix}${name}`, await storeTensor(this.engine, tensor));
    return stored;
  }

  private progress(last: AutoencoderEpoch | undefined): Parameters<NonNullable<TrainingHooks['onProgress']>>[0] {
    return {
      stage: 'autoencoder',
      done: this.step,
      total: this.settings.epochs * this.stepsPerEpoch,
      ...(last === undefined ? {} : { trainingLoss: last.training }),
      ...(last === undefined || last.validation === null ? {} : { validationLoss: last.validation }),
    };
  }

  private async state(): Promise<{ tensors: StoredTensors; progress: Readonly<Record<string, unknown>> }> {
    const tensors = await this.runningStatistics('current.');
    await storeParameters(this.engine, this.network.parameters, tensors, 'current.', true);
    await storeParameters(this.engine, this.best, tensors, 'best.');
    for (const [name, tensor] of this.bestRunning) tensors.set(`best.${name}`, tensor);
    const progress: Progress = { epoch: this.history.length, step: this.step, history: this.history, bestEpoch: this.bestEpoch };
    return { tensors, progress: { ...progress } };
  }

  private restore(tensors: StoredTensors, progress: Progress): void {
    loadParameters(this.engine, this.network.parameters, tensors, 'current.', true);
    loadParameters(this.engine, this.best, tensors, 'best.');
    for (const [name, tensor] of this.network.running) {
      loadTensor(this.engine, tensor, tensors, `current.${name}`);
      const best = tensors.get(`best.${name}`);
      if (best !== undefined) this.bestRunning.set(name, best);
    }
    this.history = [...progress.history];
    this.bestEpoch = progress.bestEpoch;
    this.step = progress.step;
  }
}
