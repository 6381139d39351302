// Negative binomial counts straight into sparse rows. One uniform number u decides most entries: x = 0 when it falls below
// P(0) = (theta/(theta+mu))^theta, and 1 - P(0) <= mu, so that most are decided by a comparison. Those left are gathered into full vectors and
// found by inversion of the distribution function: in single precision where that is certain, in double precision where it is not.
// Where P(0) is next to nothing, a gamma and then a Poisson number are drawn instead.
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

// How far the survival function in single-precision terms may be from the exact one, relative to 1 - P(0): at first, and more with each step.
#define SURVIVAL_ERROR 4e-6f
#define SURVIVAL_ERROR_A_STEP 5e-7f
// Steps of the short inversion.
#define SHORT_STEPS 64

#define R4(k) 1.0f / (k), 1.0f / (k + 1), 1.0f / (k + 2), 1.0f / (k + 3)
#define R16(k) R4(k), R4(k + 4), R4(k + 8), R4(k + 12)
/// 1/(k + 1): a division is most of a step.
static const float reciprocals[SHORT_STEPS] = {R16(1), R16(17), R16(33), R16(49)};

/// Counts by inversion, VL entries at a time and in single precision; 0 where it is too close to call or too far up, and the exact way must
/// decide. `rest` = 1 - u, `survival` = 1 - P(0), `zero` = P(0).
INLINE vf draw_quickly(vi wanted, vf rest, vf survival, vf zero, vf theta, vf success) {
  vf margin = survival * SURVIVAL_ERROR, margin_a_step = survival * SURVIVAL_ERROR_A_STEP, probability = zero, count = splat(0);
  vi waiting = wanted & ~(survival - rest < margin);
  for (int k = 0; k < SHORT_STEPS && any(waiting); k++) {
    probability *= (theta + (float)k) * reciprocals[k] * success;
    survival -= probability;
    margin += margin_a_step;
    count = choose(waiting & (rest > survival + margin), splat((float)(k + 1)), count);
    waiting &= ~(rest > survival - margin);
  }
  return count;
}

// Genes whose candidates are found before they are decided: these then fill vectors, which most entries of a sparse row would leave empty.
// A multiple of 4 VL, for random numbers come in blocks.
#define GENES_A_BLOCK 1024

/// Entries of a row that may be above 0, in the order of genes: their genes, and the random word of each.
typedef struct {
  uint32_t count;
  uint32_t *gene, *word;
} Candidates;

/// Entries of a row that are above 0.
typedef struct {
  uint32_t count;
  uint32_t *indices;
  float *values;
} Entries;

/// What holds for a whole row.
typedef struct {
  uint64_t number;
  const float *mean, *theta, *inverse_theta;
  vf factor;
} Row;

/// Lanes that the exact way must decide, whatever their random word.
INLINE vi too_long_a_tail(vf ratio) { return ratio > splat((float)LONGEST_TAIL * 0.999f); }

/// 1 - u of random words: beside 1 - P(0), both keep their digits where counts are rare.
INLINE vf rest_of(vu words) { return (unsigned_to_float(~words) + 0.5f) * 2.3283064365386963e-10f; }

static void find_candidates(const Sampling *p, const Row *row, size_t begin, size_t end, Candidates *found) {
  vu row_low = splat_unsigned((uint32_t)row->number), row_high = splat_unsigned((uint32_t)(row->number >> 32)), stream = splat_unsigned(0);
  uint32_t count = 0;
  for (size_t start = begin; start < end; start += 4 * VL) {
    PhiloxBlocks blocks = philox((vu)lane_numbers() + (uint32_t)(start / 4), row_low, row_high, stream, p->k0, p->k1);
    vf words[4];
    for (int w = 0; w < 4; w++) words[w] = (vf)blocks.word[w];
    by_block(words);
    for (size_t part = 0; part < 4 && start + part * VL < end; part++) {
      size_t g = start + part * VL, n = smaller(VL, end - g);
      vf mu = load_n(row->mean + g, n) * row->factor, ratio = mu * load_n(row->inverse_theta + g, n);
      // 1 - P(0) is never above the mean, and what rounding makes of it is above by less than this.
      vi possible = (rest_of((vu)words[part]) < mu * (1.0f + 4.0f * SURVIVAL_ERROR)) | too_long_a_tail(ratio);
      uint32_t bits = lane_bits(possible & first_lanes(n));
      store_chosen(found->gene + count, (vu)lane_numbers() + (uint32_t)g, bits);
      store_chosen(found->word + count, (vu)words[part], bits);
      count += (uint32_t)__builtin_popcount(bits);
    }
  }
  found->count = count;
}

