// Products of bfloat16 numbers. See gemm-mixed.c.
#ifndef CFGEN_GEMM_MIXED_H
#define CFGEN_GEMM_MIXED_H

#include "vectors.h"

// Columns up to which the rows of a product are cut between threads (packing all of B each) rather than the columns.
#define NARROW 256

/// The largest of `shares` about equal shares of a whole that is cut at multiples of `unit`.
INLINE size_t largest_share(size_t whole, size_t shares, size_t unit) {
  size_t units = (whole + unit - 1) / unit;
  return (units + shares - 1) / shares * unit;
}

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
