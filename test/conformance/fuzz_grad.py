# Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Differentiates random dl programs, and compares what -dl-check-gradients compares.

Program number n is made as fuzz-dl's, its floats made f64, as a function checked whole,
compiled and interpreted, whose results must agree, too.

- Of even programs forward and reverse mode are compared. They jump at places that nobody
  knows, so there is no comparison with finite differences.
- Odd programs jump nowhere near their inputs, which are any numbers. Their gradients,
  and the gradients of these, are compared with finite differences, too. One that
  disagrees is tried at another point: the first may have been beside a kink.

A program without a float input and output, or with an op that has no derivative, is
skipped.
"""

import argparse
import concurrent.futures
import os
import pathlib
import random
import re
import tempfile

from conformance import common
from conformance.fuzz_dl import TOLERANCES
from fuzz import dl_ops
from fuzz.program import write_inputs

TIMEOUT = 600
MEMORY_MB = 16384
REFUSED = "has no derivative"
KINK = "disagrees with a finite difference"


def widen(program):
    """The program's text with f64 for every other float."""
    for value in program.inputs:
        value.dtype = re.sub(r"^(f32|f16|bf16)$", "f64", value.dtype)
    return re.sub(r"(bf16|f16|f32)\b", "f64", str(program))


def check(program, text, options, seed, directory):
    """The outcome of the program's checks at a point; None where it has nothing to check."""
    model, checked = directory / "program.mlir", directory / "checked.mlir"
    model.write_text(text)
    outcome = common.run([common.tool("dl-opt"), model, f"-dl-check-gradients=all {options}",
                          "-dl-autodiff", "-o", checked], TIMEOUT, MEMORY_MB)
    if outcome.status == "error" and REFUSED in outcome.message():
        return None
    if outcome.status != "ok":
        return outcome
    if "_vjp" not in checked.read_text():
        return None
    command = [common.tool("dl-run"), checked, "--compiled", "--output", directory / "out.npz",
               *TOLERANCES]
    if program.inputs:
        write_inputs(directory / "inputs.npz", program, seed, False)
        command += ["--input", directory / "inputs.npz"]
    return common.run(command, TIMEOUT, MEMORY_MB)


def run_case(number):
    """(outcome, text): passed, skipped, or failed with what went wrong."""
    is_smooth = number % 2 == 1
    program = dl_ops.generate(random.Random(number), exact=not is_smooth)
    text = widen(program)
    passed = 0
    with tempfile.TemporaryDirectory() as name:
        directory = pathlib.Path(name)
        (directory / "valid.mlir").write_text(text)
        valid = common.run([common.tool("dl-opt"), directory / "valid.mlir", "-o", os.devnull],
                           TIMEOUT, MEMORY_MB)
        if valid.status == "error":
            return "skipped", ""  # An op that wants the narrower type.
        for options in ("order=1", "order=2") if is_smooth else ("differences=false",):
            outcome = check(program, text, options, number, directory)
            if outcome and outcome.status != "ok" and KINK in outcome.message():
                outcome = check(program, text, options, f"{number} elsewhere", directory)
            if outcome and outcome.status != "ok":
                return "failed", (f"program {number}, {options}: {outcome.status}: "
                                  f"{outcome.message()}\n{text}")
            passed += outcome is not None
    return ("passed" if passed else "skipped"), ""


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
