// Dense products of bfloat16 numbers with sums in float32, where the processor has instructions for them: tiles (AMX) or AVX512-BF16.
// Numbers are rounded to the nearest bfloat16 (8 bits of significand) as they are packed; results and what is added to them stay float32.
// As in gemm.c, K is cut into blocks of fixed length: a row's bits do not depend on the rows beside it.
#include "gemm-mixed.h"

#ifdef __AVX512BF16__

#include "parallel.h"
#include <sys/syscall.h>
#include <unistd.h>

#define MIXED_ROWS 32
#define MIXED_PANEL 32
#define MIXED_BLOCK_K 512
#define MIXED_BLOCK_ROWS 256
// Steps of K that one instruction on tiles takes.
#define TILE_STEPS 32

typedef uint16_t bf16;

#define EIGHT_TIMES(i) _Pragma("GCC unroll 8") for (int i = 0; i < 8; i++)

typedef struct {
  MixedProduct p;
  int tiles;
  uint32_t column_tasks;
  size_t columns_a_task, rows_a_task;
} MixedJob;

/// Two vectors as pairs of bfloat16: lane i holds (even[i], odd[i]).
INLINE __m512i rounded_pairs(__m512 even, __m512 odd) {
  __m512i low = _mm512_cvtepu16_epi32((__m256i)_mm512_cvtneps_pbh(even)), high = _mm512_cvtepu16_epi32((__m256i)_mm512_cvtneps_pbh(odd));
  return _mm512_or_si512(low, _mm512_slli_epi32(high, 16));
}

/// rows[i][step] = a[i][step]: `k` steps, of `pitch`, the rest 0; so are the rows beyond the last, up to a multiple of MIXED_ROWS.
static void pack_rows_of_a(bf16 *rows, const float *a, size_t lda, size_t count, size_t k, size_t pitch) {
  for (size_t row = 0; row < count; row++) {
    bf16 *to = rows + row * pitch;
    for (size_t step = 0; step < pitch; step += 16) {
      __mmask16 used = step + 16 <= k ? 0xffff : step < k ? (__mmask16)((1u << (k - step)) - 1) : 0;
      _mm256_storeu_si256((__m256i *)(to + step), (__m256i)_mm512_cvtneps_pbh(_mm512_maskz_loadu_ps(used, a + row * lda + step)));
    }
  }
  size_t all = (count + MIXED_ROWS - 1) / MIXED_ROWS * MIXED_ROWS;
  __builtin_memset(rows + count * pitch, 0, (all - count) * pitch * sizeof(bf16));
}

/// Turns 16 x 16 numbers of 32 bits: number j of vector i becomes number i of vector j.
INLINE void turn_square(__m512i v[16]) {
  __m512i w[16];
  EIGHT_TIMES(i) w[2 * i] = _mm512_unpacklo_epi32(v[2 * i], v[2 * i + 1]), w[2 * i + 1] = _mm512_unpackhi_epi32(v[2 * i], v[2 * i + 1]);
  // v[4 g + c]: column 4 q + c of rows 4 g .. 4 g + 3, in quarter q.
  EIGHT_TIMES(i) {
    int from = i / 2 * 4 + i % 2, to = i / 2 * 4 + 2 * (i % 2);
    v[to] = _mm512_unpacklo_epi64(w[from], w[from + 2]);
    v[to + 1] = _mm512_unpackhi_epi64(w[from], w[from + 2]);
  }
  // Quarters 0 and 1, and 2 and 3, of two groups of rows.
  EIGHT_TIMES(i) {
    int from = i / 4 * 8 + i % 4;
    w[from] = _mm512_shuffle_i32x4(v[from], v[from + 4], 0x44);
    w[from + 4] = _mm512_shuffle_i32x4(v[from], v[from + 4], 0xee);
  }
  EIGHT_TIMES(i) {
    int half = i / 4, c = i % 4;
    v[8 * half + c] = _mm512_shuffle_i32x4(w[4 * half + c], w[8 + 4 * half + c], 0x88);
    v[8 * half + 4 + c] = _mm512_shuffle_i32x4(w[4 * half + c], w[8 + 4 * half + c], 0xdd);
  }
}

