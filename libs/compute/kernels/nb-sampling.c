// Negative binomial counts straight into sparse rows. One uniform number decides most entries: x = 0 when it falls below
// P(0) = (theta/(theta+mu))^theta. The others are found by inversion of the distribution function in double precision;
// where P(0) is next to nothing, a gamma and then a Poisson number are drawn instead.
#include "dispersions.h"
#include "elementary.h"
#include "parallel.h"
#include "philox.h"
#include "precise.h"
#include "softmax.h"
#include "streams.h"

// -ln P(0) beyond which inversion from zero upwards is hopeless: P(0) < 1e-20.
#define INVERSION_LIMIT 46.0517018598809
// mu/theta beyond which the tail is too long to sum.
#define LONGEST_TAIL 1000.0

typedef struct {
  const float *logits, *theta, *inverse_theta, *size_factors;
  const int32_t *category;
  uint32_t *counts, *indices;
  float *values, *scratch;
  size_t genes;
  uint64_t row_start;
  uint32_t k0, k1;
} Sampling;

/// The count of any entry, in double precision throughout.
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

// How far the survival function in single-precision terms may be from the exact one, relative to 1 - P(0).
#define SURVIVAL_ERROR 4e-6
// Steps of the short inversion.
#define SHORT_STEPS 64

#define R4(k) 1.0 / (k), 1.0 / (k + 1), 1.0 / (k + 2), 1.0 / (k + 3)
#define R16(k) R4(k), R4(k + 4), R4(k + 8), R4(k + 12)
/// 1/(k + 1): a division is most of a step.
static const double reciprocals[SHORT_STEPS] = {R16(1), R16(17), R16(33), R16(49)};

/// The count by inversion from terms in single precision; 0 when it is too close to call or too far up, and the exact way must decide.
/// `rest` = 1 - u, `survival` = 1 - P(0).
INLINE float draw_quickly(double rest, double survival, double zero, double theta, double success) {
  double margin = SURVIVAL_ERROR * survival, probability = zero;
  if (survival - rest < margin) return 0.0f;
  for (int k = 0; k < SHORT_STEPS; k++) {
    probability *= (k + theta) * reciprocals[k] * success;
    survival -= probability;
    if (rest > survival + margin) return (float)(k + 1);
    if (rest > survival - margin) return 0.0f;
  }
  return 0.0f;
}

static void sampling_task(void *context, uint32_t task, uint32_t thread) {
  const Sampling *p = context;
  size_t genes = p->genes;
  const float *logits = p->logits + task * genes;
  size_t category = p->category ? (size_t)p->category[task] : 0;
  const float *theta_row = p->theta + category * genes, *inverse_row = p->inverse_theta + category * genes;
  float *mean = p->scratch + (size_t)thread * genes;
  uint32_t *indices = p->indices + task * genes;
  float *values = p->values + task * genes;
  uint64_t row = p->row_start + task;
  vu row_low = splat_unsigned((uint32_t)row), row_high = splat_unsigned((uint32_t)(row >> 32)), stream = splat_unsigned(0);

  double denominator;
  softmax_terms(mean, logits, genes, &denominator);
  vf factor = splat((float)(p->size_factors[task] / denominator));

  uint32_t found = 0;
  for (size_t start = 0; start < genes; start += 4 * VL) {
    PhiloxBlocks blocks = philox((vu)lane_numbers() + (uint32_t)(start / 4), row_low, row_high, stream, p->k0, p->k1);
    vf words[4];
    for (int w = 0; w < 4; w++) words[w] = (vf)blocks.word[w];
    by_block(words);
    for (size_t part = 0; part < 4 && start + part * VL < genes; part++) {
      size_t g = start + part * VL, n = smaller(VL, genes - g);
      vf mu = load_n(mean + g, n) * factor, theta = load_n(theta_row + g, n);
      vf ratio = mu * load_n(inverse_row + g, n), q = 1.0f / (1.0f + ratio);
      vf minus_log_zero = theta * log_one_plus_given(ratio, q);
      // 1 - u against 1 - P(0): both keep their digits where hits are rare.
      vf rest = (unsigned_to_float(~(vu)words[part]) + 0.5f) * 2.3283064365386963e-10f;
      vf survival = -exponential_minus_one(-min_(minus_log_zero, splat(80.0f)));
      vi far = (minus_log_zero > splat((float)INVERSION_LIMIT * 0.999f)) | (ratio > splat((float)LONGEST_TAIL * 0.999f));
      vi hit = ((rest < survival * (1.0f + (float)SURVIVAL_ERROR)) | far) & first_lanes(n);
      uint32_t hits = lane_bits(hit), far_bits = lane_bits(far);
      if (hits == 0) continue;
      float rests[VL], survivals[VL], zeros[VL], successes[VL], means[VL], thetas[VL];
      uint32_t draws[VL];
      store(rests, rest), store(survivals, survival), store(means, mu), store(thetas, theta);
      store(zeros, exponential_negative(-minus_log_zero)), store(successes, ratio * q), store((float *)draws, words[part]);
      for (; hits != 0; hits &= hits - 1) {
        size_t i = (size_t)__builtin_ctz(hits);
        float count = far_bits >> i & 1 ? 0.0f : draw_quickly(rests[i], survivals[i], zeros[i], thetas[i], successes[i]);
        if (count == 0.0f) count = draw_count(p, g + i, row, draws[i], means[i], thetas[i]);
        if (count == 0.0f) continue;
        indices[found] = (uint32_t)(g + i);
        values[found] = count;
        found++;
      }
    }
  }
  p->counts[task] = found;
}

/// Bytes of workspace: theta and its inverse, and a row of means for each thread.
CFGEN_EXPORT(nb_sample_workspace)
uint32_t nb_sample_workspace(uint32_t genes, uint32_t categories) { return genes * (2 * categories + thread_count()) * 4; }

/// Row r's entries go to indices and values from r * genes on, their number to counts[r].
CFGEN_EXPORT(nb_sample)
void nb_sample(const float *logits, const float *log_theta, const int32_t *category, const float *size_factors, uint32_t *counts,
               uint32_t *indices, float *values, uint32_t rows, uint32_t genes, uint32_t categories, uint32_t k0, uint32_t k1,
               uint32_t row_low, uint32_t row_high, float *workspace) {
  size_t table = (size_t)genes * categories;
  float *theta = workspace, *inverse_theta = theta + table, *means = inverse_theta + table;
  fill_dispersions(theta, inverse_theta, log_theta, table);
  Sampling p = {logits, theta, inverse_theta, size_factors, category, counts, indices, values, means, genes,
                (uint64_t)row_high << 32 | row_low, k0, k1};
  parallel(sampling_task, &p, rows);
}
