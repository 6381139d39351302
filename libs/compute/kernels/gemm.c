// Dense products. One register tile of 4 x 2 vectors serves all three forms: rows of A are read where they lie (TN first transposes A),
// columns of B are packed into panels. K is cut into blocks of fixed length, each summed from zero and then added to the result:
// an element's bits depend on its row of A, its column of B and K alone.
#include "parallel.h"

#define TILE_ROWS 4
#define PANEL (2 * VL)
// A panel of a block (512 x 8 floats) and the rows of a tile stay in the first-level cache together.
#define BLOCK_K 512
#define BLOCK_ROWS 512

enum { FORM_NN = 0, FORM_TN = 1, FORM_NT = 2 };

typedef struct {
  float *out;
  const float *a, *b, *bias;
  // Row stride of A after a possible transposition.
  size_t m, n, k, lda;
  int transposed_b, accumulate;
  uint32_t column_tasks;
  size_t columns_a_task, rows_a_task;
} Product;

/// acc[i][j] = sum over k of a[i][k] panel[k][j]. The loop is kept a single step long: engines that hoist loads run out of registers.
INLINE void tile_product(vf acc[TILE_ROWS][2], const float *const a[TILE_ROWS], const float *panel, size_t k) {
  vf c00 = splat(0), c01 = splat(0), c10 = splat(0), c11 = splat(0), c20 = splat(0), c21 = splat(0), c30 = splat(0), c31 = splat(0);
  const float *a0 = a[0], *a1 = a[1], *a2 = a[2], *a3 = a[3];
#pragma clang loop unroll(disable)
  for (size_t i = 0; i < k; i++) {
    vf b0 = load(panel), b1 = load(panel + VL);
    vf x0 = splat(a0[i]), x1 = splat(a1[i]), x2 = splat(a2[i]), x3 = splat(a3[i]);
    c00 = fma_(x0, b0, c00);
    c01 = fma_(x0, b1, c01);
    c10 = fma_(x1, b0, c10);
    c11 = fma_(x1, b1, c11);
    c20 = fma_(x2, b0, c20);
    c21 = fma_(x2, b1, c21);
    c30 = fma_(x3, b0, c30);
    c31 = fma_(x3, b1, c31);
    panel += PANEL;
  }
  acc[0][0] = c00, acc[0][1] = c01, acc[1][0] = c10, acc[1][1] = c11;
  acc[2][0] = c20, acc[2][1] = c21, acc[3][0] = c30, acc[3][1] = c31;
}

/// The same for a panel of which only the first half is in use.
INLINE void half_tile_product(vf acc[TILE_ROWS][2], const float *const a[TILE_ROWS], const float *panel, size_t k) {
  vf c0 = splat(0), c1 = splat(0), c2 = splat(0), c3 = splat(0);
  const float *a0 = a[0], *a1 = a[1], *a2 = a[2], *a3 = a[3];
#pragma clang loop unroll(disable)
  for (size_t i = 0; i < k; i++) {
    vf b = load(panel);
    c0 = fma_(splat(a0[i]), b, c0);
    c1 = fma_(splat(a1[i]), b, c1);
    c2 = fma_(splat(a2[i]), b, c2);
    c3 = fma_(splat(a3[i]), b, c3);
    panel += PANEL;
  }
  acc[0][0] = c0, acc[1][0] = c1, acc[2][0] = c2, acc[3][0] = c3;
  acc[0][1] = acc[1][1] = acc[2][1] = acc[3][1] = splat(0);
}

/// panel[k][j] = b[k][column + j]; columns from `width` on are 0.
static void pack_rows(float *panel, const float *b, size_t ldb, size_t k, size_t width) {
  if (width == PANEL) {
    for (size_t i = 0; i < k; i++) {
      store(panel + i * PANEL, load(b + i * ldb));
      store(panel + i * PANEL + VL, load(b + i * ldb + VL));
    }
    return;
  }
  for (size_t i = 0; i < k; i++)
    for (size_t j = 0; j < PANEL; j++) panel[i * PANEL + j] = j < width ? b[i * ldb + j] : 0.0f;
}

/// to[j * ld_to + i] = from[i * ld_from + j] for i < rows, j < columns.
static void transpose(float *to, size_t ld_to, const float *from, size_t ld_from, size_t rows, size_t columns) {
  size_t i = 0;
#if VL == 4
  for (; i + 4 <= rows; i += 4) {
    const float *f = from + i * ld_from;
    size_t j = 0;
    for (; j + 4 <= columns; j += 4) {
      vf r0 = load(f + j), r1 = load(f + ld_from + j), r2 = load(f + 2 * ld_from + j), r3 = load(f + 3 * ld_from + j);
      transpose_square(&r0, &r1, &r2, &r3);
      float *t = to + j * ld_to + i;
      store(t, r0), store(t + ld_to, r1), store(t + 2 * ld_to, r2), store(t + 3 * ld_to, r3);
    }
    for (; j < columns; j++)
      for (size_t q = 0; q < 4; q++) to[j * ld_to + i + q] = f[q * ld_from + j];
  }
#endif
  for (; i < rows; i++)
    for (size_t j = 0; j < columns; j++) to[j * ld_to + i] = from[i * ld_from + j];
}

/// panel[k][j] = b[column + j][k].
static void pack_columns(float *panel, const float *b, size_t ldb, size_t k, size_t width) {
  transpose(panel, PANEL, b, ldb, width, k);
  for (size_t j = width; j < PANEL; j++)
    for (size_t i = 0; i < k; i++) panel[i * PANEL + j] = 0.0f;
}

