# Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The backend test cases of the Python package `onnx`.

Each case is a model, inputs and expected outputs. It is compiled and run (or
imported and interpreted), and compared with the tolerances of the package's
own test runner.
"""

import argparse
import collections
import concurrent.futures
import contextlib
import json
import pathlib
import random
import re
import shutil
import sys
import tempfile
import time
import warnings

from . import common

KINDS = ["node", "simple", "pytorch-converted", "pytorch-operator", "light"]
REPORT = common.ROOT / "docs" / "conformance" / "onnx.md"
SEED = 0
FORMAT = 2  # of the cases in the cache; raised where they are written differently


# ---------------------------------------------------------------------------
# Cases on disk: <cache>/onnx-<version>-<format>/<kind>/<name>/
# ---------------------------------------------------------------------------

def type_outside(t):
    """What of a value's type has no place in dl; None for tensors of numbers."""
    kind = t.WhichOneof("value")
    if kind == "tensor_type":
        return "string tensors" if t.tensor_type.elem_type == 8 else None
    if kind == "optional_type":
        return type_outside(t.optional_type.elem_type)
    return {"sequence_type": "sequences", "map_type": "maps",
            "sparse_tensor_type": "sparse tensors"}.get(kind, f"the type {kind}")


OUTSIDE_OPS = {
    "ImageDecoder": "decodes image files",
    "RegexFullMatch": "string tensors", "StringConcat": "string tensors",
    "StringNormalizer": "string tensors", "StringSplit": "string tensors",
}


def scope(model):
    """Why the model is out of scope, or None."""
    for value in list(model.graph.input) + list(model.graph.output):
        reason = type_outside(value.type)
        if reason:
            direction = "output" if value in list(model.graph.output) else "input"
            return f"{reason} as {direction}"
    for node in model.graph.node:
        if node.op_type in OUTSIDE_OPS:
            return OUTSIDE_OPS[node.op_type]
        for attribute in node.attribute:
            if attribute.strings and attribute.name in ("keys_strings", "values_strings",
                                                        "classlabels_strings", "cats_strings"):
                return "string tensors"
    return None


def op_of(name, model):
    """The op a case is about."""
    nodes = [n for n in model.graph.node if n.op_type != "Constant"]
    if len(nodes) == 1:
        n = nodes[0]
        return (n.domain + "." if n.domain else "") + n.op_type
    return None


def write_tensor(path, value, type_proto):
    """Writes an input or output; False for an optional without a value."""
    from onnx import TensorProto, numpy_helper
    if value is None:
        return False
    kind = type_proto.WhichOneof("value") if type_proto is not None else "tensor_type"
    if isinstance(value, TensorProto):
        message = value
    elif kind == "sequence_type" or isinstance(value, list):
        message = numpy_helper.from_list(value)
    elif kind == "map_type":
        message = numpy_helper.from_dict(value)
    else:
        message = numpy_helper.from_array(value)
    path.write_bytes(message.SerializeToString())
    return True


def write_case(folder, kind, name, model, data_sets, rtol, atol):
    folder.mkdir(parents=True)
    (folder / "model.onnx").write_bytes(model.SerializeToString())
    for i, (inputs, outputs) in enumerate(data_sets):
        for stem, values, infos in (("input", inputs, model.graph.input),
                                    ("output", outputs, model.graph.output)):
            for j, value in enumerate(values):
                write_tensor(folder / f"set{i}_{stem}_{j}.pb", value, infos[j].type)
    bfloat16 = any(o.type.tensor_type.elem_type == 16 for o in model.graph.output)
    (folder / "case.json").write_text(json.dumps({
        "op": op_of(name, model) if kind == "node" else None, "scope": scope(model),
        # The package's runner gives bfloat16 two units in the last place.
        "rtol": max(rtol, 2**-6) if bfloat16 else rtol, "atol": atol,
        "sets": [[len(i), len(o)] for i, o in data_sets]}))


