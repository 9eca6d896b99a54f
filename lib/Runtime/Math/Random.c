//===- Random.c - counter-based random bits --------------------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Philox4x32-10: Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy
// as 1, 2, 3" (SC'11).
//
//===----------------------------------------------------------------------===//

#include "Bits.h"

uint32_t dlc_math_philox_u32(int64_t seed, int64_t stream, int64_t i) {
  uint64_t counter = (uint64_t)i >> 2, high = (uint64_t)stream;
  uint32_t c0 = (uint32_t)counter, c1 = (uint32_t)(counter >> 32);
  uint32_t c2 = (uint32_t)high, c3 = (uint32_t)(high >> 32);
  uint32_t k0 = (uint32_t)seed, k1 = (uint32_t)((uint64_t)seed >> 32);
#define ROUND                                                                                      \
  {                                                                                                \
    uint64_t p0 = UINT64_C(0xD2511F53) * c0, p1 = UINT64_C(0xCD9E8D57) * c2;                       \
    c0 = (uint32_t)(p1 >> 32) ^ c1 ^ k0;                                                           \
    c1 = (uint32_t)p1;                                                                             \
    c2 = (uint32_t)(p0 >> 32) ^ c3 ^ k1;                                                           \
    c3 = (uint32_t)p0;                                                                             \
    k0 += 0x9E3779B9u;                                                                             \
    k1 += 0xBB67AE85u;                                                                             \
  }
  ROUND ROUND ROUND ROUND ROUND ROUND ROUND ROUND ROUND ROUND
#undef ROUND
  uint32_t word = (uint32_t)i & 3;
  return word == 0 ? c0 : word == 1 ? c1 : word == 2 ? c2 : c3;
}
