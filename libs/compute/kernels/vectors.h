// Vector types: one vocabulary for 4 lanes (WebAssembly, SSE), 8 (AVX2) and 16 (AVX-512), chosen by CFGEN_LANES.
// Every arithmetic step is written out (no contraction by the compiler), so a lane's bits never depend on its neighbours.
#ifndef CFGEN_VECTORS_H
#define CFGEN_VECTORS_H

#include <stddef.h>
#include <stdint.h>

#ifdef __wasm__
#define CFGEN_EXPORT(name) __attribute__((export_name(#name), visibility("default")))
#else
// The add-on calls its kernels itself: see native/addon.c.
#define CFGEN_EXPORT(name)
#if defined(__x86_64__)
#include <immintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif
#endif

#define INLINE static inline __attribute__((always_inline))

#ifndef CFGEN_LANES
#define CFGEN_LANES 4
#endif
#define VL CFGEN_LANES

typedef float vf __attribute__((vector_size(VL * 4)));
typedef int32_t vi __attribute__((vector_size(VL * 4)));
typedef uint32_t vu __attribute__((vector_size(VL * 4)));
// Double precision in pairs of half vectors.
typedef double vd __attribute__((vector_size(VL * 4)));
typedef float vh __attribute__((vector_size(VL * 2)));

typedef float vf_unaligned __attribute__((vector_size(VL * 4), aligned(4), may_alias));
typedef int32_t vi_unaligned __attribute__((vector_size(VL * 4), aligned(4), may_alias));

INLINE vf load(const float *p) { return *(const vf_unaligned *)p; }
INLINE void store(float *p, vf v) { *(vf_unaligned *)p = v; }
INLINE vi load_int(const int32_t *p) { return *(const vi_unaligned *)p; }
INLINE void store_int(int32_t *p, vi v) { *(vi_unaligned *)p = v; }

#if !(VL == 4 || (VL == 8 && defined(__AVX2__)) || (VL == 16 && defined(__AVX512F__)))
#error "vectors of 8 and of 16 floats need AVX2 and AVX-512"
#endif

#if VL == 4
INLINE vf splat(float a) { return (vf){a, a, a, a}; }
INLINE vi splat_int(int32_t a) { return (vi){a, a, a, a}; }
INLINE vd splat_double(double a) { return (vd){a, a}; }
INLINE vi lane_numbers(void) { return (vi){0, 1, 2, 3}; }
#else
INLINE vf splat(float a) { return a - (vf){0}; }
INLINE vi splat_int(int32_t a) { return a - (vi){0}; }
INLINE vd splat_double(double a) { return a - (vd){0}; }
INLINE vi lane_numbers(void) {
  vi lanes;
  for (int i = 0; i < VL; i++) lanes[i] = i;
  return lanes;
}
#endif

/// Lanes below `n` all ones, the others zero.
INLINE vi first_lanes(size_t n) { return lane_numbers() < splat_int((int32_t)n); }

/// The first `n` lanes (0 < n <= VL) from memory, the rest 0. Tails go through the same vector code as full vectors, so that an
/// element's bits never depend on where its vector ends.
INLINE vf load_n(const float *p, size_t n) {
  if (n == VL) return load(p);
#if defined(__AVX512F__) && VL == 16
  return (vf)_mm512_maskz_loadu_ps((__mmask16)((1u << n) - 1), p);
#elif defined(__AVX2__) && VL == 8
  return (vf)_mm256_maskload_ps(p, (__m256i)first_lanes(n));
#elif VL == 4
  return n == 1 ? (vf){p[0]} : n == 2 ? (vf){p[0], p[1]} : (vf){p[0], p[1], p[2]};
#endif
}

INLINE void store_n(float *p, vf v, size_t n) {
  if (n == VL) {
    store(p, v);
    return;
  }
#if defined(__AVX512F__) && VL == 16
  _mm512_mask_storeu_ps(p, (__mmask16)((1u << n) - 1), (__m512)v);
#elif defined(__AVX2__) && VL == 8
  _mm256_maskstore_ps(p, (__m256i)first_lanes(n), (__m256)v);
#elif VL == 4
  p[0] = v[0];
  if (n > 1) p[1] = v[1];
  if (n > 2) p[2] = v[2];
#endif
}

