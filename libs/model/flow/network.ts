import type { Engine, ParameterSet, Tensor } from '@cfgen/compute';
import { flowParameters, rowEmbedders, type FlowShape } from './architecture';
import { gradientOf, networkLayers, type Linear, type NetworkLayers } from './network-layers';

/** Frequencies of times, of rescaled size factors and of rescaled covariates are multiplied by this before sin and cos. */
export const sinusoidScale = 1000;

/** Gradients bear rounded factors, where the engine may round; the field that is sampled from (velocity-field.ts) keeps its products whole. */
const mixSmall = true;
const turnedInput = { form: 'TN', mixSmall } as const;
const turnedWeight = { form: 'NT', mixSmall } as const;

/** What the network is told about each of B rows. */
export interface FlowConditions {
  /** Time t of each row [B]. */
  readonly times: Tensor;
  /** (ln l - min)/(max - min) of each row [B], where the network is conditioned on it, then each rescaled covariate [B]. */
  readonly numbers: readonly Tensor[];
  /** Per attribute the category of each row [B] int32, negative: not shown. An attribute that is left out is not shown. */
  readonly categories: readonly (Tensor | undefined)[];
}

interface EmbedderState {
  readonly waves: Tensor;
  readonly first: Tensor;
  readonly active: Tensor;
}

interface BlockState {
  /** Input h of the block, and silu(h). */
  readonly h: Tensor;
  readonly hActive: Tensor;
  /** W1 silu(h) + Wc silu(emb), and its silu. */
  readonly u: Tensor;
  readonly uActive: Tensor;
}

interface Workspace {
  readonly embedders: readonly EmbedderState[];
  readonly embedding: Tensor;
  readonly condition: Tensor;
  readonly blocks: readonly BlockState[];
  readonly h: Tensor;
  readonly hActive: Tensor;
  readonly out: Tensor;
  readonly gradients: { readonly h: Tensor; readonly wide: Tensor; readonly condition: Tensor; readonly narrow: Tensor } | undefined;
}

/**
 * Velocity network v(z, t, l, y) of the flow (spec of CFGen, section 4): a residual MLP
 * `h = Linear(z)`, blocks `h += W2 silu(W1 silu(h) + Wc silu(emb))`, `out = Linear(silu(h))`,
 * emb = MLP(sin/cos(1000 t)) [+ MLP(sin/cos(1000 l01))] [+ MLP(sin/cos(1000 c01)) for each covariate] + attribute embeddings.
 * Forward and backward passes are explicit; workspaces are kept per batch size.
 */
export class FlowNetwork {
  readonly parameters: ParameterSet;
  private readonly layers: NetworkLayers;
  private readonly workspaces = new Map<number, Workspace>();

  constructor(
    readonly engine: Engine,
    readonly shape: FlowShape,
    private readonly options: { trainable: boolean },
  ) {
    this.parameters = engine.parameters(flowParameters(shape), { trainable: options.trainable });
    this.layers = networkLayers(shape, this.parameters, options.trainable);
  }

  /** Velocities [B, D] of z [B, D]; the tensor is overwritten by the next pass over as many rows. */
  forward(z: Tensor, conditions: FlowConditions): Tensor {
    const { engine, layers } = this;
    const w = this.workspace(z.shape[0]);
    this.embed(w, conditions);
    this.linear(this.blockInput(w, 0), z, layers.in);
    w.blocks.forEach((block, i) => {
      const layer = layers.blocks[i];
      engine.silu(block.hActive, block.h);
      this.linear(block.u, block.hActive, layer.first);
      this.linear(block.u, w.condition, layer.condition, true);
      engine.silu(block.uActive, block.u);
      const next = this.blockInput(w, i + 1);
      engine.combine(next, [[1, block.h]]);
      this.linear(next, block.uActive, layer.second, true);
    });
    engine.silu(w.hActive, w.h);
    this.linear(w.out, w.hActive, layers.out);
    return w.out;
  }

