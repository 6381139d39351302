// Poisson counts with means l softmax(s): loss with its gradient, and draws straight into sparse rows.
//   -ln p(x) = l - sum x ln mu + sum ln x!     (the means sum to l)
//   d(-ln p)/ds = n softmax(s) - x,  n = sum x
// so that only the softmax visits every feature, and the rest is a sum over the few non-zeros in double precision.
#include "parallel.h"
#include "softmax.h"
#include "streams.h"

static const double small_log_factorials[17] = {0.0,
                                                0.0,
                                                0.69314718055994530942,
                                                1.79175946922805500081,
                                                3.17805383034794561965,
                                                4.78749174278204599425,
                                                6.57925121201010099506,
                                                8.52516136106541430017,
                                                10.60460290274525022842,
                                                12.80182748008146961121,
                                                15.10441257307551529523,
                                                17.50230784587388583929,
                                                19.98721449566188614952,
                                                22.55216385312342288557,
                                                25.19122118273868150009,
                                                27.89927138384089156609,
                                                30.67186010608067280376};

typedef struct {
  float *logits, *row_loss;
  const float *size_factors;
  const uint32_t *indptr, *indices;
  const float *values;
  // A row for each thread, where the logits are not to be overwritten.
  float *scratch;
  size_t features;
  float scale;
  uint32_t gradient;
} PoissonLoss;

static void poisson_loss_task(void *context, uint32_t task, uint32_t thread) {
  const PoissonLoss *p = context;
  size_t features = p->features, begin = p->indptr[task], end = p->indptr[task + 1];
  float *logits = p->logits + task * features;
  float *terms = p->gradient ? logits : p->scratch + (size_t)thread * features;

  double total = 0, weighted_logits = 0, log_factorials = 0;
  for (size_t e = begin; e < end; e++) {
    double x = p->values[e];
    if (x == 0.0) continue;
    total += x;
    weighted_logits += x * (double)logits[p->indices[e]];
    log_factorials += x <= 16.0 ? small_log_factorials[(size_t)x] : log_gamma(x + 1.0, 0);
  }
  double denominator, size_factor = p->size_factors[task];
  double top = softmax_terms(terms, logits, features, &denominator);
  // Logits or a size factor that are no numbers must show as a loss that is none.
  int usable = denominator > 0.0 && denominator < __builtin_inf() && size_factor > 0.0 && size_factor < __builtin_inf();
  double loss = size_factor - weighted_logits - total * (precise_log(size_factor) - top - precise_log(denominator)) + log_factorials;
  p->row_loss[task] = usable ? (float)loss : __builtin_nanf("");
  if (!p->gradient) return;
  vf factor = splat(usable ? (float)(p->scale * total / denominator) : __builtin_nanf(""));
  EACH_VECTOR(g, n, (size_t)0, features) store_n(logits + g, load_n(logits + g, n) * factor, n);
  for (size_t e = begin; e < end; e++) logits[p->indices[e]] -= p->scale * p->values[e];
}

/// Bytes of workspace the loss needs.
CFGEN_EXPORT(poisson_loss_workspace)
uint32_t poisson_loss_workspace(uint32_t features, uint32_t gradient) { return gradient ? 0 : features * thread_count() * 4; }

CFGEN_EXPORT(poisson_loss)
void poisson_loss(float *logits, const float *size_factors, const uint32_t *indptr, const uint32_t *indices, const float *values,
                  float *row_loss, uint32_t rows, uint32_t features, float scale, uint32_t gradient, float *workspace) {
  PoissonLoss p = {logits, row_loss, size_factors, indptr, indices, values, workspace, features, scale, gradient};
  parallel(poisson_loss_task, &p, rows);
}

// Mean beyond which P(0) < 1e-20, too little for inversion from zero upwards.
#define POISSON_INVERSION_LIMIT 46.0517018598809
// How far 1 - P(0) in single precision may be from the exact one, relative to it.
#define POISSON_SURVIVAL_ERROR 4e-6f

