# Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Differentiates random dl programs, and compares forward with reverse mode.

Program number n is fuzz-dl's, its floats made f64, as a function checked whole by
-dl-check-gradients and interpreted. Programs jump at places that nobody knows, so
there is no comparison with finite differences. A program without a float input and
output, or with an op that has no derivative, is skipped.
"""

import argparse
import concurrent.futures
import os
import pathlib
import random
import re
import tempfile

from conformance import common
from fuzz import dl_ops
from fuzz.program import write_inputs

TIMEOUT = 120
MEMORY_MB = 16384
REFUSED = "has no derivative"


def widen(program):
    """The program's text with f64 for every other float."""
    for value in program.inputs:
        value.dtype = re.sub(r"^(f32|f16|bf16)$", "f64", value.dtype)
    return re.sub(r"(bf16|f16|f32)\b", "f64", str(program))


def run_case(number):
    """(outcome, text): passed, skipped, or failed with what went wrong."""
    program = dl_ops.generate(random.Random(number))
    text = widen(program)
    with tempfile.TemporaryDirectory() as name:
        directory = pathlib.Path(name)
        model, checked = directory / "program.mlir", directory / "checked.mlir"
        model.write_text(text)
        outcome = common.run([common.tool("dl-opt"), model, "-o", directory / "valid.mlir"],
                             TIMEOUT, MEMORY_MB)
        if outcome.status != "ok":
            return "skipped", ""  # An op that wants the narrower type.
        outcome = common.run([common.tool("dl-opt"), model,
                              "-dl-check-gradients=all differences=false", "-dl-autodiff", "-o",
                              checked], TIMEOUT, MEMORY_MB)
        if outcome.status != "ok" and REFUSED in outcome.message():
            return "skipped", ""
        if outcome.status == "ok":
            if "_checked_vjp" not in checked.read_text():
                return "skipped", ""
            command = [common.tool("dl-run"), checked, "--output", directory / "out.npz"]
            if program.inputs:
                write_inputs(directory / "inputs.npz", program, number, False)
                command += ["--input", directory / "inputs.npz"]
            outcome = common.run(command, TIMEOUT, MEMORY_MB)
        if outcome.status == "ok":
            return "passed", ""
        return "failed", f"program {number}: {outcome.status}: {outcome.message()}\n{text}"


def main(argv):
    parser = argparse.ArgumentParser(prog="fuzz-grad", description=__doc__)
    parser.add_argument("--count", type=int, default=500)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    options = parser.parse_args(argv)
    counts = {"passed": 0, "failed": 0, "skipped": 0}
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        for outcome, text in pool.map(run_case, range(options.seed, options.seed + options.count)):
            counts[outcome] += 1
            if text:
                print(text, flush=True)
    common.print_summary(counts["passed"], counts["failed"], counts["skipped"])
    return 1 if counts["failed"] else 0
