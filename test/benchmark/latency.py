"""Latency against ONNX Runtime (and eager PyTorch for the row ops, where it is
installed): both in one process, taking turns, median of many runs.

    scripts/benchmark latency [--models resnet50,...] [--threads 1,2] [--seconds 4]
"""

import argparse
import os
import pathlib
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from benchmark.turns import take_turns  # noqa: E402
from conformance import common  # noqa: E402

# NumPy's own threads would spin beside the ones that are measured.
os.environ["OPENBLAS_NUM_THREADS"] = "1"
common.require_packages({"onnx": "onnx", "onnxruntime": "onnxruntime", "numpy": "numpy"})

import numpy as np  # noqa: E402
import onnxruntime  # noqa: E402

from benchmark import onnx_models  # noqa: E402
from conformance import artifact  # noqa: E402

try:
    import torch
except ImportError:
    torch = None

DEFAULT = "resnet50,mobilenet_v3,bert_base,lstm,softmax,layer_norm,gelu,mlp"


def make_inputs(session):
    random = np.random.default_rng(1)
    arrays = []
    for spec in session.get_inputs():
        shape = [d if isinstance(d, int) else 1 for d in spec.shape]
        if "int64" in spec.type:
            arrays.append(random.integers(0, 1000, shape))
        else:
            arrays.append(random.standard_normal(shape).astype(np.float32))
    return arrays


def torch_op(name, arrays, threads):
    """The same row op in eager PyTorch, or None."""
    if not torch or name not in ("softmax", "layer_norm", "gelu"):
        return None
    torch.set_num_threads(threads)
    x = torch.from_numpy(arrays[0])
    functional = torch.nn.functional
    weight, bias = torch.ones(x.shape[1]), torch.zeros(x.shape[1])
    torch.set_grad_enabled(False)
    return {"softmax": lambda: functional.softmax(x, -1),
            "layer_norm": lambda: functional.layer_norm(x, x.shape[1:], weight, bias),
            "gelu": lambda: functional.gelu(x)}[name]


def measure(name, threads, seconds, folder):
    path = folder / f"{name}.onnx"
    if not path.exists():
        onnx_models.save(name, path)
        outcome = common.run([common.tool("dl-compile"), str(path), "-o", str(folder / f"{name}.so")],
                             timeout=600, memory_mb=16384)
        if outcome.status != "ok":
            sys.exit(f"{name}: {outcome.output}")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    session = onnxruntime.InferenceSession(str(path), options)
    arrays = make_inputs(session)
    feeds = {spec.name: x for spec, x in zip(session.get_inputs(), arrays)}
    call = artifact.Model(str(folder / f"{name}.so"), threads).prepare(*arrays)
    call.run()
    expected = session.run(None, feeds)
    for ours, theirs in zip(call.results(), expected):
        error = np.abs(ours - theirs).max() / (np.abs(theirs).max() + 1e-30)
        if not error < 1e-3:
            sys.exit(f"{name}: differs from ONNX Runtime by {error:.2g} of the output's range")
    runs = [call.run, lambda: session.run(None, feeds)]
    eager = torch_op(name, arrays, threads)
    if eager:
        runs.append(eager)
    medians = take_turns(runs, seconds / len(runs), rounds=5, block=0.1, pause=0.08)
    row = f"| {name} | {threads} | {1e3 * medians[0]:.3f} | {1e3 * medians[1]:.3f} | " \
          f"{medians[0] / medians[1]:.2f} | "
    row += f"{1e3 * medians[2]:.3f} | {medians[0] / medians[2]:.2f} |" if eager else "| |"
    print(row, flush=True)


def main(argv):
    parser = argparse.ArgumentParser(prog="scripts/benchmark latency", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", default=DEFAULT)
    parser.add_argument("--threads", default="1,2")
    parser.add_argument("--seconds", type=float, default=4)
    args = parser.parse_args(argv)
    if not torch:
        print("without PyTorch: the package 'torch' is not importable by "
              f"{sys.executable}\n", flush=True)
    print("| model | threads | dlc, ms | ONNX Runtime, ms | ratio | PyTorch, ms | ratio |\n"
          "|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        for name in args.models.split(","):
            for threads in args.threads.split(","):
                measure(name, int(threads), args.seconds, pathlib.Path(folder))
    return 0
