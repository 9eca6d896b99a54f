#include "gemm.h"
#include <stdio.h>

static float x[] = {1, 2, 0, 1}, target[] = {0.5, 2.5, 0.5, 0.5};

static int run(void) {
  float y[2];
  int64_t shape[] = {1, 2};
  DLTensor in = gemm_input_x(x, shape), out = gemm_output_y(y, shape);
  const DLTensor *inputs[] = {&in};
  DLTensor *outputs[] = {&out};
  if (gemm_run(inputs, outputs))
    return puts(gemm_last_error());
  return printf("y %g %g\n", y[0], y[1]);
}

int main(void) {
  float loss;
  double rate = 0.5;
  int64_t shape[] = {BATCHES, 2};
  DLTensor in[] = {gemm_step_input_x(x, shape), gemm_step_input_target(target, shape),
                   gemm_step_input_learning_rate(&rate)};
  const DLTensor *inputs[] = {&in[0], &in[1], &in[2]};
  DLTensor out = gemm_step_output_loss(&loss), *outputs[] = {&out}, state;
  run();
  if (gemm_step(NULL, inputs, outputs))
    return puts(gemm_last_error()), 1;
  printf("loss %g\n", loss);
  gemm_state(NULL, GEMM_STATE_W, &state);
  const float *w = state.data;
  gemm_state(NULL, GEMM_STATE_B, &state);
  const float *b = state.data;
  printf("w %g %g %g %g b %g %g\n", w[0], w[1], w[2], w[3], b[0], b[1]);
  return run() < 0;
}