@contextlib.contextmanager
def fft_in_f64():
    """The DFT cases round NumPy's answer to f32, as NumPy 1 gave it, in f64. NumPy 2
    transforms f32 in f32, with errors above the cases' tolerance."""
    import numpy

    def widened(function):
        def call(x, *args, **kwargs):
            x = numpy.asarray(x)
            return function(x.astype(numpy.result_type(x, numpy.float64)), *args, **kwargs)
        return call

    originals = {name: getattr(numpy.fft, name) for name in ("fft", "ifft", "rfft", "irfft")}
    for name, function in originals.items():
        setattr(numpy.fft, name, widened(function))
    try:
        yield
    finally:
        for name, function in originals.items():
            setattr(numpy.fft, name, function)


def generate_node(root):
    import numpy
    from onnx.backend.test.loader import load_node_model_tests
    numpy.random.seed(SEED)
    random.seed(SEED)
    with warnings.catch_warnings(), fft_in_f64():
        warnings.simplefilter("ignore")
        cases = load_node_model_tests()
    for case in cases:
        write_case(root / case.name, "node", case.name, case.model, case.data_sets, case.rtol,
                   case.atol)


def generate_stored(root, kind):
    """simple and pytorch-*: folders of the package, data sets beside the model."""
    import onnx
    source = pathlib.Path(onnx.__file__).parent / "backend" / "test" / "data" / kind
    for folder in sorted(p for p in source.iterdir() if p.is_dir()):
        model = onnx.load(folder / "model.onnx")
        data = json.loads((folder / "data.json").read_text()) if (
            folder / "data.json").exists() else {}
        target = root / folder.name
        write_case(target, kind, folder.name, model, [], data.get("rtol", 1e-3),
                   data.get("atol", 1e-7))
        sets = []
        for i, data_set in enumerate(sorted(folder.glob("test_data_set*"))):
            sets.append([len(list(data_set.glob(f"{s}_*.pb"))) for s in ("input", "output")])
            for file in data_set.glob("*.pb"):
                shutil.copy(file, target / f"set{i}_{file.name}")
        case = json.loads((target / "case.json").read_text())
        (target / "case.json").write_text(json.dumps({**case, "sets": sets}))


def generate_light(root):
    """The models of data/light: a ramp as input, the stored output expected."""
    import numpy
    import onnx
    from onnx import numpy_helper
    source = pathlib.Path(onnx.__file__).parent / "backend" / "test" / "data"
    for file in sorted((source / "real").glob("*/data.json")):
        data = json.loads(file.read_text())
        path = source / "light" / pathlib.Path(data["url"]).name
        model = onnx.load(path)
        weights = {i.name for i in model.graph.initializer}
        inputs = []
        for info in (i for i in model.graph.input if i.name not in weights):
            shape = [d.dim_value or 1 for d in info.type.tensor_type.shape.dim]
            count = int(numpy.prod(shape))
            inputs.append((numpy.arange(count).reshape(shape) / count).astype(numpy.float32))
        outputs = [numpy_helper.to_array(onnx.load_tensor(str(path.with_suffix("")) +
                                                          f"_output_{i}.pb"))
                   for i in range(len(model.graph.output))]
        write_case(root / path.stem, "light", path.stem, model, [(inputs, outputs)],
                   data.get("rtol", 1e-3), data.get("atol", 1e-7))


def cases_of(kind):
    """The folders of a kind's cases, made when first asked for."""
    import onnx
    root = common.cache_dir() / f"onnx-{onnx.__version__}-{FORMAT}" / kind
    if not root.exists():
        scratch = root.with_name(root.name + ".part")
        shutil.rmtree(scratch, ignore_errors=True)
        scratch.mkdir(parents=True)
        if kind == "node":
            generate_node(scratch)
        elif kind == "light":
            generate_light(scratch)
        else:
            generate_stored(scratch, kind)
        scratch.rename(root)
    return sorted(p for p in root.iterdir() if p.is_dir())


# ---------------------------------------------------------------------------
# Running a case
# ---------------------------------------------------------------------------

# What these cases expect was drawn by NumPy's generator, which no one else has;
# ONNX leaves the generator open.
RANDOM = re.compile(r"test_(bernoulli|training_dropout(?!_zero_ratio))")

Result = collections.namedtuple("Result", "kind name op verdict reason seconds")


def data_files(folder, i, stem, count):
    """The files of a data set, in order; an absent optional has none."""
    files = (folder / f"set{i}_{stem}_{j}.pb" for j in range(count))
    return [f for f in files if f.exists()]


