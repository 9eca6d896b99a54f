# Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""10,000 malformed calls of an artefact's C ABI, under AddressSanitizer and
UndefinedBehaviorSanitizer: each is refused with a sentence or rightly computed."""

import os
import pathlib
import subprocess

from . import common


def main(argv):
    build = pathlib.Path(os.environ.get("DLC_BUILD", common.ROOT / "build"))
    driver = build / "test" / "unit" / "FuzzAbi"
    if not driver.exists():
        raise SystemExit(f"{driver} is missing: run scripts/build first")
    outcome = subprocess.run([str(driver), *(argv or ["10000"])], stdout=subprocess.PIPE,
                             stderr=subprocess.STDOUT, text=True, errors="replace")
    print(outcome.stdout, end="", flush=True)
    if outcome.returncode not in (0, 1):  # a sanitizer ended it before the summary
        common.print_summary(0, 1, 0)
    return outcome.returncode
