import type { Engine, ParameterSet, Tensor } from '@cfgen/compute';
import { randomKey } from '@cfgen/math';
import type { FlowSettings } from '../settings/model-settings';
import type { Attribute } from '../training/cells';
import { breathe, interrupted, requireFinite, type TrainingHooks } from '../training/hooks';
import { learningRateAt } from '../training/learning-rate';
import { loadParameters, storeParameters, type StoredTensor, type StoredTensors, type TrainingState } from '../training/state';
import { flowParameters, flowShape, initialFlow, rowEmbedders, type FlowShape } from './architecture';
import { transportPairs } from './coupling';
import { FlowNetwork, type FlowConditions } from './network';
import { TrainingDraws } from './training-draws';

/** Latents and what the flow may be told about them. */
export interface FlowCells {
  /** Latents [N, D] row-major, standardised when the settings say so. */
  readonly latents: Float32Array;
  /** Rescaled size factor of each cell [N]. */
  readonly rescaledSizes: Float64Array;
  /** Each rescaled covariate of each cell [N]. */
  readonly rescaledCovariates: readonly Float64Array[];
  readonly attributes: readonly Attribute[];
}

/** Mean loss over a stretch of steps. */
export interface FlowLoss {
  /** Last step of the stretch, counted from 1. */
  readonly step: number;
  /** Mean squared error of the velocity per dimension. */
  readonly loss: number;
}

export interface TrainedFlow {
  readonly shape: FlowShape;
  /** The weights to sample with (averaged ones when the settings average), by name. */
  readonly tensors: StoredTensors;
  readonly history: readonly FlowLoss[];
  readonly steps: number;
}

/** Losses are averaged over about this many stretches of a training. */
const stretches = 100;

/**
 * Trains the velocity network on cached latents (spec of CFGen, section 4): Gaussian path with linear schedule, mean squared error,
 * AdamW, classifier-free conditions, optional minibatch optimal transport and weight averaging.
 * Every draw is a function of (seed, step): a training that goes on from a checkpoint gives the same bits.
 */
export async function trainFlow(
  engine: Engine,
  cells: FlowCells,
  settings: FlowSettings,
  seed: number,
  hooks: TrainingHooks = {},
): Promise<TrainedFlow> {
  const latent = cells.latents.length / cells.rescaledSizes.length;
  const shape = flowShape(
    settings,
    latent,
    cells.attributes.map((attribute) => attribute.categories.length),
    cells.rescaledCovariates.length,
  );
  const run = new FlowRun(engine, cells, shape, settings, seed);
  try {
    return await run.train(hooks);
  } finally {
    run.release();
  }
}

class FlowRun {
  private readonly network: FlowNetwork;
  private readonly average: ParameterSet | undefined;
  private readonly draws: TrainingDraws;
  private readonly tensors;
  /** What every row is told, by cell. */
  private readonly numbers: readonly Float64Array[];
  /** One of these numbers for each row of the batch. */
  private readonly shown: Float64Array;
  private readonly noiseKey;
  private readonly jitterKey;
  private history: FlowLoss[] = [];
  private step = 0;

  constructor(
    private readonly engine: Engine,
    cells: FlowCells,
    private readonly shape: FlowShape,
    private readonly settings: FlowSettings,
    private readonly seed: number,
  ) {
    const count = cells.rescaledSizes.length;
    this.draws = new TrainingDraws(settings, count, cells.attributes, seed);
    this.network = new FlowNetwork(engine, shape, { trainable: true });
    this.average = settings.averaging === null ? undefined : engine.parameters(flowParameters(shape), { trainable: false });
    const batch = this.draws.batch;
    const t = (width: number): Tensor => engine.tensor([batch, width]);
    const transport = settings.coupling === 'optimal-transport';
    this.tensors = {
      latents: engine.tensor([count, shape.latent]),
      rows: engine.tensor([batch], 'int32'),
      times: engine.tensor([batch]),
      numbers: rowEmbedders(shape).map(() => engine.tensor([batch])),
      categories: shape.categories.map(() => engine.tensor([batch], 'int32')),
      noise: t(shape.latent),
      zt: t(shape.latent),
      target: t(shape.latent),
      rowLoss: engine.tensor([batch]),
      lossSum: engine.tensor([1]),
      norm: engine.tensor([1]),
      transport: transport
        ? {
            latents: t(shape.latent),
            paired: t(shape.latent),
            jitter: t(shape.latent),
            costs: t(batch),
            pairs: engine.tensor([batch], 'int32'),
          }
        : undefined,
    };
    this.shown = new Float64Array(batch);
    this.numbers = [...(shape.sizeFactorConditioning ? [cells.rescaledSizes] : []), ...cells.rescaledCovariates];
    engine.upload(this.tensors.latents, cells.latents);
    this.noiseKey = randomKey(seed, 'flow/noise');
    this.jitterKey = randomKey(seed, 'flow/jitter');
  }