def run_case(folder, kind, options):
    case = json.loads((folder / "case.json").read_text())
    start = time.monotonic()

    def done(verdict, reason=""):
        return Result(kind, folder.name, case["op"], verdict, reason, time.monotonic() - start)

    if RANDOM.match(folder.name):
        case["scope"] = "expects the numbers of NumPy's random generator"
    timeout = options.timeout * (10 if kind == "light" else 1)
    with tempfile.TemporaryDirectory(prefix="dlc-onnx-") as scratch:
        model = folder / "model.onnx"
        if options.backend == "compiled":
            artefact = pathlib.Path(scratch) / "model.so"
            build = [common.tool("dl-compile"), model, "-o", artefact]
        else:
            artefact = pathlib.Path(scratch) / "model.mlir"
            build = [common.tool("dl-translate"), "--import-onnx", model, "-o", artefact]
        outcome = common.run(build, timeout, options.memory, cwd=scratch)
        if outcome.status != "ok":
            if outcome.status == "error" and case["scope"]:
                return done("skipped", case["scope"])
            prefix = {"error": "", "crash": "compiler crash: ", "timeout": "compiler: "}
            return done("failed", prefix[outcome.status] + outcome.message())
        for i, (inputs, outputs) in enumerate(case["sets"]):
            command = [common.tool("dl-run"), artefact]
            for file in data_files(folder, i, "input", inputs):
                command += ["--input", file]
            for file in data_files(folder, i, "output", outputs):
                command += ["--expect", file]
            command += ["--rtol", repr(case["rtol"]), "--atol", repr(case["atol"])]
            outcome = common.run(command, timeout, options.memory, cwd=scratch)
            if outcome.status == "error" and RANDOM.match(folder.name):
                return done("skipped", case["scope"])
            if outcome.status == "error" and len(data_files(folder, i, "input", inputs)) < inputs:
                return done("skipped", "an optional input without a value")
            if outcome.status != "ok":
                prefix = {"error": "", "crash": "crash: ", "timeout": "run: "}
                return done("failed", prefix[outcome.status] + outcome.message())
    return done("passed")


# ---------------------------------------------------------------------------
# The report
# ---------------------------------------------------------------------------

def base_name(name):
    """test_foo_expanded_ver18 → test_foo."""
    return re.sub(r"_expanded(_function)?(_ver\d+)?$", "", name)


def name_ops(results):
    """Expanded cases belong to the op of the case they expand."""
    ops = {r.name: r.op for r in results if r.op}
    named = []
    for r in results:
        op = r.op if base_name(r.name) == r.name else ops.get(base_name(r.name), r.op)
        named.append(r._replace(op=op or ("several ops" if r.kind == "node" else r.kind)))
    return named


def clean(text):
    """A message without machine paths, fit for a table cell."""
    text = re.sub(r"(/[\w.+-]+)+/([\w.+-]+)", r"\2", text)
    return text.replace("|", "\\|").replace("<", "&lt;")


def report(results, options):
    import onnx
    lines = ["# ONNX conformance", "",
             f"Written by `scripts/conformance onnx --backend {options.backend} --write`: the "
             f"backend test cases of the Python package `onnx` {onnx.__version__}, "
             + ("compiled and run." if options.backend == "compiled" else "interpreted.")
             + " Tolerances are the package's own. What cases take from `numpy.fft` is computed "
             "in f64.", "",
             "| kind | passed | failed | out of scope |", "|---|---:|---:|---:|"]

    def count(group):
        c = collections.Counter(r.verdict for r in group)
        return f"{c['passed']} | {c['failed']} | {c['skipped']}"

    kinds = [k for k in KINDS if any(r.kind == k for r in results)]
    lines += [f"| {k} | {count([r for r in results if r.kind == k])} |" for k in kinds]
    lines += [f"| all | {count(results)} |", "", "## Out of scope", "",
              "dl has tensors of numbers only. A case is out of scope where one of its inputs or "
              "outputs, or its op, is about something else, and the importer said so.", "",
              "| reason | cases |", "|---|---:|"]
    reasons = collections.Counter(r.reason for r in results if r.verdict == "skipped")
    lines += [f"| {clean(reason)} | {n} |" for reason, n in sorted(reasons.items())]
    failed = [r for r in results if r.verdict == "failed"]
    if failed:
        lines += ["", "## Failed", "", "| case | what happened |", "|---|---|"]
        lines += [f"| {r.kind}/{r.name} | {clean(r.reason)} |" for r in failed]
    lines += ["", "## Node cases by op", "", "| op | passed | failed | out of scope | why |",
              "|---|---:|---:|---:|---|"]
    by_op = collections.defaultdict(list)
    for r in results:
        if r.kind == "node":
            by_op[r.op].append(r)
    for op, group in sorted(by_op.items()):
        why = "; ".join(sorted({r.reason for r in group if r.verdict == "skipped"}))
        lines.append(f"| {op} | {count(group)} | {clean(why)} |")
    REPORT.parent.mkdir(parents=True, exist_ok=True)
    REPORT.write_text("\n".join(lines) + "\n")