/// Adds a finished tile to the result: the first block of K brings bias and what was there, the others only add.
static void finish_tile(const Product *p, vf acc[TILE_ROWS][2], size_t row, size_t rows, size_t column, size_t width, int first) {
  int add = !first || p->accumulate;
  const float *bias = first && p->bias ? p->bias + column : 0;
  if (width == PANEL) {
    for (size_t i = 0; i < rows; i++) {
      float *out = p->out + (row + i) * p->n + column;
      vf low = acc[i][0], high = acc[i][1];
      if (bias) low += load(bias), high += load(bias + VL);
      if (add) low += load(out), high += load(out + VL);
      store(out, low), store(out + VL, high);
    }
    return;
  }
  float lanes[PANEL];
  for (size_t i = 0; i < rows; i++) {
    float *out = p->out + (row + i) * p->n + column;
    store(lanes, acc[i][0]), store(lanes + VL, acc[i][1]);
    for (size_t j = 0; j < width; j++) {
      float value = lanes[j];
      if (bias) value += bias[j];
      if (add) value += out[j];
      out[j] = value;
    }
  }
}

static void product_task(void *context, uint32_t task, uint32_t thread) {
  const Product *p = context;
  float *panel = thread_scratch(thread);
  size_t column_task = task % p->column_tasks, row_task = task / p->column_tasks;
  size_t column_begin = column_task * p->columns_a_task, column_end = smaller(p->n, column_begin + p->columns_a_task);
  size_t row_begin = row_task * p->rows_a_task, row_end = smaller(p->m, row_begin + p->rows_a_task);

  for (size_t block = row_begin; block < row_end; block += BLOCK_ROWS) {
    size_t block_end = smaller(row_end, block + BLOCK_ROWS);
    size_t k0 = 0;
    // At least once, so that a product over nothing still writes its zeros.
    do {
      size_t k = smaller(BLOCK_K, p->k - k0);
      for (size_t c = column_begin; c < column_end; c += PANEL) {
        size_t width = smaller(PANEL, p->n - c);
        if (p->transposed_b) pack_columns(panel, p->b + c * p->k + k0, p->k, k, width);
        else pack_rows(panel, p->b + k0 * p->n + c, p->n, k, width);
        for (size_t row = block; row < block_end; row += TILE_ROWS) {
          const float *a[TILE_ROWS];
          // Rows beyond the last repeat it; their results are dropped.
          for (size_t i = 0; i < TILE_ROWS; i++) a[i] = p->a + smaller(row + i, p->m - 1) * p->lda + k0;
          vf acc[TILE_ROWS][2];
          if (width > VL) tile_product(acc, a, panel, k);
          else half_tile_product(acc, a, panel, k);
          finish_tile(p, acc, row, smaller(TILE_ROWS, block_end - row), c, width, k0 == 0);
        }
      }
      k0 += BLOCK_K;
    } while (k0 < p->k);
  }
}

typedef struct {
  float *to;
  const float *from;
  size_t rows, columns;
} Turn;

static void turn_task(void *context, uint32_t task, uint32_t thread) {
  (void)thread;
  const Turn *t = context;
  size_t begin = (size_t)task * 32, end = smaller(t->columns, begin + 32);
  transpose(t->to + begin * t->rows, t->rows, t->from + begin, t->columns, t->rows, end - begin);
}

INLINE size_t rounded_up(size_t value, size_t unit) { return (value + unit - 1) / unit * unit; }

/// Bytes of workspace a product needs: the transposed A of form TN.
CFGEN_EXPORT(gemm_workspace) uint32_t gemm_workspace(uint32_t form, uint32_t m, uint32_t k) {
  return form == FORM_TN ? m * k * 4 : 0;
}

CFGEN_EXPORT(gemm)
void gemm(float *out, const float *a, const float *b, const float *bias, uint32_t m, uint32_t n, uint32_t k, uint32_t form,
          uint32_t accumulate, float *workspace) {
  if (m == 0 || n == 0) return;
  Product p = {out, a, b, bias, m, n, k, k, form == FORM_NT, (int)accumulate, 1, n, m};
  double work = (double)m * n * k;
  uint32_t threads = work < 60000.0 ? 1 : thread_count();
  if (form == FORM_TN) {
    Turn turn = {workspace, a, k, m};
    uint32_t tasks = (m + 31) / 32;
    if (threads == 1) {
      for (uint32_t task = 0; task < tasks; task++) turn_task(&turn, task, 0);
    } else {
      parallel(turn_task, &turn, tasks);
    }
    p.a = workspace;
  }
  uint32_t wanted = threads == 1 ? 1 : threads * (k > 2 * BLOCK_K ? 2 : 4);
  p.columns_a_task = rounded_up((n + wanted - 1) / wanted, PANEL);
  p.column_tasks = (uint32_t)((n + p.columns_a_task - 1) / p.columns_a_task);
  uint32_t row_tasks = 1;
  if (p.column_tasks < wanted && p.column_tasks % threads != 0) {
    row_tasks = (uint32_t)smaller((wanted + p.column_tasks - 1) / p.column_tasks, (m + 31) / 32);
  }
  p.rows_a_task = rounded_up((m + row_tasks - 1) / row_tasks, TILE_ROWS);
  row_tasks = (uint32_t)((m + p.rows_a_task - 1) / p.rows_a_task);
  if (threads == 1) {
    for (uint32_t task = 0; task < p.column_tasks * row_tasks; task++) product_task(&p, task, 0);
  } else {
    parallel(product_task, &p, p.column_tasks * row_tasks);
  }
}
