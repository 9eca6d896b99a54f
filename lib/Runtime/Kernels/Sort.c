//===- Sort.c - sorting and the largest elements ------------------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Element.h"

#define INSERTION 24

static void insertion_sort(keyed *items, int64_t n) {
  for (int64_t i = 1; i < n; ++i) {
    keyed item = items[i];
    int64_t j = i;
    for (; j > 0 && items[j - 1].key > item.key; --j)
      items[j] = items[j - 1];
    items[j] = item;
  }
}

// Bottom-up merge sort on runs that insertion sort made.
void dlc_kernel_sort_keyed(keyed *items, keyed *scratch, int64_t n) {
  for (int64_t i = 0; i < n; i += INSERTION)
    insertion_sort(items + i, n - i < INSERTION ? n - i : INSERTION);
  keyed *from = items, *to = scratch;
  for (int64_t width = INSERTION; width < n; width *= 2) {
    for (int64_t low = 0; low < n; low += 2 * width) {
      int64_t middle = low + width < n ? low + width : n;
      int64_t high = low + 2 * width < n ? low + 2 * width : n;
      int64_t a = low, b = middle;
      for (int64_t i = low; i < high; ++i)
        to[i] = a < middle && (b >= high || from[a].key <= from[b].key) ? from[a++] : from[b++];
    }
    keyed *swap = from;
    from = to;
    to = swap;
  }
  if (from != items)
    memcpy(items, from, n * sizeof *items);
}

void dlc_kernel_sort(dlc_call *call, int32_t element, const void *keys, void *sorted,
                     int64_t *permutation, int64_t outer, int64_t n, int64_t inner,
                     int32_t descending) {
  if (outer == 0 || n == 0 || inner == 0)
    return;
  keyed *items = dlc_rt_alloc(call, 2 * n * (int64_t)sizeof(keyed));
  if (!items)
    return;
  int32_t bytes = element_bytes(element);
  for (int64_t o = 0; o < outer; ++o)
    for (int64_t i = 0; i < inner; ++i) {
      int64_t base = o * n * inner + i;
      for (int64_t j = 0; j < n; ++j) {
        uint64_t key = element_key(element, keys, base + j * inner);
        items[j] = (keyed){descending ? ~key : key, j};
      }
      dlc_kernel_sort_keyed(items, items + n, n);
      for (int64_t j = 0; j < n; ++j) {
        if (sorted)
          copy_element(bytes, sorted, base + j * inner, keys, base + items[j].position * inner);
        if (permutation)
          permutation[base + j * inner] = items[j].position;
      }
    }
  dlc_rt_free(call, items);
}

void dlc_kernel_permute(int32_t bytes, const void *in, const int64_t *permutation, void *out,
                        int64_t outer, int64_t n, int64_t inner) {
  for (int64_t o = 0; o < outer; ++o)
    for (int64_t j = 0; j < n; ++j)
      for (int64_t i = 0; i < inner; ++i) {
        int64_t at = (o * n + j) * inner + i;
        copy_element(bytes, out, at, in, (o * n + permutation[at]) * inner + i);
      }
}

// A binary heap of the k best so far, the worst on top. Of equal keys the later
// position is worse.
static int worse(keyed a, keyed b) {
  return a.key > b.key || (a.key == b.key && a.position > b.position);
}

static void sift_down(keyed *heap, int64_t n, int64_t at) {
  keyed item = heap[at];
  for (int64_t child; (child = 2 * at + 1) < n; at = child) {
    if (child + 1 < n && worse(heap[child + 1], heap[child]))
      ++child;
    if (!worse(heap[child], item))
      break;
    heap[at] = heap[child];
  }
  heap[at] = item;
}

void dlc_kernel_top_k(dlc_call *call, int32_t element, const void *in, void *values,
                      void *indices, int32_t index_bytes, int64_t outer, int64_t n,
                      int64_t inner, int64_t k, int32_t smallest) {
  if (outer == 0 || inner == 0 || k == 0)
    return;
  keyed *heap = dlc_rt_alloc(call, 2 * k * (int64_t)sizeof(keyed));
  if (!heap)
    return;
  int32_t bytes = element_bytes(element);
  for (int64_t o = 0; o < outer; ++o)
    for (int64_t i = 0; i < inner; ++i) {
      int64_t base = o * n * inner + i;
      for (int64_t j = 0; j < n; ++j) {
        uint64_t key = element_key(element, in, base + j * inner);
        keyed item = {smallest ? key : ~key, j};
        if (j < k) {
          heap[j] = item;
          if (j + 1 == k)
            for (int64_t at = k / 2; at-- > 0;)
              sift_down(heap, k, at);
        } else if (worse(heap[0], item)) {
          heap[0] = item;
          sift_down(heap, k, 0);
        }
      }
      // Back into the order of positions, so that the stable sort breaks ties.
      for (int64_t j = 0; j < k; ++j) {
        uint64_t key = heap[j].key;
        heap[j].key = (uint64_t)heap[j].position;
        heap[j].position = (int64_t)key;
      }
      dlc_kernel_sort_keyed(heap, heap + k, k);
      for (int64_t j = 0; j < k; ++j) {
        uint64_t position = heap[j].key;
        heap[j].key = (uint64_t)heap[j].position;
        heap[j].position = (int64_t)position;
      }
      dlc_kernel_sort_keyed(heap, heap + k, k);
      int64_t out = o * k * inner + i;
      for (int64_t j = 0; j < k; ++j) {
        copy_element(bytes, values, out + j * inner, in, base + heap[j].position * inner);
        store_index(index_bytes, indices, out + j * inner, heap[j].position);
      }
    }
  dlc_rt_free(call, heap);
}
