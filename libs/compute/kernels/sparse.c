// The encoder's first layer on sparse rows: product, weight gradient, and the transform of the counts that feeds both.
#include "elementary.h"
#include "parallel.h"

enum { LOG1P = 0, LOG1P_NORMALISED = 1, PROPORTION = 2, LOG1P_PROPORTION = 3 };

typedef struct {
  float *out;
  const uint32_t *indptr;
  const float *values, *size_factors;
  uint32_t rows, kind, rows_a_task;
} Transform;

static void transform_task(void *context, uint32_t task, uint32_t thread) {
  (void)thread;
  const Transform *t = context;
  size_t begin = (size_t)task * t->rows_a_task, end = smaller(t->rows, begin + t->rows_a_task);
  for (size_t row = begin; row < end; row++) {
    vf factor = splat((t->kind == LOG1P_NORMALISED ? 1e4f : 1.0f) / t->size_factors[row]);
    EACH_VECTOR(i, n, (size_t)t->indptr[row], (size_t)t->indptr[row + 1]) {
      vf x = load_n(t->values + i, n);
      if (t->kind != LOG1P) x = x * factor;
      if (t->kind != PROPORTION) x = log_one_plus(x);
      store_n(t->out + i, x, n);
    }
  }
}

CFGEN_EXPORT(transform_counts)
void transform_counts(float *out, const uint32_t *indptr, const float *values, const float *size_factors, uint32_t rows, uint32_t kind) {
  Transform t = {out, indptr, values, size_factors, rows, kind, 16};
  parallel(transform_task, &t, (rows + t.rows_a_task - 1) / t.rows_a_task);
}

/// The largest of `count` column indices: checked before anything reads through them.
CFGEN_EXPORT(largest_index)
uint32_t largest_index(const uint32_t *indices, uint32_t count) {
  uint32_t largest = 0;
  for (uint32_t i = 0; i < count; i++) largest = indices[i] > largest ? indices[i] : largest;
  return largest;
}

typedef struct {
  float *out;
  const uint32_t *indptr, *indices;
  const float *values, *w, *bias;
  size_t rows, width, slices, rows_a_task;
} SparseProduct;

// Columns of the weights a task works on: narrow enough for that slice of the weights to stay in the second-level cache.
#define SLICE (8 * VL)

#define SPARSE_ROW(vectors)                                                   \
  do {                                                                        \
    vf acc[vectors];                                                          \
    for (int j = 0; j < vectors; j++) acc[j] = load(p->bias + c + j * VL);    \
    _Pragma("clang loop unroll(disable)") for (size_t e = begin; e < end; e++) { \
      const float *w = p->w + (size_t)p->indices[e] * p->width + c;           \
      vf x = splat(p->values[e]);                                             \
      for (int j = 0; j < vectors; j++) acc[j] = fma_(x, load(w + j * VL), acc[j]); \
    }                                                                         \
    for (int j = 0; j < vectors; j++) store(out + c + j * VL, acc[j]);        \
    c += vectors * VL;                                                        \
  } while (0)

static void sparse_product_task(void *context, uint32_t task, uint32_t thread) {
  (void)thread;
  const SparseProduct *p = context;
  size_t slice_begin = (task % p->slices) * SLICE, slice_end = smaller(p->width, slice_begin + SLICE);
  size_t row_begin = (task / p->slices) * p->rows_a_task, row_end = smaller(p->rows, row_begin + p->rows_a_task);
  for (size_t row = row_begin; row < row_end; row++) {
    size_t begin = p->indptr[row], end = p->indptr[row + 1], c = slice_begin;
    float *out = p->out + row * p->width;
    while (c + 4 * VL <= slice_end) SPARSE_ROW(4);
    while (c + VL <= slice_end) SPARSE_ROW(1);
    if (c < slice_end) {
      size_t n = slice_end - c;
      vf acc = load_n(p->bias + c, n);
      for (size_t e = begin; e < end; e++) {
        acc = fma_(splat(p->values[e]), load_n(p->w + (size_t)p->indices[e] * p->width + c, n), acc);
      }
      store_n(out + c, acc, n);
    }
  }
}

CFGEN_EXPORT(sparse_gemm)
void sparse_gemm(float *out, const uint32_t *indptr, const uint32_t *indices, const float *values, const float *w, const float *bias,
                 uint32_t rows, uint32_t width) {
  SparseProduct p = {out, indptr, indices, values, w, bias, rows, width, (width + SLICE - 1) / SLICE, rows};
  size_t wanted = 4 * thread_count();
  if (p.slices < wanted) p.rows_a_task = larger(8, (rows * p.slices + wanted - 1) / wanted);
  parallel(sparse_product_task, &p, (uint32_t)(p.slices * ((rows + p.rows_a_task - 1) / p.rows_a_task)));
}

typedef struct {
  float *out;
  const uint32_t *indptr, *indices;
  const float *values, *dy;
  size_t rows, genes, width, genes_a_task;
} SparseGradient;

// Entries a task can hold at once, as a column-major view of its genes: row numbers and values.
#define VIEW_ENTRIES 65536

/// First entry of a row whose column is at least `column`.
static size_t first_entry(const uint32_t *indices, size_t begin, size_t end, size_t column) {
  while (begin < end) {
    size_t middle = begin + (end - begin) / 2;
    if (indices[middle] < column) begin = middle + 1;
    else end = middle;
  }
  return begin;
}

