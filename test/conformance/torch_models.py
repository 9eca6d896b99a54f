# Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""PyTorch models, traced, compiled and compared with eager PyTorch.

    scripts/conformance torch-models [--only REGEX] [--write]

A model of test/models is recorded twice, with its sizes fixed and open; both times the
trace and the .pt2 archive must give the same dl, and what `dl-compile` makes of the
trace must give eager's results within 1e-4 of their range, for every size and several
inputs of each, tell these apart, and refuse a size that is out of range. So must
`torch.compile(backend="dlc")`, which may not compile again for another size; nor for
another length while a model generates text. `--write` writes
docs/conformance/torch_models.md.
"""

import argparse
import copy
import dataclasses
import json
import multiprocessing
import os
import pathlib
import re
import sys
import tempfile
import time
import traceback

from . import common

common.require_packages({"torch": "torch==2.13.0", "torchvision": "torchvision==0.28.0",
                         "timm": "timm==1.0.31", "transformers": "transformers==5.23.0",
                         "PIL": "pillow"})

from .zoo import inputs  # noqa: E402

TOLERANCE = 1e-4
REPORT = common.ROOT / "docs" / "conformance" / "torch_models.md"
#: Different inputs of each size.
INPUTS = 3


class Failure(Exception):
    """What is wrong with a model."""


@dataclasses.dataclass
class Result:
    """What was measured of one compilation."""

    difference: float = 0.0
    seconds: float = 0.0
    processors: float = 0.0
    peak: int = 0  # bytes of memory, of weights, of the shared object
    weights: int = 0
    size: int = 0
    nodes: int = 0
    graphs: int = 0  # what torch.compile compiled


def distance(ours, theirs):
    """The largest difference, relative to the range of `theirs`."""
    if ours.shape != theirs.shape or ours.dtype != theirs.dtype:
        raise Failure(f"a result is {ours.dtype}{list(ours.shape)}, not "
                      f"{theirs.dtype}{list(theirs.shape)}")
    if not theirs.numel():
        return 0.0
    ours, theirs = ours.double(), theirs.double()
    error = float((ours - theirs).abs().max())
    spread = float(theirs.max() - theirs.min()) or abs(float(theirs.max())) or 1.0
    return error / spread if error == error else float("inf")


def leaves(value):
    from torch.utils import _pytree

    return [leaf for leaf in _pytree.tree_leaves(value) if leaf is not None]


#: Runs a command and says its seconds of wall clock and of processors, and its peak of
#: memory in bytes; a small process, for a command's peak starts with its parent's size.
#: The command finds no Python: its environment is empty.
MEASURE = """
import os, sys, time
begin = time.monotonic()
process = os.posix_spawn(sys.argv[1], sys.argv[1:], {})
_, status, usage = os.wait4(process, 0)
print("measured", time.monotonic() - begin, usage.ru_utime + usage.ru_stime,
      usage.ru_maxrss * 1024)
sys.exit(bool(status))
"""


def measured(command):
    """Runs a command: its seconds, those of processors, and its peak of memory."""
    outcome = common.run([sys.executable, "-c", MEASURE, *command], 900, 32768)
    if outcome.status != "ok":
        raise Failure(outcome.message())
    seconds, processors, peak = outcome.output.split("measured")[1].split()
    return float(seconds), float(processors), int(peak)


def translated(path, kind):
    """The dl of a model file, without what describes the file itself."""
    outcome = common.run([common.tool("dl-translate"), f"--import-{kind}", str(path)], 300, 32768)
    if outcome.status != "ok":
        raise Failure(f"dl-translate --import-{kind}: {outcome.message()}")
    text = re.sub(r"#dl\.external<[^>]*>", "#dl.external", outcome.output)
    text = re.sub(r"^module attributes .*$", "module {", text, flags=re.M)
    return re.sub(r"""dlc\.name = "[^"]*"|input '[^']*'""", "name", text)


