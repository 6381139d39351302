import type { SparseRows } from '@cfgen/tensors';
import type { CountsBatch, ParameterSet, RandomKey, Tensor } from './tensor';

/**
 * What every engine can do. Conventions:
 * - B rows of a batch (cells), G features, H hidden width, D latent size, E embedding width, C categories;
 * - kernels write their first argument and return nothing; an argument is only written where its comment says so;
 * - **a row of a result never depends on how many rows are computed beside it**, nor on the number of threads,
 *   so that cutting work into chunks never changes a cell (an engine that can't promise this to the bit says so, `Engine.rows`);
 * - the first dimension of every `[B, ...]` argument of one call is the same.
 */
export interface Kernels {
  // ---------------------------------------------------------------- dense and sparse products

  /**
   * `out = a b (+ bias) (+ out)`. Form NN: a [M, K], b [K, N]; TN: a [K, M], b [K, N] (out = aᵀ b); NT: a [M, K], b [N, K] (out = a bᵀ).
   * out [M, N], bias [N] (added to every row). Accumulation over K in a fixed order.
   *
   * An engine in mixed precision rounds the factors of large products. With `mixSmall` it may round those of small ones as well: for
   * gradients and what they are made from, not for what has to be smooth in its inputs.
   */
  gemm(
    out: Tensor,
    a: Tensor,
    b: Tensor,
    options?: { form?: 'NN' | 'TN' | 'NT'; bias?: Tensor; accumulate?: boolean; mixSmall?: boolean },
  ): void;

  /**
   * Fills the encoder's input from the raw counts x of a batch:
   * `log1p`: ln(1 + x); `log1p-normalised`: ln(1 + 1e4 x / l); `proportion`: x / l; `log1p-proportion`: ln(1 + x / l);
   * `binary`: 1 where x > 0. sizeFactors l [B].
   */
  transformCounts(batch: CountsBatch, kind: InputTransform, sizeFactors: Tensor): void;

  /** First layer: `out = f(X) w + bias`, X the transformed batch [B, G] (sparse), w [G, H], bias [H], out [B, H]. */
  sparseGemm(out: Tensor, batch: CountsBatch, w: Tensor, bias: Tensor): void;

  /** Its weight gradient: `out = f(X)ᵀ dy`, dy [B, H], out [G, H] overwritten in full (rows of unseen genes become 0). */
  sparseGemmTransposed(out: Tensor, batch: CountsBatch, dy: Tensor): void;

  /** `out[j] = sum_i a[i, j]` (bias gradients): a [B, N], out [N]. */
  columnSums(out: Tensor, a: Tensor): void;

  // ---------------------------------------------------------------- normalisation and activations

  /**
   * Training pass of BatchNorm1d followed by ELU (alpha 1): batch mean and biased variance for the result; running statistics move by
   * `momentum` with the UNBIASED variance, as in PyTorch. x, out [B, H]; gamma, beta, runningMean, runningVariance [H];
   * saved [2, H] receives mean and 1/sqrt(var + eps) for the gradient. Writes out, saved, runningMean, runningVariance. B >= 2.
   */
  batchNormElu(
    out: Tensor,
    args: {
      x: Tensor;
      gamma: Tensor;
      beta: Tensor;
      runningMean: Tensor;
      runningVariance: Tensor;
      saved: Tensor;
      epsilon: number;
      momentum: number;
    },
  ): void;

  /** Gradient of the training pass. dy [B, H] (of the ELU output), y the ELU output; writes dx [B, H] (may be dy itself), dGamma, dBeta [H]. */
  batchNormEluGradient(
    dx: Tensor,
    args: { dy: Tensor; x: Tensor; y: Tensor; gamma: Tensor; saved: Tensor; dGamma: Tensor; dBeta: Tensor },
  ): void;

  /** Inference pass with running statistics; out may be x. */
  batchNormEluFrozen(
    out: Tensor,
    args: { x: Tensor; gamma: Tensor; beta: Tensor; runningMean: Tensor; runningVariance: Tensor; epsilon: number },
  ): void;

  /**
   * In place: each element is kept with probability 1 - rate and scaled by 1/(1 - rate), else 0. The mask is a function of
   * (key, stream, row, column) alone: applying the same call to the gradient is the backward pass. x [B, H].
   */
  dropout(x: Tensor, args: { rate: number; key: RandomKey; stream: number }): void;

  /** `out = x / (1 + exp(-x))`; out may be x. */
  silu(out: Tensor, x: Tensor): void;

  /** `dx = dy * silu'(x)` (`+ dx` when accumulate); dx may be dy when not accumulating. */
  siluGradient(dx: Tensor, x: Tensor, dy: Tensor, options?: { accumulate?: boolean }): void;

  // ---------------------------------------------------------------- losses: value and gradient in one pass