/// The same from columns: rows[i][step] = a[step][i].
static void pack_columns_of_a(bf16 *rows, const float *a, size_t lda, size_t count, size_t k, size_t pitch) {
  size_t all = (count + MIXED_ROWS - 1) / MIXED_ROWS * MIXED_ROWS;
  for (size_t row = 0; row < all; row += 16) {
    __mmask16 used = row + 16 <= count ? 0xffff : row < count ? (__mmask16)((1u << (count - row)) - 1) : 0;
    for (size_t step = 0; step < pitch; step += TILE_STEPS) {
      __m512i pairs[16];
      for (size_t i = 0; i < 16; i++) {
        size_t first = step + 2 * i;
        pairs[i] = rounded_pairs(_mm512_maskz_loadu_ps(first < k ? used : 0, a + first * lda + row),
                                 _mm512_maskz_loadu_ps(first + 1 < k ? used : 0, a + (first + 1) * lda + row));
      }
      turn_square(pairs);
      for (size_t i = 0; i < 16; i++) _mm512_storeu_si512(rows + (row + i) * pitch + step, pairs[i]);
    }
  }
}

/// panel[step / 2][column] = (b[step][column], b[step + 1][column]), columns from `width` on and steps from `k` on 0.
static void pack_panel(uint32_t *panel, const float *b, size_t ldb, size_t k, size_t pitch, size_t width) {
  for (size_t half = 0; half < 2; half++) {
    size_t first = half * 16;
    __mmask16 used = width >= first + 16 ? 0xffff : width > first ? (__mmask16)((1u << (width - first)) - 1) : 0;
    for (size_t step = 0; step < pitch; step += 2) {
      __m512 even = _mm512_maskz_loadu_ps(step < k ? used : 0, b + step * ldb + first);
      __m512 odd = _mm512_maskz_loadu_ps(step + 1 < k ? used : 0, b + (step + 1) * ldb + first);
      _mm512_storeu_si512(panel + step / 2 * MIXED_PANEL + first, rounded_pairs(even, odd));
    }
  }
}

/// The same of b turned: panel[step / 2][column] = (b[column][step], b[column][step + 1]).
static void pack_turned_panel(uint32_t *panel, const float *b, size_t ldb, size_t k, size_t pitch, size_t width) {
  for (size_t first = 0; first < MIXED_PANEL; first += 16) {
    for (size_t step = 0; step < pitch; step += TILE_STEPS) {
      __mmask16 low = k >= step + 16 ? 0xffff : (__mmask16)((1u << (k - step)) - 1);
      __mmask16 high = k >= step + 32 ? 0xffff : k > step + 16 ? (__mmask16)((1u << (k - step - 16)) - 1) : 0;
      __m512i pairs[16];
      for (size_t i = 0; i < 16; i++) {
        if (first + i >= width) {
          pairs[i] = _mm512_setzero_si512();
          continue;
        }
        const float *column = b + (first + i) * ldb + step;
        pairs[i] = (__m512i)_mm512_cvtne2ps_pbh(_mm512_maskz_loadu_ps(high, column + 16), _mm512_maskz_loadu_ps(low, column));
      }
      turn_square(pairs);
      for (size_t i = 0; i < 16; i++) _mm512_storeu_si512(panel + (step / 2 + i) * MIXED_PANEL + first, pairs[i]);
    }
  }
}

typedef struct {
  uint8_t palette, start_row, reserved[14];
  uint16_t bytes_a_row[16];
  uint8_t rows[16];
} TileShapes;

static void shape_tiles(void) {
  TileShapes shapes = {.palette = 1};
  for (int i = 0; i < 8; i++) shapes.bytes_a_row[i] = 64, shapes.rows[i] = 16;
  _tile_loadconfig(&shapes);
}

/// out[i][j], 32 x 32, = sum over steps of rows[i][step] panel[step][j], by tiles of 16 x 16.
INLINE void tile_block(float *out, const bf16 *rows, const uint32_t *panel, size_t pitch) {
  _tile_zero(0);
  _tile_zero(1);
  _tile_zero(2);
  _tile_zero(3);
  for (size_t step = 0; step < pitch; step += TILE_STEPS) {
    _tile_loadd(4, rows + step, pitch * sizeof(bf16));
    _tile_loadd(6, panel + step / 2 * MIXED_PANEL, MIXED_PANEL * sizeof(uint32_t));
    _tile_dpbf16ps(0, 4, 6);
    _tile_loadd(7, panel + step / 2 * MIXED_PANEL + 16, MIXED_PANEL * sizeof(uint32_t));
    _tile_dpbf16ps(1, 4, 7);
    _tile_loadd(5, rows + 16 * pitch + step, pitch * sizeof(bf16));
    _tile_dpbf16ps(2, 5, 6);
    _tile_dpbf16ps(3, 5, 7);
  }
  _tile_stored(0, out, MIXED_PANEL * sizeof(float));
  _tile_stored(1, out + 16, MIXED_PANEL * sizeof(float));
  _tile_stored(2, out + 16 * MIXED_PANEL, MIXED_PANEL * sizeof(float));
  _tile_stored(3, out + 16 * MIXED_PANEL + 16, MIXED_PANEL * sizeof(float));
}

