// The small losses: cross-entropy, squared error, Gaussian head; sums.
#include "elementary.h"
#include "parallel.h"

#define ROWS_A_TASK 16

static uint32_t row_tasks(size_t rows) { return (uint32_t)((rows + ROWS_A_TASK - 1) / ROWS_A_TASK); }

typedef struct {
  float *logits, *row_loss;
  const int32_t *labels;
  size_t rows, classes;
  float scale;
} CrossEntropy;

static void cross_entropy_task(void *context, uint32_t task, uint32_t thread) {
  (void)thread;
  const CrossEntropy *p = context;
  size_t begin = (size_t)task * ROWS_A_TASK, end = smaller(p->rows, begin + ROWS_A_TASK);
  for (size_t row = begin; row < end; row++) {
    float *logits = p->logits + row * p->classes;
    int32_t label = p->labels[row];
    if (label < 0) {
      for (size_t c = 0; c < p->classes; c++) logits[c] = 0.0f;
      p->row_loss[row] = 0.0f;
      continue;
    }
    float top = logits[0];
    for (size_t c = 1; c < p->classes; c++) top = logits[c] > top ? logits[c] : top;
    Wide total = wide_zero();
    float chosen = logits[label];
    EACH_VECTOR(c, n, (size_t)0, p->classes) {
      vf e = exponential(load_n(logits + c, n) - top);
      if (n < VL) e = choose(first_lanes(n), e, splat(0));
      wide_add(&total, e);
      store_n(logits + c, e, n);
    }
    float sum = (float)wide_sum(total);
    p->row_loss[row] = logarithm(splat(sum))[0] + (top - chosen);
    vf factor = splat(p->scale / sum);
    EACH_VECTOR(c, n, (size_t)0, p->classes) store_n(logits + c, load_n(logits + c, n) * factor, n);
    logits[label] -= p->scale;
  }
}

CFGEN_EXPORT(cross_entropy_loss)
void cross_entropy_loss(float *logits, const int32_t *labels, float *row_loss, uint32_t rows, uint32_t classes, float scale) {
  CrossEntropy p = {logits, row_loss, labels, rows, classes, scale};
  parallel(cross_entropy_task, &p, row_tasks(rows));
}

typedef struct {
  float *prediction, *row_loss;
  const float *target;
  size_t rows, columns;
  float scale;
} SquaredError;

static void squared_error_task(void *context, uint32_t task, uint32_t thread) {
  (void)thread;
  const SquaredError *p = context;
  size_t begin = (size_t)task * ROWS_A_TASK, end = smaller(p->rows, begin + ROWS_A_TASK);
  for (size_t row = begin; row < end; row++) {
    float *prediction = p->prediction + row * p->columns;
    const float *target = p->target + row * p->columns;
    Wide total = wide_zero();
    EACH_VECTOR(c, n, (size_t)0, p->columns) {
      vf d = load_n(prediction + c, n) - load_n(target + c, n);
      wide_add(&total, d * d);
      store_n(prediction + c, d * (2.0f * p->scale), n);
    }
    p->row_loss[row] = (float)wide_sum(total);
  }
}

CFGEN_EXPORT(squared_error_loss)
void squared_error_loss(float *prediction, const float *target, float *row_loss, uint32_t rows, uint32_t columns, float scale) {
  SquaredError p = {prediction, row_loss, target, rows, columns, scale};
  parallel(squared_error_task, &p, row_tasks(rows));
}

typedef struct {
  const float *head, *noise, *dz;
  float *z, *row_kl, *d_head;
  size_t rows, size;
  float kl_scale;
} GaussianHead;

static void gaussian_head_task(void *context, uint32_t task, uint32_t thread) {
  (void)thread;
  const GaussianHead *p = context;
  size_t begin = (size_t)task * ROWS_A_TASK, end = smaller(p->rows, begin + ROWS_A_TASK);
  for (size_t row = begin; row < end; row++) {
    const float *mean = p->head + 2 * row * p->size, *log_variance = mean + p->size;
    Wide total = wide_zero();
    EACH_VECTOR(c, n, (size_t)0, p->size) {
      vf m = load_n(mean + c, n), l = load_n(log_variance + c, n), half = l * 0.5f;
      store_n(p->z + row * p->size + c, fma_(exponential(half), load_n(p->noise + row * p->size + c, n), m), n);
      // v - 1 - ln v without cancellation near v = 1.
      wide_add(&total, fma_(m, m, exponential_minus_one(l) - l));
    }
    p->row_kl[row] = (float)(0.5 * wide_sum(total));
  }
}

CFGEN_EXPORT(gaussian_head)
void gaussian_head(const float *head, const float *noise, float *z, float *row_kl, uint32_t rows, uint32_t size) {
  GaussianHead p = {head, noise, 0, z, row_kl, 0, rows, size, 0.0f};
  parallel(gaussian_head_task, &p, row_tasks(rows));
}

static void gaussian_head_gradient_task(void *context, uint32_t task, uint32_t thread) {
  (void)thread;
  const GaussianHead *p = context;
  size_t begin = (size_t)task * ROWS_A_TASK, end = smaller(p->rows, begin + ROWS_A_TASK);
  for (size_t row = begin; row < end; row++) {
    const float *mean = p->head + 2 * row * p->size, *log_variance = mean + p->size;
    float *d_mean = p->d_head + 2 * row * p->size, *d_log_variance = d_mean + p->size;
    EACH_VECTOR(c, n, (size_t)0, p->size) {
      vf dz = load_n(p->dz + row * p->size + c, n), noise = load_n(p->noise + row * p->size + c, n);
      vf l = load_n(log_variance + c, n), m = load_n(mean + c, n);
      vf half_deviation = exponential(l * 0.5f) * 0.5f;
      store_n(d_mean + c, fma_(m, splat(p->kl_scale), dz), n);
      store_n(d_log_variance + c, fma_(exponential_minus_one(l), splat(0.5f * p->kl_scale), dz * noise * half_deviation), n);
    }
  }
}

CFGEN_EXPORT(gaussian_head_gradient)
void gaussian_head_gradient(const float *head, const float *noise, const float *dz, float *d_head, uint32_t rows, uint32_t size,
                            float kl_scale) {
  GaussianHead p = {head, noise, dz, 0, 0, d_head, rows, size, kl_scale};
  parallel(gaussian_head_gradient_task, &p, row_tasks(rows));
}

CFGEN_EXPORT(add_sum)
void add_sum(float *total, const float *values, uint32_t count, float scale) {
  double sum = 0;
  for (size_t i = 0; i < count; i++) sum += values[i];
  *total = (float)(*total + (double)scale * sum);
}
