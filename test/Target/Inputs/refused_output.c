#include "counter.h"
#include <stdio.h>

static float x[] = {1, 0, 2, 3, 0, 4}, both[12];
static int64_t where[8], steps = -1;

/// Calls with room for `rows` rows, `flat` numbers and `found` places.
static void call(int64_t rows, int64_t flat, int64_t found) {
  int64_t x_shape[] = {3, 2}, rows_shape[] = {rows, 2}, flat_shape[] = {flat};
  int64_t where_shape[] = {2, found};
  DLTensor in = counter_input_x(x, x_shape), out = counter_output_twice(both, rows_shape),
           flattened = counter_output_flat(both + 6, flat_shape),
           places = counter_output_where(where, where_shape),
           count = counter_output_steps(&steps);
  const DLTensor *inputs[] = {&in};
  DLTensor *outputs[] = {&out, &flattened, &places, &count};
  both[0] = -1;
  int32_t status = counter_run(inputs, outputs);
  DLTensor state;
  counter_state(NULL, 0, &state);
  printf("status %d %s: steps %lld, state %lld%s\n", status, status ? counter_last_error() : "",
         (long long)steps, *(long long *)state.data, both[0] == -1 ? ", nothing written" : "");
}

int main(void) {
  call(3, 6, 4);
  call(4, 6, 4); // appears to reach the next
  call(3, 5, 4);
  call(3, 6, 3);
  call(3, 6, 4);
  return 0;
}
