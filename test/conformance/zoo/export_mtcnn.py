# Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Exports MTCNN's three nets with facenet-pytorch's weights to ONNX, batch (and, for
PNet, height and width) open. Run by a Python that has torch and onnx:

    export_mtcnn.py FACENET_PYTORCH_FOLDER OUTPUT_FOLDER
"""

import pathlib
import re
import sys

import torch


def main(package, output):
    source = pathlib.Path(package) / "facenet_pytorch" / "models" / "mtcnn.py"
    # The nets alone: the rest of the package wants torchvision.
    text = source.read_text().split("class MTCNN")[0]
    nets = {"__file__": str(source), "__name__": "nets"}
    exec(compile(re.sub(r"^from \.utils.*$", "", text, flags=re.M), str(source), "exec"), nets)
    for name, size in (("PNet", 48), ("RNet", 24), ("ONet", 48)):
        axes = {0: "n", 2: "h", 3: "w"} if name == "PNet" else {0: "n"}
        torch.onnx.export(nets[name](pretrained=True).eval(), torch.zeros(2, 3, size, size),
                          str(pathlib.Path(output) / f"{name.lower()}.onnx"), dynamo=False,
                          input_names=["x"], output_names=["boxes", "points", "probabilities"][
                              :: 1 if name == "ONet" else 2],
                          dynamic_axes={"x": axes})


if __name__ == "__main__":
    main(*sys.argv[1:])