  /** Gradients of every parameter from d loss/d out [B, D], for the rows and conditions of the last `forward`. */
  backward(z: Tensor, dOut: Tensor, conditions: FlowConditions): void {
    const { engine, layers } = this;
    const w = this.workspace(z.shape[0]);
    const d = w.gradients;
    if (d === undefined) throw new Error('this velocity network was not made for training');
    this.weightGradients(layers.out, w.hActive, dOut);
    engine.gemm(d.wide, dOut, layers.out.weight.value, turnedWeight);
    engine.siluGradient(d.h, w.h, d.wide);
    for (let i = w.blocks.length - 1; i >= 0; i--) {
      const block = w.blocks[i];
      const { first, condition, second } = layers.blocks[i];
      this.weightGradients(second, block.uActive, d.h);
      engine.gemm(d.wide, d.h, second.weight.value, turnedWeight);
      engine.siluGradient(d.wide, block.u, d.wide);
      this.weightGradients(first, block.hActive, d.wide);
      engine.gemm(gradientOf(condition.weight), w.condition, d.wide, turnedInput);
      engine.combine(gradientOf(condition.bias), [[1, gradientOf(first.bias)]]);
      engine.gemm(d.condition, d.wide, condition.weight.value, { form: 'NT', mixSmall, accumulate: i < w.blocks.length - 1 });
      // u's gradient is used up: its buffer's twin `uActive` takes the gradient of silu(h).
      engine.gemm(block.uActive, d.wide, first.weight.value, turnedWeight);
      engine.siluGradient(d.h, block.h, block.uActive, { accumulate: true });
    }
    this.weightGradients(layers.in, z, d.h);
    this.embedGradient(w, conditions, d.condition, d.narrow);
  }

  release(): void {
    for (const w of this.workspaces.values()) {
      const all: Tensor[] = [w.embedding, w.condition, w.h, w.hActive, w.out, ...Object.values(w.gradients ?? {})];
      for (const state of w.embedders) all.push(state.waves, state.first, state.active);
      for (const block of w.blocks) all.push(block.h, block.hActive, block.u, block.uActive);
      this.engine.release(...all);
    }
    this.workspaces.clear();
    this.engine.releaseParameters(this.parameters);
  }

  private embed(w: Workspace, conditions: FlowConditions): void {
    const { engine, layers } = this;
    const needed = rowEmbedders(this.shape).length;
    if (conditions.numbers.length !== needed) {
      throw new Error(`this velocity network is told ${needed} numbers of every row, ${conditions.numbers.length} were given`);
    }
    layers.embedders.forEach(({ first, second }, i) => {
      const state = w.embedders[i];
      engine.sinusoidalEmbedding(state.waves, i === 0 ? conditions.times : conditions.numbers[i - 1], sinusoidScale);
      this.linear(state.first, state.waves, first);
      engine.silu(state.active, state.first);
      this.linear(w.embedding, state.active, second, i > 0);
    });
    conditions.categories.forEach((codes, k) => {
      if (codes !== undefined) engine.gatherRows(w.embedding, layers.tables[k].value, codes, { accumulate: true });
    });
    engine.silu(w.condition, w.embedding);
  }

  private embedGradient(w: Workspace, conditions: FlowConditions, dCondition: Tensor, scratch: Tensor): void {
    const { engine, layers } = this;
    engine.siluGradient(dCondition, w.embedding, dCondition);
    conditions.categories.forEach((codes, k) => {
      if (codes !== undefined) engine.scatterRowSums(gradientOf(layers.tables[k]), codes, dCondition);
    });
    layers.embedders.forEach(({ first, second }, i) => {
      const state = w.embedders[i];
      this.weightGradients(second, state.active, dCondition);
      engine.gemm(scratch, dCondition, second.weight.value, turnedWeight);
      engine.siluGradient(scratch, state.first, scratch);
      this.weightGradients(first, state.waves, scratch);
    });
  }

  private blockInput(w: Workspace, i: number): Tensor {
    return w.blocks[i]?.h ?? w.h;
  }

  private linear(out: Tensor, input: Tensor, { weight, bias }: Linear, accumulate = false): void {
    this.engine.gemm(out, input, weight.value, { mixSmall, bias: bias.value, accumulate });
  }

  private weightGradients({ weight, bias }: Linear, input: Tensor, dOut: Tensor): void {
    this.engine.gemm(gradientOf(weight), input, dOut, turnedInput);
    this.engine.columnSums(gradientOf(bias), dOut);
  }

  private workspace(rows: number): Workspace {
    let w = this.workspaces.get(rows);
    if (w === undefined) {
      w = this.createWorkspace(rows);
      this.workspaces.set(rows, w);
    }
    return w;
  }

  private createWorkspace(rows: number): Workspace {
    const { hidden, embedding, latent, blocks } = this.shape;
    const t = (width: number): Tensor => this.engine.tensor([rows, width]);
    return {
      embedders: this.layers.embedders.map(() => ({ waves: t(embedding), first: t(embedding), active: t(embedding) })),
      embedding: t(embedding),
      condition: t(embedding),
      blocks: Array.from({ length: blocks }, () => ({ h: t(hidden), hActive: t(hidden), u: t(hidden), uActive: t(hidden) })),
      h: t(hidden),
      hActive: t(hidden),
      out: t(latent),
      gradients: this.options.trainable ? { h: t(hidden), wide: t(hidden), condition: t(embedding), narrow: t(embedding) } : undefined,
    };
  }
}
