#include "names.h"
#include <stdio.h>
#include <string.h>

/* Every name of the header that begins so exists, once. */
int main(void) {
  float x[2] = {1, 2};
  int64_t shape[] = {2};
  DLTensor in[NAMES_NUM_INPUTS] = {
      names_input_int(x, shape), names_input_a_b(x, shape), names_input_a_b_2(x, shape),
      names_input_a_b_3(x, shape), names_input_a_b_2_2(x, shape), names_input_A_B_4(x, shape),
      names_input_1(x, shape), names_input___(x, shape)};
  const DLTensor *inputs[NAMES_NUM_INPUTS];
  for (int i = 0; i < NAMES_NUM_INPUTS; ++i)
    inputs[i] = &in[i];
  DLTensor y = names_output_int(NULL, NULL);
  DLTensor *outputs[] = {&y};
  if (names_run(inputs, outputs))
    return puts(names_last_error()), 1;
  printf("%g %g\n", ((float *)y.data)[0], ((float *)y.data)[1]);
  names_release(y.data);
  return NAMES_INPUT_INT + NAMES_OUTPUT_INT;
}
