// Element by element: SiLU, linear combinations, parameter averages.
#include "elementary.h"
#include "memory.h"
#include "parallel.h"

#define ELEMENTS_A_TASK 4096

static uint32_t element_tasks(size_t count) { return (uint32_t)((count + ELEMENTS_A_TASK - 1) / ELEMENTS_A_TASK); }

typedef struct {
  float *out;
  const float *x, *dy;
  size_t count;
  int accumulate;
} Elements;

static void silu_task(void *context, uint32_t task, uint32_t thread) {
  (void)thread;
  const Elements *p = context;
  size_t begin = (size_t)task * ELEMENTS_A_TASK, end = smaller(p->count, begin + ELEMENTS_A_TASK);
  EACH_VECTOR(i, n, begin, end) {
    vf x = load_n(p->x + i, n);
    store_n(p->out + i, x * logistic(x), n);
  }
}

CFGEN_EXPORT(silu)
void silu(float *out, const float *x, uint32_t count) {
  Elements p = {out, x, 0, count, 0};
  parallel(silu_task, &p, element_tasks(count));
}

static void silu_gradient_task(void *context, uint32_t task, uint32_t thread) {
  (void)thread;
  const Elements *p = context;
  size_t begin = (size_t)task * ELEMENTS_A_TASK, end = smaller(p->count, begin + ELEMENTS_A_TASK);
  EACH_VECTOR(i, n, begin, end) {
    vf x = load_n(p->x + i, n), s = logistic(x);
    // s (1 + x (1 - s))
    vf dx = load_n(p->dy + i, n) * (s * fma_(x, 1.0f - s, splat(1.0f)));
    if (p->accumulate) dx += load_n(p->out + i, n);
    store_n(p->out + i, dx, n);
  }
}

CFGEN_EXPORT(silu_gradient)
void silu_gradient(float *dx, const float *x, const float *dy, uint32_t count, uint32_t accumulate) {
  Elements p = {dx, x, dy, count, (int)accumulate};
  parallel(silu_gradient_task, &p, element_tasks(count));
}

#define MOST_TERMS 8

typedef struct {
  float *out;
  const float *terms[MOST_TERMS];
  const float *coefficients, *base, *h;
  size_t terms_count, count, rows, columns;
} Combination;

INLINE vf combined(const Combination *p, size_t i, size_t n) {
  vf sum = load_n(p->terms[0] + i, n) * p->coefficients[0];
  for (size_t j = 1; j < p->terms_count; j++) sum = fma_(splat(p->coefficients[j]), load_n(p->terms[j] + i, n), sum);
  return sum;
}

static void combine_task(void *context, uint32_t task, uint32_t thread) {
  (void)thread;
  const Combination *p = context;
  size_t begin = (size_t)task * ELEMENTS_A_TASK, end = smaller(p->count, begin + ELEMENTS_A_TASK);
  EACH_VECTOR(i, n, begin, end) store_n(p->out + i, combined(p, i, n), n);
}

static Combination combination(float *out, const uint32_t *terms, const float *coefficients, uint32_t terms_count) {
  Combination p = {.out = out, .coefficients = coefficients, .terms_count = smaller(terms_count, MOST_TERMS)};
  for (size_t j = 0; j < p.terms_count; j++) p.terms[j] = at_line(terms[j]);
  return p;
}

/// `terms` (lines of memory) and `coefficients`: one for each of up to 8 terms.
CFGEN_EXPORT(combine)
void combine(float *out, const uint32_t *terms, const float *coefficients, uint32_t terms_count, uint32_t count) {
  Combination p = combination(out, terms, coefficients, terms_count);
  p.count = count;
  parallel(combine_task, &p, element_tasks(count));
}

#define COMBINED_ROWS_A_TASK 64

static void combine_rows_task(void *context, uint32_t task, uint32_t thread) {
  (void)thread;
  const Combination *p = context;
  size_t begin = (size_t)task * COMBINED_ROWS_A_TASK, end = smaller(p->rows, begin + COMBINED_ROWS_A_TASK);
  for (size_t row = begin; row < end; row++) {
    vf h = splat(p->h[row]);
    EACH_VECTOR(i, n, row * p->columns, (row + 1) * p->columns)
    store_n(p->out + i, fma_(h, combined(p, i, n), load_n(p->base + i, n)), n);
  }
}

CFGEN_EXPORT(combine_rows)
void combine_rows(float *out, const float *base, const float *h, const uint32_t *terms, const float *coefficients,
                  uint32_t terms_count, uint32_t rows, uint32_t columns) {
  Combination p = combination(out, terms, coefficients, terms_count);
  p.base = base;
  p.h = h;
  p.rows = rows;
  p.columns = columns;
  parallel(combine_rows_task, &p, (rows + COMBINED_ROWS_A_TASK - 1) / COMBINED_ROWS_A_TASK);
}
