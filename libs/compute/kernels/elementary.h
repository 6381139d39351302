// Elementary functions on float vectors: about 1 unit in the last place over the stated range (tested against double precision).
// Polynomials on reduced arguments; coefficients of exp, log, sin and cos as in S. Moshier's Cephes tables (single precision).
#ifndef CFGEN_ELEMENTARY_H
#define CFGEN_ELEMENTARY_H

#include "vectors.h"

#define LN2_HIGH 0.693359375f
#define LN2_LOW -2.12194440e-4f

// Adding 1.5 * 2^23 rounds to the nearest integer and leaves it in the low bits.
#define ROUNDING_SHIFT 12582912.0f

/// x = n ln 2 + r with |r| <= ln 2 / 2, for |x| < 1e4; `power` receives 2^n (n in -126 .. 127). Not a number stays in r.
INLINE vf reduce_exponent(vf x, vf *power) {
  vf shifted = fma_(x, splat(1.44269504088896341f), splat(ROUNDING_SHIFT));
  vf whole = shifted - splat(ROUNDING_SHIFT);
  *power = (vf)(((vi)shifted << 23) + 0x3f800000);
  vf r = fma_(whole, splat(-LN2_HIGH), x);
  return fma_(whole, splat(-LN2_LOW), r);
}

/// exp(r) - 1 for |r| <= ln 2 / 2. (Polynomials are summed in pairs: what bounds these functions is the length of the chain.)
INLINE vf exponential_minus_one_reduced(vf r) {
  vf z = r * r;
  vf low = fma_(splat(1.6666665459e-1f), r, splat(5.0000001201e-1f));
  vf middle = fma_(splat(8.3334519073e-3f), r, splat(4.1665795894e-2f));
  vf high = fma_(splat(1.9875691500e-4f), r, splat(1.3981999507e-3f));
  return fma_(fma_(fma_(high, z, middle), z, low), z, r);
}

/// exp(x) for x <= 0: 0 below -87.3.
INLINE vf exponential_negative(vf x) {
  vf power;
  vf r = reduce_exponent(max_(x, splat(-87.3f)), &power);
  vf y = fma_(power, exponential_minus_one_reduced(r), power);
  return keep(~(x < splat(-87.3f)), y);
}

/// exp(x): 0 below -87.3, infinity above 88.02; NaN stays NaN.
INLINE vf exponential(vf x) {
  vf power;
  vf r = reduce_exponent(min_(max_(x, splat(-87.3f)), splat(88.02f)), &power);
  vf y = fma_(power, exponential_minus_one_reduced(r), power);
  y = keep(~(x < splat(-87.3f)), y);
  return choose(x > splat(88.02f), splat(__builtin_inff()), y);
}

/// exp(x) - 1, accurate near 0; x <= 88.
INLINE vf exponential_minus_one(vf x) {
  vf power;
  vf r = reduce_exponent(max_(x, splat(-87.0f)), &power);
  return fma_(power, exponential_minus_one_reduced(r), power - 1.0f);
}

/// ln(1 + f) - f + f^2/2 for 1 + f in sqrt(1/2) .. sqrt(2); z = f^2.
INLINE vf logarithm_tail(vf f, vf z) {
  vf z2 = z * z;
  vf p0 = fma_(splat(-2.4999993993e-1f), f, splat(3.3333331174e-1f));
  vf p2 = fma_(splat(-1.6668057665e-1f), f, splat(2.0000714765e-1f));
  vf p4 = fma_(splat(-1.2420140846e-1f), f, splat(1.4249322787e-1f));
  vf p6 = fma_(splat(-1.1514610310e-1f), f, splat(1.1676998740e-1f));
  vf low = fma_(p2, z, p0), high = fma_(splat(7.0376836292e-2f), z2, fma_(p6, z, p4));
  return fma_(high, z2, low) * (f * z);
}

/// ln(1 + f) for 1 + f in sqrt(1/2) .. sqrt(2).
INLINE vf logarithm_near_one(vf f) {
  vf z = f * f;
  return fma_(z, splat(-0.5f), logarithm_tail(f, z)) + f;
}

/// ln x for normal x > 0.
INLINE vf logarithm_normal(vf x) {
  // Take the exponent so that the fraction falls in sqrt(1/2) .. sqrt(2).
  vi bits = (vi)x - 0x3f3504f3;
  vf e = __builtin_convertvector(bits >> 23, vf);
  vf f = (vf)((bits & 0x7fffff) + 0x3f3504f3) - 1.0f;
  vf z = f * f;
  vf y = fma_(e, splat(LN2_LOW), logarithm_tail(f, z));
  y = fma_(z, splat(-0.5f), y);
  return fma_(e, splat(LN2_HIGH), f + y);
}

/// ln x for any x >= 0: -infinity at 0, NaN below 0, infinity at infinity.
INLINE vf logarithm(vf x) {
  vi denormal = x < splat(1.17549435e-38f);
  vf y = logarithm_normal(choose(denormal, x * 8388608.0f, x));
  y = choose(denormal, y - 15.9423851528787421f, y);
  y = choose(x == splat(0.0f), splat(-__builtin_inff()), y);
  y = choose(x == splat(__builtin_inff()), x, y);
  return choose(x >= splat(0.0f), y, splat(__builtin_nanf("")));
}

/// ln(1 + x) for finite x >= 0, given q = 1 / (1 + x).
INLINE vf log_one_plus_given(vf x, vf q) {
  vf u = x + 1.0f;
  // What the addition lost, to first order.
  return fma_(x - (u - 1.0f), q, logarithm_normal(u));
}

INLINE vf log_one_plus(vf x) { return log_one_plus_given(x, 1.0f / (x + 1.0f)); }

/// sin and cos of 2 pi t for |t| <= 1/2 (t in turns).
INLINE void sine_cosine_turns(vf t, vf *sine, vf *cosine) {
  vf shifted = t * 4.0f + ROUNDING_SHIFT, quarters = shifted - ROUNDING_SHIFT;
  vf x = fma_(quarters, splat(-0.25f), t) * 6.28318530717958648f;
  vf z = x * x;
  vf s = splat(-1.9515295891e-4f);
  s = fma_(s, z, splat(8.3321608736e-3f));
  s = fma_(s, z, splat(-1.6666654611e-1f));
  s = fma_(s * z, x, x);
  vf c = splat(2.443315711809948e-5f);
  c = fma_(c, z, splat(-1.388731625493765e-3f));
  c = fma_(c, z, splat(4.166664568298827e-2f));
  c = fma_(c * z, z, fma_(splat(-0.5f), z, splat(1.0f)));
  vi quadrant = (vi)shifted;
  vi odd = -(quadrant & 1);
  *sine = (vf)((vi)choose(odd, c, s) ^ ((quadrant & 2) << 30));
  *cosine = (vf)((vi)choose(odd, s, c) ^ (((quadrant + 1) & 2) << 30));
}

/// 1 / (1 + exp(-x)); down to 1.2e-38 only.
INLINE vf logistic(vf x) {
  vf power;
  // Bounded where the result is 1, or too small to tell from 0.
  vf r = reduce_exponent(min_(max_(-x, splat(-87.3f)), splat(88.02f)), &power);
  return 1.0f / (fma_(power, exponential_minus_one_reduced(r), power) + 1.0f);
}

#endif
