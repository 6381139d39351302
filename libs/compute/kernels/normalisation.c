// Batch normalisation with ELU: training pass, gradient, inference pass. Statistics are taken column by column, so that the work is
// cut by columns; sums run over fixed groups of rows.
#include "elementary.h"
#include "parallel.h"

#define COLUMNS_A_TASK (4 * VL)
#define SUM_GROUP_ROWS 16

INLINE vf elu(vf v) { return choose(v > splat(0), v, exponential_minus_one(min_(v, splat(0)))); }

/// What the ELU's gradient multiplies by, from its output (alpha 1).
INLINE vf elu_slope(vf y) { return choose(y > splat(0), splat(1), y + 1.0f); }

typedef struct {
  float *out;
  const float *x, *gamma, *beta;
  float *running_mean, *running_variance, *saved;
  size_t rows, columns;
  float epsilon, momentum;
} BatchNorm;

static void batch_norm_task(void *context, uint32_t task, uint32_t thread) {
  (void)thread;
  const BatchNorm *p = context;
  size_t begin = (size_t)task * COLUMNS_A_TASK, end = smaller(p->columns, begin + COLUMNS_A_TASK);
  double count = (double)p->rows;
  EACH_VECTOR(c, n, begin, end) {
    Wide total = wide_zero();
    for (size_t group = 0; group < p->rows; group += SUM_GROUP_ROWS) {
      vf sum = splat(0);
      for (size_t row = group, stop = smaller(p->rows, group + SUM_GROUP_ROWS); row < stop; row++)
        sum += load_n(p->x + row * p->columns + c, n);
      wide_add(&total, sum);
    }
    vf mean = wide_round(total.low / count, total.high / count);
    total = wide_zero();
    for (size_t group = 0; group < p->rows; group += SUM_GROUP_ROWS) {
      vf sum = splat(0);
      for (size_t row = group, stop = smaller(p->rows, group + SUM_GROUP_ROWS); row < stop; row++) {
        vf d = load_n(p->x + row * p->columns + c, n) - mean;
        sum = fma_(d, d, sum);
      }
      wide_add(&total, sum);
    }
    vf variance = wide_round(total.low / count, total.high / count);
    vf inverse = 1.0f / square_root(variance + p->epsilon);
    vf scale = inverse * load_n(p->gamma + c, n), beta = load_n(p->beta + c, n);
    for (size_t row = 0; row < p->rows; row++) {
      size_t at = row * p->columns + c;
      store_n(p->out + at, elu(fma_(load_n(p->x + at, n) - mean, scale, beta)), n);
    }
    store_n(p->saved + c, mean, n);
    store_n(p->saved + p->columns + c, inverse, n);
    vf unbiased = wide_round(total.low / (count - 1), total.high / (count - 1));
    vf keep = splat(1.0f - p->momentum), move = splat(p->momentum);
    store_n(p->running_mean + c, keep * load_n(p->running_mean + c, n) + move * mean, n);
    store_n(p->running_variance + c, keep * load_n(p->running_variance + c, n) + move * unbiased, n);
  }
}

CFGEN_EXPORT(batch_norm_elu)
void batch_norm_elu(float *out, const float *x, const float *gamma, const float *beta, float *running_mean, float *running_variance,
                    float *saved, uint32_t rows, uint32_t columns, float epsilon, float momentum) {
  BatchNorm p = {out, x, gamma, beta, running_mean, running_variance, saved, rows, columns, epsilon, momentum};
  parallel(batch_norm_task, &p, (columns + COLUMNS_A_TASK - 1) / COLUMNS_A_TASK);
}

typedef struct {
  float *dx;
  const float *dy, *x, *y, *gamma, *saved;
  float *d_gamma, *d_beta;
  size_t rows, columns;
} BatchNormGradient;

