//===- Select.c - results whose size the data decides --------------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Element.h"

#include <math.h>

//===----------------------------------------------------------------------===//
// nonzero
//===----------------------------------------------------------------------===//

static int is_nonzero(int32_t element, const void *in, int64_t i) {
  if (element_is_float(element))
    return element_float(element, in, i) != 0; // NaN is not zero.
  switch (element_bytes(element)) {
  case 8: return ((const uint64_t *)in)[i] != 0;
  case 4: return ((const uint32_t *)in)[i] != 0;
  case 2: return ((const uint16_t *)in)[i] != 0;
  default: return ((const uint8_t *)in)[i] != 0;
  }
}

int64_t dlc_kernel_nonzero_count(int32_t element, const void *in, int64_t n) {
  int64_t count = 0;
  for (int64_t i = 0; i < n; ++i)
    count += is_nonzero(element, in, i);
  return count;
}

void dlc_kernel_nonzero(int32_t element, const void *in, void *out, int32_t index_bytes,
                        int64_t rank, const int64_t *sizes, int64_t count) {
  int64_t n = 1, found = 0;
  for (int64_t d = 0; d < rank; ++d)
    n *= sizes[d];
  for (int64_t i = 0; i < n && found < count; ++i) {
    if (!is_nonzero(element, in, i))
      continue;
    int64_t rest = i;
    for (int64_t d = rank; d-- > 0; rest /= sizes[d])
      store_index(index_bytes, out, d * count + found, rest % sizes[d]);
    ++found;
  }
}

//===----------------------------------------------------------------------===//
// unique
//===----------------------------------------------------------------------===//

// Slices of [outer, n, inner] along the middle dimension, ranked: after
// rank_slices, two slices are equal iff their ranks are, and ranks ascend in
// lexicographic order; NaN equals NaN unless they are separate. Sorts by one element position at a time, last first
// (least-significant-digit order), so that each pass is a stable sort by key.
static int64_t rank_slices(dlc_call *call, int32_t element, const void *in, int64_t outer,
                           int64_t n, int64_t inner, int32_t separate_nans,
                           keyed **sorted_slices) {
  keyed *items = dlc_rt_alloc(call, 2 * n * (int64_t)sizeof(keyed));
  *sorted_slices = items;
  if (!items)
    return 0;
  for (int64_t j = 0; j < n; ++j)
    items[j].position = j;
  for (int64_t o = outer; o-- > 0;)
    for (int64_t i = inner; i-- > 0;) {
      for (int64_t j = 0; j < n; ++j)
        items[j].key = element_key(element, in, (o * n + items[j].position) * inner + i);
      dlc_kernel_sort_keyed(items, items + n, n);
    }
  separate_nans &= element_is_float(element);
  const uint64_t nan = UINT64_MAX;
  int64_t rank = -1;
  for (int64_t j = 0; j < n; ++j) {
    int equal = j > 0;
    for (int64_t o = 0; o < outer && equal; ++o)
      for (int64_t i = 0; i < inner && equal; ++i) {
        uint64_t key = element_key(element, in, (o * n + items[j].position) * inner + i);
        equal = key == element_key(element, in, (o * n + items[j - 1].position) * inner + i) &&
                (key != nan || !separate_nans);
      }
    rank += !equal;
    items[j].key = (uint64_t)rank;
  }
  return rank + 1;
}

int64_t dlc_kernel_unique_count(dlc_call *call, int32_t element, const void *in,
                                int64_t outer, int64_t n, int64_t inner, int32_t separate_nans) {
  if (n == 0)
    return 0;
  keyed *slices;
  int64_t count = rank_slices(call, element, in, outer, n, inner, separate_nans, &slices);
  if (slices)
    dlc_rt_free(call, slices);
  return count;
}

