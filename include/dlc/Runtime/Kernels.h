//===- Kernels.h - C routines that kernels call -------------------*- C -*-===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What is better written as C than generated as IR: sorting, selection by data,
// Fourier transforms, factorisations. Compiled to bitcode at dlc's build time
// and linked into a kernel module only where called.
//
// Every buffer is contiguous and row-major. A tensor that is worked on along one
// dimension is seen as [outer, n, inner]: `n` the size of that dimension,
// `outer` and `inner` the products of the sizes before and after it. Scratch
// memory comes from dlc_rt_alloc; where that fails the call's status says so and
// the routine returns with its outputs unspecified. `index_bytes` is 4 or 8: the
// width of the signed integers that an index output has.
//
//===----------------------------------------------------------------------===//

#ifndef DLC_RUNTIME_KERNELS_H
#define DLC_RUNTIME_KERNELS_H

#include "dlc/Runtime/Call.h"

#ifdef __cplusplus
extern "C" {
#endif

/// Element types, as in a buffer: a boolean and a sub-byte element take a byte.
/// i2, i4, ui2, ui4 go as i8 and ui8 (sign- or zero-extended in their byte).
enum dlc_element {
  DLC_F64 = 0,
  DLC_F32 = 1,
  DLC_F16 = 2,
  DLC_BF16 = 3,
  DLC_F8E4M3FN = 4,
  DLC_F8E4M3FNUZ = 5,
  DLC_F8E5M2 = 6,
  DLC_F8E5M2FNUZ = 7,
  DLC_F8E8M0FNU = 8,
  DLC_F4E2M1FN = 9,
  DLC_I8 = 10,
  DLC_I16 = 11,
  DLC_I32 = 12,
  DLC_I64 = 13,
  DLC_UI8 = 14,
  DLC_UI16 = 15,
  DLC_UI32 = 16,
  DLC_UI64 = 17,
  DLC_I1 = 18,
};

/// dl.sort, stable, NaN largest. Either output may be null: `sorted` is the keys
/// in order, `permutation` (64-bit, shape of the keys) says for each place which
/// position along the dimension went there.
void dlc_kernel_sort(dlc_call *call, int32_t element, const void *keys, void *sorted,
                     int64_t *permutation, int64_t outer, int64_t n, int64_t inner,
                     int32_t descending);

/// out[o, j, i] = in[o, permutation[o, j, i], i]: the other operands of dl.sort.
void dlc_kernel_permute(int32_t element_bytes, const void *in, const int64_t *permutation,
                        void *out, int64_t outer, int64_t n, int64_t inner);

/// dl.top_k: values and indices are [outer, k, inner], 0 <= k <= n.
void dlc_kernel_top_k(dlc_call *call, int32_t element, const void *in, void *values,
                      void *indices, int32_t index_bytes, int64_t outer, int64_t n,
                      int64_t inner, int64_t k, int32_t smallest);

/// dl.nonzero: how many elements are not zero; then their coordinates, out being
/// [rank, count]. `sizes` has `rank` entries.
int64_t dlc_kernel_nonzero_count(int32_t element, const void *in, int64_t n);
void dlc_kernel_nonzero(int32_t element, const void *in, void *out, int32_t index_bytes,
                        int64_t rank, const int64_t *sizes, int64_t count);

/// dl.unique along a dimension (flat: outer = inner = 1, n = all elements): how
/// many distinct slices; then those ([outer, count, inner]), first positions and
/// counts ([count]) and each slice's place ([n]). NaNs count as equal, unless separate.
int64_t dlc_kernel_unique_count(dlc_call *call, int32_t element, const void *in,
                                int64_t outer, int64_t n, int64_t inner, int32_t separate_nans);
void dlc_kernel_unique(dlc_call *call, int32_t element, const void *in, void *values,
                       void *first, void *inverse, void *counts, int32_t index_bytes,
                       int64_t outer, int64_t n, int64_t inner, int64_t count,
                       int32_t sorted, int32_t separate_nans);

/// dl.non_max_suppression on boxes [batches, boxes, 4] and scores [batches,
/// classes, boxes], both of `element`. Writes at most `capacity` rows (batch,
/// class, box) unless `out` is null; returns how many there are. Without a score
/// threshold pass -INFINITY.
int64_t dlc_kernel_non_max_suppression(dlc_call *call, int32_t element, const void *boxes,
                                       const void *scores, void *out, int32_t index_bytes,
                                       int64_t capacity, int64_t batches, int64_t classes,
                                       int64_t count, int64_t max_output,
                                       double iou_threshold, double score_threshold,
                                       int32_t center_point_box);

/// dl.fft; `kind` as in its enum: 0 fft, 1 ifft, 2 rfft, 3 irfft. Complex data is
/// [outer, size, inner, 2], real data [outer, size, inner]. `n` is the transform's
/// length: the real side of rfft and irfft; `terms` the size of the complex side.
void dlc_kernel_fft(dlc_call *call, int32_t element, int32_t kind, const void *in, void *out,
                    int64_t outer, int64_t n, int64_t terms, int64_t inner);

/// dl.cholesky of `batch` n x n matrices.
void dlc_kernel_cholesky(dlc_call *call, int32_t element, const void *in, void *out,
                         int64_t batch, int64_t n, int32_t upper);

/// dl.triangular_solve: a is [batch, n, n]; b and x are [batch, n, m], or with
/// `right_side` [batch, m, n].
void dlc_kernel_triangular_solve(dlc_call *call, int32_t element, const void *a, const void *b,
                                 void *x, int64_t batch, int64_t n, int64_t m,
                                 int32_t right_side, int32_t upper, int32_t unit_diagonal,
                                 int32_t transpose);

/// dl.lu of `batch` m x n matrices.
void dlc_kernel_lu(dlc_call *call, int32_t element, const void *in, void *factors, int32_t *pivots,
                   int64_t batch, int64_t m, int64_t n);

/// dl.exchange_rows of `batch` m x n matrices of elements of `bytes`, by `count` pivots
/// each. A pivot outside [0, m) exchanges nothing.
void dlc_kernel_exchange_rows(int32_t bytes, const void *in, const void *pivots,
                              int32_t index_bytes, void *out, int64_t batch, int64_t m, int64_t n,
                              int64_t count, int32_t backward);

/// dl.householder_qr of `batch` m x n matrices.
void dlc_kernel_householder_qr(dlc_call *call, int32_t element, const void *in, void *factors,
                               void *tau, int64_t batch, int64_t m, int64_t n);

/// dl.householder_product of `batch` m x n matrices with `count` reflections each.
void dlc_kernel_householder_product(dlc_call *call, int32_t element, const void *factors,
                                    const void *tau, void *out, int64_t batch, int64_t m,
                                    int64_t n, int64_t count);

/// dl.eigh of `batch` n x n matrices; `vectors` may be null.
void dlc_kernel_eigh(dlc_call *call, int32_t element, const void *in, void *values, void *vectors,
                     int64_t batch, int64_t n, int32_t upper);

/// dl.eig of `batch` n x n matrices of complex numbers; `vectors` may be null.
void dlc_kernel_eig(dlc_call *call, int32_t element, const void *in, void *values, void *vectors,
                    int64_t batch, int64_t n);

/// dl.svd of `batch` m x n matrices; `u` and `vt` may be null.
void dlc_kernel_svd(dlc_call *call, int32_t element, const void *in, void *u, void *s, void *vt,
                    int64_t batch, int64_t m, int64_t n, int32_t full);

/// dl.ldl of `batch` n x n matrices.
void dlc_kernel_ldl(dlc_call *call, int32_t element, const void *in, void *factors,
                    int32_t *pivots, int64_t batch, int64_t n);

/// dl.ldl_solve of `batch` n x n matrices, with m right-hand sides each. 0 where the
/// pivots are not such as dl.ldl gives.
int32_t dlc_kernel_ldl_solve(dlc_call *call, int32_t element, const void *factors,
                             const void *pivots, int32_t index_bytes, const void *b, void *out,
                             int64_t batch, int64_t n, int64_t m);

#ifdef __cplusplus
}
#endif

#endif // DLC_RUNTIME_KERNELS_H
