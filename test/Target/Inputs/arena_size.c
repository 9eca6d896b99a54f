#include "counter.h"
#include <stdio.h>

int main(void) {
  float x[3] = {1, 2, 3};
  int64_t shape[] = {3}, count = -1;
  DLTensor in = counter_input_x(x, shape), sum = counter_output_sum(NULL, NULL),
           steps = counter_output_steps(&count);
  const DLTensor *inputs[] = {&in};
  DLTensor *outputs[] = {&sum, &steps};
  size_t bytes = 1;
  for (int i = 0; i < 3; ++i) {
    int32_t status = counter_arena_size(NULL, inputs, &bytes);
    printf("status %d, %s\n", status, bytes < 1024 ? "small" : "large");
  }
  if (counter_run(inputs, outputs))
    return puts(counter_last_error()), 1;
  printf("sum %g, steps %lld\n", ((float *)sum.data)[2], (long long)count);
  counter_release(sum.data);
  return 0;
}
