"""Crashes dl-compile in the given ways, then runs the command that it names and
sees that it crashes again: replay.py [--memory] MODEL KIND..."""

import os
import re
import resource
import shutil
import subprocess
import sys


def limit():
    if memory:
        resource.setrlimit(resource.RLIMIT_AS, (2 << 30, 2 << 30))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def run(command, source):
    # Names in the stack dump take seconds, and nobody reads them here.
    process = subprocess.run(command, stdin=source, capture_output=True, text=True,
                             preexec_fn=limit, timeout=100,
                             env=dict(os.environ, LLVM_DISABLE_SYMBOLIZATION="1"))
    if process.returncode in (0, 1):
        sys.exit(f"{command} ended with {process.returncode}: {process.stderr}")
    return next((l for l in process.stderr.splitlines() if l.startswith("dl-compile: ")), "silence")


arguments = sys.argv[1:]
memory = arguments[0] == "--memory"
model, *kinds = arguments[memory:]
for kind in kinds:
    line = run(["dl-compile", model, "-o", "out/of/reach.so", f"--test-crash=dispatch:{kind}"],
               sys.stdin if model == "-" else None)
    found = re.fullmatch(r"(.*); to replay it: sh (dlc-crash-\d+)/replay.sh", line)
    if not found:
        sys.exit(f"{kind}: {line}")
    with open(f"{found[2]}/stdin" if model == "-" else "/dev/null") as source:
        again = run(["sh", f"{found[2]}/replay.sh"], source)
    print(f"{kind}: {found[1]}; {'replayed' if again.startswith(found[1]) else again}")
    shutil.rmtree(found[2])
