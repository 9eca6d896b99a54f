# Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The tests of the Python package (test/python), which need PyTorch."""

import argparse
import concurrent.futures
import re
import sys

from conformance import common

PACKAGES = {"torch": "torch==2.13.0", "numpy": "numpy", "mypy": "mypy==2.4.1",
            "jsonschema": "jsonschema==4.26.0"}
TESTS = common.ROOT / "test" / "python"


def count(outcome):
    """How many tests of a file passed, failed and were skipped."""
    ran = re.search(r"^Ran (\d+) test", outcome.output, re.MULTILINE)
    if not ran or outcome.status not in ("ok", "error"):
        return 0, 1, 0
    def number(what):
        found = re.search(rf"\b{what}=(\d+)", outcome.output[ran.end():])
        return int(found.group(1)) if found else 0
    failed, skipped = number("failures") + number("errors"), number("skipped")
    if outcome.status == "error" and not failed:
        failed = 1
    return max(int(ran.group(1)) - failed - skipped, 0), failed, skipped


def main(argv):
    parser = argparse.ArgumentParser(prog="scripts/conformance python", description=__doc__)
    parser.add_argument("--only", metavar="REGEX", default="", help="files whose name matches")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--timeout", type=int, default=600, help="seconds for a file")
    parser.add_argument("--optional", action="store_true",
                        help="skip the suite where PyTorch can't be installed")
    parser.add_argument("--verbose", action="store_true")
    options = parser.parse_args(argv)
    files = [f for f in sorted(TESTS.glob("test_*.py")) if re.search(options.only, f.stem)]
    if not common.require_packages(PACKAGES, options.optional, len(files)):
        return 0

    def test(file):
        return common.run([sys.executable, "-W", "ignore", file, "-v"], options.timeout, 24 << 10)

    total = [0, 0, 0]
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        for file, outcome in zip(files, pool.map(test, files)):
            counts = count(outcome)
            total = [a + b for a, b in zip(total, counts)]
            print(f"{file.name}: {counts[0]} passed, {counts[1]} failed, {counts[2]} skipped",
                  flush=True)
            if counts[1] or options.verbose:
                print(outcome.output, flush=True)
            for line in re.findall(r"^.*\.\.\. skipped .*$", outcome.output, re.MULTILINE):
                print("  " + line)
    common.print_summary(*total)
    return 1 if total[1] else 0