void dlc_kernel_unique(dlc_call *call, int32_t element, const void *in, void *values,
                       void *first, void *inverse, void *counts, int32_t index_bytes,
                       int64_t outer, int64_t n, int64_t inner, int64_t count,
                       int32_t sorted, int32_t separate_nans) {
  if (n == 0)
    return;
  keyed *slices;
  rank_slices(call, element, in, outer, n, inner, separate_nans, &slices);
  keyed *groups = slices ? dlc_rt_alloc(call, 2 * count * (int64_t)sizeof(keyed)) : 0;
  int64_t *place = groups ? dlc_rt_alloc(call, count * (int64_t)sizeof(int64_t)) : 0;
  if (!place)
    return;
  // Groups by first occurrence: the sort was stable, so a group's first entry
  // is its first slice.
  int64_t group = -1;
  for (int64_t j = 0; j < n; ++j)
    if ((int64_t)slices[j].key != group) {
      group = (int64_t)slices[j].key;
      groups[group] = (keyed){(uint64_t)slices[j].position, group};
    }
  if (!sorted)
    dlc_kernel_sort_keyed(groups, groups + count, count);
  int32_t bytes = element_bytes(element);
  for (int64_t g = 0; g < count; ++g) {
    int64_t position = (int64_t)groups[g].key;
    place[groups[g].position] = g;
    store_index(index_bytes, first, g, position);
    store_index(index_bytes, counts, g, 0);
    for (int64_t o = 0; o < outer; ++o)
      for (int64_t i = 0; i < inner; ++i)
        copy_element(bytes, values, (o * count + g) * inner + i, in,
                     (o * n + position) * inner + i);
  }
  for (int64_t j = 0; j < n; ++j) {
    int64_t g = place[slices[j].key];
    store_index(index_bytes, inverse, slices[j].position, g);
    int64_t old = index_bytes == 8 ? ((int64_t *)counts)[g] : ((int32_t *)counts)[g];
    store_index(index_bytes, counts, g, old + 1);
  }
  dlc_rt_free(call, place);
  dlc_rt_free(call, groups);
  dlc_rt_free(call, slices);
}

//===----------------------------------------------------------------------===//
// non_max_suppression
//===----------------------------------------------------------------------===//

typedef struct box {
  double y1, x1, y2, x2;
} box;

static box load_box(int32_t element, const void *boxes, int64_t at, int32_t center_point) {
  double a = element_float(element, boxes, 4 * at), b = element_float(element, boxes, 4 * at + 1),
         c = element_float(element, boxes, 4 * at + 2),
         d = element_float(element, boxes, 4 * at + 3);
  if (center_point) // x, y, width, height
    return (box){b - d / 2, a - c / 2, b + d / 2, a + c / 2};
  return (box){fmin(a, c), fmin(b, d), fmax(a, c), fmax(b, d)};
}

static double overlap(box a, box b) {
  double height = fmin(a.y2, b.y2) - fmax(a.y1, b.y1), width = fmin(a.x2, b.x2) - fmax(a.x1, b.x1);
  if (height <= 0 || width <= 0)
    return 0;
  double common = height * width;
  double both = (a.y2 - a.y1) * (a.x2 - a.x1) + (b.y2 - b.y1) * (b.x2 - b.x1) - common;
  return both > 0 ? common / both : 0;
}

int64_t dlc_kernel_non_max_suppression(dlc_call *call, int32_t element, const void *boxes,
                                       const void *scores, void *out, int32_t index_bytes,
                                       int64_t capacity, int64_t batches, int64_t classes,
                                       int64_t count, int64_t max_output,
                                       double iou_threshold, double score_threshold,
                                       int32_t center_point_box) {
  if (count == 0 || max_output <= 0)
    return 0;
  keyed *order = dlc_rt_alloc(call, 2 * count * (int64_t)sizeof(keyed));
  int64_t *chosen = order ? dlc_rt_alloc(call, count * (int64_t)sizeof(int64_t)) : 0;
  if (!chosen)
    return 0;
  int64_t rows = 0;
  for (int64_t n = 0; n < batches; ++n)
    for (int64_t c = 0; c < classes; ++c) {
      int64_t base = (n * classes + c) * count, candidates = 0, picked = 0;
      for (int64_t i = 0; i < count; ++i)
        if (element_float(element, scores, base + i) > score_threshold)
          order[candidates++] = (keyed){~element_key(element, scores, base + i), i};
      dlc_kernel_sort_keyed(order, order + count, candidates);
      for (int64_t i = 0; i < candidates && picked < max_output; ++i) {
        int64_t at = order[i].position;
        box candidate = load_box(element, boxes, n * count + at, center_point_box);
        int keep = 1;
        for (int64_t p = 0; p < picked && keep; ++p)
          keep = overlap(candidate, load_box(element, boxes, n * count + chosen[p],
                                             center_point_box)) <= iou_threshold;
        if (!keep)
          continue;
        chosen[picked++] = at;
        if (out && rows < capacity) {
          store_index(index_bytes, out, 3 * rows, n);
          store_index(index_bytes, out, 3 * rows + 1, c);
          store_index(index_bytes, out, 3 * rows + 2, at);
        }
        ++rows;
      }
    }
  dlc_rt_free(call, chosen);
  dlc_rt_free(call, order);
  return rows;
}
