# Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""10,000 malformed calls of an artefact's C ABI, under AddressSanitizer,
LeakSanitizer and UndefinedBehaviorSanitizer: each is refused with a sentence or
rightly computed. scripts/conformance fuzz-abi [--count N]

Half of them call the runtime on a model written by hand (test/unit/FuzzAbi.cpp),
half call compiled models (test/fuzz/artifact_calls.cpp).
"""

import argparse
import os
import pathlib
import subprocess
import tempfile

from . import common, sanitized


def main(argv):
    parser = argparse.ArgumentParser(prog="conformance fuzz-abi", description=__doc__)
    parser.add_argument("--count", type=int, default=10000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(argv)
    build = pathlib.Path(os.environ.get("DLC_BUILD", common.ROOT / "build"))
    subprocess.run(["ninja", "-C", str(build), "FuzzAbi"], check=True, stdout=subprocess.DEVNULL)
    models = list(sanitized.models())
    half = options.count // 2
    share, rest = divmod(options.count - half, len(models))
    with tempfile.TemporaryDirectory() as name:
        programs = [("runtime", build / "test" / "unit" / "FuzzAbi", [half, options.seed])]
        for i, (model, text) in enumerate(models):
            program = sanitized.build(model, text, "address,undefined", "sanitize_address",
                                      pathlib.Path(name))
            programs.append((model, program, ["fuzz", share + (i < rest), options.seed + i]))
        passed = failed = 0
        for model, program, arguments in programs:
            lines, good, bad = sanitized.run(program, arguments, 600)
            print("\n".join(lines + [f"{model}: {good} calls passed, {bad} failed"]), flush=True)
            passed, failed = passed + good, failed + bad
    common.print_summary(passed, failed, 0)
    return 1 if failed else 0
