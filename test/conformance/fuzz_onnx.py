# Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Imports damaged ONNX models: bytes flipped, cut and repeated; tensors, external
data, declared shapes, names, order and versions of the graph changed, Ifs nested;
and fields of nodes changed (attributes, inputs, outputs, cycles, operator names).

Each must be imported, or refused with a sentence; for damage inside a node the
sentence names that node in at least 90 % of the cases. Meant for the asan preset:
DLC_BUILD=build-asan scripts/conformance fuzz-onnx.
"""

import argparse
import collections
import concurrent.futures
import json
import os
import pathlib
import subprocess
import tempfile

from . import common

NAMED_SHARE = 0.9


def parse(argv):
    parser = argparse.ArgumentParser(prog="conformance fuzz-onnx", description=__doc__)
    parser.add_argument("--count", type=int, default=10000, help="how many mutations")
    parser.add_argument("--first", type=int, default=0, help="number of the first mutation")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--seeds", type=int, default=300, help="how many models to damage")
    parser.add_argument("--compile", action="store_true",
                        help="compile the models wholly, instead of importing them")
    return parser.parse_args(argv)


def seed_models(count):
    """Small models of the ONNX suite, evenly chosen."""
    common.require_packages({"onnx": "onnx", "numpy": "numpy"})
    from . import onnx as suite
    models = [folder / "model.onnx" for kind in ("node", "simple") for folder in suite.cases_of(kind)]
    # Undamaged, each is imported: the rest is out of scope.
    models = [m for m in models if m.stat().st_size <= 8192
              and not json.loads((m.parent / "case.json").read_text())["scope"]]
    step = max(len(models) // count, 1)
    return models[::step][:count]


def run_range(tool, first, last, models):
    """The output lines of a range, and what the process said where it died."""
    lines, deaths = [], []
    # LLVM's own libraries are not instrumented: an arena that our code has begun
    # (and poisoned) they use without a word to AddressSanitizer. What asks for more
    # than 4 GB is an error, and so is a leak, which is reported at the end.
    env = dict(os.environ, LLVM_DISABLE_CRASH_REPORT="1")
    env.setdefault("ASAN_OPTIONS", "allow_user_poisoning=0:max_allocation_size_mb=4096:"
                                   "detect_leaks=1")
    while first < last:
        process = subprocess.run([tool, str(first), str(last), *map(str, models)], env=env,
                                 capture_output=True, text=True, errors="replace")
        found = process.stdout.splitlines()
        lines += found
        done = first + len(found)
        if process.returncode == 0:
            break
        deaths.append((done, process.stderr))
        first = done + 1  # a leak, reported at exit, comes after the last one
    return lines, deaths


def compile_models(options, tool, models):
    """Compiles each damaged model in a process of its own: it ends with an artefact
    or with an error, within a minute and 6 GB."""
    counts = collections.Counter()
    with tempfile.TemporaryDirectory() as folder:
        end = options.first + options.count
        subprocess.run([tool, "--write", folder, str(options.first), str(end),
                        *map(str, models)], check=True)

        def compile_one(number):
            model = pathlib.Path(folder) / f"{number}.onnx"
            outcome = common.run([common.tool("dl-compile"), model, "--threads=1", "-o",
                                  model.with_suffix(".so")], 60, 6144, cwd=folder)
            for extension in (".so", ".h"):
                model.with_suffix(extension).unlink(missing_ok=True)
            if outcome.status == "error" and ("error:" not in outcome.output or
                                              "invalid IR" in outcome.output):
                outcome.status = "crash"
            return number, outcome

        with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
            for number, outcome in pool.map(compile_one, range(options.first, end)):
                counts[outcome.status] += 1
                if outcome.status in ("crash", "timeout"):
                    print(f"failed: mutation {number}: {outcome.status}: {outcome.message()}")
    failed = counts["crash"] + counts["timeout"]
    print(f"{counts['ok']} compiled, {counts['error']} refused")
    common.print_summary(options.count - failed, failed, 0)
    return 1 if failed else 0


def main(argv):
    options = parse(argv)
    build = pathlib.Path(os.environ.get("DLC_BUILD", common.ROOT / "build"))
    subprocess.run(["ninja", "-C", str(build), "onnx_mutate"], check=True,
                   stdout=subprocess.DEVNULL)
    tool = common.tool("onnx_mutate")
    models = seed_models(options.seeds)
    if options.compile:
        return compile_models(options, tool, models)
    chunk = 250
    starts = range(options.first, options.first + options.count, chunk)
    end = options.first + options.count
    counts = collections.Counter()
    silent, deaths = [], []
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        work = [pool.submit(run_range, tool, s, min(s + chunk, end), models) for s in starts]
        for future in work:
            lines, died = future.result()
            deaths += died
            for line in lines:
                number, outcome, where, *named = line.split()
                counts[outcome] += 1
                counts[f"{where} {outcome}"] += 1
                counts.update(named)
                if outcome == "silent":
                    silent.append(number)
    for number, text in deaths:
        detail = [l for l in text.splitlines() if "ERROR" in l or "runtime error" in l
                  or "takes more" in l or "#" in l][:12]
        print(f"failed: mutation {number} ended the process\n  " + "\n  ".join(detail))
    for number in silent:
        print(f"failed: mutation {number} is refused without a sentence")
    named, unnamed = counts["named"], counts["unnamed"]
    share = named / max(named + unnamed, 1)
    print(f"{counts['imported']} imported, {counts['refused']} refused, of them "
          f"{named + unnamed} with damage inside a node: {100 * share:.1f} % name that node")
    failed = len(silent) + len(deaths)
    if share < NAMED_SHARE:
        print(f"failed: fewer than {100 * NAMED_SHARE:.0f} % of the messages name the node")
        failed += 1
    common.print_summary(options.count - len(silent) - len(deaths), failed, 0)
    return 1 if failed else 0
