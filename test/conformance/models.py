# Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Real trained models from the package index on real input: compiled, against
ONNX Runtime's answer, within 1e-4 of the output's range.

    scripts/conformance models [--filter REGEX] [--write]

Where the two differ by more, the model's graph is evaluated in float64: then the
compiled model must be within 1e-4 of that, or no farther from it than ONNX Runtime
is. `--write` writes docs/conformance/models.md.
"""

import argparse
import pathlib
import platform
import re
import resource
import sys
import tempfile
import time

from . import common

common.require_packages({"onnx": "onnx", "onnxruntime": "onnxruntime", "numpy": "numpy",
                         "PIL": "pillow"})

import numpy as np  # noqa: E402
import onnxruntime  # noqa: E402

from . import artifact  # noqa: E402
from .zoo import cases, inputs, truth  # noqa: E402

TOLERANCE = 1e-4
# A float64 evaluation farther from ONNX Runtime than this is itself in doubt.
TRUST = 1e-2


def distance(ours, theirs):
    """The largest difference, relative to the largest element of `theirs`."""
    if ours.shape != theirs.shape:
        raise RuntimeError(f"shape {ours.shape}, ONNX Runtime's is {theirs.shape}")
    if not theirs.size:
        return 0.0
    ours, theirs = ours.astype(np.float64), theirs.astype(np.float64)
    same = (ours == theirs) | (np.isnan(ours) & np.isnan(theirs))
    error = float(np.where(same, 0, np.abs(ours - theirs)).max())
    spread = float(np.nanmax(np.abs(theirs))) or 1.0
    return error / spread if error == error else np.inf


class Pair:
    """A model compiled by dlc and the same one in ONNX Runtime."""

    def __init__(self, path, folder, shapes):
        self.path, target = path, folder / "model.so"
        flags = [f"--shape={name}={shape}" for name, shape in shapes.items()]
        before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
        outcome = common.run([common.tool("dl-compile"), str(path), "-o", str(target), *flags],
                             timeout=600, memory_mb=16384)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        self.seconds = time.monotonic() - start
        self.cpu_seconds = (after.ru_utime + after.ru_stime) - (before.ru_utime + before.ru_stime)
        if outcome.status != "ok":
            raise RuntimeError(outcome.message())
        self.bytes = target.stat().st_size
        self.ours = artifact.Model(str(target), threads=2)
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 3
        self.session = onnxruntime.InferenceSession(str(path), options)
        self.inputs = self.session.get_inputs()
        self.outputs = [o.name for o in self.session.get_outputs()]
        # The largest distances: from ONNX Runtime; where that is too much, from the
        # float64 evaluation, and ONNX Runtime's from it.
        self.worst = self.exact = self.theirs_exact = 0.0
        self.good = True

    def run(self, **feeds):
        """The compiled model's answer, by output name; remembers the difference."""
        feeds = {s.name: np.asarray(feeds[s.name]) for s in self.inputs if s.name in feeds}
        expected = self.session.run(None, feeds)
        results = self.ours(*[feeds[i["name"]] for i in self.ours.signature["inputs"]])
        errors = [distance(o, t) for o, t in zip(results, expected)]
        self.worst = max([self.worst, *errors])
        if any(error > TOLERANCE for error in errors):
            self.compare_exactly(feeds, results, expected)
        return dict(zip(self.outputs, results))

    def compare_exactly(self, feeds, results, expected):
        for ours, theirs, exact in zip(results, expected, truth.evaluate(self.path, feeds)):
            mine, other = distance(ours, np.asarray(exact)), distance(theirs, np.asarray(exact))
            if mine > TOLERANCE and (mine > other or other > TRUST):
                self.good = False
            if mine > TOLERANCE or other > TOLERANCE:
                self.exact = max(self.exact, mine)
                self.theirs_exact = max(self.theirs_exact, other)


def run_case(case):
    """The outcome's word, and the row of the table (or why there is none)."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            pair = Pair(case.path(), pathlib.Path(folder), case.shapes)
            remark = case.check(pair)
        except inputs.Skip as reason:
            return "skip", str(reason), None
        except Exception as error:  # Any other failure is the model's.
            return "FAIL", f"{type(error).__name__}: {error}", None
    said = f"differs by {pair.worst:.1e} of the range"
    if pair.theirs_exact:
        said += f" (from float64: {pair.exact:.1e}, ONNX Runtime {pair.theirs_exact:.1e})"
    return "pass" if pair.good else "FAIL", f"{said}; {remark}", (pair, remark)


def processor():
    for line in open("/proc/cpuinfo", encoding="utf-8"):
        if line.startswith("model name"):
            return line.split(":")[1].strip()
    return platform.machine()


def write_page(rows, failures):
    lines = [
        "# Trained models", "",
        "Written by `scripts/conformance models --write`: models from the Python package index "
        "on real input, compiled, compared with ONNX Runtime "
        f"{onnxruntime.__version__} on {processor()}.", "",
        "The difference is the largest of all outputs of all runs, relative to the largest "
        "element of its output; 1e-4 is allowed. Where it is more, the model's graph is "
        "evaluated in float64 (by the package onnx, in NumPy): the compiled model must be "
        "within 1e-4 of that, or at least no farther from it than ONNX Runtime. Compiling "
        "took this much processor time, of all threads together.", "",
        "| model | package | input and answer | difference | from float64 | ONNX Runtime from "
        "float64 | compiled in | .onnx | .so |",
        "|---|---|---|---:|---:|---:|---:|---:|---:|"]
    for case, pair, remark in rows:
        exact = [f"{v:.1e}" if pair.theirs_exact else "" for v in (pair.exact, pair.theirs_exact)]
        size = pathlib.Path(pair.path).stat().st_size
        lines.append(f"| {case.name} | {case.package.replace('==', ' ')} | {remark} | "
                     f"{pair.worst:.1e} | {exact[0]} | {exact[1]} | {pair.cpu_seconds:.1f} s | "
                     f"{size / 1e6:.1f} MB | {pair.bytes / 1e6:.1f} MB |")
    if failures:
        lines += ["", "## Failed", "", "| model | what happened |", "|---|---|"]
        lines += [f"| {name} | {said} |" for name, said in failures]
    path = common.ROOT / "docs" / "conformance" / "models.md"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def main(argv):
    parser = argparse.ArgumentParser(prog="scripts/conformance models", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--filter", default="", help="only models whose name has this regex")
    parser.add_argument("--write", action="store_true", help="write docs/conformance/models.md")
    args = parser.parse_args(argv)
    counts = {"pass": 0, "FAIL": 0, "skip": 0}
    rows, failures = [], []
    for case in cases.list_cases():
        if not re.search(args.filter, case.name):
            continue
        word, said, row = run_case(case)
        counts[word] += 1
        if word == "FAIL":
            failures.append((case.name, said))
        elif row:
            rows.append((case, *row))
        print(f"{word}  {case.name}: {said}", flush=True)
    if args.write:
        write_page(rows, failures)
    common.print_summary(counts["pass"], counts["FAIL"], counts["skip"])
    return 1 if counts["FAIL"] else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
