# Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Random dl programs, compiled and interpreted: the results must agree.

scripts/conformance fuzz-dl [--count N] [--seed S] [--jobs J] [--keep DIRECTORY]

Program S + i depends on nothing but that number. A failing program is made
smaller, by turning results into inputs, and printed with its inputs' seed.
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
from fuzz.program import Program, write_inputs

TIMEOUT = 120
MEMORY_MB = 16384
TOLERANCES = ["--rtol=1e-4", "--atol=1e-5", "--range-tol=1e-4"]


def check(program, seed, special, directory):
    """Runs one program both ways: None, or what went wrong."""
    model, inputs = directory / "program.mlir", directory / "inputs.npz"
    model.write_text(str(program))
    command = [common.tool("dl-run"), model, "--compiled", "--output", directory / "out.npz",
               *TOLERANCES]
    if program.inputs:
        write_inputs(inputs, program, seed, special)
        command += ["--input", inputs]
    outcome = common.run(command, TIMEOUT, MEMORY_MB)
    if outcome.status == "ok":
        return None
    return f"{outcome.status}: {outcome.message()}"


def kind_of(message):
    """What stays the same while a program shrinks."""
    return re.sub(r"['\"\[].*|\d+", "", message)[:60]


def candidates(program):
    """Smaller programs: one output each; then each op's results as inputs."""
    if len(program.outputs) > 1:
        for value in program.outputs:
            yield Program(program.inputs, program.ops, [value]).pruned()
    for i in reversed(range(len(program.ops) - 1)):
        op = program.ops[i]
        if any(r.name.endswith(("_p", "_lo", "_hi", "_st")) or r.dtype == "index"
               for r in op.results) or "dl.constant" in op.text or not op.results:
            continue
        rest = program.ops[:i] + program.ops[i + 1:]
        outputs = [v for v in program.outputs if v not in op.results]
        if outputs:
            yield Program(program.inputs + op.results, rest, outputs).pruned()


def minimize(program, seed, special, directory, message):
    kind, tries = kind_of(message), 0
    shrunk = True
    while shrunk and tries < 60:
        shrunk = False
        for smaller in candidates(program):
            tries += 1
            if smaller.size() > program.size() or tries >= 60:
                continue
            now = check(smaller, seed, special, directory)
            if now and kind_of(now) == kind:
                program, message, shrunk = smaller, now, True
                break
    return program, message


def run_case(number, shrink):
    """None where it passes, else the failure's text."""
    rng = random.Random(number)
    special = rng.random() < 0.15
    program = dl_ops.generate(rng)
    # Padding times an infinite weight is nothing, or NaN; infinities meet in a
    # transform, or don't: either will do.
    special = special and not any(op in str(program) for op in ("dl.conv", "dl.fft"))
    with tempfile.TemporaryDirectory() as name:
        directory = pathlib.Path(name)
        message = check(program, number, special, directory)
        if not message:
            return None
        if shrink:
            program, message = minimize(program, number, special, directory, message)
    return f"program {number}: {message}\n{program}"


def main(argv):
    parser = argparse.ArgumentParser(prog="fuzz-dl", description=__doc__)
    parser.add_argument("--count", type=int, default=500)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--no-shrink", action="store_true")
    parser.add_argument("--keep", type=pathlib.Path, help="write failing programs there")
    options = parser.parse_args(argv)
    failed = 0
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        numbers = range(options.seed, options.seed + options.count)
        for number, failure in zip(numbers, pool.map(
                lambda n: run_case(n, not options.no_shrink), numbers)):
            if not failure:
                continue
            failed += 1
            print(failure, flush=True)
            if options.keep:
                options.keep.mkdir(parents=True, exist_ok=True)
                (options.keep / f"{number}.mlir").write_text("// " + failure.replace("\n", "\n", 1))
    common.print_summary(options.count - failed, failed, 0)
    return 1 if failed else 0
