#!/usr/bin/env python3
# Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Compares the table of docs/pipeline.md with what dl-opt says: check_pipeline.py PAGE.

A row of the table names its phase's passes in the order they run, without those that
only clean up.
"""

import pathlib
import re
import subprocess
import sys

CLEANING = {"canonicalize", "cse", "symbol-dce"}

status = 0
for row in re.findall(r"(?m)^\| `(\w+)` \|.*$", pathlib.Path(sys.argv[1]).read_text()):
    line = re.search(rf"(?m)^\| `{row}` \|.*\|(.*)\|$", pathlib.Path(sys.argv[1]).read_text())
    written = [flag.lstrip("-") for flag in re.findall(r"`(-[\w-]+)`", line[1])]
    if not written:
        continue
    # A pass stands at the start of a line of its own. An empty module is no model,
    # which some phases say: what they are is printed before.
    dump = subprocess.run(["dl-opt", f"-dl-pipeline-{row}", "--dump-pass-pipeline"], input="",
                          capture_output=True, text=True, check=False).stderr
    passes = [name for name in re.findall(r"(?m)^ +([\w-]+)(?![\w.(-])", dump)
              if name not in CLEANING]
    shown = list(dict.fromkeys(name for name in passes if name in written))
    for name in dict.fromkeys(passes):
        if name not in written:
            print(f"phase {row}: -{name} runs, but isn't in the table")
            status = 1
    if shown != written:
        print(f"phase {row}: the table has {written}, in order they are {shown}")
        status = 1
sys.exit(status)
