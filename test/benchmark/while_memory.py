"""The memory that the reverse of a while loop takes: peak resident bytes of a process
that runs it, less what one without iterations takes, against the number of iterations.

    scripts/benchmark while-memory
"""

import argparse
import os
import pathlib
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from conformance import common  # noqa: E402

common.require_packages({"numpy": "numpy"})

import numpy  # noqa: E402

STATE = 8192  # f64 elements: 64 KiB

# y <- y + cos(y) / 2**20 while i < n
PROGRAM = f"""
func.func private @iterate(%x: tensor<{STATE}xf64>, %n: tensor<i64>) -> tensor<{STATE}xf64> {{
  %zero = dl.constant dense<0> : tensor<i64>
  %one = dl.constant dense<1> : tensor<i64>
  %scale = dl.constant dense<9.5367431640625e-07> : tensor<{STATE}xf64>
  %r:2 = scf.while (%y = %x, %i = %zero) : (tensor<{STATE}xf64>, tensor<i64>) -> (tensor<{STATE}xf64>, tensor<i64>) {{
    %p = dl.compare lt %i, %n : tensor<i64>, tensor<i64> -> tensor<i1>
    %c = tensor.extract %p[] : tensor<i1>
    scf.condition(%c) %y, %i : tensor<{STATE}xf64>, tensor<i64>
  }} do {{
  ^bb0(%y: tensor<{STATE}xf64>, %i: tensor<i64>):
    %s = dl.cos %y : tensor<{STATE}xf64> -> tensor<{STATE}xf64>
    %t = dl.mul %s, %scale : tensor<{STATE}xf64>, tensor<{STATE}xf64> -> tensor<{STATE}xf64>
    %u = dl.add %y, %t : tensor<{STATE}xf64>, tensor<{STATE}xf64> -> tensor<{STATE}xf64>
    %next = dl.add %i, %one : tensor<i64>, tensor<i64> -> tensor<i64>
    scf.yield %u, %next : tensor<{STATE}xf64>, tensor<i64>
  }}
  return %r#0 : tensor<{STATE}xf64>
}}
func.func @main(%x: tensor<{STATE}xf64> {{dlc.name = "x"}}, %n: tensor<i64> {{dlc.name = "n"}})
    -> (tensor<{STATE}xf64> {{dlc.name = "dx"}}) {{
  %one = dl.constant dense<1.0> : tensor<{STATE}xf64>
  %0 = grad.vjp @iterate(%x, %n) cotangents(%one) of [0] wrt [0]
      : (tensor<{STATE}xf64>, tensor<i64>), (tensor<{STATE}xf64>) -> (tensor<{STATE}xf64>)
  return %0 : tensor<{STATE}xf64>
}}
"""


def measure(artifact, folder, trips):
    """Peak bytes and seconds of a process that runs the loop `trips` times."""
    numpy.save(folder / "n.npy", numpy.array(trips, numpy.int64))
    command = [str(common.tool("dl-run")), str(artifact), "--input", f"x={folder / 'x.npy'}",
               "--input", f"n={folder / 'n.npy'}", "--output", str(folder / "out.npz")]
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        sys.exit(f"{trips} iterations ended with status {status}")
    return usage.ru_maxrss * 1024, time.perf_counter() - start, numpy.load(folder / "out.npz")["dx"]


def expected(x, trips):
    """The derivative, as a product."""
    y, d = x.copy(), numpy.ones_like(x)
    for _ in range(trips):
        d *= 1 - numpy.sin(y) / 2**20
        y += numpy.cos(y) / 2**20
    return d


def main(argv):
    parser = argparse.ArgumentParser(prog="scripts/benchmark while-memory", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trips", type=int, nargs="*", default=[10, 100, 1000, 10000, 100000])
    arguments = parser.parse_args(argv)
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        (folder / "loop.mlir").write_text(PROGRAM)
        subprocess.run([common.tool("dl-compile"), folder / "loop.mlir", "-o", folder / "loop.so"], check=True)
        x = numpy.random.default_rng(0).uniform(-1, 1, STATE).astype(numpy.float64)
        numpy.save(folder / "x.npy", x)
        base, _, _ = measure(folder / "loop.so", folder, 0)
        print("| iterations | states kept: n/s + s | MiB | of keeping each | seconds | largest error |")
        print("|---:|---:|---:|---:|---:|---:|")
        for trips in arguments.trips:
            peak, seconds, result = measure(folder / "loop.so", folder, trips)
            states = (peak - base) / (8 * STATE)
            strip = -int(-(trips ** 0.5) // 1)
            error = abs(result - expected(x, trips)).max()
            print(f"| {trips} | {-(-trips // strip) + strip} | {(peak - base) / 2**20:.1f} | "
                  f"{100 * states / trips:.1f} % | {seconds:.2f} | {error:.1e} |")
    return 0
