// Negative binomial loss on the logits of the decoder, with its gradients: softmax, mean, likelihood and chain rule in one pass a row.
// Every entry is first treated as a zero (one exp, one log, one division); the few non-zeros are then corrected.
//
// With r = mu/theta, q = 1/(1+r), y = r q (so theta/(theta+mu) = q, mu/(theta+mu) = y) and L = ln(1+r):
//   -ln p(x)            = theta L - x (ln mu - L) - sum_{k=1}^{x-1} ln((1 + k/theta)/(k+1))
//   mu d(-ln p)/dmu     = (mu - x) q
//   theta d(-ln p)/dtheta = theta (L - y) - q sum_{k<x} (mu - k)/(theta + k)
// the last written so that nothing cancels for large theta; L - y is a series in y where y is small.
#include "dispersions.h"
#include "elementary.h"
#include "parallel.h"
#include "precise.h"
#include "softmax.h"

// Rows whose dTheta is added up together; groups are then added in order. Fixed, so that threads don't matter.
#define ROWS_A_GROUP 8
// Counts up to here take the product form, larger ones Stirling's series in double precision.
#define SMALL_COUNT 16

typedef struct {
  float *logits;
  // theta and 1/theta, a row of `genes` for each category.
  const float *theta, *inverse_theta;
  const int32_t *category;
  const float *size_factors;
  const uint32_t *indptr, *indices;
  const float *values;
  float *row_loss;
  // A row of `genes` a group, then two rows a thread; null when no gradient is wanted.
  float *partial;
  float *rows_scratch;
  const uint32_t *order, *group_starts;
  size_t genes;
  float scale;
} NbLoss;

typedef struct {
  vf q, y, log_term, excess;
} ZeroTerms;

/// q, y, L = ln(1 + r) and L - y.
INLINE ZeroTerms zero_terms(vf r) {
  ZeroTerms t;
  t.q = 1.0f / (1.0f + r);
  t.y = r * t.q;
  vi small = t.y < splat(0.1f);
  vf excess = splat(0), log_term = splat(0);
  if (any(small)) {
    // L - y = y^2/2 + y^3/3 + ...
    vf z = t.y * t.y, z2 = z * z;
    vf p0 = fma_(splat(1.0f / 3), t.y, splat(1.0f / 2)), p2 = fma_(splat(1.0f / 5), t.y, splat(1.0f / 4));
    vf p4 = fma_(splat(1.0f / 7), t.y, splat(1.0f / 6)), p6 = fma_(splat(1.0f / 9), t.y, splat(1.0f / 8));
    excess = fma_(fma_(p6, z, p4), z2, fma_(p2, z, p0)) * z;
    log_term = t.y + excess;
  }
  if (any(~small)) {
    vf exact = log_one_plus_given(r, t.q);
    log_term = choose(small, log_term, exact);
    excess = choose(small, excess, exact - t.y);
  }
  t.log_term = log_term;
  t.excess = excess;
  return t;
}

/// -ln p(x) and the digamma sum for a large count or an extreme theta.
static double large_count(double x, double mu, double theta, double *digamma_sum) {
  double digamma_high, digamma_low;
  double gammas = log_gamma(x + theta, &digamma_high) - log_gamma(theta, &digamma_low) - log_gamma(x + 1.0, 0);
  double log_term = precise_log_one_plus(mu / theta);
  // sum_{k<x} (mu - k)/(theta + k) = (mu + theta) sum 1/(theta + k) - x
  *digamma_sum = (mu + theta) * (digamma_high - digamma_low) - x;
  // ln(mu/(theta+mu)) from the side that doesn't cancel.
  double log_success = mu > theta ? -precise_log_one_plus(theta / mu) : precise_log(mu / theta) - log_term;
  return theta * log_term - x * log_success - gammas;
}

typedef struct {
  float *mean;  // [G]
  float *slope; // [G], mu d(-ln p)/dmu
  float *d_theta;
  double loss, slope_sum;
} RowWork;

