// Dense products. One register tile serves all three forms (gemm-tile.h); columns of B are packed into panels. K is cut into blocks of fixed length, each summed from zero and then added to the result:
// an element's bits depend on its row of A, its column of B and K alone.
#include "gemm-mixed.h"
#include "gemm-tile.h"
#include "parallel.h"

// Rows of A that are read again and again, from the second-level cache, while panel after panel of B passes.
#define BLOCK_ROWS ((256 + TILE_ROWS - 1) / TILE_ROWS * TILE_ROWS)

enum { FORM_NN = 0, FORM_TN = 1, FORM_NT = 2 };

typedef struct {
  float *out;
  const float *a, *b, *bias;
  size_t m, n, k;
  uint32_t form;
  int accumulate;
  uint32_t column_tasks;
  size_t columns_a_task, rows_a_task;
} Product;

/// Up to VL of the `width` numbers at `p`, from the number `from` on; the rest 0.
INLINE vf part_of(const float *p, size_t from, size_t width) {
  return width > from ? load_n(p + from, smaller(VL, width - from)) : splat(0);
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
  for (size_t i = 0; i < k; i++) {
    store(panel + i * PANEL, part_of(b + i * ldb, 0, width));
    store(panel + i * PANEL + VL, part_of(b + i * ldb, VL, width));
  }
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
  for (size_t i = 0; i < rows; i++)
    for (size_t half = 0; half < 2 && width > half * VL; half++) {
      size_t n = smaller(VL, width - half * VL);
      float *out = p->out + (row + i) * p->n + column + half * VL;
      vf value = acc[i][half];
      if (bias) value += load_n(bias + half * VL, n);
      if (add) value += load_n(out, n);
      store_n(out, value, n);
    }
}

// What is needed soon is asked for while a tile is computed: rows of results and of B lie so far apart that processors don't foresee them.
// A row of a panel starts anywhere, so that two lines of memory in length are three to ask for.
#define FLOATS_A_LINE 16

INLINE void fetch_result(const Product *p, size_t row, size_t rows, size_t column, size_t width) {
  for (size_t i = 0; i < rows; i++) {
    const float *out = p->out + (row + i) * p->n + column;
    fetch_to_write(out);
    if (PANEL > FLOATS_A_LINE) fetch_to_write(out + width / 2);
    fetch_to_write(out + width - 1);
  }
}

/// The share of the next panel of B that falls to the tile of this row.
INLINE void fetch_panel(const Product *p, size_t k0, size_t k, size_t column, size_t column_end, size_t row, size_t rows) {
  if (column >= column_end) return;
  size_t last = smaller(PANEL, column_end - column) - 1;
  for (size_t step = k * row / rows, end = smaller(k, k * (row + TILE_ROWS) / rows); step < end; step++) {
    const float *b = p->b + (k0 + step) * p->n + column;
    fetch_to_read(b);
    if (PANEL > FLOATS_A_LINE) fetch_to_read(b + last / 2);
    fetch_to_read(b + last);
  }
}