/// The same by vectors, 8 rows at a time.
INLINE void vector_block(float *out, const bf16 *rows, const uint32_t *panel, size_t pitch) {
  for (size_t first = 0; first < MIXED_ROWS; first += 8) {
    __m512 sums[8][2];
    _Pragma("GCC unroll 8") for (int i = 0; i < 8; i++) sums[i][0] = sums[i][1] = _mm512_setzero_ps();
    const bf16 *a = rows + first * pitch;
    for (size_t step = 0; step < pitch; step += 2) {
      __m512bh b0 = (__m512bh)_mm512_loadu_si512(panel + step / 2 * MIXED_PANEL);
      __m512bh b1 = (__m512bh)_mm512_loadu_si512(panel + step / 2 * MIXED_PANEL + 16);
      _Pragma("GCC unroll 8") for (int i = 0; i < 8; i++) {
        __m512bh x = (__m512bh)_mm512_set1_epi32(*(const int32_t __attribute__((may_alias)) *)(a + (size_t)i * pitch + step));
        sums[i][0] = _mm512_dpbf16_ps(sums[i][0], x, b0);
        sums[i][1] = _mm512_dpbf16_ps(sums[i][1], x, b1);
      }
    }
    _Pragma("GCC unroll 8") for (int i = 0; i < 8; i++) {
      _mm512_storeu_ps(out + (first + (size_t)i) * MIXED_PANEL, sums[i][0]);
      _mm512_storeu_ps(out + (first + (size_t)i) * MIXED_PANEL + 16, sums[i][1]);
    }
  }
}

/// Adds a finished block to the result: the first block of K brings bias and what was there, the others only add.
static void finish_block(const MixedProduct *p, const float *block, size_t row, size_t rows, size_t column, size_t width, int first) {
  int add = !first || p->accumulate;
  for (size_t half = 0; half < width; half += 16) {
    __mmask16 used = width - half >= 16 ? 0xffff : (__mmask16)((1u << (width - half)) - 1);
    __m512 bias = first && p->bias ? _mm512_maskz_loadu_ps(used, p->bias + column + half) : _mm512_setzero_ps();
    for (size_t i = 0; i < rows; i++) {
      float *out = p->out + (row + i) * p->n + column + half;
      __m512 sum = _mm512_add_ps(_mm512_loadu_ps(block + i * MIXED_PANEL + half), bias);
      if (add) sum = _mm512_add_ps(sum, _mm512_maskz_loadu_ps(used, out));
      _mm512_mask_storeu_ps(out, used, sum);
    }
  }
}

