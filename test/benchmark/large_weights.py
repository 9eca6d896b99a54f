"""A model whose external weights are larger than what compiling and running it may
take: products with matrices of 256 MiB in a row. Both processes are held to one
gigabyte of memory of their own (ulimit -d: heap and private mappings; the mapped
files of weights don't count), and the answer is compared with NumPy's.

    scripts/benchmark large-weights [--gigabytes 8] [--folder FOLDER]

Needs three times the weights' size on the disk of FOLDER (default: /var/tmp).
"""

import argparse
import pathlib
import shutil
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from conformance import common  # noqa: E402

common.require_packages({"onnx": "onnx", "numpy": "numpy"})

import numpy as np  # noqa: E402
import onnx  # noqa: E402
from onnx import TensorProto, helper  # noqa: E402

WIDTH = 8192
LIMIT_KB = 1 << 20


def generate(folder, matrices):
    """model.onnx and weights.bin: x = relu(x·W) over and over."""
    base = np.random.default_rng(0).standard_normal((WIDTH, WIDTH), dtype=np.float32)
    base *= (2 / WIDTH) ** 0.5
    nodes, weights = [], []
    with open(folder / "weights.bin", "wb") as file:
        for i in range(matrices):
            np.roll(base, 7 * i, axis=0).tofile(file)
            weight = TensorProto(name=f"w{i}", data_type=TensorProto.FLOAT, dims=[WIDTH, WIDTH],
                                 data_location=TensorProto.EXTERNAL)
            for key, value in (("location", "weights.bin"), ("offset", i * base.nbytes),
                               ("length", base.nbytes)):
                weight.external_data.add(key=key, value=str(value))
            weights.append(weight)
            nodes.append(helper.make_node("MatMul", [f"x{i}", f"w{i}"], [f"y{i}"]))
            nodes.append(helper.make_node("Relu", [f"y{i}"], [f"x{i + 1}"]))
    value = [helper.make_tensor_value_info(n, TensorProto.FLOAT, [1, WIDTH])
             for n in ("x0", f"x{matrices}")]
    graph = helper.make_graph(nodes, "large", value[:1], value[1:], weights)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    (folder / "model.onnx").write_bytes(model.SerializeToString())


def expected(folder, matrices, x):
    for i in range(matrices):
        weight = np.memmap(folder / "weights.bin", np.float32, "r", 4 * WIDTH * WIDTH * i,
                           (WIDTH, WIDTH))
        x = np.maximum(x @ weight, 0)
    return x


def own_memory(process, peak):
    """Keeps the largest RssAnon of a process, in MB."""
    while process.poll() is None:
        try:
            status = pathlib.Path(f"/proc/{process.pid}/status").read_text()
        except OSError:
            return
        for line in status.splitlines():
            if line.startswith("RssAnon"):
                peak[0] = max(peak[0], int(line.split()[1]) >> 10)
        time.sleep(0.01)


def limited(what, command, folder):
    """Runs the command under the limit and prints its row."""
    start = time.perf_counter()
    process = subprocess.Popen(
        ["sh", "-c", f'ulimit -d {LIMIT_KB}; exec "$0" "$@"', *map(str, command)], cwd=folder)
    peak = [0]
    watcher = threading.Thread(target=own_memory, args=(process, peak))
    watcher.start()
    status = process.wait()
    watcher.join()
    print(f"| {what} | {time.perf_counter() - start:.1f} | {peak[0]} |", flush=True)
    if status:
        sys.exit(f"{what} ended with status {status}")


def main(argv):
    parser = argparse.ArgumentParser(prog="scripts/benchmark large-weights", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--gigabytes", type=float, default=8)
    parser.add_argument("--folder", default="/var/tmp")
    args = parser.parse_args(argv)
    matrices = round(args.gigabytes * 4)
    if shutil.disk_usage(args.folder).free < 3.2e9 * args.gigabytes:
        sys.exit(f"{args.folder} has too little room: give another --folder")
    with tempfile.TemporaryDirectory(dir=args.folder) as folder:
        folder = pathlib.Path(folder)
        generate(folder, matrices)
        x = np.random.default_rng(1).standard_normal((1, WIDTH), dtype=np.float32)
        np.save(folder / "x.npy", x)
        print(f"{matrices / 4:g} GB of weights\n\n| what | seconds | own memory, MB |\n|---|---:|---:|")
        limited("compiling", [common.tool("dl-compile"), "model.onnx", "--weights=external", "-o",
                              "model.so"], folder)
        limited("running", [common.tool("dl-run"), "model.so", "x.npy", "--output=y.npy"], folder)
        ours, theirs = np.load(folder / "y.npy"), expected(folder, matrices, x)
        error = float(np.abs(ours - theirs).max() / np.abs(theirs).max())
        print(f"\ndifference to NumPy relative to the largest element: {error:.1e}")
        return 0 if error < 1e-4 else 1