# ---------------------------------------------------------------------------

KNOWN = pathlib.Path(__file__).resolve().parent / "known_failures" / "onnx.txt"


def parse(argv):
    p = argparse.ArgumentParser(prog="conformance onnx", description=__doc__)
    p.add_argument("--kind", choices=[*KINDS, "all"], default="all")
    p.add_argument("--filter", default="", help="only cases whose name matches this regex")
    p.add_argument("--sample", type=int, help="only so many cases, drawn with a fixed seed")
    p.add_argument("--backend", choices=["compiled", "interpreter"], default="compiled")
    p.add_argument("--jobs", type=int, default=2)
    p.add_argument("--timeout", type=int, default=30, help="seconds per step (light: ten times)")
    p.add_argument("--memory", type=int, default=8192, help="address space per step, in MB")
    p.add_argument("--write", action="store_true", help="write docs/conformance/onnx.md")
    p.add_argument("--json", type=pathlib.Path, help="write every result here")
    p.add_argument("--known", action="store_true",
                   help="count the failures listed in known_failures/onnx.txt as skipped: "
                        "for continuous integration, where only a new failure is news")
    p.add_argument("--update-known", action="store_true", help="write that list")
    p.add_argument("--verbose", action="store_true", help="name every case")
    return p.parse_args(argv)


def main(argv):
    options = parse(argv)
    common.require_packages({"onnx": "onnx==1.23.2", "numpy": "numpy"})
    kinds = KINDS if options.kind == "all" else [options.kind]
    pattern = re.compile(options.filter)
    cases = [(folder, kind) for kind in kinds for folder in cases_of(kind)
             if pattern.search(folder.name)]
    if options.sample and options.sample < len(cases):
        cases = random.Random(SEED).sample(cases, options.sample)
    cases.sort(key=lambda c: (KINDS.index(c[1]) != 4, c))  # the long ones first
    results = []
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        futures = [pool.submit(run_case, folder, kind, options) for folder, kind in cases]
        for i, future in enumerate(concurrent.futures.as_completed(futures), 1):
            r = future.result()
            results.append(r)
            if r.verdict == "failed" or options.verbose:
                print(f"{r.verdict} {r.kind}/{r.name}: {r.reason}", flush=True)
            if sys.stderr.isatty():
                print(f"\r{i}/{len(cases)}", end="", file=sys.stderr)
    if options.update_known:
        KNOWN.parent.mkdir(exist_ok=True)
        KNOWN.write_text("".join(f"{r.kind}/{r.name}\n" for r in sorted(results)
                                 if r.verdict == "failed"))
    if options.known and KNOWN.exists():
        known = set(KNOWN.read_text().split())
        results = [r._replace(verdict="skipped", reason="known failure: " + r.reason)
                   if r.verdict == "failed" and f"{r.kind}/{r.name}" in known else r
                   for r in results]
    results = name_ops(sorted(results))
    if options.json:
        options.json.write_text(json.dumps([r._asdict() for r in results], indent=1))
    if options.write:
        report(results, options)
    count = collections.Counter(r.verdict for r in results)
    common.print_summary(count["passed"], count["failed"], count["skipped"])
    return 1 if count["failed"] else 0
