// The innermost part of a product: a tile of rows of A times a panel of B. How many rows, and how they are read, depends on the registers
// there are: 16 of 4 floats (WebAssembly, NEON), 16 of 8 (AVX2), 32 of 16 (AVX-512).
#ifndef CFGEN_GEMM_TILE_H
#define CFGEN_GEMM_TILE_H

#include "vectors.h"

#define PANEL (2 * VL)

/// to[j * ld_to + i] = from[i * ld_from + j] for i < rows, j < columns.
static void transpose(float *to, size_t ld_to, const float *from, size_t ld_from, size_t rows, size_t columns) {
  size_t i = 0;
  for (; i + 4 <= rows; i += 4) {
    const float *f = from + i * ld_from;
    size_t j = 0;
    for (; j + 4 <= columns; j += 4) {
      vq r0 = load_four(f + j), r1 = load_four(f + ld_from + j), r2 = load_four(f + 2 * ld_from + j), r3 = load_four(f + 3 * ld_from + j);
      transpose_square(&r0, &r1, &r2, &r3);
      float *t = to + j * ld_to + i;
      store_four(t, r0), store_four(t + ld_to, r1), store_four(t + 2 * ld_to, r2), store_four(t + 3 * ld_to, r3);
    }
    for (; j < columns; j++)
      for (size_t q = 0; q < 4; q++) to[j * ld_to + i + q] = f[q * ld_from + j];
  }
  for (; i < rows; i++)
    for (size_t j = 0; j < columns; j++) to[j * ld_to + i] = from[i * ld_from + j];
}

#if VL == 4

#define TILE_ROWS 4
// A panel of a block (512 x 8 floats) and the rows of a tile stay in the first-level cache together.
#define BLOCK_K 512

/// A block of rows of A, read where they lie; columns (TN) are turned first, into `room`.
typedef struct {
  const float *begin;
  size_t lda;
} RowBlock;

static RowBlock row_block(float *room, const float *a, size_t lda, int turned, size_t rows, size_t k, size_t columns) {
  (void)columns;
  if (!turned) return (RowBlock){a, lda};
  transpose(room, k, a, lda, k, rows);
  return (RowBlock){room, k};
}

typedef struct {
  const float *row[TILE_ROWS];
} TileRows;

/// Rows from `row` on. Rows beyond the last repeat it; their results are dropped.
INLINE TileRows tile_rows(const RowBlock *block, size_t row, size_t rows, size_t k) {
  (void)k;
  TileRows tile;
  for (size_t i = 0; i < TILE_ROWS; i++) tile.row[i] = block->begin + smaller(row + i, rows - 1) * block->lda;
  return tile;
}

