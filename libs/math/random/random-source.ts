/** Where samplers take their numbers from. */
export interface RandomSource {
  /** An unsigned 32-bit word. */
  uint32(): number;
  /** Uniform in (0, 1), a multiple of 2^-33; never 0, never 1. */
  uniform(): number;
  /** Uniform in (0, 1) with 52 random bits, for where the far tail or tiny probabilities matter. */
  uniform52(): number;
  /** Standard normal. */
  normal(): number;
}