  async train(hooks: TrainingHooks): Promise<TrainedFlow> {
    const steps = this.draws.steps;
    const stretch = Math.max(1, Math.floor(steps / stretches));
    let stretchStart = 0;
    if (hooks.resumeFrom === undefined) this.start();
    else stretchStart = this.restore(hooks.resumeFrom);
    while (this.step < steps) {
      await breathe();
      if (hooks.signal?.aborted === true) throw interrupted('training of the flow');
      await this.trainBatch(steps);
      const done = this.step;
      if (done % stretch === 0 || done === steps) {
        const loss = (await this.engine.download(this.tensors.lossSum))[0] / ((done - stretchStart) * this.draws.batch * this.shape.latent);
        requireFinite(loss, 'flow', `steps ${stretchStart + 1} to ${done}`);
        this.history.push({ step: done, loss });
        stretchStart = done;
        this.engine.upload(this.tensors.lossSum, Float32Array.of(0));
      }
      const last = this.history[this.history.length - 1];
      hooks.onProgress?.({ stage: 'flow', done, total: steps, ...(last === undefined ? {} : { trainingLoss: last.loss }) });
      if (hooks.saveCheckpoint !== undefined && done % (hooks.checkpointEvery ?? 500) === 0) {
        await hooks.saveCheckpoint(await this.state(stretchStart));
      }
    }
    const tensors = new Map<string, StoredTensor>();
    await storeParameters(this.engine, this.average ?? this.network.parameters, tensors);
    return { shape: this.shape, tensors, history: this.history, steps };
  }

  release(): void {
    this.network.release();
    if (this.average !== undefined) this.engine.releaseParameters(this.average);
    const { categories, transport, numbers, ...tensors } = this.tensors;
    this.engine.release(...Object.values(tensors), ...categories, ...numbers, ...Object.values(transport ?? {}));
  }

  private start(): void {
    for (const [name, data] of initialFlow(this.shape, this.seed)) {
      this.engine.upload(this.network.parameters.value(name), data);
      if (this.average !== undefined) this.engine.upload(this.average.value(name), data);
    }
  }

  private async trainBatch(steps: number): Promise<void> {
    const { engine, settings, network, tensors: t } = this;
    const draw = this.draws.at(this.step);
    engine.upload(t.rows, draw.rows);
    engine.upload(t.times, draw.times);
    this.numbers.forEach((values, i) => {
      for (let row = 0; row < draw.rows.length; row++) this.shown[row] = values[draw.rows[row]];
      engine.upload(t.numbers[i], this.shown);
    });
    draw.categories.forEach((codes, k) => engine.upload(t.categories[k], codes));
    await this.path();

    const conditions: FlowConditions = { times: t.times, numbers: t.numbers, categories: t.categories };
    const velocity = network.forward(t.zt, conditions);
    const scale = 1 / (draw.rows.length * this.shape.latent);
    engine.squaredErrorLoss({ prediction: velocity, target: t.target, rowLoss: t.rowLoss, scale });
    engine.addSum(t.lossSum, t.rowLoss, 1);
    network.backward(t.zt, velocity, conditions);

    const { optimiser } = settings;
    const learningRate = optimiser.learningRate * learningRateAt(optimiser.schedule, this.step, steps);
    engine.adamw(network.parameters, {
      groups: { weights: { learningRate, weightDecay: optimiser.weightDecay } },
      beta1: optimiser.beta1,
      beta2: optimiser.beta2,
      epsilon: optimiser.epsilon,
      clipNorm: optimiser.clipNorm,
      step: this.step + 1,
      norm: t.norm,
    });
    if (this.average !== undefined && settings.averaging !== null) {
      engine.blendParameters(this.average, network.parameters, Math.min(settings.averaging, (1 + this.step) / (10 + this.step)));
    }
    this.step += 1;
  }

  /** Fills z_t and its target velocity for the rows and times of this step. */
  private async path(): Promise<void> {
    const { engine, tensors: t } = this;
    const { sigmaMin } = this.settings;
    engine.normal(t.noise, { key: this.noiseKey, stream: this.step, rowStart: 0 });
    if (t.transport === undefined) {
      engine.flowPath({ latents: t.latents, rows: t.rows, times: t.times, noise: t.noise, zt: t.zt, target: t.target, sigmaMin });
      return;
    }
    const { latents, paired, jitter, costs, pairs } = t.transport;
    engine.gatherRows(latents, t.latents, t.rows);
    engine.upload(pairs, await transportPairs(engine, t.noise, latents, costs));
    engine.gatherRows(paired, t.noise, pairs);
    engine.normal(jitter, { key: this.jitterKey, stream: this.step, rowStart: 0 });
    engine.flowPath({ latents: t.latents, rows: t.rows, times: t.times, noise: paired, jitter, zt: t.zt, target: t.target, sigmaMin });
  }

  private async state(stretchStart: number): Promise<TrainingState> {
    const tensors = new Map<string, StoredTensor>();
    await storeParameters(this.engine, this.network.parameters, tensors, 'current.', true);
    if (this.average !== undefined) await storeParameters(this.engine, this.average, tensors, 'average.');
    tensors.set('loss_sum', { shape: [1], data: await this.engine.download(this.tensors.lossSum) });
    return { tensors, progress: { step: this.step, stretchStart, history: this.history } };
  }

  /** @returns the step at which the running stretch of losses began. */
  private restore(state: TrainingState): number {
    loadParameters(this.engine, this.network.parameters, state.tensors, 'current.', true);
    if (this.average !== undefined) loadParameters(this.engine, this.average, state.tensors, 'average.');
    const sum = state.tensors.get('loss_sum');
    if (sum !== undefined) this.engine.upload(this.tensors.lossSum, sum.data);
    const { step, stretchStart, history } = state.progress as { step: number; stretchStart: number; history: FlowLoss[] };
    this.step = step;
    this.history = [...history];
    return stretchStart;
  }
}