/// acc[i][j] = sum over k of a[i][k] panel[k][j]. The loop is kept a single step long: engines that hoist loads run out of registers.
INLINE void tile_product(vf acc[TILE_ROWS][2], const TileRows *a, const float *panel, size_t k) {
  vf c00 = splat(0), c01 = splat(0), c10 = splat(0), c11 = splat(0), c20 = splat(0), c21 = splat(0), c30 = splat(0), c31 = splat(0);
  const float *a0 = a->row[0], *a1 = a->row[1], *a2 = a->row[2], *a3 = a->row[3];
  NOT_UNROLLED
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
INLINE void half_tile_product(vf acc[TILE_ROWS][2], const TileRows *a, const float *panel, size_t k) {
  vf c0 = splat(0), c1 = splat(0), c2 = splat(0), c3 = splat(0);
  const float *a0 = a->row[0], *a1 = a->row[1], *a2 = a->row[2], *a3 = a->row[3];
  NOT_UNROLLED
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

#else

#if VL == 8
#define TILE_ROWS 6
#else
#define TILE_ROWS 12
#endif
#ifndef BLOCK_K
#define BLOCK_K 256
#endif
#ifdef __clang__
#define UNROLL_TILE _Pragma("clang loop unroll(full)")
#else
#define UNROLL_TILE _Pragma("GCC unroll 12")
#endif

/// tiles[row / TILE_ROWS][k][row % TILE_ROWS] from rows of A; rows beyond the last are 0.
static void pack_tiles(float *tiles, const float *a, size_t lda, size_t rows, size_t k) {
  for (size_t row = 0; row < rows; row += TILE_ROWS, tiles += TILE_ROWS * k) {
    size_t used = smaller(TILE_ROWS, rows - row);
    transpose(tiles, TILE_ROWS, a + row * lda, lda, used, k);
    for (size_t i = used; i < TILE_ROWS; i++)
      for (size_t step = 0; step < k; step++) tiles[step * TILE_ROWS + i] = 0.0f;
  }
}

/// The same from columns of A (TN).
static void pack_turned_tiles(float *tiles, const float *a, size_t lda, size_t rows, size_t k) {
  for (size_t row = 0; row < rows; row += TILE_ROWS, tiles += TILE_ROWS * k) {
    size_t used = smaller(TILE_ROWS, rows - row);
    if (used == TILE_ROWS) {
      for (size_t step = 0; step < k; step++) __builtin_memcpy(tiles + step * TILE_ROWS, a + step * lda + row, TILE_ROWS * sizeof(float));
      continue;
    }
    for (size_t step = 0; step < k; step++)
      for (size_t i = 0; i < TILE_ROWS; i++) tiles[step * TILE_ROWS + i] = i < used ? a[step * lda + row + i] : 0.0f;
  }
}

// From so many columns of B on, copying columns of A pays: its numbers then lie in the order in which they are used. Rows are streams that
// processors foresee.
#define COLUMNS_WORTH_PACKING (4 * PANEL)

/// A block of rows of A: copied, a tile's numbers of one step side by side ([tile][k][TILE_ROWS]); or read where they lie, as rows or (TN)
/// as columns. The bits of a product are the same.
typedef struct {
  const float *begin;
  size_t lda;
  enum { PACKED, AS_ROWS, AS_COLUMNS } layout;
  float *room;
} RowBlock;

static RowBlock row_block(float *room, const float *a, size_t lda, int turned, size_t rows, size_t k, size_t columns) {
  if (!turned) return (RowBlock){a, lda, AS_ROWS, room};
  if (columns < COLUMNS_WORTH_PACKING) return (RowBlock){a, lda, AS_COLUMNS, room};
  pack_turned_tiles(room, a, lda, rows, k);
  return (RowBlock){room, lda, PACKED, room};
}

/// Number i of a step, i < TILE_ROWS: `numbers[i]`, the next step `stride` further on; or, with rows apart, `numbers[i * stride]`, the next
/// step beside it.
typedef struct {
  const float *numbers;
  size_t stride;
  int rows_apart;
} TileRows;

/// Rows from `row` on. The last tile, if not full, is copied: its missing rows are 0.
INLINE TileRows tile_rows(const RowBlock *block, size_t row, size_t rows, size_t k) {
  if (block->layout == PACKED) return (TileRows){block->begin + row * k, TILE_ROWS, 0};
  if (row + TILE_ROWS > rows) {
    if (block->layout == AS_ROWS) pack_tiles(block->room, block->begin + row * block->lda, block->lda, rows - row, k);
    else pack_turned_tiles(block->room, block->begin + row, block->lda, rows - row, k);
    return (TileRows){block->room, TILE_ROWS, 0};
  }
  if (block->layout == AS_ROWS) return (TileRows){block->begin + row * block->lda, block->lda, 1};
  return (TileRows){block->begin + row, block->lda, 0};
}

/// One step: number i of the tile is NUMBER(i).
#define TILE_STEP(NUMBER)                                                                                              \
  {                                                                                                                    \
    vf b0 = load(panel), b1 = load(panel + VL);                                                                        \
    UNROLL_TILE                                                                                                        \
    for (int i = 0; i < TILE_ROWS; i++) {                                                                              \
      vf x = splat(NUMBER(i));                                                                                         \
      c[i][0] = fma_(x, b0, c[i][0]);                                                                                  \
      c[i][1] = fma_(x, b1, c[i][1]);                                                                                  \
    }                                                                                                                  \
    panel += PANEL;                                                                                                    \
  }
#define SIDE_BY_SIDE(i) a[i]
// Few pointers, so that all fit into registers: x86 adds one to four strides by itself.
#define ROWS_APART(i) rows_of_four[(i) / 4][(size_t)((i) % 4) * stride + step]

/// acc[i][j] = sum over k of number i of a step times panel[k][j].
INLINE void tile_product(vf acc[TILE_ROWS][2], const TileRows *tile, const float *panel, size_t k) {
  const float *a = tile->numbers;
  const size_t stride = tile->stride;
  vf c[TILE_ROWS][2];
  UNROLL_TILE
  for (int i = 0; i < TILE_ROWS; i++) c[i][0] = c[i][1] = splat(0);
  if (tile->rows_apart) {
    const float *rows_of_four[3] = {a, a + 4 * stride, a + 8 * stride};
    NOT_UNROLLED
    for (size_t step = 0; step < k; step++) TILE_STEP(ROWS_APART)
  } else {
    NOT_UNROLLED
    for (size_t step = 0; step < k; step++, a += stride) TILE_STEP(SIDE_BY_SIDE)
  }
  UNROLL_TILE
  for (int i = 0; i < TILE_ROWS; i++) acc[i][0] = c[i][0], acc[i][1] = c[i][1];
}

/// The same for a panel of which only the first half is in use.
INLINE void half_tile_product(vf acc[TILE_ROWS][2], const TileRows *tile, const float *panel, size_t k) {
  const float *a = tile->numbers;
  const size_t row_stride = tile->rows_apart ? tile->stride : 1, step_stride = tile->rows_apart ? 1 : tile->stride;
  vf c[TILE_ROWS];
  UNROLL_TILE
  for (int i = 0; i < TILE_ROWS; i++) c[i] = splat(0);
  NOT_UNROLLED
  for (size_t step = 0; step < k; step++, a += step_stride, panel += PANEL) {
    vf b = load(panel);
    UNROLL_TILE
    for (int i = 0; i < TILE_ROWS; i++) c[i] = fma_(splat(a[(size_t)i * row_stride]), b, c[i]);
  }
  UNROLL_TILE
  for (int i = 0; i < TILE_ROWS; i++) acc[i][0] = c[i], acc[i][1] = splat(0);
}

#endif
#endif