static void mixed_task(void *context, uint32_t task, uint32_t thread) {
  const MixedJob *job = context;
  const MixedProduct *p = &job->p;
  uint32_t *panel = thread_scratch(thread);
  float *block_out = (float *)(panel + MIXED_BLOCK_K / 2 * MIXED_PANEL);
  bf16 *rows_of_a = (bf16 *)(block_out + MIXED_ROWS * MIXED_PANEL);
  size_t column_task = task % job->column_tasks, row_task = task / job->column_tasks;
  size_t column_begin = column_task * job->columns_a_task, column_end = smaller(p->n, column_begin + job->columns_a_task);
  size_t row_begin = row_task * job->rows_a_task, row_end = smaller(p->m, row_begin + job->rows_a_task);
  // Small enough to lie in a cache as a whole: nothing has to be asked for.
  int close_by = p->n <= NARROW && p->k <= MIXED_BLOCK_K;
  if (job->tiles) shape_tiles();
  for (size_t block = row_begin; block < row_end; block += MIXED_BLOCK_ROWS) {
    size_t rows = smaller(MIXED_BLOCK_ROWS, row_end - block);
    for (size_t k0 = 0; k0 < p->k; k0 += MIXED_BLOCK_K) {
      size_t k = smaller(MIXED_BLOCK_K, p->k - k0), pitch = (k + TILE_STEPS - 1) / TILE_STEPS * TILE_STEPS;
      if (p->a_turned) pack_columns_of_a(rows_of_a, p->a + k0 * p->m + block, p->m, rows, k, pitch);
      else pack_rows_of_a(rows_of_a, p->a + block * p->k + k0, p->k, rows, k, pitch);
      for (size_t c = column_begin; c < column_end; c += MIXED_PANEL) {
        size_t width = smaller(MIXED_PANEL, column_end - c);
        if (p->b_turned) pack_turned_panel(panel, p->b + c * p->k + k0, p->k, k, pitch, width);
        else pack_panel(panel, p->b + k0 * p->n + c, p->n, k, pitch, width);
        for (size_t row = 0; row < rows; row += MIXED_ROWS) {
          // Results of the next rows, which may be those of the next panel.
          size_t next_row = row + MIXED_ROWS < rows ? row + MIXED_ROWS : 0, next_column = next_row == 0 ? c + MIXED_PANEL : c;
          if (!close_by && next_column < column_end) {
            size_t last = smaller(MIXED_PANEL, column_end - next_column) - 1;
            for (size_t i = next_row, end = smaller(rows, next_row + MIXED_ROWS); i < end; i++) {
              const float *next = p->out + (block + i) * p->n + next_column;
              fetch_to_write(next);
              fetch_to_write(next + last / 2);
              fetch_to_write(next + last);
            }
          }
          if (!close_by && !p->b_turned && c + MIXED_PANEL < column_end) {
            // The share of the next panel that falls to these rows.
            for (size_t step = k * row / rows, end = smaller(k, k * (row + MIXED_ROWS) / rows); step < end; step++) {
              const float *next = p->b + (k0 + step) * p->n + c + MIXED_PANEL;
              size_t last = smaller(MIXED_PANEL, column_end - c - MIXED_PANEL) - 1;
              fetch_to_read(next);
              fetch_to_read(next + last / 2);
              fetch_to_read(next + last);
            }
          }
          if (job->tiles) tile_block(block_out, rows_of_a + row * pitch, panel, pitch);
          else vector_block(block_out, rows_of_a + row * pitch, panel, pitch);
          finish_block(p, block_out, block + row, smaller(MIXED_ROWS, rows - row), c, width, k0 == 0);
        }
      }
    }
  }
  if (job->tiles) _tile_release();
}

void mixed_product(const MixedProduct *p, MixedPrecision precision) {
  size_t threads = thread_count(), row_tasks = 1, column_tasks = threads > 1 ? 4 * threads : 1;
  if (p->n <= NARROW) {
    row_tasks = larger(1, smaller(threads, p->m / MIXED_ROWS));
    column_tasks = 1;
  }
  MixedJob job = {.p = *p,
                  .tiles = precision == MIXED_BY_TILES,
                  .columns_a_task = largest_share(p->n, column_tasks, MIXED_PANEL),
                  .rows_a_task = largest_share(p->m, row_tasks, MIXED_ROWS)};
  job.column_tasks = (uint32_t)((p->n + job.columns_a_task - 1) / job.columns_a_task);
  row_tasks = (p->m + job.rows_a_task - 1) / job.rows_a_task;
  parallel(mixed_task, &job, job.column_tasks * (uint32_t)row_tasks);
}

/// Tiles hold a lot of state, so Linux wants to be asked for them, once a process.
static int tiles_allowed(void) {
#if defined(__linux__) && defined(__AMX_BF16__)
  uint32_t a = 7, b, c = 0, d;
  __asm__ volatile("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
  if (!(d >> 22 & 1) || !(d >> 24 & 1)) return 0;
  return syscall(SYS_arch_prctl, 0x1023 /* ARCH_REQ_XCOMP_PERM */, 18 /* tile data */) == 0;
#else
  return 0;
#endif
}

MixedPrecision mixed_precision(void) { return tiles_allowed() ? MIXED_BY_TILES : MIXED_BY_VECTORS; }

#else

MixedPrecision mixed_precision(void) { return NOT_MIXED; }
void mixed_product(const MixedProduct *p, MixedPrecision precision) { (void)p, (void)precision; }

#endif