/// Corrects up to VL entries of a row from "zero" to their counts.
static void correct_entries(RowWork *w, const uint32_t *genes, const float *counts, size_t n, const float *theta_row,
                            const float *inverse_row, const float *logits, float log_offset) {
  vf mu = gather(w->mean, genes, n), theta = gather(theta_row, genes, n), inverse = gather(inverse_row, genes, n);
  vf x = load_n(counts, n), log_mu = gather(logits, genes, n) + log_offset;
  ZeroTerms zero = zero_terms(mu * inverse);

  // Extreme lanes go one by one.
  vi precise = (x > splat(SMALL_COUNT)) | ((theta < splat(1e-2f)) & (x > splat(8))) | ((theta < splat(1e-4f)) & (x > splat(0)));
  vf product = splat(1.0f), sum = choose(x > splat(0), mu * inverse, splat(0));
  vf largest = choose(precise, splat(0), x);
  float last = max_lanes(largest);
  for (float k = 1; k < last; k += 1) {
    vi inside = splat(k) < largest;
    product = choose(inside, product * (fma_(splat(k), inverse, splat(1.0f)) * (1.0f / (k + 1.0f))), product);
    sum = choose(inside, sum + (mu - k) / (theta + k), sum);
  }
  vf correction = -(x * (log_mu - zero.log_term)) - logarithm_normal(product);
  float lanes[4][VL];
  store(lanes[0], correction);
  store(lanes[1], zero.q);
  store(lanes[2], sum);
  store(lanes[3], theta * zero.log_term);
  for (size_t i = 0; i < n; i++) {
    size_t g = genes[i];
    double loss = lanes[0][i], digamma_sum = lanes[2][i];
    if (precise[i]) {
      double mean = w->mean[g];
      if (mean < 1e-30) mean = precise_exp((double)logits[g] + log_offset);
      loss = large_count(counts[i], mean < 1e-300 ? 1e-300 : mean, theta_row[g], &digamma_sum) - (double)lanes[3][i];
    }
    w->loss += loss;
    if (w->slope) {
      float slope = counts[i] * lanes[1][i];
      w->slope[g] -= slope;
      w->slope_sum -= slope;
      w->d_theta[g] -= (float)(lanes[1][i] * digamma_sum);
    }
  }
}

static void nb_row(const NbLoss *p, size_t row, float *mean, float *slope, float *d_theta) {
  size_t genes = p->genes;
  float *logits = p->logits + row * genes;
  size_t category = p->category ? (size_t)p->category[row] : 0;
  const float *theta_row = p->theta + category * genes, *inverse_row = p->inverse_theta + category * genes;

  double denominator;
  float top = softmax_terms(mean, logits, genes, &denominator);
  float size_factor = p->size_factors[row];
  float factor = (float)(size_factor / denominator);
  float log_offset = (float)(precise_log(size_factor / denominator) - top);

  RowWork w = {mean, slope, d_theta, 0.0, 0.0};
  Wide loss = wide_zero(), slope_sum = wide_zero();
  for (size_t block = 0; block < genes; block += SUM_BLOCK) {
    vf block_loss = splat(0), block_slope = splat(0);
    EACH_VECTOR(g, n, block, smaller(genes, block + SUM_BLOCK)) {
      vf mu = load_n(mean + g, n) * factor, theta = load_n(theta_row + g, n);
      ZeroTerms zero = zero_terms(mu * load_n(inverse_row + g, n));
      store_n(mean + g, mu, n);
      block_loss = fma_(theta, zero.log_term, block_loss);
      if (slope) {
        vf m = mu * zero.q;
        block_slope += m;
        store_n(slope + g, m, n);
        store_n(d_theta + g, fma_(theta, zero.excess, load_n(d_theta + g, n)), n);
      }
    }
    wide_add(&loss, block_loss);
    wide_add(&slope_sum, block_slope);
  }
  w.loss = wide_sum(loss);
  w.slope_sum = wide_sum(slope_sum);

  EACH_VECTOR(e, n, (size_t)p->indptr[row], (size_t)p->indptr[row + 1])
  correct_entries(&w, p->indices + e, p->values + e, n, theta_row, inverse_row, logits, log_offset);

  p->row_loss[row] = (float)w.loss;
  if (!slope) return;
  // ds = slope - rho * (sum of slopes), rho = mu / l
  vf share = splat((float)(w.slope_sum / size_factor)), scale = splat(p->scale);
  EACH_VECTOR(g, n, (size_t)0, genes)
  store_n(logits + g, scale * fma_(-load_n(mean + g, n), share, load_n(slope + g, n)), n);
}

static void nb_group_task(void *context, uint32_t task, uint32_t thread) {
  const NbLoss *p = context;
  float *mean = p->rows_scratch + (size_t)thread * 2 * p->genes;
  float *slope = p->partial ? mean + p->genes : 0;
  float *d_theta = p->partial ? p->partial + task * p->genes : 0;
  if (d_theta) __builtin_memset(d_theta, 0, p->genes * sizeof(float));
  for (size_t i = p->group_starts[task]; i < p->group_starts[task + 1]; i++) nb_row(p, p->order[i], mean, slope, d_theta);
}

typedef struct {
  float *d_log_theta;
  const float *partial;
  // Groups of category c: category_groups[c] .. category_groups[c + 1].
  const uint32_t *category_groups;
  size_t genes, slices;
  float scale;
} ThetaSum;

#define SLICE_GENES 1024

