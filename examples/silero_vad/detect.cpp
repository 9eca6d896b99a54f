//===- detect.cpp - finds speech in a sound file --------------------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The speech detector of the package `silero-vad`, compiled by dlc into
// silero_vad.so. It hears 512 samples (32 ms) at a time, after the last 64 of the
// window before, and says how probable speech is in them; what it remembers goes
// in and comes out as `state`. Prints the stretches of speech.
//
//   detect SOUND.wav [PROBABILITIES.txt]      16 kHz, 16 bits, one channel
//
//===----------------------------------------------------------------------===//

#include "silero_vad.h"

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <utility>
#include <vector>

static constexpr int64_t kRate = 16000, kWindow = 512, kContext = 64, kMemory = 2 * 128;

static uint32_t readLittleEndian(const char *bytes, int count) {
  uint32_t value = 0;
  for (int i = count - 1; i >= 0; --i)
    value = value << 8 | uint8_t(bytes[i]);
  return value;
}

/// The samples of a .wav file, from -1 to 1; nothing if it isn't of the right kind.
static std::optional<std::vector<float>> readSound(const char *path) {
  std::ifstream file(path, std::ios::binary);
  std::string bytes(std::istreambuf_iterator<char>(file), {});
  if (bytes.size() < 12 || bytes.compare(0, 4, "RIFF") || bytes.compare(8, 4, "WAVE"))
    return std::nullopt;
  bool isRightKind = false;
  for (size_t at = 12; at + 8 <= bytes.size();) {
    const char *chunk = &bytes[at];
    size_t size = readLittleEndian(chunk + 4, 4), left = bytes.size() - at - 8;
    if (!std::memcmp(chunk, "fmt ", 4) && std::min(size, left) >= 16)
      isRightKind = readLittleEndian(chunk + 8, 2) == 1 && readLittleEndian(chunk + 10, 2) == 1 &&
                    readLittleEndian(chunk + 12, 4) == kRate &&
                    readLittleEndian(chunk + 22, 2) == 16;
    if (!std::memcmp(chunk, "data", 4) && isRightKind) {
      std::vector<float> samples(std::min(size, left) / 2);
      for (size_t i = 0; i < samples.size(); ++i)
        samples[i] = int16_t(readLittleEndian(chunk + 8 + 2 * i, 2)) / 32768.0f;
      return samples;
    }
    if (size > left)
      break;
    at += 8 + size + size % 2;
  }
  return std::nullopt;
}

/// Hears a sound window by window.
class Detector {
public:
  /// The probability of speech in the next window, or nothing with an error.
  std::optional<float> hear(const float *window) {
    std::copy_n(heard + kWindow, kContext, heard);
    std::copy_n(window, kWindow, heard + kContext);
    const int64_t heardShape[] = {1, kContext + kWindow};
    int64_t stateShape[] = {2, 1, 128}, outputShape[] = {1, 1};
    float probability, newState[kMemory];
    DLTensor input = silero_vad_input_input(heard, heardShape);
    DLTensor oldMemory = silero_vad_input_state(state, stateShape);
    DLTensor rate = silero_vad_input_sr(&kRate);
    DLTensor output = silero_vad_output_output(&probability, outputShape);
    DLTensor newMemory = silero_vad_output_stateN(newState, stateShape);
    const DLTensor *inputs[] = {&input, &oldMemory, &rate};
    DLTensor *outputs[] = {&output, &newMemory};
    if (silero_vad_run(inputs, outputs) != DLC_OK)
      return std::nullopt;
    std::copy_n(newState, kMemory, state);
    return probability;
  }

private:
  float heard[kContext + kWindow] = {};
  float state[kMemory] = {};
};

/// Speech begins at a probability of 0.5 and ends with a tenth of a second below
/// 0.35; a quarter of a second is the least. Pairs of windows, the end exclusive.
static std::vector<std::pair<size_t, size_t>> findSpeech(const std::vector<float> &probabilities) {
  const size_t leastSilence = kRate / 10 / kWindow, leastSpeech = kRate / 4 / kWindow;
  std::vector<std::pair<size_t, size_t>> found;
  std::optional<size_t> begin;
  size_t silence = 0;
  auto close = [&](size_t end) {
    if (end - *begin >= leastSpeech)
      found.emplace_back(*begin, end);
    begin.reset();
  };
  for (size_t i = 0; i < probabilities.size(); ++i) {
    if (probabilities[i] >= 0.5f && !begin)
      begin = i;
    silence = probabilities[i] < 0.35f ? silence + 1 : 0;
    if (begin && silence > leastSilence)
      close(i + 1 - silence);
  }
  if (begin)
    close(probabilities.size() - silence);
  return found;
}

int main(int argc, char **argv) {
  if (argc != 2 && argc != 3) {
    std::fprintf(stderr, "usage: %s SOUND.wav [PROBABILITIES.txt]\n", argv[0]);
    return 2;
  }
  std::optional<std::vector<float>> sound = readSound(argv[1]);
  if (!sound) {
    std::fprintf(stderr, "error: %s is not a .wav file of 16 kHz, 16 bits and one channel\n",
                 argv[1]);
    return 1;
  }
  size_t length = sound->size();
  sound->resize((length + kWindow - 1) / kWindow * kWindow);

  Detector detector;
  std::vector<float> probabilities;
  for (size_t at = 0; at < sound->size(); at += kWindow) {
    std::optional<float> probability = detector.hear(&(*sound)[at]);
    if (!probability) {
      std::fprintf(stderr, "error: %s\n", silero_vad_last_error());
      return 1;
    }
    probabilities.push_back(*probability);
  }

  auto seconds = [&](size_t window) {
    return double(std::min(window * kWindow, length)) / kRate;
  };
  for (auto [begin, end] : findSpeech(probabilities))
    std::printf("speech from %6.2f s to %6.2f s\n", seconds(begin), seconds(end));
  std::printf("%.2f s of sound, %zu windows\n", double(length) / kRate, probabilities.size());
  if (argc == 3) {
    std::ofstream file(argv[2]);
    file.precision(9);
    for (float probability : probabilities)
      file << probability << "\n";
  }
  return 0;
}
