// Softmax of a long row, without its last division.
#ifndef CFGEN_SOFTMAX_H
#define CFGEN_SOFTMAX_H

#include "elementary.h"

// Elements added up in single precision before they join a total in double.
#define SUM_BLOCK (16 * VL)

/// e^(s - max s) of a row; returns the maximum, and the sum of the terms.
static float softmax_terms(float *terms, const float *logits, size_t genes, double *sum) {
  vf highest = splat(-__builtin_inff());
  EACH_VECTOR(g, n, (size_t)0, genes) {
    vf s = load_n(logits + g, n);
    highest = max_(highest, n == VL ? s : choose(first_lanes(n), s, highest));
  }
  float top = max_lanes(highest);
  Wide total = wide_zero();
  for (size_t block = 0; block < genes; block += SUM_BLOCK) {
    vf block_sum = splat(0);
    EACH_VECTOR(g, n, block, smaller(genes, block + SUM_BLOCK)) {
      vf e = exponential_negative(load_n(logits + g, n) - top);
      if (n < VL) e = keep(first_lanes(n), e);
      store_n(terms + g, e, n);
      block_sum += e;
    }
    wide_add(&total, block_sum);
  }
  *sum = wide_sum(total);
  return top;
}

#endif