def same_dl(trace, archive):
    """Raises a Failure with the first line in which their dl differs."""
    ours, theirs = translated(trace, "trace"), translated(archive, "pt2")
    if ours == theirs:
        return
    for a, b in zip(ours.splitlines(), theirs.splitlines()):
        if a != b:
            raise Failure(f"the trace gives `{a.strip()[:150]}`, the .pt2 `{b.strip()[:150]}`")
    raise Failure("the trace and the .pt2 give programs of different lengths")


def compiled(module, example, dynamic, folder, result):
    """The model by way of the trace's file, which `dl-compile` reads."""
    import torch

    import dlc
    from dlc.shapes import open_sizes
    from dlc.torchscript import is_script, Program
    from dlc.tracer import decompositions, from_exported

    if is_script(module):
        module = Program(module).module
    with torch.no_grad(), open_sizes():
        program = torch.export.export(module, example, dynamic_shapes=dynamic, strict=False)
    trace, archive = folder / "model.json", folder / "model.pt2"
    recorded = from_exported(program)
    recorded.save(trace)
    with torch.no_grad(), open_sizes():
        torch.export.save(program.run_decompositions(decompositions()), archive)
    same_dl(trace, archive)
    library = folder / "model.so"
    result.seconds, result.processors, result.peak = measured(
        [common.tool("dl-compile"), str(trace), "-o", str(library)])
    result.nodes = len(recorded.document["nodes"])
    result.weights = sum(len(w.data) for w in recorded.weights.values())
    result.size = library.stat().st_size
    return dlc.load(library, threads=2)


def compare(model, module, sizes, ours, result):
    """Runs every size; raises a Failure where results are wrong or always the same."""
    import torch

    for size in sizes:
        before = None
        for _ in range(1 if model.state else INPUTS):
            args = model.inputs(*size)
            with torch.no_grad():
                expected = leaves(module(*args))
            got = leaves(ours(*args))
            if len(got) != len(expected):
                raise Failure(f"{len(got)} results instead of {len(expected)}")
            errors = [distance(g, e) for g, e in zip(got, expected)]
            result.difference = max(result.difference, *errors)
            if result.difference > TOLERANCE:
                raise Failure(f"sizes {size}: differs by {result.difference:.1e} of the range")
            if before and max(map(distance, expected, before)) < 1e-2:
                raise Failure(f"sizes {size}: the results hardly depend on the input")
            before = expected


class Backend:
    """The backend `dlc`, which counts the graphs that it is given."""

    def __init__(self):
        self.graphs = 0

    def __call__(self, module, example):
        from dlc import dynamo

        function = dynamo.backend(module, example)  # PyTorch may try again after an exception
        self.graphs += 1
        return function

    def compile(self, function, **options):
        import torch

        torch._dynamo.reset()
        return torch.compile(function, backend=self, **options)


def by_torch_compile(model, module):
    """The results of torch.compile, all sizes one after the other in one graph each."""
    import torch

    result, backend = Result(), Backend()
    with torch._dynamo.config.patch(allow_rnn=True):
        ours = backend.compile(copy.deepcopy(module), dynamic=None if model.batch_only else True,
                               fullgraph=True)

        def inference(*args):
            if model.batch_only and args[0].shape[0] > 1:  # PyTorch takes 1 for a fixed size
                torch._dynamo.mark_dynamic(args[0], 0)
            with torch.no_grad():
                return ours(*args)

        compare(model, module, model.sizes, inference, result)
    result.graphs = backend.graphs
    if result.graphs > model.graphs:
        raise Failure(f"torch.compile compiled {result.graphs} graphs, more than {model.graphs}")
    return result


