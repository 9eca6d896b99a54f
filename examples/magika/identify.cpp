//===- identify.cpp - names the type of files -----------------------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The file-type model of the package `magika`, compiled by dlc into magika.so.
// Its input is 2,048 numbers a file: the first 1,024 bytes after leading white
// space, then the last 1,024 before trailing white space, 256 where the file is
// shorter. The output is one score for each label of labels.txt. One run
// classifies all files given.
//
//   identify labels.txt FILE...
//
//===----------------------------------------------------------------------===//

#include "magika.h"

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

static constexpr size_t kPart = 1024, kBlock = 4096;
static constexpr int32_t kPadding = 256;

static bool isSpace(unsigned char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

/// The model's 2,048 numbers for a file of these bytes.
static std::vector<int32_t> extractFeatures(const std::vector<unsigned char> &bytes) {
  size_t block = std::min(kBlock, bytes.size());
  auto first = std::find_if_not(bytes.begin(), bytes.begin() + block, isSpace);
  size_t numFirst = std::min<size_t>(bytes.begin() + block - first, kPart);
  auto last = std::find_if_not(bytes.rbegin(), bytes.rbegin() + block, isSpace).base();
  size_t numLast = std::min<size_t>(last - (bytes.end() - block), kPart);
  std::vector<int32_t> features(2 * kPart, kPadding);
  std::copy_n(first, numFirst, features.begin());
  std::copy_n(last - numLast, numLast, features.end() - numLast);
  return features;
}

int main(int argc, char **argv) {
  if (argc < 3) {
    std::fprintf(stderr, "usage: %s labels.txt FILE...\n", argv[0]);
    return 2;
  }
  std::vector<std::string> labels;
  std::ifstream labelFile(argv[1]);
  for (std::string line; std::getline(labelFile, line);)
    labels.push_back(line);

  std::vector<int32_t> features;
  for (int i = 2; i < argc; ++i) {
    std::ifstream file(argv[i], std::ios::binary);
    if (!file) {
      std::fprintf(stderr, "error: can't read %s\n", argv[i]);
      return 1;
    }
    std::vector<unsigned char> bytes(std::istreambuf_iterator<char>(file), {});
    std::vector<int32_t> one = extractFeatures(bytes);
    features.insert(features.end(), one.begin(), one.end());
  }

  int64_t count = argc - 2;
  const int64_t inputShape[2] = {count, 2 * kPart};
  int64_t outputShape[2] = {count, int64_t(labels.size())};
  std::vector<float> scores(count * labels.size());
  DLTensor input = magika_input_bytes(features.data(), inputShape);
  DLTensor output = magika_output_target_label(scores.data(), outputShape);
  const DLTensor *inputs[] = {&input};
  DLTensor *outputs[] = {&output};
  if (magika_run(inputs, outputs) != DLC_OK) {
    std::fprintf(stderr, "error: %s\n", magika_last_error());
    return 1;
  }
  for (int64_t i = 0; i < count; ++i) {
    const float *row = &scores[i * labels.size()];
    size_t best = std::max_element(row, row + labels.size()) - row;
    std::printf("%-12s %5.1f %%  %s\n", labels[best].c_str(), 100 * row[best], argv[i + 2]);
  }
  return 0;
}
