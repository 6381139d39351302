// Numbers drawn one after the other in double precision, for the few entries that a single uniform number can't decide.
#ifndef CFGEN_STREAMS_H
#define CFGEN_STREAMS_H

#include "philox.h"
#include "precise.h"

/// Uniform numbers of one (row, feature), drawn one after the other: Philox blocks (gene, row low, row high, stream), stream = 1, 2, ...
typedef struct {
  uint32_t gene, row_low, row_high, stream, k0, k1, used;
  uint32_t words[4];
} Stream;

static double next_uniform(Stream *s) {
  if (s->used == 4) {
    philox_one(s->words, s->gene, s->row_low, s->row_high, s->stream++, s->k0, s->k1);
    s->used = 0;
  }
  return ((double)s->words[s->used++] + 0.5) * 2.3283064365386963e-10;
}

/// A standard normal by Marsaglia's polar method.
static double next_normal(Stream *s) {
  for (;;) {
    double u = 2.0 * next_uniform(s) - 1.0, v = 2.0 * next_uniform(s) - 1.0, square = u * u + v * v;
    if (square < 1.0 && square > 0.0) return u * __builtin_sqrt(-2.0 * precise_log(square) / square);
  }
}

/// Gamma(shape, 1), Marsaglia and Tsang (2000); shapes below 1 by the power of a uniform.
static double next_gamma(Stream *s, double shape) {
  double boost = 1.0;
  if (shape < 1.0) {
    boost = precise_exp(precise_log(next_uniform(s)) / shape);
    shape += 1.0;
  }
  double d = shape - 1.0 / 3, c = 1.0 / __builtin_sqrt(9.0 * d);
  for (;;) {
    double x = next_normal(s), v = 1.0 + c * x;
    if (v <= 0.0) continue;
    v = v * v * v;
    if (precise_log(next_uniform(s)) < 0.5 * x * x + d - d * v + d * precise_log(v)) return d * v * boost;
  }
}

/// Poisson(mean): inversion below 10, Hormann's transformed rejection (PTRS, 1993) above.
static double next_poisson(Stream *s, double mean) {
  if (mean < 10.0) {
    double p = precise_exp(-mean), u = next_uniform(s), k = 0;
    while (u > p && k < 1000.0) {
      u -= p;
      k += 1.0;
      p *= mean / k;
    }
    return k;
  }
  double log_mean = precise_log(mean), b = 0.931 + 2.53 * __builtin_sqrt(mean), a = -0.059 + 0.02483 * b;
  double inverse_alpha = 1.1239 + 1.1328 / (b - 3.4), v_r = 0.9277 - 3.6224 / (b - 2.0);
  for (;;) {
    double u = next_uniform(s) - 0.5, v = next_uniform(s), us = 0.5 - __builtin_fabs(u);
    double k = __builtin_floor((2.0 * a / us + b) * u + mean + 0.43);
    if (us >= 0.07 && v <= v_r) return k;
    if (k < 0.0 || (us < 0.013 && v > us)) continue;
    if (precise_log(v * inverse_alpha / (a / (us * us) + b)) <= k * log_mean - mean - log_gamma(k + 1.0, 0)) return k;
  }
}

#endif
