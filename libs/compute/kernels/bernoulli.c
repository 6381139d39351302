// Presence or absence by its logit: loss and gradient, probabilities, draws. Everything comes from x = e^-|s| <= 1 and q = 1/(1 + x), so
// that logits of any size keep their digits: sigmoid(-|s|) = x q, sigmoid(|s|) = q, softplus(s) = max(s, 0) + ln(1 + x).
#include "elementary.h"
#include "parallel.h"
#include "philox.h"
#include "softmax.h"

typedef struct {
  vf x, q;
} LogitTerms;

INLINE LogitTerms logit_terms(vf s) {
  LogitTerms t;
  t.x = exponential_negative(-absolute(s));
  t.q = 1.0f / (1.0f + t.x);
  return t;
}

INLINE vf logit_probability(vf s, LogitTerms t) { return choose(s < splat(0), t.x * t.q, t.q); }

typedef struct {
  float *logits, *row_loss;
  const uint32_t *indptr, *indices;
  const float *values;
  size_t features;
  float scale;
  uint32_t gradient;
} BernoulliLoss;

/// Turns the sign of a row's numbers where something was counted.
static void turn_present(const BernoulliLoss *p, size_t row, float *numbers) {
  for (size_t e = p->indptr[row]; e < p->indptr[row + 1]; e++)
    if (p->values[e] > 0.0f) numbers[p->indices[e]] = -numbers[p->indices[e]];
}

/// With the logits of present features turned, every feature has the loss softplus(s) and the slope sigmoid(s) of an absent one.
static void bernoulli_loss_task(void *context, uint32_t task, uint32_t thread) {
  (void)thread;
  const BernoulliLoss *p = context;
  size_t row = task;
  float *logits = p->logits + row * p->features;
  turn_present(p, row, logits);
  Wide loss = wide_zero();
  vf scale = splat(p->scale);
  for (size_t block = 0; block < p->features; block += SUM_BLOCK) {
    vf block_loss = splat(0);
    EACH_VECTOR(g, n, block, smaller(p->features, block + SUM_BLOCK)) {
      vf s = load_n(logits + g, n);
      LogitTerms t = logit_terms(s);
      vf softplus = max_(s, splat(0)) + log_one_plus_given(t.x, t.q);
      block_loss += n < VL ? keep(first_lanes(n), softplus) : softplus;
      if (p->gradient) store_n(logits + g, logit_probability(s, t) * scale, n);
    }
    wide_add(&loss, block_loss);
  }
  p->row_loss[row] = (float)wide_sum(loss);
  turn_present(p, row, logits);
}

CFGEN_EXPORT(bernoulli_loss)
void bernoulli_loss(float *logits, const uint32_t *indptr, const uint32_t *indices, const float *values, float *row_loss, uint32_t rows,
                    uint32_t features, float scale, uint32_t gradient) {
  BernoulliLoss p = {logits, row_loss, indptr, indices, values, features, scale, gradient};
  parallel(bernoulli_loss_task, &p, rows);
}

#define PROBABILITIES_A_TASK 4096

typedef struct {
  float *out;
  const float *logits;
  size_t count;
} Probabilities;

static void bernoulli_means_task(void *context, uint32_t task, uint32_t thread) {
  (void)thread;
  const Probabilities *p = context;
  size_t begin = (size_t)task * PROBABILITIES_A_TASK, end = smaller(p->count, begin + PROBABILITIES_A_TASK);
  EACH_VECTOR(i, n, begin, end) {
    vf s = load_n(p->logits + i, n);
    store_n(p->out + i, logit_probability(s, logit_terms(s)), n);
  }
}

CFGEN_EXPORT(bernoulli_means)
void bernoulli_means(float *out, const float *logits, uint32_t count) {
  Probabilities p = {out, logits, count};
  parallel(bernoulli_means_task, &p, (count + PROBABILITIES_A_TASK - 1) / PROBABILITIES_A_TASK);
}

typedef struct {
  const float *logits;
  uint32_t *counts, *indices;
  float *values;
  size_t features;
  uint64_t row_start;
  uint32_t k0, k1;
} BernoulliDraws;

static void bernoulli_sample_task(void *context, uint32_t task, uint32_t thread) {
  (void)thread;
  const BernoulliDraws *p = context;
  size_t features = p->features;
  const float *logits = p->logits + task * features;
  uint32_t *indices = p->indices + task * features;
  float *values = p->values + task * features;
  uint64_t row = p->row_start + task;
  vu row_low = splat_unsigned((uint32_t)row), row_high = splat_unsigned((uint32_t)(row >> 32)), stream = splat_unsigned(0);

  uint32_t found = 0;
  for (size_t start = 0; start < features; start += 4 * VL) {
    PhiloxBlocks blocks = philox((vu)lane_numbers() + (uint32_t)(start / 4), row_low, row_high, stream, p->k0, p->k1);
    vf words[4];
    for (int w = 0; w < 4; w++) words[w] = (vf)blocks.word[w];
    by_block(words);
    for (size_t part = 0; part < 4 && start + part * VL < features; part++) {
      size_t g = start + part * VL, n = smaller(VL, features - g);
      vf s = load_n(logits + g, n);
      LogitTerms t = logit_terms(s);
      // u < sigmoid(s) from the side that is small: for positive logits 1 - u against sigmoid(-s).
      vi positive = s > splat(0);
      vf tail = (unsigned_to_float((vu)((vi)words[part] ^ positive)) + 0.5f) * 2.3283064365386963e-10f;
      vi present = ((tail < t.x * t.q) ^ positive) & first_lanes(n);
      for (uint32_t hits = lane_bits(present); hits != 0; hits &= hits - 1) {
        indices[found] = (uint32_t)(g + (size_t)__builtin_ctz(hits));
        values[found] = 1.0f;
        found++;
      }
    }
  }
  p->counts[task] = found;
}

/// Row r's entries go to indices and values from r * features on, their number to counts[r].
CFGEN_EXPORT(bernoulli_sample)
void bernoulli_sample(const float *logits, uint32_t *counts, uint32_t *indices, float *values, uint32_t rows, uint32_t features,
                      uint32_t k0, uint32_t k1, uint32_t row_low, uint32_t row_high) {
  BernoulliDraws p = {logits, counts, indices, values, features, (uint64_t)row_high << 32 | row_low, k0, k1};
  parallel(bernoulli_sample_task, &p, rows);
}
