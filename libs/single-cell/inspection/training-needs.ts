/** What training on a data set would take, by plain formulas; orders of magnitude for deciding whether to start, not promises. */
export interface TrainingNeeds {
  /** Features a model would be trained on: those seen in at least `minCells` cells. */
  readonly features: number;
  readonly minCells: number;
  /** Weights of the autoencoder, of order `2 * features * hidden`. */
  readonly parameters: number;
  readonly memoryBytes: { readonly counts: number; readonly model: number; readonly batch: number; readonly total: number };
  /** Floating-point operations of training the autoencoder. */
  readonly operations: number;
  /** `operations` at the speed assumed, seconds. */
  readonly seconds: number;
  readonly assumed: {
    readonly hidden: number;
    readonly latent: number;
    readonly batch: number;
    readonly epochs: number;
    readonly operationsPerSecond: number;
  };
}

/** Sizes of the default model and the speed of a laptop with two cores. */
const assumed = { hidden: 256, latent: 20, batch: 128, epochs: 20, operationsPerSecond: 2e10 } as const;

/**
 * With N cells, G features kept, E entries kept, hidden width H, latent width D, batch B:
 * - counts: `8 E + 4 (N + 1)` bytes (index and count of each entry, one offset a row);
 * - parameters: `P = (G H + H D + D H + H G) + 2 H + D + 2 G` (weights and biases of encoder and decoder, inverse dispersions);
 * - model: `16 P` bytes (weight, gradient, two moments of AdamW, float32);
 * - batch: `4 B (4 G + 8 H)` bytes (input, mean, likelihood and gradient over features; hidden layers and their gradients);
 * - operations: `6 P N` an epoch (2 a weight and cell forwards, 4 backwards), times the epochs.
 */
export function trainingNeeds(cells: number, features: number, entries: number, minCells: number): TrainingNeeds {
  const { hidden, latent, batch, epochs, operationsPerSecond } = assumed;
  const parameters = 2 * features * hidden + 2 * hidden * latent + 2 * hidden + latent + 2 * features;
  const counts = 8 * entries + 4 * (cells + 1);
  const model = 16 * parameters;
  const inBatch = 4 * batch * (4 * features + 8 * hidden);
  const operations = 6 * parameters * cells * epochs;
  return {
    features,
    minCells,
    parameters,
    memoryBytes: { counts, model, batch: inBatch, total: counts + model + inBatch },
    operations,
    seconds: operations / operationsPerSecond,
    assumed,
  };
}