def run_generator(model):
    """Text after each prompt, by a forward function that torch.compile compiles: once for
    a prompt, for the first token after it, and for all others, and once for all other
    prompts."""
    import torch

    torch.manual_seed(0)
    module, result, backend = model.make(), Result(), Backend()
    eager = module.forward
    fast = backend.compile(eager, fullgraph=True)
    for length in model.prompts:
        prompt = torch.randint(1, model.vocabulary, (1, length))
        found = []
        for module.forward in (fast, eager):
            found.append(module.generate(prompt, max_new_tokens=model.count, do_sample=False,
                                         output_scores=True, return_dict_in_generate=True))
        got, expected = found
        if not torch.equal(got.sequences, expected.sequences):
            raise Failure(f"a prompt of {length} tokens: the texts differ")
        result.difference = max(result.difference, *map(distance, got.scores, expected.scores))
    result.graphs, result.nodes = backend.graphs, len(model.prompts) * model.count
    if result.difference > TOLERANCE:
        raise Failure(f"differs by {result.difference:.1e} of the range")
    if result.graphs > 4:
        raise Failure(f"torch.compile compiled {result.graphs} graphs, more than 4")
    return [result]


def check_range(model, ours):
    """Wants a size that is too large refused with its limit."""
    import dlc

    try:
        ours(*model.inputs(*model.too_large))
    except dlc.RunError as error:
        if model.complaint not in str(error):
            raise Failure(f"the error about sizes {model.too_large} isn't clear: {error}")
        return str(error)
    raise Failure(f"sizes {model.too_large} are out of range and not refused")


def run_model(model):
    """The results of the static and of the dynamic compilation, and of torch.compile."""
    import torch

    torch.manual_seed(0)
    module = model.make()
    results = []
    for dynamic in (None, model.dynamic):
        result, mine = Result(), copy.deepcopy(module)
        torch.manual_seed(1)
        example = model.inputs(*model.sizes[0])
        with tempfile.TemporaryDirectory() as folder:
            ours = compiled(copy.deepcopy(mine), example, dynamic, pathlib.Path(folder), result)
            sizes = model.sizes if dynamic else model.sizes[:1] * (3 if model.state else 1)
            compare(model, mine, sizes, ours, result)
            if dynamic:
                check_range(model, ours)
        if model.limits and (result.processors > model.limits[0]
                             or result.peak > model.limits[1] * result.weights):
            raise Failure(f"compiling took {result.processors:.1f} s of processors and "
                          f"{result.peak / 1e6:.0f} MB")
        results.append(result)
    torch.manual_seed(2)
    results.append(by_torch_compile(model, module))
    return results


class Compared:
    """A trained model, compiled and PyTorch's own, called as the model."""

    def __init__(self, module, example, dynamic, folder):
        import torch

        self.result, self.module = Result(), copy.deepcopy(module)
        self.ours = compiled(module, example, dynamic, folder, self.result)
        self.backend = Backend()
        self.fast = None
        if not isinstance(module, torch.jit.ScriptModule):  # which Dynamo doesn't record
            self.fast = self.backend.compile(module, dynamic=True, fullgraph=True)

    def __call__(self, *args):
        import torch

        with torch.no_grad():
            expected = self.module(*args)
            got = [self.ours(*args)] + ([self.fast(*args)] if self.fast is not None else [])
        for results in got:
            errors = map(distance, leaves(results), leaves(expected))
            self.result.difference = max(self.result.difference, *errors)
        self.result.graphs = self.backend.graphs
        if self.result.difference > TOLERANCE:
            raise Failure(f"differs by {self.result.difference:.1e} of the range")
        return got[0]


def run_trained(case):
    """The results, with what the case says of its input and what came out."""
    results = []
    with tempfile.TemporaryDirectory() as folder:
        def make(module, example, dynamic):
            compared = Compared(module, example, dynamic, pathlib.Path(folder))
            results.append(compared.result)
            return compared

        remark = case.check(make)
    for result in results:
        if result.graphs > case.graphs:
            raise Failure(f"torch.compile compiled {result.graphs} graphs, more than {case.graphs}")
    return remark, results


