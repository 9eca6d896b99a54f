# Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Loads, compiles and calls traces in this process.

python -m fuzz.load_traces FILE..., with test/ and python/ in the path. One line of JSON for
each: {"file": …, "outcome": "called"|"refused"|"escaped", "messages": …}. `refused` is an
error of dlc's own, `escaped` any other.
"""

import json
import signal
import sys
import traceback

import torch

import dlc
from dlc import tree


def arguments(model):
    """Zeros, and the constants of the example, in the structure of the model's call."""
    zeros = iter([torch.zeros([s if isinstance(s, int) and s >= 0 else 2 for s in i["shape"]],
                              dtype=getattr(torch, i["dtype"])) for i in model.signature["inputs"]])
    metadata = model.signature.get("metadata") or {}
    listed = (metadata.get("complex") or {"inputs": []})["inputs"]
    zeros = iter([torch.view_as_complex(z) if n in listed else z for n, z in enumerate(zeros)])
    if metadata.get("in_tree") is None:
        return tuple(zeros), {}
    leaves = [next(zeros) if leaf is None else tree.constant(leaf["constant"])
              for leaf in metadata["inputs"]]
    return tree.unflatten(metadata["in_tree"], leaves)


def run(path):
    trace = dlc.load_trace(path)
    repr(trace), trace.ops
    model = dlc.compile(trace)
    repr(model)
    args, kwargs = arguments(model)
    model(*args, **{str(key): value for key, value in kwargs.items()})


def outcome(path):
    try:
        run(path)
    except dlc.DlcError as error:
        return "refused", str(error)
    except Exception:
        return "escaped", traceback.format_exc()
    return "called", ""


def main(paths):
    for path in paths:
        signal.alarm(60)
        kind, text = outcome(path)
        signal.alarm(0)
        print(json.dumps({"file": path, "outcome": kind, "messages": text}), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
