"""What a compiled model is and needs: bytes, libraries, the time of a process that
runs it once. Fails where a figure is over its limit.

    scripts/benchmark footprint
"""

import argparse
import os
import pathlib
import re
import statistics
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from conformance import common  # noqa: E402

common.require_packages({"onnx": "onnx", "numpy": "numpy"})

from benchmark import onnx_models  # noqa: E402

PROGRAM = """
#include "mlp.h"
#include <stdio.h>
int main(void) {
  static float x[784], y[10];
  int64_t x_shape[] = {1, 784}, y_shape[] = {1, 10};
  for (int i = 0; i < 784; ++i) x[i] = (float)(i % 7) - 3;
  DLTensor in = {x, {kDLCPU, 0}, 2, {kDLFloat, 32, 1}, x_shape, NULL, 0};
  DLTensor out = {y, {kDLCPU, 0}, 2, {kDLFloat, 32, 1}, y_shape, NULL, 0};
  const DLTensor *inputs[] = {&in};
  DLTensor *outputs[] = {&out};
  if (mlp_run(inputs, outputs) != 0) return puts(mlp_last_error()), 1;
  return !(y[0] != 0);
}
"""
MLP_WEIGHTS = 4 * (784 * 256 + 256 + 256 * 10 + 10)


def needed(path):
    """The shared libraries that a file names."""
    output = subprocess.run(["readelf", "-dW", path], stdout=subprocess.PIPE, text=True, check=True).stdout
    return re.findall(r"\(NEEDED\).*\[(.*)\]", output)


def process_time(command, folder, runs=200):
    """Median milliseconds from the start of a process to its end."""
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        pid = os.posix_spawn(command, [command], {"LD_LIBRARY_PATH": str(folder)})
        _, status = os.waitpid(pid, 0)
        times.append(1e3 * (time.perf_counter() - start))
        if status:
            sys.exit(f"{command} ended with status {status}")
    return statistics.median(times)


def main(argv):
    argparse.ArgumentParser(prog="scripts/benchmark footprint", description=__doc__,
                            formatter_class=argparse.RawDescriptionHelpFormatter).parse_args(argv)
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        for name in ("add", "mlp"):
            onnx_models.save(name, folder / f"{name}.onnx")
            outcome = common.run([common.tool("dl-compile"), folder / f"{name}.onnx", "-o", folder / f"{name}.so"],
                                 timeout=60, memory_mb=8192)
            if outcome.status != "ok":
                sys.exit(f"{name}: {outcome.output}")
            libraries = needed(folder / f"{name}.so")
            rows.append((f"libraries that {name}.so needs beside libc and libm",
                         sum(not re.match(r"lib[cm]\.so", l) for l in libraries), 0))
        rows.append(("bytes of add.so", (folder / "add.so").stat().st_size, 50 * 1024))
        rows.append(("bytes of mlp.so beside its weights",
                     (folder / "mlp.so").stat().st_size - MLP_WEIGHTS, 60 * 1024))
        (folder / "main.c").write_text(PROGRAM)
        (folder / "empty.c").write_text("int main(void) { return 0; }\n")
        compiler = os.environ.get("CC", "cc")
        subprocess.run([compiler, "-O1", "main.c", "mlp.so", "-o", "main"], cwd=folder, check=True)
        subprocess.run([compiler, "-O1", "empty.c", "-o", "empty"], cwd=folder, check=True)
        rows.append(("ms of a C process that loads mlp.so and runs it once",
                     round(process_time(str(folder / "main"), folder), 2), 5))
        rows.append(("ms of a C process that does nothing",
                     round(process_time(str(folder / "empty"), folder), 2), None))
    print("| what | figure | limit |\n|---|---:|---:|")
    for what, figure, limit in rows:
        print(f"| {what} | {figure} | {'' if limit is None else limit} |")
    over = [what for what, figure, limit in rows if limit is not None and figure > limit]
    for what in over:
        print(f"over its limit: {what}")
    return 1 if over else 0
