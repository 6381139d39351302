// Moving rows: embedding tables, selections, the flow's path, row norms, distances.
#include "elementary.h"
#include "parallel.h"

#define ROW_BLOCK 32

static uint32_t row_blocks(size_t rows) { return (uint32_t)((rows + ROW_BLOCK - 1) / ROW_BLOCK); }

typedef struct {
  float *out;
  const float *table;
  const int32_t *index;
  size_t rows, columns;
  int accumulate;
} Gather;

static void gather_task(void *context, uint32_t task, uint32_t thread) {
  (void)thread;
  const Gather *p = context;
  size_t begin = (size_t)task * ROW_BLOCK, end = smaller(p->rows, begin + ROW_BLOCK);
  for (size_t row = begin; row < end; row++) {
    int32_t index = p->index[row];
    float *out = p->out + row * p->columns;
    if (index < 0 && p->accumulate) continue;
    EACH_VECTOR(c, n, (size_t)0, p->columns) {
      vf value = index < 0 ? splat(0) : load_n(p->table + (size_t)index * p->columns + c, n);
      if (p->accumulate) value += load_n(out + c, n);
      store_n(out + c, value, n);
    }
  }
}

CFGEN_EXPORT(gather_rows)
void gather_rows(float *out, const float *table, const int32_t *index, uint32_t rows, uint32_t columns, uint32_t accumulate) {
  Gather p = {out, table, index, rows, columns, (int)accumulate};
  parallel(gather_task, &p, row_blocks(rows));
}

/// The largest of `count` row numbers; -1 for none. Checked before anything reads through them.
CFGEN_EXPORT(largest_row)
int32_t largest_row(const int32_t *index, uint32_t count) {
  int32_t largest = -1;
  for (uint32_t i = 0; i < count; i++) largest = index[i] > largest ? index[i] : largest;
  return largest;
}

CFGEN_EXPORT(smallest_row)
int32_t smallest_row(const int32_t *index, uint32_t count) {
  int32_t smallest = 0x7fffffff;
  for (uint32_t i = 0; i < count; i++) smallest = index[i] < smallest ? index[i] : smallest;
  return smallest;
}

typedef struct {
  float *out;
  const int32_t *index;
  const float *d;
  // [categories, columns]: a category may gather a million rows.
  double *totals;
  size_t categories, rows, columns;
} Scatter;

#define SCATTER_COLUMNS 64

static void scatter_task(void *context, uint32_t task, uint32_t thread) {
  (void)thread;
  const Scatter *p = context;
  size_t begin = (size_t)task * SCATTER_COLUMNS, end = smaller(p->columns, begin + SCATTER_COLUMNS);
  for (size_t c = 0; c < p->categories; c++)
    for (size_t j = begin; j < end; j++) p->totals[c * p->columns + j] = 0.0;
  for (size_t row = 0; row < p->rows; row++) {
    if (p->index[row] < 0) continue;
    double *totals = p->totals + (size_t)p->index[row] * p->columns;
    const float *d = p->d + row * p->columns;
    for (size_t j = begin; j < end; j++) totals[j] += (double)d[j];
  }
  for (size_t c = 0; c < p->categories; c++)
    for (size_t j = begin; j < end; j++) p->out[c * p->columns + j] = (float)p->totals[c * p->columns + j];
}

CFGEN_EXPORT(scatter_row_sums)
void scatter_row_sums(float *out, const int32_t *index, const float *d, uint32_t categories, uint32_t rows, uint32_t columns,
                      double *totals) {
  Scatter p = {out, index, d, totals, categories, rows, columns};
  parallel(scatter_task, &p, (columns + SCATTER_COLUMNS - 1) / SCATTER_COLUMNS);
}

CFGEN_EXPORT(select_rows)
void select_rows(float *out, const float *a, const int32_t *mask, uint32_t rows, uint32_t columns) {
  for (size_t row = 0; row < rows; row++) {
    if (mask[row]) __builtin_memmove(out + row * columns, a + row * columns, columns * sizeof(float));
  }
}

typedef struct {
  float *out;
  const float *values;
  // f_j / 2 pi in double precision: arguments reach thousands of radians, which single precision would blur.
  const double *frequencies;
  size_t rows, half;
  double scale;
} Embedding;

static void embedding_task(void *context, uint32_t task, uint32_t thread) {
  (void)thread;
  const Embedding *p = context;
  size_t begin = (size_t)task * ROW_BLOCK, end = smaller(p->rows, begin + ROW_BLOCK);
  for (size_t row = begin; row < end; row++) {
    float *sines = p->out + row * 2 * p->half, *cosines = sines + p->half;
    double value = p->scale * (double)p->values[row];
    EACH_VECTOR(j, n, (size_t)0, p->half) {
      float turns[VL] = {0};
      for (size_t i = 0; i < n; i++) {
        double angle = value * p->frequencies[j + i];
        turns[i] = (float)(angle - __builtin_rint(angle));
      }
      vf sine, cosine;
      sine_cosine_turns(load(turns), &sine, &cosine);
      store_n(sines + j, sine, n);
      store_n(cosines + j, cosine, n);
    }
  }
}

CFGEN_EXPORT(sinusoidal_embedding)
void sinusoidal_embedding(float *out, const float *values, const double *frequencies, uint32_t rows, uint32_t width, double scale) {
  Embedding p = {out, values, frequencies, rows, width / 2, scale};
  parallel(embedding_task, &p, row_blocks(rows));
}

typedef struct {
  const float *latents, *times, *noise, *jitter;
  const int32_t *rows;
  float *zt, *target;
  size_t count, size;
  float sigma_min;
} Path;

