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
