#!/usr/bin/env python3
# Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Does what a page of the documentation says: run_page.py PAGE FOLDER.

In FOLDER, block after block:

- a block after a line that ends in "into `FILE`:" is written to that file;
- a `sh` block is run, command by command; the lines `# …` after a command are what
  it prints;
- another `mlir` block that leaves nothing out (`…`) is part of a file that the commands wrote.

A command that fails, or prints something else, is an error.
"""

import pathlib
import re
import subprocess
import sys


def run(block, folder):
    """Runs each command, and compares what it prints with the comments after it."""
    lines = block.splitlines()
    while lines:
        command = lines.pop(0)
        while command.endswith("\\"):
            command += "\n" + lines.pop(0)
        expected = []
        while lines and lines[0].startswith("# "):
            expected.append(lines.pop(0)[2:])
        if not command.strip():
            continue
        done = subprocess.run(["bash", "-c", command], cwd=folder, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        if done.returncode != 0:
            sys.exit(f"$ {command}\n{done.stdout}ended with status {done.returncode}")
        if expected and done.stdout.split() != "\n".join(expected).split():
            sys.exit(f"$ {command}\nprints\n{done.stdout}instead of\n" + "\n".join(expected))


def main():
    page, folder = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    folder.mkdir(parents=True, exist_ok=True)
    text = page.read_text()
    for match in re.finditer(r"(?ms)^```(\w*)\n(.*?)^```$", text):
        before = text[:match.start()].rstrip().splitlines()
        file = re.search(r"into `([^`]+)`:$", before[-1]) if before else None
        if file:
            (folder / file[1]).write_text(match[2])
        elif match[1] == "sh":
            run(match[2], folder)
        elif match[1] == "mlir" and "…" not in match[2] and "..." not in match[2]:
            if not any(match[2] in written.read_text() for written in folder.glob("*.mlir")):
                sys.exit(f"no command wrote\n{match[2]}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
