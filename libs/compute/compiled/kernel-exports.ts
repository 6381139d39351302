/** Address in the engine's memory, in bytes. 0 stands for "not given". */
export type Pointer = number;

/** What the compiled kernels (libs/compute/kernels) export. Arguments are addresses, sizes and numbers, as in the C declarations. */
export interface KernelExports {
  /** Scratch memory that each thread needs. */
  pool_scratch_bytes(): number;

  /** How products that may round their factors are computed from now on, at best, and what it came to: 0 in full, 1 and 2 of bfloat16 by vectors or by tiles. */
  mix_precision(most: number): number;
  gemm(
    out: Pointer,
    a: Pointer,
    b: Pointer,
    bias: Pointer,
    m: number,
    n: number,
    k: number,
    form: number,
    accumulate: number,
    mixSmall: number,
  ): void;
  transform_counts(out: Pointer, indptr: Pointer, values: Pointer, sizeFactors: Pointer, rows: number, kind: number): void;
  largest_index(indices: Pointer, count: number): number;
  sparse_gemm(
    out: Pointer,
    indptr: Pointer,
    indices: Pointer,
    values: Pointer,
    w: Pointer,
    bias: Pointer,
    rows: number,
    genes: number,
    width: number,
  ): void;
  sparse_gradient_limit(): number;
  sparse_gemm_transposed(
    out: Pointer,
    indptr: Pointer,
    indices: Pointer,
    values: Pointer,
    dy: Pointer,
    rows: number,
    genes: number,
    width: number,
  ): void;
  column_sums(out: Pointer, a: Pointer, rows: number, columns: number): void;

  batch_norm_elu(
    out: Pointer,
    x: Pointer,
    gamma: Pointer,
    beta: Pointer,
    runningMean: Pointer,
    runningVariance: Pointer,
    saved: Pointer,
    rows: number,
    columns: number,
    epsilon: number,
    momentum: number,
  ): void;
  batch_norm_elu_gradient(
    dx: Pointer,
    dy: Pointer,
    x: Pointer,
    y: Pointer,
    gamma: Pointer,
    saved: Pointer,
    dGamma: Pointer,
    dBeta: Pointer,
    rows: number,
    columns: number,
  ): void;
  batch_norm_elu_frozen(
    out: Pointer,
    x: Pointer,
    gamma: Pointer,
    beta: Pointer,
    runningMean: Pointer,
    runningVariance: Pointer,
    rows: number,
    columns: number,
    epsilon: number,
  ): void;
  dropout(x: Pointer, rows: number, columns: number, k0: number, k1: number, stream: number, threshold: number, scale: number): void;
  silu(out: Pointer, x: Pointer, count: number): void;
  silu_gradient(dx: Pointer, x: Pointer, dy: Pointer, count: number, accumulate: number): void;

