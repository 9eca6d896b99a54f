#include "line.h"
#include <stdio.h>
#include <string.h>

static int64_t shape[] = {2};
static float x[] = {1, 1}, target[] = {1, 1};

static float *weights(void) {
  DLTensor w;
  return line_state(NULL, LINE_STATE_W, &w) ? NULL : w.data;
}

static int run(void) {
  float y[2];
  DLTensor in = line_input_x(x, shape), out = line_output_y(y, shape);
  const DLTensor *inputs[] = {&in};
  DLTensor *outputs[] = {&out};
  if (line_run(inputs, outputs))
    return puts(line_last_error());
  return printf("y %g %g\n", y[0], y[1]);
}

static int step(void) {
  float loss;
  double rate = 0.5;
  DLTensor in[] = {line_step_input_x(x, shape), line_step_input_target(target, shape),
                   line_step_input_learning_rate(&rate)};
  const DLTensor *inputs[] = {&in[0], &in[1], &in[2]};
  DLTensor out = line_step_output_loss(&loss), *outputs[] = {&out};
  if (line_step(NULL, inputs, outputs))
    return puts(line_last_error());
  return printf("loss %g, w %g %g\n", loss, weights()[0], weights()[1]);
}

/* A safetensors file of a header and two floats. */
static void write_file(const char *path, const char *header) {
  const float data[] = {3, 4};
  uint64_t length = strlen(header);
  FILE *file = fopen(path, "wb");
  fwrite(&length, sizeof length, 1, file);
  fwrite(header, 1, length, file);
  fwrite(data, sizeof data, 1, file);
  fclose(file);
}

static void load(const char *path, int32_t partial) {
  if (line_load(NULL, path, partial))
    puts(line_last_error());
}

int main(int argc, char **argv) {
  char other[4096];
  if (argc < 2)
    return 1;
  run(), step(), run(), step();
  if (line_save(NULL, argv[1]) || line_reset(NULL))
    return puts(line_last_error());
  printf("after reset: w %g %g\n", weights()[0], weights()[1]);
  load(argv[1], 0);
  printf("after load: w %g %g\n", weights()[0], weights()[1]);
  step();
  if (line_call(NULL, 2, NULL, NULL))
    puts(line_last_error());
  load("/nowhere", 0);
  load("/", 0);
  snprintf(other, sizeof other, "%s.bad", argv[1]);
  write_file(other, "{\"w\":{\"dtype\":\"F32\",");
  load(other, 0);
  snprintf(other, sizeof other, "%s.part", argv[1]);
  write_file(other, "{\"__metadata__\":{\"a\":\"b\"}, \"w\": {\"dtype\": \"F32\", \"shape\": [2], "
                    "\"data_offsets\": [0, 8]}}");
  load(other, 0);
  load(other, 1);
  printf("partly: w %g %g\n", weights()[0], weights()[1]);
  write_file(other, "{\"w\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}");
  load(other, 1);
  write_file(other, "{\"v\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}");
  load(other, 0);
  return 0;
}