/// Elements of begin .. end in full vectors.
INLINE size_t full_part(size_t begin, size_t end) { return end > begin ? (end - begin) / VL * VL : 0; }

/// Steps through begin .. end a vector at a time: `i` the position, `n` the lanes in use. The outer loop is unrolled by the compiler
/// into a pass over full vectors, where n is the constant VL, and the tail.
#ifdef __clang__
#define UNROLL_TWO _Pragma("clang loop unroll(full)")
#define NOT_UNROLLED _Pragma("clang loop unroll(disable)")
#else
#define UNROLL_TWO _Pragma("GCC unroll 2")
#define NOT_UNROLLED _Pragma("GCC unroll 1")
#endif
#define EACH_VECTOR(i, n, begin, end)                                                                                  \
  UNROLL_TWO for (int tail_##i = 0; tail_##i < 2; tail_##i++) for (                            \
      size_t i = (begin) + (tail_##i ? full_part(begin, end) : 0), stop_##i = tail_##i ? (end) : (begin) + full_part(begin, end), \
             n = tail_##i ? (end) - i : VL;                                                                            \
      i < stop_##i; i += VL)

/// a * b + c: fused where the build has it (then fused everywhere), two roundings elsewhere.
INLINE vf fma_(vf a, vf b, vf c) {
#ifdef CFGEN_RELAXED
  return __builtin_wasm_relaxed_madd_f32x4(a, b, c);
#elif defined(__AVX512F__) && VL == 16
  return (vf)_mm512_fmadd_ps((__m512)a, (__m512)b, (__m512)c);
#elif defined(__FMA__) && VL == 8
  return (vf)_mm256_fmadd_ps((__m256)a, (__m256)b, (__m256)c);
#elif defined(__aarch64__) && VL == 4
  return (vf)vfmaq_f32((float32x4_t)c, (float32x4_t)a, (float32x4_t)b);
#else
  return a * b + c;
#endif
}

/// Lane-wise `mask ? a : b`, mask lanes all ones or all zeros.
INLINE vf choose(vi mask, vf a, vf b) { return (vf)(((vi)a & mask) | ((vi)b & ~mask)); }
/// Lane-wise `mask ? a : 0`.
INLINE vf keep(vi mask, vf a) { return (vf)((vi)a & mask); }

/// `a < b ? b : a` and `b < a ? b : a`: one instruction each, and a that is not a number stays.
#ifdef __wasm__
INLINE vf max_(vf a, vf b) { return __builtin_wasm_pmax_f32x4(a, b); }
INLINE vf min_(vf a, vf b) { return __builtin_wasm_pmin_f32x4(a, b); }
// The instructions of x86 answer their second operand where one is not a number.
#elif defined(__AVX512F__) && VL == 16
INLINE vf max_(vf a, vf b) { return (vf)_mm512_max_ps((__m512)b, (__m512)a); }
INLINE vf min_(vf a, vf b) { return (vf)_mm512_min_ps((__m512)b, (__m512)a); }
#elif defined(__AVX__) && VL == 8
INLINE vf max_(vf a, vf b) { return (vf)_mm256_max_ps((__m256)b, (__m256)a); }
INLINE vf min_(vf a, vf b) { return (vf)_mm256_min_ps((__m256)b, (__m256)a); }
#elif defined(__SSE__) && VL == 4
INLINE vf max_(vf a, vf b) { return (vf)_mm_max_ps((__m128)b, (__m128)a); }
INLINE vf min_(vf a, vf b) { return (vf)_mm_min_ps((__m128)b, (__m128)a); }
#else
INLINE vf max_(vf a, vf b) { return choose(a < b, b, a); }
INLINE vf min_(vf a, vf b) { return choose(b < a, b, a); }
#endif
INLINE vf absolute(vf a) { return (vf)((vi)a & 0x7fffffff); }

/// Bit i set where lane i is all ones.
INLINE uint32_t lane_bits(vi mask) {
#ifdef __wasm__
  return (uint32_t)__builtin_wasm_bitmask_i32x4(mask);
#elif defined(__AVX512DQ__) && VL == 16
  return (uint32_t)_mm512_movepi32_mask((__m512i)mask);
#elif defined(__AVX__) && VL == 8
  return (uint32_t)_mm256_movemask_ps((__m256)mask);
#elif defined(__SSE__) && VL == 4
  return (uint32_t)_mm_movemask_ps((__m128)mask);
#else
  uint32_t bits = 0;
  for (int i = 0; i < VL; i++) bits |= (uint32_t)(mask[i] != 0) << i;
  return bits;
#endif
}

INLINE int any(vi mask) {
#ifdef __wasm__
  return __builtin_wasm_any_true_v128((__attribute__((vector_size(16))) signed char)mask);
#elif defined(__SSE__)
  return lane_bits(mask) != 0;
#else
  int32_t found = 0;
  for (int i = 0; i < VL; i++) found |= mask[i];
  return found != 0;
#endif
}

/// values[places[i]] for the first n lanes; the others repeat the first.
INLINE vf gather(const float *values, const uint32_t *places, size_t n) {
#if VL == 4
  return (vf){values[places[0]], values[places[n > 1 ? 1 : 0]], values[places[n > 2 ? 2 : 0]], values[places[n > 3 ? 3 : 0]]};
#else
  vf out;
  for (size_t i = 0; i < VL; i++) out[i] = values[places[i < n ? i : 0]];
  return out;
#endif
}

#ifdef __wasm__
#define BYTES_OF(lane) 4 * (lane), 4 * (lane) + 1, 4 * (lane) + 2, 4 * (lane) + 3
#define CHOSEN(a, b, c, d) {BYTES_OF(a), BYTES_OF(b), BYTES_OF(c), BYTES_OF(d)}
/// For each choice of lanes, where the bytes of the chosen ones come from.
static const uint8_t chosen_bytes[16][16] __attribute__((aligned(16))) = {
    CHOSEN(0, 0, 0, 0), CHOSEN(0, 0, 0, 0), CHOSEN(1, 0, 0, 0), CHOSEN(0, 1, 0, 0), CHOSEN(2, 0, 0, 0), CHOSEN(0, 2, 0, 0),
    CHOSEN(1, 2, 0, 0), CHOSEN(0, 1, 2, 0), CHOSEN(3, 0, 0, 0), CHOSEN(0, 3, 0, 0), CHOSEN(1, 3, 0, 0), CHOSEN(0, 1, 3, 0),
    CHOSEN(2, 3, 0, 0), CHOSEN(0, 2, 3, 0), CHOSEN(1, 2, 3, 0), CHOSEN(0, 1, 2, 3)};
#endif

/// Writes the lanes whose bit is set side by side. VL numbers are written at `to`; those after the chosen ones mean nothing.
INLINE void store_chosen(uint32_t *to, vu v, uint32_t bits) {
#ifdef __wasm__
  typedef signed char bytes __attribute__((vector_size(16)));
  store_int((int32_t *)to, (vi)__builtin_wasm_swizzle_i8x16((bytes)v, *(const bytes *)chosen_bytes[bits]));
#elif defined(__AVX512F__) && VL == 16
  store_int((int32_t *)to, (vi)_mm512_maskz_compress_epi32((__mmask16)bits, (__m512i)v));
#else
  uint32_t lanes[VL], count = 0;
  store_int((int32_t *)lanes, (vi)v);
  for (int i = 0; i < VL; i++) {
    to[count] = lanes[i];
    count += bits >> i & 1;
  }
#endif
}

/// Sum and maximum over lanes, in a fixed tree.
INLINE float sum_lanes(vf v) {
  float lanes[VL];
  store(lanes, v);
  for (int width = VL / 2; width > 0; width /= 2)
    for (int i = 0; i < width; i++) lanes[i] += lanes[i + width];
  return lanes[0];
}

INLINE float max_lanes(vf v) {
  float best = v[0];
  for (int i = 1; i < VL; i++) best = v[i] > best ? v[i] : best;
  return best;
}

INLINE vf square_root(vf v) {
#ifdef __wasm__
  return __builtin_wasm_sqrt_f32x4(v);
#elif defined(__AVX512F__) && VL == 16
  return (vf)_mm512_sqrt_ps((__m512)v);
#elif defined(__AVX__) && VL == 8
  return (vf)_mm256_sqrt_ps((__m256)v);
#elif defined(__SSE__) && VL == 4
  return (vf)_mm_sqrt_ps((__m128)v);
#elif defined(__aarch64__) && VL == 4
  return (vf)vsqrtq_f32((float32x4_t)v);
#else
  vf out;
  for (int i = 0; i < VL; i++) out[i] = __builtin_sqrtf(v[i]);
  return out;
#endif
}

/// Both halves in double precision.
INLINE vd low_double(vf v) {
  vh half;
  __builtin_memcpy(&half, &v, sizeof half);
  return __builtin_convertvector(half, vd);
}
INLINE vd high_double(vf v) {
  vh half;
  __builtin_memcpy(&half, (const char *)&v + sizeof half, sizeof half);
  return __builtin_convertvector(half, vd);
}

typedef float vq __attribute__((vector_size(16)));
typedef float vq_unaligned __attribute__((vector_size(16), aligned(4), may_alias));
INLINE vq load_four(const float *p) { return *(const vq_unaligned *)p; }
INLINE void store_four(float *p, vq v) { *(vq_unaligned *)p = v; }

/// Four rows of four numbers, turned.
INLINE void transpose_square(vq *r0, vq *r1, vq *r2, vq *r3) {
  vq low01 = __builtin_shufflevector(*r0, *r1, 0, 4, 1, 5), high01 = __builtin_shufflevector(*r0, *r1, 2, 6, 3, 7);
  vq low23 = __builtin_shufflevector(*r2, *r3, 0, 4, 1, 5), high23 = __builtin_shufflevector(*r2, *r3, 2, 6, 3, 7);
  *r0 = __builtin_shufflevector(low01, low23, 0, 1, 4, 5);
  *r1 = __builtin_shufflevector(low01, low23, 2, 3, 6, 7);
  *r2 = __builtin_shufflevector(high01, high23, 0, 1, 4, 5);
  *r3 = __builtin_shufflevector(high01, high23, 2, 3, 6, 7);
}

/// Hints that a line of memory is read, or written, soon. WebAssembly has none.
#ifdef __wasm__
INLINE void fetch_to_read(const void *p) { (void)p; }
INLINE void fetch_to_write(const void *p) { (void)p; }
#else
INLINE void fetch_to_read(const void *p) { __builtin_prefetch(p, 0, 2); }
INLINE void fetch_to_write(const void *p) { __builtin_prefetch(p, 1, 3); }
#endif

/// A vector of totals in double precision.
typedef struct {
  vd low, high;
} Wide;

INLINE Wide wide_zero(void) { return (Wide){splat_double(0), splat_double(0)}; }
INLINE void wide_add(Wide *total, vf v) {
  total->low += low_double(v);
  total->high += high_double(v);
}
INLINE vf wide_round(vd low, vd high) {
  vh halves[2] = {__builtin_convertvector(low, vh), __builtin_convertvector(high, vh)};
  vf out;
  __builtin_memcpy(&out, halves, sizeof out);
  return out;
}
/// Sum over lanes.
INLINE double wide_sum(Wide total) {
  vd both = total.low + total.high;
  double sum = 0;
  for (int i = 0; i < VL / 2; i++) sum += both[i];
  return sum;
}

INLINE size_t smaller(size_t a, size_t b) { return a < b ? a : b; }
INLINE size_t larger(size_t a, size_t b) { return a > b ? a : b; }

#endif