  nb_loss_workspace(rows: number, genes: number, categories: number, gradient: number): number;
  nb_loss(
    logits: Pointer,
    logTheta: Pointer,
    category: Pointer,
    sizeFactors: Pointer,
    indptr: Pointer,
    indices: Pointer,
    values: Pointer,
    rowLoss: Pointer,
    dLogTheta: Pointer,
    rows: number,
    genes: number,
    categories: number,
    scale: number,
    workspace: Pointer,
  ): void;
  nb_means(out: Pointer, logits: Pointer, sizeFactors: Pointer, rows: number, genes: number): void;
  nb_sample_workspace(genes: number, categories: number): number;
  nb_sample(
    logits: Pointer,
    logTheta: Pointer,
    category: Pointer,
    sizeFactors: Pointer,
    counts: Pointer,
    indices: Pointer,
    values: Pointer,
    rows: number,
    genes: number,
    categories: number,
    k0: number,
    k1: number,
    rowLow: number,
    rowHigh: number,
    workspace: Pointer,
  ): void;
  bernoulli_loss(
    logits: Pointer,
    indptr: Pointer,
    indices: Pointer,
    values: Pointer,
    rowLoss: Pointer,
    rows: number,
    features: number,
    scale: number,
    gradient: number,
  ): void;
  bernoulli_means(out: Pointer, logits: Pointer, count: number): void;
  bernoulli_sample(
    logits: Pointer,
    counts: Pointer,
    indices: Pointer,
    values: Pointer,
    rows: number,
    features: number,
    k0: number,
    k1: number,
    rowLow: number,
    rowHigh: number,
  ): void;
  poisson_loss_workspace(features: number, gradient: number): number;
  poisson_loss(
    logits: Pointer,
    sizeFactors: Pointer,
    indptr: Pointer,
    indices: Pointer,
    values: Pointer,
    rowLoss: Pointer,
    rows: number,
    features: number,
    scale: number,
    gradient: number,
    workspace: Pointer,
  ): void;
  poisson_sample_workspace(features: number): number;
  poisson_sample(
    logits: Pointer,
    sizeFactors: Pointer,
    counts: Pointer,
    indices: Pointer,
    values: Pointer,
    rows: number,
    features: number,
    k0: number,
    k1: number,
    rowLow: number,
    rowHigh: number,
    workspace: Pointer,
  ): void;
  cross_entropy_loss(logits: Pointer, labels: Pointer, rowLoss: Pointer, rows: number, classes: number, scale: number): void;
  squared_error_loss(prediction: Pointer, target: Pointer, rowLoss: Pointer, rows: number, columns: number, scale: number): void;
  gaussian_head(head: Pointer, noise: Pointer, z: Pointer, rowKl: Pointer, rows: number, size: number): void;
  gaussian_head_gradient(head: Pointer, noise: Pointer, dz: Pointer, dHead: Pointer, rows: number, size: number, klScale: number): void;
  add_sum(total: Pointer, values: Pointer, count: number, scale: number): void;

  largest_row(index: Pointer, count: number): number;
  smallest_row(index: Pointer, count: number): number;
  gather_rows(out: Pointer, table: Pointer, index: Pointer, rows: number, columns: number, accumulate: number): void;
  scatter_row_sums(out: Pointer, index: Pointer, d: Pointer, categories: number, rows: number, columns: number, totals: Pointer): void;
  select_rows(out: Pointer, a: Pointer, mask: Pointer, rows: number, columns: number): void;
  sinusoidal_embedding(out: Pointer, values: Pointer, frequencies: Pointer, rows: number, width: number, scale: number): void;
  normal(out: Pointer, rows: number, columns: number, k0: number, k1: number, stream: number, rowLow: number, rowHigh: number): void;

  flow_path(
    latents: Pointer,
    rows: Pointer,
    times: Pointer,
    noise: Pointer,
    jitter: Pointer,
    zt: Pointer,
    target: Pointer,
    count: number,
    size: number,
    sigmaMin: number,
  ): void;
  combine(out: Pointer, terms: Pointer, coefficients: Pointer, termsCount: number, count: number): void;
  combine_rows(
    out: Pointer,
    base: Pointer,
    h: Pointer,
    terms: Pointer,
    coefficients: Pointer,
    termsCount: number,
    rows: number,
    columns: number,
  ): void;
  scaled_error_norm(
    out: Pointer,
    error: Pointer,
    y0: Pointer,
    y1: Pointer,
    rows: number,
    columns: number,
    atol: number,
    rtol: number,
  ): void;
  squared_distances(out: Pointer, a: Pointer, b: Pointer, m: number, n: number, size: number): void;

  adamw_workspace(count: number): number;
  adamw(
    values: Pointer,
    gradients: Pointer,
    first: Pointer,
    second: Pointer,
    count: number,
    segments: Pointer,
    segmentsCount: number,
    beta1: number,
    beta2: number,
    epsilon: number,
    clipNorm: number,
    correction1: number,
    rootCorrection2: number,
    norm: Pointer,
    workspace: Pointer,
  ): void;
  blend_parameters(target: Pointer, source: Pointer, count: number, decay: number): void;

  /** For tests: functions of `libs/compute/kernels/accuracy.c`. */
  elementary_values(out: Pointer, x: Pointer, count: number, which: number): void;
  precise_values(out: Pointer, x: Pointer, count: number, which: number): void;
}