static void batch_norm_gradient_task(void *context, uint32_t task, uint32_t thread) {
  (void)thread;
  const BatchNormGradient *p = context;
  size_t begin = (size_t)task * COLUMNS_A_TASK, end = smaller(p->columns, begin + COLUMNS_A_TASK);
  double count = (double)p->rows;
  EACH_VECTOR(c, n, begin, end) {
    vf mean = load_n(p->saved + c, n), inverse = load_n(p->saved + p->columns + c, n);
    Wide beta_total = wide_zero(), gamma_total = wide_zero(), normalised_total = wide_zero();
    for (size_t group = 0; group < p->rows; group += SUM_GROUP_ROWS) {
      vf beta_sum = splat(0), gamma_sum = splat(0), normalised_sum = splat(0);
      for (size_t row = group, stop = smaller(p->rows, group + SUM_GROUP_ROWS); row < stop; row++) {
        size_t at = row * p->columns + c;
        vf dv = load_n(p->dy + at, n) * elu_slope(load_n(p->y + at, n));
        vf normalised = (load_n(p->x + at, n) - mean) * inverse;
        beta_sum += dv;
        normalised_sum += normalised;
        gamma_sum = fma_(dv, normalised, gamma_sum);
      }
      wide_add(&beta_total, beta_sum);
      wide_add(&gamma_total, gamma_sum);
      wide_add(&normalised_total, normalised_sum);
    }
    // The saved mean is rounded: what is left of the mean of the normalised values is taken off here, so that a gradient
    // summed over the batch (that of a bias before this layer) vanishes as it should.
    vd shift_low = normalised_total.low / count, shift_high = normalised_total.high / count;
    vd gamma_low = gamma_total.low - shift_low * beta_total.low, gamma_high = gamma_total.high - shift_high * beta_total.high;
    store_n(p->d_beta + c, wide_round(beta_total.low, beta_total.high), n);
    store_n(p->d_gamma + c, wide_round(gamma_low, gamma_high), n);
    vf scale = inverse * load_n(p->gamma + c, n);
    vf slope = wide_round(gamma_low / count, gamma_high / count);
    vd mean_low = beta_total.low / count, mean_high = beta_total.high / count;
    vf mean_dv = wide_round(mean_low, mean_high);
    // What rounding left of the mean of dv, and the shift times the slope.
    vf offset = wide_round(mean_low - low_double(mean_dv) - shift_low * low_double(slope),
                           mean_high - high_double(mean_dv) - shift_high * high_double(slope));
    for (size_t row = 0; row < p->rows; row++) {
      size_t at = row * p->columns + c;
      vf dv = load_n(p->dy + at, n) * elu_slope(load_n(p->y + at, n));
      vf normalised = (load_n(p->x + at, n) - mean) * inverse;
      store_n(p->dx + at, scale * ((dv - mean_dv) - fma_(normalised, slope, offset)), n);
    }
  }
}

CFGEN_EXPORT(batch_norm_elu_gradient)
void batch_norm_elu_gradient(float *dx, const float *dy, const float *x, const float *y, const float *gamma, const float *saved,
                             float *d_gamma, float *d_beta, uint32_t rows, uint32_t columns) {
  BatchNormGradient p = {dx, dy, x, y, gamma, saved, d_gamma, d_beta, rows, columns};
  parallel(batch_norm_gradient_task, &p, (columns + COLUMNS_A_TASK - 1) / COLUMNS_A_TASK);
}

typedef struct {
  float *out;
  const float *x, *gamma, *beta, *running_mean, *running_variance;
  size_t rows, columns;
  float epsilon;
} FrozenBatchNorm;

static void frozen_task(void *context, uint32_t task, uint32_t thread) {
  (void)thread;
  const FrozenBatchNorm *p = context;
  size_t begin = (size_t)task * COLUMNS_A_TASK, end = smaller(p->columns, begin + COLUMNS_A_TASK);
  EACH_VECTOR(c, n, begin, end) {
    vf mean = load_n(p->running_mean + c, n), beta = load_n(p->beta + c, n);
    vf scale = load_n(p->gamma + c, n) / square_root(load_n(p->running_variance + c, n) + p->epsilon);
    for (size_t row = 0; row < p->rows; row++) {
      size_t at = row * p->columns + c;
      store_n(p->out + at, elu(fma_(load_n(p->x + at, n) - mean, scale, beta)), n);
    }
  }
}

CFGEN_EXPORT(batch_norm_elu_frozen)
void batch_norm_elu_frozen(float *out, const float *x, const float *gamma, const float *beta, const float *running_mean,
                           const float *running_variance, uint32_t rows, uint32_t columns, float epsilon) {
  FrozenBatchNorm p = {out, x, gamma, beta, running_mean, running_variance, rows, columns, epsilon};
  parallel(frozen_task, &p, (columns + COLUMNS_A_TASK - 1) / COLUMNS_A_TASK);
}
