// Double-precision functions for the few entries that need them: large counts in the loss, draws. Relative error about 1e-15
// (logarithm, exponential), absolute 1e-14 for the Stirling remainders from 8 on.
#ifndef CFGEN_PRECISE_H
#define CFGEN_PRECISE_H

#include "vectors.h"

INLINE uint64_t double_bits(double x) {
  uint64_t bits;
  __builtin_memcpy(&bits, &x, 8);
  return bits;
}

INLINE double double_from_bits(uint64_t bits) {
  double x;
  __builtin_memcpy(&x, &bits, 8);
  return x;
}

/// ln x for normal x > 0: ln m = 2 artanh((m - 1)/(m + 1)), its series to s^21.
static double precise_log(double x) {
  uint64_t bits = double_bits(x) - 0x3fe6a09e667f3bcdull;
  int64_t exponent = (int64_t)bits >> 52;
  double m = double_from_bits((bits & 0xfffffffffffffull) + 0x3fe6a09e667f3bcdull);
  double s = (m - 1.0) / (m + 1.0), z = s * s;
  double p = 1.0 / 21;
  p = p * z + 1.0 / 19;
  p = p * z + 1.0 / 17;
  p = p * z + 1.0 / 15;
  p = p * z + 1.0 / 13;
  p = p * z + 1.0 / 11;
  p = p * z + 1.0 / 9;
  p = p * z + 1.0 / 7;
  p = p * z + 1.0 / 5;
  p = p * z + 1.0 / 3;
  return (double)exponent * 0.693147180559945309417 + 2.0 * (s + s * z * p);
}

/// ln(1 + x), x >= 0.
INLINE double precise_log_one_plus(double x) {
  double u = 1.0 + x;
  return precise_log(u) + (x - (u - 1.0)) / u;
}

/// exp(x) by 2^n times the Taylor series to r^13; 0 below -708.
static double precise_exp(double x) {
  if (x < -708.0) return 0.0;
  if (x > 709.0) return __builtin_inf();
  double n = __builtin_rint(x * 1.44269504088896340736);
  double r = (x - n * 6.93147180369123816490e-01) - n * 1.90821492927058770002e-10;
  double p = 1.0 / 6227020800.0;
  p = p * r + 1.0 / 479001600.0;
  p = p * r + 1.0 / 39916800.0;
  p = p * r + 1.0 / 3628800.0;
  p = p * r + 1.0 / 362880.0;
  p = p * r + 1.0 / 40320.0;
  p = p * r + 1.0 / 5040.0;
  p = p * r + 1.0 / 720.0;
  p = p * r + 1.0 / 120.0;
  p = p * r + 1.0 / 24.0;
  p = p * r + 1.0 / 6.0;
  p = p * r + 0.5;
  return double_from_bits((uint64_t)((int64_t)n + 1023) << 52) * (1.0 + (r + r * r * p));
}

/// ln Gamma(z) - [(z - 1/2) ln z - z + ln(2 pi)/2] for z >= 8.
INLINE double stirling_remainder(double z) {
  double w = 1.0 / (z * z);
  double p = -691.0 / 360360;
  p = p * w + 1.0 / 1188;
  p = p * w - 1.0 / 1680;
  p = p * w + 1.0 / 1260;
  p = p * w - 1.0 / 360;
  p = p * w + 1.0 / 12;
  return p / z;
}

/// digamma(z) - ln z for z >= 8.
INLINE double digamma_remainder(double z) {
  double w = 1.0 / (z * z);
  double p = 691.0 / 32760;
  p = p * w - 1.0 / 132;
  p = p * w + 1.0 / 240;
  p = p * w - 1.0 / 252;
  p = p * w + 1.0 / 120;
  p = p * w - 1.0 / 12;
  return p * w - 0.5 / z;
}

/// ln Gamma(z) for z > 0, and digamma(z) where asked for: recurrence up to 8, then Stirling's series.
static double log_gamma(double z, double *digamma) {
  double product = 1.0, shift = 0.0;
  while (z < 8.0) {
    product *= z;
    shift += 1.0 / z;
    z += 1.0;
  }
  double log_z = precise_log(z);
  if (digamma) *digamma = log_z + digamma_remainder(z) - shift;
  double value = (z - 0.5) * log_z - z + 0.918938533204672741780 + stirling_remainder(z);
  return product == 1.0 ? value : value - precise_log(product);
}

#endif
