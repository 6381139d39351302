/**
 * An optimal transport between uniform weights with the dual variables that prove it: `rowPotentials[i] + columnPotentials[j] <= cost(i, j)`
 * for all pairs, and the mean of the row potentials plus the mean of the column potentials equals `cost` (strong duality), both up to
 * rounding.
 */
export interface UniformTransport {
  /** Sum of mass times cost; the total mass is 1. */
  readonly cost: number;
  readonly rowPotentials: Float64Array;
  readonly columnPotentials: Float64Array;
}