  /**
   * Negative binomial, mean `mu = l softmax(s)`, inverse dispersion `theta = exp(logTheta)` (spec/model section 2).
   * logits s [B, G]: overwritten by `scale * d(-ln p)/ds` when `dLogTheta` is given, else left as they are.
   * sizeFactors l [B]; counts the raw batch; logTheta [G] or [C, G] with category [B] (int32) choosing the row.
   * rowLoss [B] receives -ln p summed over features (unscaled); dLogTheta (shape of logTheta) receives `scale * sum over rows`.
   */
  negativeBinomialLoss(args: {
    logits: Tensor;
    logTheta: Tensor;
    category?: Tensor;
    sizeFactors: Tensor;
    counts: CountsBatch;
    rowLoss: Tensor;
    dLogTheta?: Tensor;
    scale: number;
  }): void;

  /**
   * Bernoulli on presence: a = 1 where the raw count is above 0, ln p(a) = a s - softplus(s) (spec/model section 2, accessibility).
   * logits s [B, P]: overwritten by `scale * (sigmoid(s) - a)` with `gradient`, else left as they are. rowLoss [B] receives -ln p summed
   * over features (unscaled).
   */
  bernoulliLoss(args: { logits: Tensor; counts: CountsBatch; rowLoss: Tensor; scale: number; gradient: boolean }): void;

  /**
   * Poisson, mean `mu = l softmax(s)`: ln p(x) = x ln mu - mu - ln x!. logits s [B, P]: overwritten by
   * `scale * d(-ln p)/ds = scale * (n softmax(s) - x)`, n the sum of the row's counts, with `gradient`, else left as they are.
   * sizeFactors l [B]; rowLoss [B] receives -ln p summed over features (unscaled).
   */
  poissonLoss(args: { logits: Tensor; sizeFactors: Tensor; counts: CountsBatch; rowLoss: Tensor; scale: number; gradient: boolean }): void;

  /**
   * Softmax cross-entropy. logits [B, C] overwritten by `scale * gradient`; labels [B] int32, a negative label gives loss 0 and gradient 0;
   * rowLoss [B] unscaled.
   */
  crossEntropyLoss(args: { logits: Tensor; labels: Tensor; rowLoss: Tensor; scale: number }): void;

  /** Squared error. prediction [B, D] overwritten by `scale * 2 (prediction - target)`; rowLoss [B] receives the unscaled sum over D. */
  squaredErrorLoss(args: { prediction: Tensor; target: Tensor; rowLoss: Tensor; scale: number }): void;

  /**
   * Gaussian head: z = mean + sqrt(v) noise, v = exp(logVariance); rowKl [B] = sum over D of (mean² + v - 1 - logVariance)/2.
   * head [B, 2D]: mean then logVariance; noise, z [B, D].
   */
  gaussianHead(args: { head: Tensor; noise: Tensor; z: Tensor; rowKl: Tensor }): void;

  /** dHead [B, 2D] from dz [B, D] plus `klScale` times the gradient of rowKl. */
  gaussianHeadGradient(args: { head: Tensor; noise: Tensor; dz: Tensor; dHead: Tensor; klScale: number }): void;

  /** `total[0] += scale * sum(values)`; total [1], values [B]. Keeps 1e-5 relative accuracy whatever the length. */
  addSum(total: Tensor, values: Tensor, scale: number): void;

  // ---------------------------------------------------------------- rows, embeddings, random numbers

  /** `out[r] = table[index[r]]` (`+ out[r]` when accumulate; a negative index adds nothing, or writes 0). out [B, E], table [C, E], index [B]. */
  gatherRows(out: Tensor, table: Tensor, index: Tensor, options?: { accumulate?: boolean }): void;

  /** `out[c] = sum over rows r with index[r] = c of d[r]`: out [C, E] overwritten, d [B, E]. Rows added in ascending r. */
  scatterRowSums(out: Tensor, index: Tensor, d: Tensor): void;

  /** `out[r] = values of a[r]` where mask[r] != 0, else unchanged. out, a [B, D], mask [B] int32. */
  selectRows(out: Tensor, a: Tensor, mask: Tensor): void;

  /** `out[r] = [sin(scale v[r] f), cos(scale v[r] f)]`, f_j = 10^(-4 j/(E/2 - 1)), j < E/2 (f = 1 when E = 2). values [B], out [B, E], E even. */
  sinusoidalEmbedding(out: Tensor, values: Tensor, scale: number): void;

  /**
   * Standard normals: element (r, j) is a function of (key, stream, rowStart + r, j) alone. Philox block (j >> 2, row low, row high, stream),
   * words (0,1) and (2,3) by Box-Muller: u = (word + 0.5) / 2^32, n_even = sqrt(-2 ln u_0) cos(2 pi u_1), n_odd = the same with sin.
   */
  normal(out: Tensor, args: { key: RandomKey; stream: number; rowStart: number }): void;

