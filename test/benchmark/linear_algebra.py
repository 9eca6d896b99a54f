# Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Factorisations of one matrix by a compiled model and by LAPACK, as NumPy and SciPy have
it (OpenBLAS), float64, in one process on one thread, taking turns, median.

    scripts/benchmark linear-algebra [--sizes 64 256 512] [--seconds 1]
"""

import argparse
import os
import pathlib
import sys

for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"):
    os.environ.setdefault(name, "1")
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from benchmark.turns import take_turns  # noqa: E402
from conformance import common  # noqa: E402

common.require_packages({"torch": "torch==2.13.0", "numpy": "numpy", "scipy": "scipy"})
sys.path.insert(0, str(common.ROOT / "python"))

import numpy as np  # noqa: E402
import scipy.linalg  # noqa: E402
import torch  # noqa: E402

import dlc  # noqa: E402


def rebuilt_lu(factors, pivots):
    rows = np.arange(len(factors))
    for i, pivot in enumerate(pivots - 1):
        rows[[i, pivot]] = rows[[pivot, i]]
    product = (np.tril(factors, -1) + np.eye(len(factors))) @ np.triu(factors)
    return product[np.argsort(rows)]


#: By PyTorch's function, which is compiled; LAPACK's; and the matrix again out of the first.
FACTORISATIONS = {
    "cholesky": (torch.linalg.cholesky, np.linalg.cholesky, lambda l: l @ l.T),
    "lu": (torch.linalg.lu_factor, scipy.linalg.lu_factor, rebuilt_lu),
    "qr": (torch.linalg.qr, np.linalg.qr, lambda q, r: q @ r),
    "eigh": (torch.linalg.eigh, np.linalg.eigh, lambda values, v: v * values @ v.T),
    "svd": (lambda x: torch.linalg.svd(x, full_matrices=False),
            lambda x: np.linalg.svd(x, full_matrices=False), lambda u, s, v: u * s @ v),
}


def main(argv):
    parser = argparse.ArgumentParser(prog="scripts/benchmark linear-algebra", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="+", default=[64, 256, 512])
    parser.add_argument("--seconds", type=float, default=1, help="for each")
    options = parser.parse_args(argv)
    random = np.random.default_rng(0)
    print("| factorisation | n | dlc, ms | LAPACK, ms | ratio |\n|---|---:|---:|---:|---:|")
    for name, (function, lapack, rebuilt) in FACTORISATIONS.items():
        for n in options.sizes:
            matrix = random.standard_normal((n, n))
            if name in ("cholesky", "eigh"):
                matrix = matrix @ matrix.T / n + np.eye(n)
            compiled = dlc.compile(function, torch.from_numpy(matrix), threads=1)
            found = compiled(matrix)
            found = rebuilt(*found) if isinstance(found, tuple) else rebuilt(found)
            if not np.allclose(found, matrix, rtol=0, atol=1e-10 * n):
                sys.exit(f"{name} of {n} rows is wrong")
            ours, theirs = take_turns([lambda: compiled(matrix), lambda: lapack(matrix)],
                                      options.seconds, rounds=3)
            print(f"| {name} | {n} | {1e3 * ours:.3f} | {1e3 * theirs:.3f} | {ours / theirs:.2f} |",
                  flush=True)
    return 0