static void path_task(void *context, uint32_t task, uint32_t thread) {
  (void)thread;
  const Path *p = context;
  size_t begin = (size_t)task * ROW_BLOCK, end = smaller(p->count, begin + ROW_BLOCK);
  for (size_t row = begin; row < end; row++) {
    const float *z1 = p->latents + (size_t)p->rows[row] * p->size;
    size_t at = row * p->size;
    double t = p->times[row], remaining = 1.0 - (double)p->sigma_min;
    vf time = splat(p->times[row]);
    vf noise_share = splat(p->jitter ? (float)(1.0 - t) : (float)(1.0 - remaining * t));
    vf target_share = splat(p->jitter ? 1.0f : (float)remaining);
    EACH_VECTOR(c, n, (size_t)0, p->size) {
      vf z = load_n(z1 + c, n), e = load_n(p->noise + at + c, n);
      vf zt = fma_(time, z, noise_share * e);
      if (p->jitter) zt = fma_(splat(p->sigma_min), load_n(p->jitter + at + c, n), zt);
      store_n(p->zt + at + c, zt, n);
      store_n(p->target + at + c, z - target_share * e, n);
    }
  }
}

CFGEN_EXPORT(flow_path)
void flow_path(const float *latents, const int32_t *rows, const float *times, const float *noise, const float *jitter, float *zt,
               float *target, uint32_t count, uint32_t size, float sigma_min) {
  Path p = {latents, times, noise, jitter, rows, zt, target, count, size, sigma_min};
  parallel(path_task, &p, row_blocks(count));
}

typedef struct {
  float *out;
  const float *error, *y0, *y1;
  size_t rows, columns;
  float atol, rtol;
} ErrorNorm;

static void error_norm_task(void *context, uint32_t task, uint32_t thread) {
  (void)thread;
  const ErrorNorm *p = context;
  size_t begin = (size_t)task * ROW_BLOCK, end = smaller(p->rows, begin + ROW_BLOCK);
  for (size_t row = begin; row < end; row++) {
    Wide total = wide_zero();
    EACH_VECTOR(i, n, row * p->columns, (row + 1) * p->columns) {
      vf largest = max_(absolute(load_n(p->y0 + i, n)), absolute(load_n(p->y1 + i, n)));
      vf tolerance = fma_(splat(p->rtol), largest, splat(p->atol));
      if (n < VL) tolerance = choose(first_lanes(n), tolerance, splat(1));
      vf ratio = load_n(p->error + i, n) / tolerance;
      wide_add(&total, ratio * ratio);
    }
    p->out[row] = (float)__builtin_sqrt(wide_sum(total) / (double)p->columns);
  }
}

CFGEN_EXPORT(scaled_error_norm)
void scaled_error_norm(float *out, const float *error, const float *y0, const float *y1, uint32_t rows, uint32_t columns, float atol,
                       float rtol) {
  ErrorNorm p = {out, error, y0, y1, rows, columns, atol, rtol};
  parallel(error_norm_task, &p, row_blocks(rows));
}

typedef struct {
  float *out;
  const float *a, *b;
  size_t m, n, size, panels, rows_a_task;
} Distances;

// Points of b side by side in a packed panel.
#define DISTANCE_PANEL (2 * VL)
#define DISTANCE_BLOCK 512

static void distance_task(void *context, uint32_t task, uint32_t thread) {
  const Distances *p = context;
  float *panel = thread_scratch(thread);
  size_t first = (task % p->panels) * DISTANCE_PANEL, width = smaller(DISTANCE_PANEL, p->n - first);
  size_t row_begin = (task / p->panels) * p->rows_a_task, row_end = smaller(p->m, row_begin + p->rows_a_task);
  for (size_t d0 = 0; d0 < p->size; d0 += DISTANCE_BLOCK) {
    size_t dims = smaller(DISTANCE_BLOCK, p->size - d0);
    for (size_t j = 0; j < DISTANCE_PANEL; j++)
      for (size_t d = 0; d < dims; d++) panel[d * DISTANCE_PANEL + j] = j < width ? p->b[(first + j) * p->size + d0 + d] : 0.0f;
    for (size_t row = row_begin; row < row_end; row += 4) {
      const float *a[4];
      for (size_t i = 0; i < 4; i++) a[i] = p->a + smaller(row + i, p->m - 1) * p->size + d0;
      vf acc[4][2];
      for (int i = 0; i < 4; i++) acc[i][0] = acc[i][1] = splat(0);
      _Pragma("clang loop unroll(disable)") for (size_t d = 0; d < dims; d++) {
        vf low = load(panel + d * DISTANCE_PANEL), high = load(panel + d * DISTANCE_PANEL + VL);
        for (int i = 0; i < 4; i++) {
          vf x = splat(a[i][d]), left = x - low, right = x - high;
          acc[i][0] = fma_(left, left, acc[i][0]);
          acc[i][1] = fma_(right, right, acc[i][1]);
        }
      }
      for (size_t i = 0; i < 4 && row + i < row_end; i++) {
        float *out = p->out + (row + i) * p->n + first, lanes[DISTANCE_PANEL];
        store(lanes, acc[i][0]), store(lanes + VL, acc[i][1]);
        for (size_t j = 0; j < width; j++) out[j] = d0 == 0 ? lanes[j] : out[j] + lanes[j];
      }
    }
  }
}

CFGEN_EXPORT(squared_distances)
void squared_distances(float *out, const float *a, const float *b, uint32_t m, uint32_t n, uint32_t size) {
  Distances p = {out, a, b, m, n, size, (n + DISTANCE_PANEL - 1) / DISTANCE_PANEL, 256};
  parallel(distance_task, &p, (uint32_t)(p.panels * ((m + p.rows_a_task - 1) / p.rows_a_task)));
}
