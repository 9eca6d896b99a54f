# Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Imports damaged traces and .pt2 files: bytes flipped, cut and repeated; versions,
inputs, outputs, symbols, weights changed; fields of nodes and entries of the archive
changed, renamed, removed, repeated, nested; single nodes with operands and results of
other types and with other arguments. Of the traces each op has its share.

Each must be imported, or refused with a sentence; for damage inside a node the
sentence names that node, or its line, in at least 90 % of the cases. Meant for the
asan preset: DLC_BUILD=build-asan scripts/conformance fuzz-torch.
"""

import argparse
import collections
import concurrent.futures
import hashlib
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

from conformance import common
from fuzz import torch_mutate

PACKAGES = {"torch": "torch==2.13.0", "numpy": "numpy", "expecttest": "expecttest", "scipy": "scipy"}
NAMED_SHARE = 0.9


def parse(argv):
    parser = argparse.ArgumentParser(prog="conformance fuzz-torch", description=__doc__)
    parser.add_argument("--count", type=int, default=10000, help="how many mutations")
    parser.add_argument("--first", type=int, default=0, help="number of the first mutation")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--seeds", type=int, default=0,
                        help="how many entries of op_db to damage (default: all)")
    parser.add_argument("--programs", type=pathlib.Path,
                        help="a folder of the files to damage, instead of making them")
    parser.add_argument("--call", action="store_true",
                        help="load, compile and call damaged traces in Python")
    parser.add_argument("--optional", action="store_true",
                        help="skip the suite where PyTorch can't be installed")
    parser.add_argument("--verbose", action="store_true", help="print every message")
    return parser.parse_args(argv)


def make_programs(count):
    """The folder of the files to damage, kept in the cache folder by what makes them."""
    sources = [*sorted((common.ROOT / "python" / "dlc").glob("*.py")),
               common.ROOT / "test" / "fuzz" / "torch_programs.py"]
    digest = hashlib.sha256(b"".join(s.read_bytes() for s in sources)).hexdigest()[:16]
    folder = common.cache_dir() / "fuzz-torch" / f"{digest}-{count}"
    if not folder.exists():
        with tempfile.TemporaryDirectory(dir=common.cache_dir()) as fresh:
            subprocess.run([sys.executable, "-m", "fuzz.torch_programs", fresh, str(count)],
                           check=True, env=dict(os.environ, DLC_BUILD=str(common.ROOT / "build"),
                                                PYTHONPATH=os.pathsep.join(
                                                    str(common.ROOT / f) for f in ("python", "test"))))
            folder.parent.mkdir(exist_ok=True)
            shutil.copytree(fresh, folder)
    return folder


def seed_files(folder):
    return sorted([*folder.glob("*.json"), *folder.glob("*.pt2")])


def run_files(tool, files):
    """The outcome of each file, and what the process said where it died."""
    outcomes, deaths = [], []
    # See fuzz_onnx.py.
    env = dict(os.environ, LLVM_DISABLE_CRASH_REPORT="1")
    env.setdefault("ASAN_OPTIONS", "allow_user_poisoning=0:max_allocation_size_mb=4096:"
                                   "detect_leaks=1")
    while files:
        process = subprocess.run([tool, *map(str, files)], env=env, capture_output=True, text=True,
                                 errors="replace")
        found = [json.loads(line) for line in process.stdout.splitlines()]
        outcomes += found
        if process.returncode == 0 and len(found) == len(files):
            break
        deaths.append((files[min(len(found), len(files) - 1)], process.stderr))
        files = files[len(found) + 1:]  # a leak, reported at exit, comes after the last one
    return outcomes, deaths


def by_op(seeds, others):
    """The smallest trace that holds each op, out of `others` if no seed does."""
    found = {}
    for seed in [*sorted(seeds, key=lambda s: s.stat().st_size), *others]:
        if seed.suffix == ".json":
            stack = [json.loads(seed.read_text())["nodes"]]
            for container, key in torch_mutate.places(stack):
                if key == "op":
                    found.setdefault(container[key], seed)
    return dict(sorted(found.items()))


def choose(seeds, ops, number):
    """What mutation `number` damages: one in six an archive, the others an op's trace."""
    archives = [seed for seed in seeds if seed.suffix == ".pt2"]
    if number % 6 == 0 and archives:
        return archives[number // 6 % len(archives)], None
    op = list(ops)[(number - number // 6 - 1) % len(ops)]
    return ops[op], op


def run_range(tool, seeds, ops, first, last):
    """The same for the mutations of a range, and what names each damaged node."""
    with tempfile.TemporaryDirectory() as folder:
        files, names = [], {}
        for weights in seeds[0].parent.glob("*.safetensors"):
            os.symlink(weights, pathlib.Path(folder) / weights.name)
        for number in range(first, last):
            seed, op = choose(seeds, ops, number)
            data, named = torch_mutate.damage(seed, number, op, list(ops))
            file = pathlib.Path(folder) / f"{number}{seed.suffix}"
            file.write_bytes(data)
            files.append(file)
            names[str(file)] = named
        outcomes, deaths = run_files(tool, files)
    return [(o, names[o["file"]]) for o in outcomes], deaths


#: The programs that `--call` damages: those whose calls have a structure.
CALLED = ("network", "statistics", "structure", "sizes", "hessian")


def call_traces(folder, options):
    """Damaged traces loaded, compiled and called in Python: an error is dlc's own."""
    seeds = [folder / f"{name}.json" for name in CALLED]
    counts, failed = collections.Counter(), 0
    with tempfile.TemporaryDirectory() as scratch:
        files = []
        for weights in folder.glob("*.safetensors"):
            os.symlink(weights, pathlib.Path(scratch) / weights.name)
        for number in range(options.first, options.first + options.count):
            data = seeds[number % len(seeds)].read_bytes()
            files.append(pathlib.Path(scratch) / f"{number}.json")
            files[-1].write_bytes(torch_mutate.damage_call(data, number))
        paths = os.pathsep.join(str(common.ROOT / f) for f in ("python", "test"))
        environment = {"DLC_BUILD": str(common.ROOT / "build"), **os.environ, "PYTHONPATH": paths,
                       "DLC_CACHE_SIZE": "0", "DLC_CACHE_DIR": f"{scratch}/cache"}
        while files:
            process = subprocess.run(
                [sys.executable, "-W", "ignore", "-m", "fuzz.load_traces", *map(str, files)],
                env=environment, stdout=subprocess.PIPE, text=True)
            found = [json.loads(line) for line in process.stdout.splitlines()]
            for each in found:
                counts[each["outcome"]] += 1
                if each["outcome"] == "escaped":
                    failed += 1
                    print(f"failed: mutation {pathlib.Path(each['file']).stem}\n{each['messages']}")
            if len(found) < len(files):
                failed += 1
                print(f"failed: mutation {files[len(found)].stem} ended the process with "
                      f"{process.returncode}")
            files = files[len(found) + 1:]
    print(f"{counts['called']} called, {counts['refused']} refused")
    common.print_summary(options.count - failed, failed, 0)
    return 1 if failed else 0


def main(argv):
    options = parse(argv)
    if not common.require_packages(PACKAGES, options.optional, options.count):
        return 0
    if options.call:
        return call_traces(options.programs or make_programs(options.seeds), options)
    build = pathlib.Path(os.environ.get("DLC_BUILD", common.ROOT / "build"))
    subprocess.run(["ninja", "-C", str(build), "import_files"], check=True,
                   stdout=subprocess.DEVNULL)
    files = seed_files(options.programs or make_programs(options.seeds))
    seeds = [pathlib.Path(outcome["file"]) for outcome in
             run_files(common.tool("import_files"), files)[0] if outcome["outcome"] == "imported"]
    ops = by_op(seeds, files)
    tool, chunk, end = common.tool("import_files"), 100, options.first + options.count
    counts, failures = collections.Counter(), []
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        work = [pool.submit(run_range, tool, seeds, ops, begin, min(begin + chunk, end))
                for begin in range(options.first, end, chunk)]
        for future in work:
            outcomes, deaths = future.result()
            for outcome, names in outcomes:
                number = pathlib.Path(outcome["file"]).stem
                counts[outcome["outcome"]] += 1
                if options.verbose:
                    print(number, outcome["outcome"], names, outcome["messages"].strip())
                if outcome["outcome"] == "silent":
                    failures.append(f"mutation {number} is refused without a sentence")
                elif outcome["outcome"] == "refused" and names:
                    counts["named" if is_named(outcome["messages"], names) else "unnamed"] += 1
            for file, text in deaths:
                detail = [l for l in text.splitlines() if "ERROR" in l or "runtime error" in l
                          or "Assertion" in l or "takes more" in l or "#" in l][:12]
                failures.append(f"mutation {file.stem} ended the process\n  " + "\n  ".join(detail))
    for failure in failures:
        print(f"failed: {failure}")
    damaged = counts["named"] + counts["unnamed"]
    share = counts["named"] / max(damaged, 1)
    print(f"{len(seeds)} programs with {len(ops)} ops; {counts['imported']} imported, {counts['refused']} refused, of them {damaged} with "
          f"damage inside a node: {100 * share:.1f} % name that node")
    failed = len(failures)
    if share < NAMED_SHARE:
        print(f"failed: fewer than {100 * NAMED_SHARE:.0f} % of the messages name the node")
        failed += 1
    common.print_summary(options.count - len(failures), failed, 0)
    return 1 if failed else 0


def is_named(messages, names):
    return any(name in messages for name in names)