def child(run, case, connection):
    try:
        connection.send(("pass", run(case)))
    except inputs.Skip as reason:
        connection.send(("skip", str(reason)))
    except Failure as failure:
        connection.send(("FAIL", str(failure)))
    except Exception as error:
        lines = traceback.format_exception_only(type(error), error)
        if os.environ.get("DLC_TRACEBACK"):
            traceback.print_exc()
        connection.send(("FAIL", "".join(lines).strip().splitlines()[0][:400]))


def in_process(run, case, timeout):
    """The outcome's word, and the results or what went wrong. A process of its own, so
    that a crash is one model's failure, and memory is given back."""
    context = multiprocessing.get_context("fork")
    mine, theirs = context.Pipe()
    process = context.Process(target=child, args=(run, case, theirs))
    process.start()
    theirs.close()
    try:
        if not mine.poll(timeout):
            process.kill()
            return "FAIL", f"no result after {timeout} s"
        return mine.recv()
    except EOFError:
        process.join()
        return "FAIL", f"crash: exit status {process.exitcode}"
    finally:
        process.join()


def row(name, kind, r):
    mega = 1e6
    return (f"| {name} | {kind} | {r.nodes} | {r.difference:.1e} | {r.processors:.1f} s | "
            f"{r.peak / mega:.0f} MB | {r.weights / mega:.1f} MB | {r.size / mega:.1f} MB |")


HEADER = ["| model | sizes | ATen ops | difference | compiled in | peak memory | weights | .so |",
          "|---|---|---:|---:|---:|---:|---:|---:|"]


def rows(outcomes):
    """What the page's tables have: the models, torch.compile, text, trained models, what
    failed and what was skipped."""
    tables = models, backend, text, trained, failed, skipped = [[] for _ in range(6)]
    for name, (word, what) in outcomes.items():
        if word != "pass":
            (failed if word == "FAIL" else skipped).append(f"| {name} | {what} |")
        elif isinstance(what[0], str):
            trained += [row(name, what[0], r) for r in what[1]]
            backend += [f"| {name} | {r.graphs} | |" for r in what[1] if r.graphs]
        elif len(what) == 1:
            text.append(f"| {name} | {what[0].nodes} | {what[0].graphs} | "
                        f"{what[0].difference:.1e} |")
        else:
            models += [row(name, kind, r) for kind, r in zip(("static", "dynamic"), what)]
            backend.append(f"| {name} | {what[2].graphs} | {what[2].difference:.1e} |")
    return tables


def write_page(outcomes):
    import torch

    models, backend, text, trained, failed, skipped = rows(outcomes)
    lines = [
        "# PyTorch models", "",
        "Written by `scripts/conformance torch-models --write`: the models of "
        f"[test/models](../../test/models), recorded by PyTorch {torch.__version__.split('+')[0]}, "
        "compiled by `dl-compile` from the trace's file, compared with eager PyTorch.", "",
        "The difference is the largest of all results on all inputs, relative to the result's "
        f"range; {TOLERANCE:.0e} is allowed. The trace and the `.pt2` archive gave the same dl "
        "each time. A dynamic model ran with several sizes and refused one out of its range; "
        "one with state was called again and again. "
        "Compiling took this much processor time, of all threads together, and so much memory "
        "at its peak, mapped weights included. `dl-compile` ran without an environment in which "
        "it could find Python. vit_b_16 may take 20 s of processors and three times its weights.",
        "", *HEADER, *models,
        "", "## Trained models", "", "Models out of Python packages, on real input; the answers "
        "are those of the compiled model.", "",
        HEADER[0].replace("sizes", "input and answer"), HEADER[1], *trained,
        "", "## torch.compile", "",
        "`torch.compile(model, backend=\"dlc\", dynamic=True, fullgraph=True)` ran the same "
        "models with the same sizes, one after the other; swin_t with the batch open alone, by "
        "`torch._dynamo.mark_dynamic(x, 0)`, since PyTorch takes minutes to record it otherwise. "
        "The graphs are how often Dynamo asked for a compilation: once for all sizes, once more "
        "where a size was 1; for each length of a "
        "GRU, which Dynamo unrolls. Of a trained model, the difference above is of both ways.",
        "", "| model | graphs | difference |", "|---|---:|---:|", *backend,
        "", "## Generated text", "",
        "`generate` of the package transformers, greedy, after three prompts of different lengths, "
        "with a cache of keys and values that grows by each token, and a forward function that "
        "`torch.compile(backend=\"dlc\", fullgraph=True)` compiled: once for the first prompt, "
        "once for the token after it, and once for all further tokens and prompts each. The text "
        "is eager PyTorch's.", "",
        "| model | tokens | graphs | difference of scores |", "|---|---:|---:|---:|", *text]
    for title, table in (("Failed", failed), ("Skipped", skipped)):
        if table:
            lines += ["", f"## {title}", "", "| model | why |", "|---|---|", *table]
    REPORT.write_text("\n".join(lines) + "\n", encoding="utf-8")


