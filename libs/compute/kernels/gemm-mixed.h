// Products of bfloat16 numbers. See gemm-mixed.c.
#ifndef CFGEN_GEMM_MIXED_H
#define CFGEN_GEMM_MIXED_H

#include "vectors.h"

/// How products are computed when they may round their factors.
typedef enum { NOT_MIXED = 0, MIXED_BY_VECTORS = 1, MIXED_BY_TILES = 2 } MixedPrecision;

/// out [m, n] = a b (+ bias) (+ out): a [m, k], or [k, m] when turned; b [k, n], or [n, k] when turned.
typedef struct {
  float *out;
  const float *a, *b, *bias;
  size_t m, n, k;
  int a_turned, b_turned, accumulate;
} MixedProduct;

/// What this processor can do.
MixedPrecision mixed_precision(void);
void mixed_product(const MixedProduct *p, MixedPrecision precision);

#endif
