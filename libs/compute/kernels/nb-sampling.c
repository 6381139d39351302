// Negative binomial counts straight into sparse rows. One uniform number decides most entries: x = 0 when it falls below
// P(0) = (theta/(theta+mu))^theta. The others are found by inversion of the distribution function in double precision;
// where P(0) is next to nothing, a gamma and then a Poisson number are drawn instead.
#include "elementary.h"
#include "parallel.h"
#include "philox.h"
#include "precise.h"
#include "softmax.h"

// -ln P(0) beyond which inversion from zero upwards is hopeless: P(0) < 1e-20.
#define INVERSION_LIMIT 46.0517018598809
// mu/theta beyond which the tail is too long to sum.
#define LONGEST_TAIL 1000.0

typedef struct {
  const float *logits, *log_theta, *size_factors;
  const int32_t *category;
  uint32_t *counts, *indices;
  float *values, *scratch;
  size_t genes;
  uint64_t row_start;
  uint32_t k0, k1;
} Sampling;

/// Uniform numbers of one (row, gene), drawn one after the other: Philox blocks (gene, row low, row high, stream), stream = 1, 2, ...
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

/// The count of an entry that is probably not zero.
static float draw_count(const Sampling *p, size_t gene, uint64_t row, uint32_t word, double mu, double theta) {
  double r = mu / theta, minus_log_zero = theta * precise_log_one_plus(r);
  if (minus_log_zero > INVERSION_LIMIT || r > LONGEST_TAIL) {
    Stream stream = {(uint32_t)gene, (uint32_t)row, (uint32_t)(row >> 32), 1, p->k0, p->k1, 4, {0}};
    // With a theta this large against the mean the gamma number is the mean to all digits.
    double mean = theta > 1e15 ? mu : next_gamma(&stream, theta) * r;
    return (float)next_poisson(&stream, mean);
  }
  double u = ((double)word + 0.5) * 2.3283064365386963e-10, success = mu / (theta + mu);
  double probability = precise_exp(-minus_log_zero), below = probability, k = 0;
  if (u <= probability) return 0.0f;
  // Beyond the last uniform the terms vanish: stop where they no longer change the sum.
  for (;;) {
    probability *= (k + theta) / (k + 1.0) * success;
    k += 1.0;
    double next = below + probability;
    if (u <= next || (next == below && k > mu) || k > 16777215.0) return (float)k;
    below = next;
  }
}

static void sampling_task(void *context, uint32_t task, uint32_t thread) {
  const Sampling *p = context;
  size_t genes = p->genes;
  const float *logits = p->logits + task * genes;
  const float *log_theta = p->log_theta + (p->category ? (size_t)p->category[task] * genes : 0);
  float *mean = p->scratch + (size_t)thread * genes;
  uint32_t *indices = p->indices + task * genes;
  float *values = p->values + task * genes;
  uint64_t row = p->row_start + task;
  vu row_low = splat_unsigned((uint32_t)row), row_high = splat_unsigned((uint32_t)(row >> 32)), zero = splat_unsigned(0);

  double denominator;
  softmax_terms(mean, logits, genes, &denominator);
  vf factor = splat((float)(p->size_factors[task] / denominator));

  uint32_t found = 0;
  for (size_t start = 0; start < genes; start += 4 * VL) {
    PhiloxBlocks blocks = philox((vu)lane_numbers() + (uint32_t)(start / 4), row_low, row_high, zero, p->k0, p->k1);
    uint32_t words[4][VL], ordered[4 * VL];
    __builtin_memcpy(words, blocks.word, sizeof words);
    for (size_t j = 0; j < 4 * VL; j++) ordered[j] = words[j & 3][j >> 2];
    for (size_t part = 0; part < 4; part++) {
      size_t g = start + part * VL;
      if (g >= genes) break;
      size_t n = smaller(VL, genes - g);
      vf mu = load_n(mean + g, n) * factor;
      vf log_t = min_(max_(load_n(log_theta + g, n), splat(-69.0f)), splat(69.0f));
      vf theta = exponential(log_t);
      vf ratio = mu * exponential(-log_t);
      vf minus_log_zero = theta * log_one_plus(ratio);
      // 1 - u against 1 - P(0): both keep their digits where hits are rare.
      vu w;
      __builtin_memcpy(&w, ordered + part * VL, sizeof w);
      vu rest = ~w;
      vf distance = fma_(__builtin_convertvector((vi)(rest >> 16), vf), splat(65536.0f), __builtin_convertvector((vi)(rest & 0xffffu), vf));
      distance = (distance + 0.5f) * 2.3283064365386963e-10f;
      vi hit = (distance < -exponential_minus_one(-min_(minus_log_zero, splat(80.0f)))) |
               (minus_log_zero > splat((float)INVERSION_LIMIT)) | (ratio > splat((float)LONGEST_TAIL * 0.99f));
      hit &= first_lanes(n);
      if (!any(hit)) continue;
      for (size_t i = 0; i < n; i++) {
        if (!hit[i]) continue;
        float count = draw_count(p, g + i, row, ordered[part * VL + i], mu[i], theta[i]);
        if (count == 0.0f) continue;
        indices[found] = (uint32_t)(g + i);
        values[found] = count;
        found++;
      }
    }
  }
  p->counts[task] = found;
}

/// Bytes of workspace: a row of means for each thread.
CFGEN_EXPORT(nb_sample_workspace)
uint32_t nb_sample_workspace(uint32_t genes) { return genes * thread_count() * 4; }

/// Row r's entries go to indices and values from r * genes on, their number to counts[r].
CFGEN_EXPORT(nb_sample)
void nb_sample(const float *logits, const float *log_theta, const int32_t *category, const float *size_factors, uint32_t *counts,
               uint32_t *indices, float *values, uint32_t rows, uint32_t genes, uint32_t k0, uint32_t k1, uint32_t row_low,
               uint32_t row_high, float *workspace) {
  Sampling p = {logits, log_theta, size_factors, category, counts, indices, values, workspace, genes,
                (uint64_t)row_high << 32 | row_low, k0, k1};
  parallel(sampling_task, &p, rows);
}