def told(kind, r):
    """A sentence about a result."""
    compilation = f", compiled in {r.processors:.1f} s, {r.peak / 1e6:.0f} MB for " \
                  f"{r.weights / 1e6:.0f} MB of weights" if r.weights else ""
    graphs = f", {r.graphs} graphs" if r.graphs else ""
    return f"{kind}: differs by {r.difference:.1e}{graphs}{compilation}"


def say(name, word, what):
    if word == "pass":
        if isinstance(what[0], str):
            kinds, what = [what[0]], what[1]
        else:
            kinds = ["static", "dynamic", "torch.compile"] if len(what) > 1 else ["torch.compile"]
        what = "; ".join(map(told, kinds, what))
    print(f"{word}  {name}: {what}", flush=True)


def prepare():
    """Makes the package dlc importable, and caches nothing."""
    import logging
    import warnings

    warnings.filterwarnings("ignore")
    logging.disable(logging.WARNING)
    sys.path.insert(0, str(common.ROOT / "python"))
    os.environ.setdefault("DLC_BUILD", str(common.ROOT / "build"))
    os.environ["DLC_CACHE_SIZE"] = "0"


def read_outcome(fields):
    """A result, or what is around results, from JSON."""
    return Result(**fields) if "processors" in fields else fields


def main(argv):
    parser = argparse.ArgumentParser(prog="scripts/conformance torch-models", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="", metavar="REGEX", help="models whose name matches")
    parser.add_argument("--timeout", type=int, default=600, help="seconds for a model")
    parser.add_argument("--json", metavar="FILE", type=pathlib.Path, help="keep the outcomes there")
    parser.add_argument("--resume", action="store_true", help="go on after the outcomes in FILE")
    parser.add_argument("--write", action="store_true", help=f"write {REPORT.name}")
    options = parser.parse_args(argv)
    if options.resume and not options.json:
        parser.error("--resume goes with --json FILE")
    prepare()
    import importlib.util

    from models import GENERATORS, MODELS, TRAINED

    runs = [(model, run) for models, run in ((MODELS, run_model), (GENERATORS, run_generator),
                                             (TRAINED, run_trained)) for model in models]
    outcomes = {}
    if options.resume and options.json.exists():
        outcomes = json.loads(options.json.read_text(), object_hook=read_outcome)
    for model, run in runs:
        if not re.search(options.only, model.name) or model.name in outcomes:
            continue
        missing = [p for p in model.packages if importlib.util.find_spec(p) is None]
        outcomes[model.name] = ("skip", f"the package {missing[0]} isn't installed") if missing \
            else in_process(run, model, options.timeout)
        say(model.name, *outcomes[model.name])
        if options.json:
            options.json.write_text(json.dumps(outcomes, indent=1, default=dataclasses.asdict))
    if options.write:
        write_page({model.name: outcomes[model.name] for model, _ in runs if model.name in outcomes})
    count = [word for word, _ in outcomes.values()].count
    common.print_summary(count("pass"), count("FAIL"), count("skip"))
    return 1 if count("FAIL") else 0
