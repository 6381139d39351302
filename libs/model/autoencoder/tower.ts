import type { CountsBatch, Engine, ParameterSet, RandomKey, Tensor } from '@cfgen/compute';
import { hiddenLayers, type HiddenLayer, type TowerShape } from './architecture';
import type { LayerState, TowerState } from './workspace';

/** BatchNorm1d as in PyTorch. */
const batchNorm = { epsilon: 1e-5, momentum: 0.1 } as const;

/** What a tower starts from: transformed counts (sparse), or a dense [B, inputs]. */
export type TowerInput = { readonly counts: CountsBatch } | { readonly dense: Tensor };

/** Dropout of one training step: each layer has a stream of its own. */
export interface TowerDropout {
  readonly rate: number;
  readonly key: RandomKey;
  readonly step: number;
}

/**
 * A chain of hidden layers (Linear, BatchNorm, ELU) and a last Linear, with explicit forward and backward passes. It holds no numbers: weights
 * are in the parameter set, and what a pass leaves behind in the state it is given.
 */
export class Tower {
  private readonly layers: readonly HiddenLayer[];

  constructor(
    private readonly engine: Engine,
    readonly shape: TowerShape,
    private readonly parameters: ParameterSet,
    private readonly running: ReadonlyMap<string, Tensor>,
  ) {
    this.layers = hiddenLayers(shape);
  }

  /** Result in `state.out`; running statistics move. */
  forwardTraining(state: TowerState, input: TowerInput, dropout?: TowerDropout): void {
    const { engine } = this;
    let below = input;
    this.layers.forEach((layer, i) => {
      const own = state.hidden[i];
      this.linear(own.linear, below, layer.prefix);
      engine.batchNormElu(own.active, { x: own.linear, saved: own.saved, ...this.normalisation(layer), ...batchNorm });
      if (own.dropped !== undefined && dropout !== undefined) {
        engine.combine(own.dropped, [[1, own.active]]);
        engine.dropout(own.dropped, this.dropoutOf(i, dropout));
      }
      below = { dense: own.dropped ?? own.active };
    });
    this.linear(state.out, below, `${this.shape.prefix}.out`);
  }

  /** Result in `state.out`, with running statistics and without dropout. */
  forwardFrozen(state: TowerState, input: TowerInput): void {
    let below = input;
    this.layers.forEach((layer, i) => {
      const own = state.hidden[i];
      this.linear(own.linear, below, layer.prefix);
      this.engine.batchNormEluFrozen(own.active, { x: own.linear, ...this.normalisation(layer), epsilon: batchNorm.epsilon });
      below = { dense: own.active };
    });
    this.linear(state.out, below, `${this.shape.prefix}.out`);
  }

  /**
   * Gradients of every weight, from that of the output of the last training pass.
   *
   * @param dInput receives the gradient of a dense input, or has it added when `accumulate` is set
   */
  backward(
    state: TowerState,
    input: TowerInput,
    dOut: Tensor,
    { dropout, dInput, accumulate = false }: { dropout?: TowerDropout; dInput?: Tensor; accumulate?: boolean } = {},
  ): void {
    const { engine, layers } = this;
    const last = state.hidden[layers.length - 1];
    this.linearGradient(`${this.shape.prefix}.out`, { dense: last.dropped ?? last.active }, dOut, { dInput: last.gradient });
    for (let i = layers.length - 1; i >= 0; i--) {
      const own = state.hidden[i];
      if (own.dropped !== undefined && dropout !== undefined) engine.dropout(own.gradient, this.dropoutOf(i, dropout));
      this.normalisationGradient(layers[i], own);
      if (i > 0) {
        const below = state.hidden[i - 1];
        this.linearGradient(layers[i].prefix, { dense: below.dropped ?? below.active }, own.gradient, { dInput: below.gradient });
      } else {
        this.linearGradient(layers[i].prefix, input, own.gradient, { accumulate, ...(dInput === undefined ? {} : { dInput }) });
      }
    }
  }

  private linear(out: Tensor, input: TowerInput, prefix: string): void {
    const weight = this.parameters.value(`${prefix}.weight`);
    const bias = this.parameters.value(`${prefix}.bias`);
    if ('counts' in input) this.engine.sparseGemm(out, input.counts, weight, bias);
    else this.engine.gemm(out, input.dense, weight, { bias });
  }

  /** Gradients of one Linear: d weight, d bias, and d input when asked for. */
  private linearGradient(prefix: string, input: TowerInput, dOut: Tensor, options: { dInput?: Tensor; accumulate?: boolean }): void {
    const { engine, parameters: p } = this;
    if ('counts' in input) engine.sparseGemmTransposed(p.gradient(`${prefix}.weight`), input.counts, dOut);
    else engine.gemm(p.gradient(`${prefix}.weight`), input.dense, dOut, { form: 'TN' });
    engine.columnSums(p.gradient(`${prefix}.bias`), dOut);
    if (options.dInput === undefined) return;
    const accumulate = options.accumulate === true;
    engine.gemm(options.dInput, dOut, p.value(`${prefix}.weight`), { form: 'NT', ...(accumulate ? { accumulate } : {}) });
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

  private normalisation(layer: HiddenLayer): { gamma: Tensor; beta: Tensor; runningMean: Tensor; runningVariance: Tensor } {
    return {
      gamma: this.parameters.value(`${layer.prefix}.gamma`),
      beta: this.parameters.value(`${layer.prefix}.beta`),
      runningMean: this.statistic(`${layer.prefix}.running_mean`),
      runningVariance: this.statistic(`${layer.prefix}.running_variance`),
    };
  }

  private statistic(name: string): Tensor {
    const tensor = this.running.get(name);
    if (tensor === undefined) throw new Error(`there is no running statistic ${name}`);
    return tensor;
  }

  /** A stream per (step, layer), so that no two masks are alike. */
  private dropoutOf(layer: number, { rate, key, step }: TowerDropout): { rate: number; key: RandomKey; stream: number } {
    return { rate, key, stream: step * this.layers.length + layer };
  }
}