#define GRADIENT_ROW(vectors)                                                      \
  do {                                                                             \
    vf acc[vectors];                                                               \
    for (int j = 0; j < vectors; j++) acc[j] = splat(0);                           \
    _Pragma("clang loop unroll(disable)") for (size_t e = begin; e < end; e++) {   \
      const float *dy = p->dy + (size_t)entry_rows[e] * p->width + c;              \
      vf x = splat(entry_values[e]);                                               \
      for (int j = 0; j < vectors; j++) acc[j] = fma_(x, load(dy + j * VL), acc[j]); \
    }                                                                              \
    for (int j = 0; j < vectors; j++) store(out + c + j * VL, acc[j]);             \
    c += vectors * VL;                                                             \
  } while (0)

static void sparse_gradient_task(void *context, uint32_t task, uint32_t thread) {
  const SparseGradient *p = context;
  size_t gene_begin = task * p->genes_a_task, gene_end = smaller(p->genes, gene_begin + p->genes_a_task);
  size_t genes = gene_end - gene_begin;
  uint32_t *entry_rows = thread_scratch(thread);
  float *entry_values = (float *)(entry_rows + VIEW_ENTRIES);
  uint32_t *starts = (uint32_t *)(entry_values + VIEW_ENTRIES);

  // Counting sort of the entries of these genes: rows ascend within a gene.
  for (size_t g = 0; g <= genes; g++) starts[g] = 0;
  for (size_t row = 0; row < p->rows; row++) {
    size_t end = p->indptr[row + 1];
    for (size_t e = first_entry(p->indices, p->indptr[row], end, gene_begin); e < end && p->indices[e] < gene_end; e++)
      starts[p->indices[e] - gene_begin + 1]++;
  }
  for (size_t g = 0; g < genes; g++) starts[g + 1] += starts[g];
  for (size_t row = 0; row < p->rows; row++) {
    size_t end = p->indptr[row + 1];
    for (size_t e = first_entry(p->indices, p->indptr[row], end, gene_begin); e < end && p->indices[e] < gene_end; e++) {
      uint32_t place = starts[p->indices[e] - gene_begin]++;
      entry_rows[place] = (uint32_t)row;
      entry_values[place] = p->values[e];
    }
  }

  // Placing moved every start to the next gene's.
  for (size_t g = 0; g < genes; g++) {
    size_t begin = g == 0 ? 0 : starts[g - 1], end = starts[g], c = 0;
    float *out = p->out + (gene_begin + g) * p->width;
    while (c + 4 * VL <= p->width) GRADIENT_ROW(4);
    while (c + VL <= p->width) GRADIENT_ROW(1);
    if (c < p->width) {
      size_t n = p->width - c;
      vf acc = splat(0);
      for (size_t e = begin; e < end; e++)
        acc = fma_(splat(entry_values[e]), load_n(p->dy + (size_t)entry_rows[e] * p->width + c, n), acc);
      store_n(out + c, acc, n);
    }
  }
}

/// At most VIEW_ENTRIES rows: a batch holds fewer.
CFGEN_EXPORT(sparse_gemm_transposed)
void sparse_gemm_transposed(float *out, const uint32_t *indptr, const uint32_t *indices, const float *values, const float *dy,
                            uint32_t rows, uint32_t genes, uint32_t width) {
  SparseGradient p = {out, indptr, indices, values, dy, rows, genes, width, larger(1, smaller(4096, VIEW_ENTRIES / larger(1, rows)))};
  p.genes_a_task = larger(p.genes_a_task < genes ? 1 : 0, p.genes_a_task);
  parallel(sparse_gradient_task, &p, (uint32_t)((genes + p.genes_a_task - 1) / p.genes_a_task));
}

typedef struct {
  float *out;
  const float *a;
  size_t rows, columns;
} ColumnSum;

// Rows added up in single precision before they join the total, which is kept in double.
#define SUM_GROUP 16
#define SUM_COLUMNS 256

static void column_sum_task(void *context, uint32_t task, uint32_t thread) {
  (void)thread;
  const ColumnSum *p = context;
  size_t begin = (size_t)task * SUM_COLUMNS, end = smaller(p->columns, begin + SUM_COLUMNS);
  Wide totals[SUM_COLUMNS / VL];
  for (size_t i = 0; i < SUM_COLUMNS / VL; i++) totals[i] = wide_zero();
  for (size_t group = 0; group < p->rows; group += SUM_GROUP) {
    size_t group_end = smaller(p->rows, group + SUM_GROUP);
    EACH_VECTOR(c, n, begin, end) {
      vf sum = splat(0);
      for (size_t row = group; row < group_end; row++) sum += load_n(p->a + row * p->columns + c, n);
      wide_add(&totals[(c - begin) / VL], sum);
    }
  }
  EACH_VECTOR(c, n, begin, end) {
    Wide total = totals[(c - begin) / VL];
    store_n(p->out + c, wide_round(total.low, total.high), n);
  }
}

CFGEN_EXPORT(column_sums)
void column_sums(float *out, const float *a, uint32_t rows, uint32_t columns) {
  ColumnSum p = {out, a, rows, columns};
  parallel(column_sum_task, &p, (columns + SUM_COLUMNS - 1) / SUM_COLUMNS);
}