static void theta_sum_task(void *context, uint32_t task, uint32_t thread) {
  (void)thread;
  const ThetaSum *p = context;
  size_t category = task / p->slices, begin = (task % p->slices) * SLICE_GENES, end = smaller(p->genes, begin + SLICE_GENES);
  EACH_VECTOR(g, n, begin, end) {
    vf total = splat(0);
    for (size_t group = p->category_groups[category]; group < p->category_groups[category + 1]; group++)
      total += load_n(p->partial + group * p->genes + g, n);
    store_n(p->d_log_theta + category * p->genes + g, total * p->scale, n);
  }
}

INLINE size_t group_limit(size_t rows, size_t categories) { return rows / ROWS_A_GROUP + smaller(rows, categories) + 1; }

/// Bytes of workspace the loss needs.
CFGEN_EXPORT(nb_loss_workspace)
uint32_t nb_loss_workspace(uint32_t rows, uint32_t genes, uint32_t categories, uint32_t gradient) {
  size_t groups = group_limit(rows, categories);
  size_t floats = 2 * (size_t)genes * categories + 2 * (size_t)genes * thread_count() + (gradient ? groups * genes : 0);
  size_t words = rows + (groups + 1) + 2 * ((size_t)categories + 1);
  return (uint32_t)((floats + words) * 4 + 64);
}

/// Sorts the rows by category (ascending rows within one) and cuts each category into groups. Returns the number of groups.
static uint32_t group_rows(const int32_t *category, size_t rows, size_t categories, uint32_t *order, uint32_t *group_starts,
                           uint32_t *category_groups, uint32_t *counts) {
  for (size_t c = 0; c <= categories; c++) counts[c] = 0;
  for (size_t row = 0; row < rows; row++) counts[(category ? (size_t)category[row] : 0) + 1]++;
  for (size_t c = 0; c < categories; c++) counts[c + 1] += counts[c];
  uint32_t groups = 0;
  for (size_t c = 0; c < categories; c++) {
    category_groups[c] = groups;
    for (uint32_t start = counts[c]; start < counts[c + 1]; start += ROWS_A_GROUP) group_starts[groups++] = start;
  }
  category_groups[categories] = groups;
  group_starts[groups] = (uint32_t)rows;
  for (size_t row = 0; row < rows; row++) order[counts[category ? (size_t)category[row] : 0]++] = (uint32_t)row;
  return groups;
}

CFGEN_EXPORT(nb_loss)
void nb_loss(float *logits, const float *log_theta, const int32_t *category, const float *size_factors, const uint32_t *indptr,
             const uint32_t *indices, const float *values, float *row_loss, float *d_log_theta, uint32_t rows, uint32_t genes,
             uint32_t categories, float scale, float *workspace) {
  size_t table = (size_t)genes * categories, group_count = group_limit(rows, categories);
  float *theta = workspace, *inverse_theta = theta + table, *rows_scratch = inverse_theta + table;
  float *partial = rows_scratch + 2 * (size_t)genes * thread_count();
  uint32_t *order = (uint32_t *)(partial + (d_log_theta ? group_count * genes : 0));
  uint32_t *group_starts = order + rows, *category_groups = group_starts + group_count + 1, *counts = category_groups + categories + 1;

  fill_dispersions(theta, inverse_theta, log_theta, table);
  uint32_t groups = group_rows(category, rows, categories, order, group_starts, category_groups, counts);
  NbLoss loss = {logits,   theta,    inverse_theta, category,     size_factors, indptr, indices, values,
                 row_loss, d_log_theta ? partial : 0, rows_scratch, order, group_starts, genes, scale};
  parallel(nb_group_task, &loss, groups);
  if (!d_log_theta) return;
  size_t slices = ((size_t)genes + SLICE_GENES - 1) / SLICE_GENES;
  ThetaSum sum = {d_log_theta, partial, category_groups, genes, slices, scale};
  parallel(theta_sum_task, &sum, (uint32_t)(slices * categories));
}

typedef struct {
  float *out;
  const float *logits, *size_factors;
  size_t genes;
} Means;

static void means_task(void *context, uint32_t task, uint32_t thread) {
  (void)thread;
  const Means *p = context;
  const float *logits = p->logits + task * p->genes;
  float *out = p->out + task * p->genes;
  double denominator;
  softmax_terms(out, logits, p->genes, &denominator);
  float factor = (float)(p->size_factors[task] / denominator);
  EACH_VECTOR(g, n, (size_t)0, p->genes) store_n(out + g, load_n(out + g, n) * factor, n);
}

CFGEN_EXPORT(nb_means)
void nb_means(float *out, const float *logits, const float *size_factors, uint32_t rows, uint32_t genes) {
  Means p = {out, logits, size_factors, genes};
  parallel(means_task, &p, rows);
}
