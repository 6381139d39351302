// Philox 4x32-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", 2011), VL blocks at a time.
#ifndef CFGEN_PHILOX_H
#define CFGEN_PHILOX_H

#include "vectors.h"

#ifdef __wasm__
#include <wasm_simd128.h>
#endif

/// Word w of VL consecutive blocks in word[w].
typedef struct {
  vu word[4];
} PhiloxBlocks;

INLINE vu splat_unsigned(uint32_t a) { return (vu)splat_int((int32_t)a); }

/// Unsigned words as floats, rounded once: two exact halves, and the sum rounds.
INLINE vf unsigned_to_float(vu w) {
  vf high = __builtin_convertvector((vi)(w >> 16), vf), low = __builtin_convertvector((vi)(w & 0xffffu), vf);
  return fma_(high, splat(65536.0f), low);
}

/// High half of the 64-bit products a * m.
INLINE vu multiply_high(vu a, uint32_t m) {
#ifdef __wasm__
  v128_t low = wasm_u64x2_extmul_low_u32x4((v128_t)a, wasm_u32x4_splat(m));
  v128_t high = wasm_u64x2_extmul_high_u32x4((v128_t)a, wasm_u32x4_splat(m));
  return (vu)wasm_i32x4_shuffle(low, high, 1, 3, 5, 7);
#elif defined(__AVX512F__) && VL == 16
  __m512i wide = _mm512_set1_epi64(m), even = _mm512_mul_epu32((__m512i)a, wide);
  __m512i odd = _mm512_mul_epu32(_mm512_srli_epi64((__m512i)a, 32), wide);
  return (vu)_mm512_mask_blend_epi32(0xaaaa, _mm512_srli_epi64(even, 32), odd);
#elif defined(__AVX2__) && VL == 8
  __m256i wide = _mm256_set1_epi64x(m), even = _mm256_mul_epu32((__m256i)a, wide);
  __m256i odd = _mm256_mul_epu32(_mm256_srli_epi64((__m256i)a, 32), wide);
  return (vu)_mm256_blend_epi32(_mm256_srli_epi64(even, 32), odd, 0xaa);
#else
  vu out;
  for (int i = 0; i < VL; i++) out[i] = (uint32_t)(((uint64_t)a[i] * m) >> 32);
  return out;
#endif
}

INLINE PhiloxBlocks philox(vu c0, vu c1, vu c2, vu c3, uint32_t k0, uint32_t k1) {
  for (int round = 0; round < 10; round++) {
    vu high0 = multiply_high(c0, 0xD2511F53u), low0 = c0 * 0xD2511F53u;
    vu high1 = multiply_high(c2, 0xCD9E8D57u), low1 = c2 * 0xCD9E8D57u;
    c0 = high1 ^ c1 ^ k0;
    c1 = low1;
    c2 = high0 ^ c3 ^ k1;
    c3 = low0;
    k0 += 0x9E3779B9u;
    k1 += 0xBB67AE85u;
  }
  return (PhiloxBlocks){{c0, c1, c2, c3}};
}

/// 4 VL numbers, one for each word, from vectors by word number to ascending order (block by block).
INLINE void by_block(vf v[4]) {
#if VL == 4
  transpose_square(&v[0], &v[1], &v[2], &v[3]);
#elif defined(__AVX512F__) && VL == 16
  // Four blocks of each quarter first, then the quarters.
  __m512 low01 = _mm512_unpacklo_ps((__m512)v[0], (__m512)v[1]), high01 = _mm512_unpackhi_ps((__m512)v[0], (__m512)v[1]);
  __m512 low23 = _mm512_unpacklo_ps((__m512)v[2], (__m512)v[3]), high23 = _mm512_unpackhi_ps((__m512)v[2], (__m512)v[3]);
  __m512 b0 = _mm512_shuffle_ps(low01, low23, 0x44), b1 = _mm512_shuffle_ps(low01, low23, 0xee);
  __m512 b2 = _mm512_shuffle_ps(high01, high23, 0x44), b3 = _mm512_shuffle_ps(high01, high23, 0xee);
  __m512 q01 = _mm512_shuffle_f32x4(b0, b1, 0x44), q01_late = _mm512_shuffle_f32x4(b0, b1, 0xee);
  __m512 q23 = _mm512_shuffle_f32x4(b2, b3, 0x44), q23_late = _mm512_shuffle_f32x4(b2, b3, 0xee);
  v[0] = (vf)_mm512_shuffle_f32x4(q01, q23, 0x88), v[1] = (vf)_mm512_shuffle_f32x4(q01, q23, 0xdd);
  v[2] = (vf)_mm512_shuffle_f32x4(q01_late, q23_late, 0x88), v[3] = (vf)_mm512_shuffle_f32x4(q01_late, q23_late, 0xdd);
#elif defined(__AVX2__) && VL == 8
  __m256 low01 = _mm256_unpacklo_ps((__m256)v[0], (__m256)v[1]), high01 = _mm256_unpackhi_ps((__m256)v[0], (__m256)v[1]);
  __m256 low23 = _mm256_unpacklo_ps((__m256)v[2], (__m256)v[3]), high23 = _mm256_unpackhi_ps((__m256)v[2], (__m256)v[3]);
  __m256 b0 = _mm256_shuffle_ps(low01, low23, 0x44), b1 = _mm256_shuffle_ps(low01, low23, 0xee);
  __m256 b2 = _mm256_shuffle_ps(high01, high23, 0x44), b3 = _mm256_shuffle_ps(high01, high23, 0xee);
  v[0] = (vf)_mm256_permute2f128_ps(b0, b1, 0x20), v[1] = (vf)_mm256_permute2f128_ps(b2, b3, 0x20);
  v[2] = (vf)_mm256_permute2f128_ps(b0, b1, 0x31), v[3] = (vf)_mm256_permute2f128_ps(b2, b3, 0x31);
#else
  float lanes[4][VL], ordered[4 * VL];
  for (int w = 0; w < 4; w++) store(lanes[w], v[w]);
  for (int i = 0; i < 4 * VL; i++) ordered[i] = lanes[i & 3][i >> 2];
  for (int w = 0; w < 4; w++) v[w] = load(ordered + w * VL);
#endif
}

/// One block.
static void philox_one(uint32_t out[4], uint32_t c0, uint32_t c1, uint32_t c2, uint32_t c3, uint32_t k0, uint32_t k1) {
  for (int round = 0; round < 10; round++) {
    uint64_t product0 = (uint64_t)c0 * 0xD2511F53u, product1 = (uint64_t)c2 * 0xCD9E8D57u;
    c0 = (uint32_t)(product1 >> 32) ^ c1 ^ k0;
    c1 = (uint32_t)product1;
    c2 = (uint32_t)(product0 >> 32) ^ c3 ^ k1;
    c3 = (uint32_t)product0;
    k0 += 0x9E3779B9u;
    k1 += 0xBB67AE85u;
  }
  out[0] = c0, out[1] = c1, out[2] = c2, out[3] = c3;
}

#endif
