// Normals and dropout masks: functions of key, stream, row and column alone.
#include "elementary.h"
#include "parallel.h"
#include "philox.h"

typedef struct {
  float *out;
  size_t rows, columns, rows_a_task;
  uint64_t row_start;
  uint32_t k0, k1, stream, threshold;
  float scale;
} Draw;

/// -2 ln((w + 1/2) / 2^32): near 1 from the distance to 1, so that small normals keep their digits.
INLINE vf minus_two_log_uniform(vu w) {
  vf below = (unsigned_to_float(w) + 0.5f) * 2.3283064365386963e-10f;
  vf distance = (unsigned_to_float(~w) + 0.5f) * 2.3283064365386963e-10f;
  vf log_u = choose(distance < splat(0.25f), logarithm_near_one(-min_(distance, splat(0.25f))), logarithm_normal(below));
  return log_u * -2.0f;
}

/// The word as an angle in turns, -1/2 .. 1/2: (w + 1/2) / 2^32 less a whole turn.
INLINE vf turns(vu w) { return (__builtin_convertvector((vi)w, vf) + 0.5f) * 2.3283064365386963e-10f; }

static void normal_task(void *context, uint32_t task, uint32_t thread) {
  (void)thread;
  const Draw *p = context;
  size_t begin = task * p->rows_a_task, end = smaller(p->rows, begin + p->rows_a_task);
  for (size_t row = begin; row < end; row++) {
    uint64_t number = p->row_start + row;
    vu low = splat_unsigned((uint32_t)number), high = splat_unsigned((uint32_t)(number >> 32)), stream = splat_unsigned(p->stream);
    float *out = p->out + row * p->columns;
    for (size_t column = 0; column < p->columns; column += 4 * VL) {
      vu block = (vu)lane_numbers() + (uint32_t)(column / 4);
      PhiloxBlocks blocks = philox(block, low, high, stream, p->k0, p->k1);
      vf draws[4];
      for (int pair = 0; pair < 4; pair += 2) {
        vf radius = square_root(minus_two_log_uniform(blocks.word[pair])), sine, cosine;
        sine_cosine_turns(turns(blocks.word[pair + 1]), &sine, &cosine);
        draws[pair] = radius * cosine;
        draws[pair + 1] = radius * sine;
      }
      by_block(draws);
      for (size_t part = 0; part < 4 && column + part * VL < p->columns; part++) {
        size_t at = column + part * VL;
        store_n(out + at, draws[part], smaller(VL, p->columns - at));
      }
    }
  }
}

/// Tasks of about `elements` numbers.
static size_t rows_for(size_t elements, size_t columns) { return larger(1, elements / larger(1, columns)); }

CFGEN_EXPORT(normal)
void normal(float *out, uint32_t rows, uint32_t columns, uint32_t k0, uint32_t k1, uint32_t stream, uint32_t row_low, uint32_t row_high) {
  Draw p = {out, rows, columns, rows_for(2048, columns), (uint64_t)row_high << 32 | row_low, k0, k1, stream, 0, 1.0f};
  parallel(normal_task, &p, (uint32_t)((rows + p.rows_a_task - 1) / p.rows_a_task));
}

static void dropout_task(void *context, uint32_t task, uint32_t thread) {
  (void)thread;
  const Draw *p = context;
  size_t begin = task * p->rows_a_task, end = smaller(p->rows, begin + p->rows_a_task);
  for (size_t row = begin; row < end; row++) {
    vu number = splat_unsigned((uint32_t)row), zero = splat_unsigned(0), stream = splat_unsigned(p->stream);
    float *x = p->out + row * p->columns;
    for (size_t column = 0; column < p->columns; column += 4 * VL) {
      vu block = (vu)lane_numbers() + (uint32_t)(column / 4);
      PhiloxBlocks blocks = philox(block, number, zero, stream, p->k0, p->k1);
      vf words[4];
      for (int w = 0; w < 4; w++) words[w] = (vf)blocks.word[w];
      by_block(words);
      for (size_t part = 0; part < 4 && column + part * VL < p->columns; part++) {
        size_t at = column + part * VL, n = smaller(VL, p->columns - at);
        vi kept = (vi)((vu)words[part] >= splat_unsigned(p->threshold));
        store_n(x + at, keep(kept, load_n(x + at, n) * p->scale), n);
      }
    }
  }
}

/// A number is kept when its word is at least `threshold`.
CFGEN_EXPORT(dropout)
void dropout(float *x, uint32_t rows, uint32_t columns, uint32_t k0, uint32_t k1, uint32_t stream, uint32_t threshold, float scale) {
  Draw p = {x, rows, columns, rows_for(4096, columns), 0, k0, k1, stream, threshold, scale};
  parallel(dropout_task, &p, (uint32_t)((rows + p.rows_a_task - 1) / p.rows_a_task));
}
