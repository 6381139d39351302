// theta = exp(log theta) and its inverse, for every gene (and category) of a call.
#ifndef CFGEN_DISPERSIONS_H
#define CFGEN_DISPERSIONS_H

#include "elementary.h"
#include "parallel.h"

#define DISPERSIONS_A_TASK 1024

typedef struct {
  float *theta, *inverse_theta;
  const float *log_theta;
  size_t count;
} Dispersions;

static void dispersions_task(void *context, uint32_t task, uint32_t thread) {
  (void)thread;
  const Dispersions *p = context;
  size_t begin = (size_t)task * DISPERSIONS_A_TASK, end = smaller(p->count, begin + DISPERSIONS_A_TASK);
  EACH_VECTOR(i, n, begin, end) {
    // Bounded so that neither theta nor its inverse leaves single precision.
    vf log_theta = min_(max_(load_n(p->log_theta + i, n), splat(-69.0f)), splat(69.0f));
    store_n(p->theta + i, exponential(log_theta), n);
    store_n(p->inverse_theta + i, exponential(-log_theta), n);
  }
}

static void fill_dispersions(float *theta, float *inverse_theta, const float *log_theta, size_t count) {
  Dispersions p = {theta, inverse_theta, log_theta, count};
  parallel(dispersions_task, &p, (uint32_t)((count + DISPERSIONS_A_TASK - 1) / DISPERSIONS_A_TASK));
}

#endif
