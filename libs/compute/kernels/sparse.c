// The encoder's first layer on sparse rows: product, weight gradient, and the transform of the counts that feeds both.
#include "elementary.h"
#include "parallel.h"

enum { LOG1P = 0, LOG1P_NORMALISED = 1, PROPORTION = 2, LOG1P_PROPORTION = 3, BINARY = 4 };

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
      if (t->kind == BINARY) {
        store_n(t->out + i, keep(x > splat(0), splat(1.0f)), n);
        continue;
      }
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

/// out += sum over entries of values[e] * table[rows[e]], in the order of the entries. Four rows of the table at a time: they are read
/// from end to end, and the result is loaded and stored once for the four.
static void add_scaled_rows(float *restrict out, const float *table, const uint32_t *rows, const float *values, size_t entries,
                            size_t width) {
  size_t e = 0;
  for (; e + 4 <= entries; e += 4) {
    const float *t0 = table + (size_t)rows[e] * width, *t1 = table + (size_t)rows[e + 1] * width;
    const float *t2 = table + (size_t)rows[e + 2] * width, *t3 = table + (size_t)rows[e + 3] * width;
    vf x0 = splat(values[e]), x1 = splat(values[e + 1]), x2 = splat(values[e + 2]), x3 = splat(values[e + 3]);
    size_t c = 0;
    NOT_UNROLLED
      for (; c + VL <= width; c += VL) {
      vf sum = load(out + c);
      sum = fma_(x0, load(t0 + c), sum);
      sum = fma_(x1, load(t1 + c), sum);
      sum = fma_(x2, load(t2 + c), sum);
      sum = fma_(x3, load(t3 + c), sum);
      store(out + c, sum);
    }
    if (c < width) {
      size_t n = width - c;
      vf sum = load_n(out + c, n);
      sum = fma_(x0, load_n(t0 + c, n), sum);
      sum = fma_(x1, load_n(t1 + c, n), sum);
      sum = fma_(x2, load_n(t2 + c, n), sum);
      sum = fma_(x3, load_n(t3 + c, n), sum);
      store_n(out + c, sum, n);
    }
  }
  for (; e < entries; e++) {
    const float *t = table + (size_t)rows[e] * width;
    EACH_VECTOR(c, n, (size_t)0, width) store_n(out + c, fma_(splat(values[e]), load_n(t + c, n), load_n(out + c, n)), n);
  }
}

typedef struct {
  float *out;
  const uint32_t *indptr, *indices;
  const float *values, *w, *bias;
  size_t rows, genes, width, rows_a_task, genes_a_block;
} SparseProduct;

// Rows of a batch share what of w lies in the second-level cache: a block of genes, of about so many bytes.
#define GENE_BLOCK_BYTES (512u << 10)
// Rows of a task at most: room for where each of them is.
#define SHARING_ROWS 128

static void sparse_product_task(void *context, uint32_t task, uint32_t thread) {
  (void)thread;
  const SparseProduct *p = context;
  size_t begin = task * p->rows_a_task, end = smaller(p->rows, begin + p->rows_a_task);
  uint32_t next[SHARING_ROWS];
  for (size_t row = begin; row < end; row++) {
    __builtin_memcpy(p->out + row * p->width, p->bias, p->width * sizeof(float));
    next[row - begin] = p->indptr[row];
  }
  // Entries of a row are added in their order, whatever the blocks.
  for (size_t block = p->genes_a_block;; block += p->genes_a_block) {
    int last = block >= p->genes;
    for (size_t row = begin; row < end; row++) {
      size_t first = next[row - begin], stop = first, row_end = p->indptr[row + 1];
      if (last) stop = row_end;
      else while (stop < row_end && p->indices[stop] < block) stop++;
      add_scaled_rows(p->out + row * p->width, p->w, p->indices + first, p->values + first, stop - first, p->width);
      next[row - begin] = (uint32_t)stop;
    }
    if (last) return;
  }
}

CFGEN_EXPORT(sparse_gemm)
void sparse_gemm(float *out, const uint32_t *indptr, const uint32_t *indices, const float *values, const float *w, const float *bias,
                 uint32_t rows, uint32_t genes, uint32_t width) {
  size_t genes_a_block = larger(32, GENE_BLOCK_BYTES / (sizeof(float) * larger(1, width)));
  size_t rows_a_task = smaller(SHARING_ROWS, larger(8, (rows + 2 * thread_count() - 1) / (2 * thread_count())));
  SparseProduct p = {out, indptr, indices, values, w, bias, rows, genes, width, rows_a_task, genes_a_block};
  parallel(sparse_product_task, &p, (uint32_t)((rows + p.rows_a_task - 1) / p.rows_a_task));
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
    size_t begin = g == 0 ? 0 : starts[g - 1];
    float *out = p->out + (gene_begin + g) * p->width;
    __builtin_memset(out, 0, p->width * sizeof(float));
    add_scaled_rows(out, p->dy, entry_rows + begin, entry_values + begin, starts[g] - begin, p->width);
  }
}

/// Rows a batch may have here.
CFGEN_EXPORT(sparse_gradient_limit) uint32_t sparse_gradient_limit(void) { return VIEW_ENTRIES; }

CFGEN_EXPORT(sparse_gemm_transposed)
void sparse_gemm_transposed(float *out, const uint32_t *indptr, const uint32_t *indices, const float *values, const float *dy,
                            uint32_t rows, uint32_t genes, uint32_t width) {
  size_t genes_a_task = smaller(4096, VIEW_ENTRIES / larger(1, rows));
  SparseGradient p = {out, indptr, indices, values, dy, rows, genes, width, genes_a_task};
  parallel(sparse_gradient_task, &p, (uint32_t)((genes + genes_a_task - 1) / genes_a_task));
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
