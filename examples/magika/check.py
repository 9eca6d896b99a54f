# Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Compares what `identify` printed (its standard output, on standard input) with
onnxruntime's answer for the same files, and with the types the files have.

    check.py model.onnx labels.txt TYPE=FILE...  < output
"""

import re
import sys

import numpy as np
import onnxruntime


def features(data):
    head = data[:4096].lstrip(b" \t\n\r\v\f")[:1024]
    tail = data[-4096:].rstrip(b" \t\n\r\v\f")[-1024:]
    return [*head, *[256] * (1024 - len(head)), *[256] * (1024 - len(tail)), *tail]


def main(model, labels, *expectations):
    labels = open(labels).read().split("\n")
    session = onnxruntime.InferenceSession(model)
    wanted = dict(reversed(e.split("=", 1)) for e in expectations)
    right = same = 0
    for line in sys.stdin:
        label, score, path = re.match(r"(\S+) +([\d.]+) % +(.*)", line).groups()
        batch = np.array([features(open(path, "rb").read())], np.int32)
        scores = session.run(None, {"bytes": batch})[0][0]
        answer = labels[int(scores.argmax())]
        agree = answer == label and abs(100 * scores.max() - float(score)) < 0.06
        same += agree
        right += label in wanted[path].split("|")
        print(f"{'right' if label in wanted[path].split('|') else 'WRONG'}  "
              f"{'equal' if agree else 'DIFFERS from'} onnxruntime ({answer}, "
              f"{100 * scores.max():.1f} %)  {line.strip()}")
    total = len(wanted)
    print(f"{right} of {total} right, {same} of {total} equal to onnxruntime")
    return 0 if same == total and right * 4 >= total * 3 else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