typedef struct {
  const float *logits, *size_factors;
  uint32_t *counts, *indices;
  float *values, *scratch;
  size_t features;
  uint64_t row_start;
  uint32_t k0, k1;
} PoissonDraws;

/// The count of any entry, in double precision throughout.
static float poisson_count(const PoissonDraws *p, size_t feature, uint64_t row, uint32_t word, double mean) {
  if (mean > POISSON_INVERSION_LIMIT) {
    Stream stream = {(uint32_t)feature, (uint32_t)row, (uint32_t)(row >> 32), 1, p->k0, p->k1, 4, {0}};
    return (float)next_poisson(&stream, mean);
  }
  double u = ((double)word + 0.5) * 2.3283064365386963e-10, probability = precise_exp(-mean), below = probability, k = 0;
  // u stays 1e-10 below 1, which the sum comes closer to than 1e-11.
  while (u > below && probability > 0.0) {
    k += 1.0;
    probability *= mean / k;
    below += probability;
  }
  return (float)k;
}

static void poisson_sample_task(void *context, uint32_t task, uint32_t thread) {
  const PoissonDraws *p = context;
  size_t features = p->features;
  float *mean = p->scratch + (size_t)thread * features;
  uint32_t *indices = p->indices + task * features;
  float *values = p->values + task * features;
  uint64_t row = p->row_start + task;
  vu row_low = splat_unsigned((uint32_t)row), row_high = splat_unsigned((uint32_t)(row >> 32)), stream = splat_unsigned(0);

  double denominator;
  softmax_terms(mean, p->logits + task * features, features, &denominator);
  vf factor = splat((float)(p->size_factors[task] / denominator));

  uint32_t found = 0;
  for (size_t start = 0; start < features; start += 4 * VL) {
    PhiloxBlocks blocks = philox((vu)lane_numbers() + (uint32_t)(start / 4), row_low, row_high, stream, p->k0, p->k1);
    vf words[4];
    for (int w = 0; w < 4; w++) words[w] = (vf)blocks.word[w];
    by_block(words);
    for (size_t part = 0; part < 4 && start + part * VL < features; part++) {
      size_t g = start + part * VL, n = smaller(VL, features - g);
      vf mu = load_n(mean + g, n) * factor;
      // 1 - u against 1 - P(0): both keep their digits where hits are rare.
      vf rest = (unsigned_to_float(~(vu)words[part]) + 0.5f) * 2.3283064365386963e-10f;
      vf survival = -exponential_minus_one(-min_(mu, splat(80.0f)));
      vi hit = ((rest < survival * (1.0f + POISSON_SURVIVAL_ERROR)) | (mu > splat(40.0f))) & first_lanes(n);
      uint32_t hits = lane_bits(hit);
      if (hits == 0) continue;
      float means[VL];
      uint32_t draws[VL];
      store(means, mu), store((float *)draws, words[part]);
      for (; hits != 0; hits &= hits - 1) {
        size_t i = (size_t)__builtin_ctz(hits);
        float count = poisson_count(p, g + i, row, draws[i], means[i]);
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
CFGEN_EXPORT(poisson_sample_workspace)
uint32_t poisson_sample_workspace(uint32_t features) { return features * thread_count() * 4; }

/// Row r's entries go to indices and values from r * features on, their number to counts[r].
CFGEN_EXPORT(poisson_sample)
void poisson_sample(const float *logits, const float *size_factors, uint32_t *counts, uint32_t *indices, float *values, uint32_t rows,
                    uint32_t features, uint32_t k0, uint32_t k1, uint32_t row_low, uint32_t row_high, float *workspace) {
  PoissonDraws p = {logits, size_factors, counts, indices, values, workspace, features, (uint64_t)row_high << 32 | row_low, k0, k1};
  parallel(poisson_sample_task, &p, rows);
}