static void append(Entries *to, const uint32_t *genes, vf counts, uint32_t bits, size_t room) {
  if (to->count + VL <= room) {
    store_chosen(to->indices + to->count, (vu)load_int((const int32_t *)genes), bits);
    store_chosen((uint32_t *)to->values + to->count, (vu)counts, bits);
    to->count += (uint32_t)__builtin_popcount(bits);
    return;
  }
  for (; bits != 0; bits &= bits - 1, to->count++) {
    size_t i = (size_t)__builtin_ctz(bits);
    to->indices[to->count] = genes[i];
    to->values[to->count] = counts[i];
  }
}

static void decide_candidates(const Sampling *p, const Row *row, const Candidates *candidates, Entries *entries) {
  for (size_t c = 0; c < candidates->count; c += VL) {
    size_t n = smaller(VL, candidates->count - c);
    const uint32_t *genes = candidates->gene + c;
    vu words = (vu)load_int((const int32_t *)candidates->word + c);
    vf mu = gather(row->mean, genes, n) * row->factor, theta = gather(row->theta, genes, n);
    vf ratio = mu * gather(row->inverse_theta, genes, n), q = 1.0f / (1.0f + ratio);
    vf minus_log_zero = theta * log_one_plus_given(ratio, q);
    vf rest = rest_of(words), survival = -exponential_minus_one(-min_(minus_log_zero, splat(80.0f)));
    vi far = (minus_log_zero > splat((float)INVERSION_LIMIT * 0.999f)) | too_long_a_tail(ratio);
    vi hit = ((rest < survival * (1.0f + SURVIVAL_ERROR)) | far) & first_lanes(n);
    vf counts = draw_quickly(hit & ~far, rest, survival, exponential_negative(-minus_log_zero), theta, ratio * q);
    uint32_t undecided = lane_bits(hit & (counts == splat(0)));
    for (; undecided != 0; undecided &= undecided - 1) {
      size_t i = (size_t)__builtin_ctz(undecided);
      counts[i] = draw_count(p, genes[i], row->number, words[i], mu[i], theta[i]);
    }
    append(entries, genes, counts, lane_bits(hit & (counts > splat(0))), p->genes);
  }
}

static void sampling_task(void *context, uint32_t task, uint32_t thread) {
  const Sampling *p = context;
  size_t genes = p->genes, category = p->category ? (size_t)p->category[task] : 0;
  float *mean = p->scratch + (size_t)thread * genes;
  double denominator;
  softmax_terms(mean, p->logits + task * genes, genes, &denominator);
  Row row = {p->row_start + task, mean, p->theta + category * genes, p->inverse_theta + category * genes,
             splat((float)(p->size_factors[task] / denominator))};

  uint32_t *room = thread_scratch(thread);
  Candidates candidates = {0, room, room + GENES_A_BLOCK + VL};
  Entries entries = {0, p->indices + task * genes, p->values + task * genes};
  for (size_t begin = 0; begin < genes; begin += GENES_A_BLOCK) {
    find_candidates(p, &row, begin, smaller(genes, begin + GENES_A_BLOCK), &candidates);
    decide_candidates(p, &row, &candidates, &entries);
  }
  p->counts[task] = entries.count;
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
