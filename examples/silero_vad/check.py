# Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Compares the probabilities that `detect` wrote with onnxruntime's for the same
sound.

    check.py silero_vad.onnx SOUND.wav PROBABILITIES.txt
"""

import sys
import wave

import numpy as np
import onnxruntime

WINDOW, CONTEXT = 512, 64


def main(model, sound, probabilities):
    with wave.open(sound) as file:
        samples = np.frombuffer(file.readframes(file.getnframes()), np.int16) / np.float32(32768)
    padding = np.zeros(-len(samples) % WINDOW, np.float32)
    samples = np.concatenate([np.zeros(CONTEXT, np.float32), samples, padding])
    session = onnxruntime.InferenceSession(model)
    state, rate, expected = np.zeros((2, 1, 128), np.float32), np.array(16000), []
    for at in range(0, len(samples) - CONTEXT, WINDOW):
        window = samples[None, at:at + CONTEXT + WINDOW]
        answer, state = session.run(None, {"input": window, "state": state, "sr": rate})
        expected.append(answer.item())
    ours = np.loadtxt(probabilities)
    if ours.shape != (len(expected),):
        print(f"{ours.size} probabilities, onnxruntime has {len(expected)}")
        return 1
    worst = np.abs(ours - expected).max()
    print(f"{ours.size} probabilities, from {ours.min():.4f} to {ours.max():.4f}; "
          f"they differ from onnxruntime's by at most {worst:.1e}")
    return 0 if worst <= 1e-4 else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
