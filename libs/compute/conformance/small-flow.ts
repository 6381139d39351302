import type { ParameterSet, ParameterSpec, Tensor } from '../index';
import type { TensorScope } from './tensor-scope';

/** A velocity field with one residual block: latent size D, hidden width H, embedding width E, C categories. */
export interface FlowShape {
  readonly latent: number;
  readonly hidden: number;
  readonly embedding: number;
  readonly categories: number;
}

export function flowParameters({ latent, hidden, embedding, categories }: FlowShape): ParameterSpec[] {
  const linear = (name: string, into: number, out: number) => [
    { name: `${name}.weight`, shape: [into, out], group: 'flow' },
    { name: `${name}.bias`, shape: [out], group: 'flow' },
  ];
  return [
    ...linear('time1', embedding, embedding),
    ...linear('time2', embedding, embedding),
    { name: 'categories', shape: [categories, embedding], group: 'flow' },
    ...linear('input', latent, hidden),
    ...linear('block1', hidden, hidden),
    ...linear('condition', embedding, hidden),
    ...linear('block2', hidden, hidden),
    ...linear('output', hidden, latent),
  ];
}

interface Inputs {
  readonly shape: FlowShape;
  readonly parameters: ParameterSet;
  /** [N, D], and per row of the batch: row of `latents`, category (negative: none), time, noise [B, D]. */
  readonly latents: Tensor;
  readonly rows: Tensor;
  readonly category: Tensor;
  readonly times: Tensor;
  readonly noise: Tensor;
}

/** Forward and backward pass: fills the gradients of the mean squared error of the velocity, and returns that error. */
export async function flowPass(scope: TensorScope, inputs: Inputs): Promise<number> {
  const { engine } = scope;
  const { shape, parameters, latents, rows, category, times, noise } = inputs;
  const batch = times.size;
  const [D, H, E] = [shape.latent, shape.hidden, shape.embedding];
  const make = (width: number) => scope.dirty([batch, width]);
  const linear = (name: string, x: Tensor, out: Tensor, accumulate = false) => {
    engine.gemm(out, x, parameters.value(`${name}.weight`), { bias: parameters.value(`${name}.bias`), accumulate });
    return out;
  };
  const silu = (x: Tensor) => {
    const out = scope.dirty(x.shape);
    engine.silu(out, x);
    return out;
  };

  const [zt, target] = [make(D), make(D)];
  engine.flowPath({ latents, rows, times, noise, zt, target, sigmaMin: 1e-2 });
  const waves = make(E);
  engine.sinusoidalEmbedding(waves, times, 20);
  const time1 = linear('time1', waves, make(E));
  const time1Active = silu(time1);
  const emb = linear('time2', time1Active, make(E));
  engine.gatherRows(emb, parameters.value('categories'), category, { accumulate: true });
  const embActive = silu(emb);
  const h0 = linear('input', zt, make(H));
  const h0Active = silu(h0);
  const inner = linear('block1', h0Active, make(H));
  linear('condition', embActive, inner, true);
  const innerActive = silu(inner);
  const h1 = make(H);
  engine.combine(h1, [[1, h0]]);
  linear('block2', innerActive, h1, true);
  const h1Active = silu(h1);
  const prediction = linear('output', h1Active, make(D));

  const rowLoss = scope.dirty([batch]);
  const total = scope.real([1]);
  engine.squaredErrorLoss({ prediction, target, rowLoss, scale: 1 / (batch * D) });
  engine.addSum(total, rowLoss, 1 / (batch * D));

  /** Gradients of a linear layer; returns the gradient of its input. */
  const backward = (name: string, x: Tensor, dy: Tensor) => {
    engine.gemm(parameters.gradient(`${name}.weight`), x, dy, { form: 'TN' });
    engine.columnSums(parameters.gradient(`${name}.bias`), dy);
    const dx = scope.dirty(x.shape);
    engine.gemm(dx, dy, parameters.value(`${name}.weight`), { form: 'NT' });
    return dx;
  };
  const dh1 = backward('output', h1Active, prediction);
  engine.siluGradient(dh1, h1, dh1);
  const dInner = backward('block2', innerActive, dh1);
  engine.siluGradient(dInner, inner, dInner);
  const dEmb = backward('condition', embActive, dInner);
  engine.siluGradient(dEmb, emb, dEmb);
  // The residual connection: h0 gets the gradient of h1 and what comes back through the block.
  engine.siluGradient(dh1, h0, backward('block1', h0Active, dInner), { accumulate: true });
  backward('input', zt, dh1);
  engine.scatterRowSums(parameters.gradient('categories'), category, dEmb);
  const dTime1 = backward('time2', time1Active, dEmb);
  engine.siluGradient(dTime1, time1, dTime1);
  backward('time1', waves, dTime1);
  return (await engine.download(total))[0];
}
