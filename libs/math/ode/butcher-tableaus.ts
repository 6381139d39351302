/** An explicit Runge-Kutta method: stage i is the field at time t + c_i h and state y + h sum_j a_ij k_j; the step is y + h sum_i b_i k_i. */
export interface ButcherTableau {
  readonly order: number;
  readonly c: readonly number[];
  /** Row i holds a_i0 .. a_i(i-1). */
  readonly a: readonly (readonly number[])[];
  readonly b: readonly number[];
}

/** Names of the fixed-step methods. */
export type FixedStepMethod = 'euler' | 'midpoint' | 'rk4' | 'dopri5';

/**
 * The methods of {@link integrateFixed}. `rk4` is the classical one; `dopri5` the fifth-order formula of Dormand and Prince, "A family of
 * embedded Runge-Kutta formulae" (1980), https://doi.org/10.1016/0771-050X(80)90013-3, without its seventh stage, which serves the error
 * estimate alone.
 */
export const butcherTableaus: Readonly<Record<FixedStepMethod, ButcherTableau>> = {
  euler: { order: 1, c: [0], a: [[]], b: [1] },
  midpoint: { order: 2, c: [0, 1 / 2], a: [[], [1 / 2]], b: [0, 1] },
  rk4: { order: 4, c: [0, 1 / 2, 1 / 2, 1], a: [[], [1 / 2], [0, 1 / 2], [0, 0, 1]], b: [1 / 6, 1 / 3, 1 / 3, 1 / 6] },
  dopri5: {
    order: 5,
    c: [0, 1 / 5, 3 / 10, 4 / 5, 8 / 9, 1],
    a: [
      [],
      [1 / 5],
      [3 / 40, 9 / 40],
      [44 / 45, -56 / 15, 32 / 9],
      [19372 / 6561, -25360 / 2187, 64448 / 6561, -212 / 729],
      [9017 / 3168, -355 / 33, 46732 / 5247, 49 / 176, -5103 / 18656],
    ],
    b: [35 / 384, 0, 500 / 1113, 125 / 192, -2187 / 6784, 11 / 84],
  },
};

/**
 * Dormand-Prince with its embedded fourth-order formula. The seventh stage is the field at the new state, so that it is also the first
 * stage of the next step ("first same as last"); `errorWeights` are the differences of the fifth- and fourth-order weights.
 */
export const dormandPrince: ButcherTableau & { readonly errorWeights: readonly number[] } = {
  order: 5,
  c: [...butcherTableaus.dopri5.c, 1],
  a: [...butcherTableaus.dopri5.a, butcherTableaus.dopri5.b],
  b: [...butcherTableaus.dopri5.b, 0],
  errorWeights: [71 / 57600, 0, -71 / 16695, 71 / 1920, -17253 / 339200, 22 / 525, -1 / 40],
};