static void product_task(void *context, uint32_t task, uint32_t thread) {
  const Product *p = context;
  float *panel = thread_scratch(thread), *turned = panel + PANEL * BLOCK_K;
  size_t column_task = task % p->column_tasks, row_task = task / p->column_tasks;
  size_t column_begin = column_task * p->columns_a_task, column_end = smaller(p->n, column_begin + p->columns_a_task);
  size_t row_begin = row_task * p->rows_a_task, row_end = smaller(p->m, row_begin + p->rows_a_task);

  for (size_t block = row_begin; block < row_end; block += BLOCK_ROWS) {
    size_t rows = smaller(BLOCK_ROWS, row_end - block), k0 = 0;
    // At least once, so that a product over nothing still writes its zeros.
    do {
      size_t k = smaller(BLOCK_K, p->k - k0);
      const float *a = p->form == FORM_TN ? p->a + k0 * p->m + block : p->a + block * p->k + k0;
      RowBlock a_block = row_block(turned, a, p->form == FORM_TN ? p->m : p->k, p->form == FORM_TN, rows, k,
                                   column_end - column_begin);
      for (size_t c = column_begin; c < column_end; c += PANEL) {
        size_t width = smaller(PANEL, p->n - c);
        if (p->form == FORM_NT) pack_columns(panel, p->b + c * p->k + k0, p->k, k, width);
        else pack_rows(panel, p->b + k0 * p->n + c, p->n, k, width);
        for (size_t row = 0; row < rows; row += TILE_ROWS) {
          TileRows tile = tile_rows(&a_block, row, rows, k);
          vf acc[TILE_ROWS][2];
          fetch_result(p, block + row, smaller(TILE_ROWS, rows - row), c, width);
          if (p->form == FORM_NN || p->form == FORM_TN) fetch_panel(p, k0, k, c + PANEL, column_end, row, rows);
          if (width > VL) tile_product(acc, &tile, panel, k);
          else half_tile_product(acc, &tile, panel, k);
          finish_tile(p, acc, block + row, smaller(TILE_ROWS, rows - row), c, width, k0 == 0);
        }
      }
      k0 += BLOCK_K;
    } while (k0 < p->k);
  }
}

// Work below which a second thread costs more than it brings, in multiplications.
#define ALONE 60000.0
// Smaller products are not worth their rounding, unless the caller says that they are; those below the second bound never are.
#define LEAST_WEIGHTS_MIXED 65536.0
#define LEAST_WEIGHTS_MIXED_SMALL 1024.0

/// From now on products round their factors to bfloat16 where they are large or `mix_small` is given, as far as the processor can: `most` is
/// the best way to use (MixedPrecision). Answers the way taken.
CFGEN_EXPORT(mix_precision)
uint32_t mix_precision(uint32_t most) {
  set_product_precision(most == NOT_MIXED ? NOT_MIXED : (uint32_t)smaller(most, mixed_precision()));
  return product_precision();
}

CFGEN_EXPORT(gemm)
void gemm(float *out, const float *a, const float *b, const float *bias, uint32_t m, uint32_t n, uint32_t k, uint32_t form,
          uint32_t accumulate, uint32_t mix_small) {
  if (m == 0 || n == 0) return;
  // Of the two sides that are not rows of a batch: what a row comes to must not depend on how many there are.
  double weights = form == FORM_TN ? (double)m * n : (double)n * k;
  double least = mix_small ? LEAST_WEIGHTS_MIXED_SMALL : LEAST_WEIGHTS_MIXED;
  if (product_precision() != NOT_MIXED && weights >= least && k > 0) {
    MixedProduct mixed = {out, a, b, bias, m, n, k, form == FORM_TN, form == FORM_NT, (int)accumulate};
    mixed_product(&mixed, product_precision());
    return;
  }
  Product p = {out, a, b, bias, m, n, k, form, (int)accumulate, 1, n, m};
  size_t threads = (double)m * n * k < ALONE ? 1 : thread_count(), row_tasks = 1;
  if (threads > 1) {
    size_t wanted = 4 * threads;
    if (n <= NARROW) row_tasks = larger(1, smaller(threads, m / 32));
    else if (k > 2 * BLOCK_K) wanted = 2 * threads;
    // What the rows don't give, the columns must.
    size_t column_tasks = row_tasks == threads ? 1 : (wanted + row_tasks - 1) / row_tasks;
    p.columns_a_task = largest_share(n, column_tasks, PANEL);
    p.column_tasks = (uint32_t)((n + p.columns_a_task - 1) / p.columns_a_task);
    p.rows_a_task = largest_share(m, row_tasks, TILE_ROWS);
    row_tasks = (m + p.rows_a_task - 1) / p.rows_a_task;
  }
  uint32_t tasks = p.column_tasks * (uint32_t)row_tasks;
  if (threads > 1) parallel(product_task, &p, tasks);
  else product_task(&p, 0, 0);
}
