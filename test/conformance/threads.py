# Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Two callers of a compiled model at once, under ThreadSanitizer: each result must
be, bit for bit, what the call gives alone. scripts/conformance threads [--rounds N]

Every model runs in seven contexts: with one and with two threads, each with memory
of its own, a given arena and a given allocator, and the default one.
"""

import argparse
import pathlib
import tempfile

from . import common, sanitized


def main(argv):
    parser = argparse.ArgumentParser(prog="conformance threads", description=__doc__)
    parser.add_argument("--rounds", type=int, default=200, help="calls of each caller in each context")
    options = parser.parse_args(argv)
    passed = failed = 0
    with tempfile.TemporaryDirectory() as name:
        for model, text in sanitized.models():
            program = sanitized.build(model, text, "thread", "sanitize_thread", pathlib.Path(name))
            lines, good, bad = sanitized.run(program, ["threads", options.rounds], 600)
            print("\n".join(lines + [f"{model}: {good} calls passed, {bad} failed"]), flush=True)
            passed, failed = passed + good, failed + bad
    common.print_summary(passed, failed, 0)
    return 1 if failed else 0
