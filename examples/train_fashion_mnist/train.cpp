//===- train.cpp - trains a network on pictures of clothes ----------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The network of convnet.mlir and its training step, compiled by dlc into
// fashion.so: fashion_step changes the weights, fashion_run uses them. This program
// draws the first weights, shuffles the pictures, lowers the learning rate, and at
// the end saves the weights and shows that a new context that loads them answers as
// well.
//
//   train FOLDER [EPOCHS]     with Fashion-MNIST's four files, unpacked
//
//===----------------------------------------------------------------------===//

#include "fashion.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <numeric>
#include <random>
#include <string>
#include <unistd.h>
#include <vector>

static constexpr int64_t kBatch = 100, kPixels = 28 * 28, kClasses = 10;

[[noreturn]] static void fail(const std::string &why) {
  std::fprintf(stderr, "train: %s\n", why.c_str());
  std::exit(1);
}

static void check(int32_t status) {
  if (status != DLC_OK)
    fail(fashion_last_error());
}

/// The bytes of an IDX file after its header of `header` bytes.
static std::vector<uint8_t> readFile(const std::string &path, size_t header) {
  std::ifstream file(path, std::ios::binary);
  std::vector<uint8_t> bytes((std::istreambuf_iterator<char>(file)), {});
  if (bytes.size() <= header)
    fail("can't read '" + path + "'");
  bytes.erase(bytes.begin(), bytes.begin() + header);
  return bytes;
}

struct Dataset {
  Dataset(const std::string &folder, const char *kind)
      : pictures(readFile(folder + "/" + kind + "-images-idx3-ubyte", 16)),
        labels(readFile(folder + "/" + kind + "-labels-idx1-ubyte", 8)) {
    if (pictures.size() != labels.size() * kPixels || labels.size() % kBatch)
      fail("the files of '" + folder + "' don't belong together");
  }
  int64_t size() const { return labels.size(); }

  std::vector<uint8_t> pictures, labels;
};

struct Batch {
  /// The pictures of the given numbers.
  void fill(const Dataset &data, const int64_t *numbers) {
    for (int64_t i = 0; i < kBatch; ++i) {
      std::memcpy(&pictures[i * kPixels], &data.pictures[numbers[i] * kPixels], kPixels);
      labels[i] = data.labels[numbers[i]];
    }
  }

  std::vector<uint8_t> pictures = std::vector<uint8_t>(kBatch * kPixels);
  std::vector<int64_t> labels = std::vector<int64_t>(kBatch);
};

static int64_t kPictureShape[] = {kBatch, 28, 28}, kLabelShape[] = {kBatch},
               kScoreShape[] = {kBatch, kClasses};

/// One step; the loss before it.
static float step(dlc_context *context, const Batch &batch, double rate) {
  float loss = 0;
  DLTensor pictures = fashion_step_input_pictures(batch.pictures.data(), kPictureShape);
  DLTensor labels = fashion_step_input_target(batch.labels.data(), kLabelShape);
  DLTensor rates = fashion_step_input_learning_rate(&rate);
  DLTensor losses = fashion_step_output_loss(&loss);
  const DLTensor *inputs[] = {&pictures, &labels, &rates};
  DLTensor *outputs[] = {&losses};
  check(fashion_step(context, inputs, outputs));
  return loss;
}

/// The share of the data that is named rightly.
static double evaluate(dlc_context *context, const Dataset &data) {
  Batch batch;
  std::vector<float> scores(kBatch * kClasses);
  std::vector<int64_t> numbers(data.size());
  std::iota(numbers.begin(), numbers.end(), 0);
  int64_t right = 0;
  for (int64_t at = 0; at < data.size(); at += kBatch) {
    batch.fill(data, &numbers[at]);
    DLTensor pictures = fashion_input_pictures(batch.pictures.data(), kPictureShape);
    DLTensor result = fashion_output_scores(scores.data(), kScoreShape);
    const DLTensor *inputs[] = {&pictures};
    DLTensor *outputs[] = {&result};
    check(fashion_run_with(context, inputs, outputs));
    for (int64_t i = 0; i < kBatch; ++i) {
      const float *own = &scores[i * kClasses];
      right += std::max_element(own, own + kClasses) - own == batch.labels[i];
    }
  }
  return double(right) / data.size();
}

/// Weights of a layer with `fanIn` inputs, by He et al.: N(0, 2 / fanIn).
static void draw(dlc_context *context, int32_t state, int64_t fanIn, std::mt19937_64 &random) {
  DLTensor weights;
  check(fashion_state(context, state, &weights));
  std::normal_distribution<float> normal(0, std::sqrt(2.0f / fanIn));
  int64_t count = 1;
  for (int32_t d = 0; d < weights.ndim; ++d)
    count *= weights.shape[d];
  for (int64_t i = 0; i < count; ++i)
    static_cast<float *>(weights.data)[i] = normal(random);
}

static void train(dlc_context *context, const Dataset &data, const Dataset &test, int epochs) {
  std::mt19937_64 random(1);
  draw(context, FASHION_STATE_CONV1_WEIGHT, 9, random);
  draw(context, FASHION_STATE_CONV2_WEIGHT, 16 * 9, random);
  draw(context, FASHION_STATE_FC1_WEIGHT, 1568, random);
  draw(context, FASHION_STATE_FC2_WEIGHT, 128, random);

  Batch batch;
  std::vector<int64_t> order(data.size());
  std::iota(order.begin(), order.end(), 0);
  const int64_t steps = data.size() / kBatch;
  for (int epoch = 0; epoch < epochs; ++epoch) {
    std::shuffle(order.begin(), order.end(), random);
    auto begin = std::chrono::steady_clock::now();
    double total = 0;
    for (int64_t i = 0; i < steps; ++i) {
      // Half a cosine, from 0.002 to 0.
      double done = double(epoch * steps + i) / (epochs * steps);
      batch.fill(data, &order[i * kBatch]);
      total += step(context, batch, 0.001 * (1 + std::cos(done * M_PI)));
      if (isatty(STDERR_FILENO) && i % (steps / 10) == 0)
        std::fprintf(stderr, "\r%3d %% of epoch %d ", int(100 * i / steps), epoch + 1);
    }
    std::chrono::duration<double> passed = std::chrono::steady_clock::now() - begin;
    if (isatty(STDERR_FILENO))
      std::fprintf(stderr, "\r");
    std::printf("epoch %d of %d: loss %.4f, %5.2f %% of the test pictures, %.1f s\n", epoch + 1,
                epochs, total / steps, 100 * evaluate(context, test), passed.count());
    std::fflush(stdout);
  }
}

int main(int argc, char **argv) {
  if (argc < 2 || argc > 3)
    fail("usage: train FOLDER [EPOCHS]");
  Dataset data(argv[1], "train"), test(argv[1], "t10k");
  dlc_context *context;
  check(fashion_create(nullptr, &context));
  int epochs = argc > 2 ? std::atoi(argv[2]) : 8;
  train(context, data, test, epochs);
  double accuracy = evaluate(context, test);
  check(fashion_save(context, "fashion.safetensors"));
  fashion_destroy(context);

  check(fashion_create(nullptr, &context));
  check(fashion_load(context, "fashion.safetensors", 0));
  double again = evaluate(context, test);
  fashion_destroy(context);
  std::printf("saved and loaded again: %.2f %% of the test pictures\n", 100 * again);
  if (again != accuracy)
    fail("the loaded weights answer otherwise");
  return accuracy >= (epochs < 8 ? 0.85 : 0.91) ? 0 : 2;
}