  // ---------------------------------------------------------------- flow path and integration

  /**
   * Gaussian path: with z1[r] = latents[rows[r]], t[r], e[r]:  zt = t z1 + (1 - (1 - s) t) e,  target = z1 - (1 - s) e.
   * With `jitter` (minibatch optimal transport, e paired with z1):  zt = t z1 + (1 - t) e + s jitter,  target = z1 - e.
   * latents [N, D], rows [B] int32, times [B], noise, jitter, zt, target [B, D]. Writes zt and target.
   */
  flowPath(args: {
    latents: Tensor;
    rows: Tensor;
    times: Tensor;
    noise: Tensor;
    jitter?: Tensor;
    zt: Tensor;
    target: Tensor;
    sigmaMin: number;
  }): void;

  /** `out = sum_j c_j x_j`; out may be one of the x_j. All of one shape, 1 to 8 terms. */
  combine(out: Tensor, terms: readonly (readonly [coefficient: number, x: Tensor])[]): void;

  /** `out[r] = base[r] + h[r] * sum_j c_j x_j[r]` (a Runge-Kutta stage with a step per row); out may be base. h [B]. */
  combineRows(out: Tensor, base: Tensor, h: Tensor, terms: readonly (readonly [coefficient: number, x: Tensor])[]): void;

  /** `out[r] = sqrt(mean_j (error / (atol + rtol max(|y0|, |y1|)))²)`: error, y0, y1 [B, D], out [B]. */
  scaledErrorNorm(out: Tensor, args: { error: Tensor; y0: Tensor; y1: Tensor; atol: number; rtol: number }): void;

  /** `out[i, j] = sum_d (a[i, d] - b[j, d])²`, never negative: a [M, D], b [N, D], out [M, N]. */
  squaredDistances(out: Tensor, a: Tensor, b: Tensor): void;

  // ---------------------------------------------------------------- optimisation

  /**
   * One AdamW step over a whole set (decoupled decay: p -= lr * decay * p before the Adam update), gradients scaled by
   * `min(1, clipNorm / (norm + 1e-6))`, norm = global L2 norm of all gradients. `step` counts from 1 (bias correction).
   * norm [1] receives the unclipped norm. Gradients are read, never cleared.
   */
  adamw(
    set: ParameterSet,
    options: {
      groups: Readonly<Record<string, { learningRate: number; weightDecay: number }>>;
      beta1: number;
      beta2: number;
      epsilon: number;
      clipNorm: number;
      step: number;
      norm: Tensor;
    },
  ): void;

  /** `target = decay * target + (1 - decay) * source` for every value of the set (decay 0 copies). */
  blendParameters(target: ParameterSet, source: ParameterSet, decay: number): void;

  // ---------------------------------------------------------------- decoding

  /**
   * Draws counts x ~ NB(mean = l softmax(s), theta) straight into sparse rows. logits s [B, G] are left as they are.
   * The draw for (row, gene) is a function of (key, rowStart + row, gene) and its own mean and theta alone.
   */
  sampleNegativeBinomial(args: {
    logits: Tensor;
    logTheta: Tensor;
    category?: Tensor;
    sizeFactors: Tensor;
    key: RandomKey;
    rowStart: number;
  }): Promise<SparseRows>;

  /** `out = l softmax(s)`: means instead of counts; out [B, G] may be the logits. */
  negativeBinomialMeans(out: Tensor, args: { logits: Tensor; sizeFactors: Tensor }): void;

  /**
   * Draws 1 with probability sigmoid(s), else 0, straight into sparse rows. logits s [B, P] are left as they are. The draw is a function of
   * (key, rowStart + row, column) and its own logit alone: 1 where u < sigmoid(s), u = (word + 0.5) / 2^32 of word (column & 3) of the
   * Philox block (column >> 2, row low, row high, 0). A logit that is no number draws 0.
   */
  sampleBernoulli(args: { logits: Tensor; key: RandomKey; rowStart: number }): Promise<SparseRows>;

  /** `out = sigmoid(s)`: probabilities instead of draws; out [B, P] may be the logits. */
  bernoulliMeans(out: Tensor, args: { logits: Tensor }): void;

  /**
   * Draws counts x ~ Poisson(l softmax(s)) straight into sparse rows. logits s [B, P] are left as they are. The draw is a function of
   * (key, rowStart + row, column) and its own mean alone. (Means without draws: `negativeBinomialMeans`.)
   */
  samplePoisson(args: { logits: Tensor; sizeFactors: Tensor; key: RandomKey; rowStart: number }): Promise<SparseRows>;
}

export type InputTransform = 'log1p' | 'log1p-normalised' | 'proportion' | 'log1p-proportion' | 'binary';
