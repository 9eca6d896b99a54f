# Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""PyTorch's OpInfo database through trace, dl and compiled code, against eager.

Each entry of torch.testing's op_db is run on all its sample inputs. Many samples
are one program, which is traced and compiled once: an entry passes if every
result of every sample is right. Samples whose results are random are left out.
A result is right if it equals eager's by assert_close's tolerances; or if it is
as near as eager's to the result computed in float64: at most twice as far off
in the root of the mean square, and its largest error at most four times eager's.
"""

import argparse
import copy
import json
import multiprocessing
import os
import pathlib
import re
import signal
import sys
import tempfile
import time
import traceback
import unittest.mock

from conformance import common

PACKAGES = {"torch": "torch==2.13.0", "numpy": "numpy", "expecttest": "expecttest", "scipy": "scipy"}
REPORT = common.ROOT / "docs" / "conformance" / "torch.md"
#: Entries that fail in float32; docs/testing.md says why.
KNOWN = pathlib.Path(__file__).resolve().parent / "known_failures" / "torch.txt"

#: Samples in one program.
BATCH = 24

#: What can't be the same, by the entry's name.
OUT_OF_SCOPE = [
    (r"^(normal|uniform|bernoulli|multinomial|rand|randn|randint|rand_like|randn_like|"
     r"randint_like|cauchy|exponential|geometric|log_normal|nn\.functional\.(dropout\d?d?|"
     r"alpha_dropout|feature_alpha_dropout.*|fractional_max_pool.*|rrelu)|"
     r"nn\.functional\.dropout[23]d|pca_lowrank|svd_lowrank)$",
     "gives random numbers"),
    (r"^(empty|empty_like|new_empty|new_empty_strided|empty_strided|empty_permuted)$",
     "gives elements that aren't defined"),
    (r"^jiterator_", "runs on GPUs only"),
    (r"^(sparse\..*|to_sparse|torch\.ops\.aten\._sparse.*)$", "is about sparse tensors"),
]


#: Where elements are equal, which index comes first isn't determined: what the indices pick
#: is compared, and that none comes twice. The place of the indices among the results, and of
#: `dim` among the arguments.
INDICES_OF_EQUALS = {"sort": (1, 0), "argsort": (0, 0), "mode": (1, 0), "topk": (1, 1),
                     "kthvalue": (1, 1)}


#: What is determined up to signs only: their samples say what of it is compared.
UP_TO_SIGNS = {"svd", "linalg.svd", "linalg.eigh", "linalg.eig"}


def flat(torch, value, out):
    """The tensors of a result, in order."""
    import torch.utils._pytree as pytree

    for leaf in pytree.tree_leaves(value):
        if isinstance(leaf, (bool, int, float)):
            leaf = torch.tensor(leaf)
        if isinstance(leaf, (torch.Tensor, torch.SymBool, torch.SymInt, torch.SymFloat)):
            out.append(leaf)
    return out


class Batch:
    """Some samples of an op as one function of all their tensors."""

    def __init__(self, torch, op, samples):
        import torch.utils._pytree as pytree

        self.torch, self.op, self.pytree, self.name = torch, op.op, pytree, op.name
        self.is_up_to_signs = op.name in UP_TO_SIGNS
        self.samples, self.tensors = [], []
        for sample in samples:
            leaves, spec = pytree.tree_flatten((sample.input, sample.args, sample.kwargs))
            places = []
            for i, leaf in enumerate(leaves):
                if isinstance(leaf, torch.Tensor):
                    places.append(i)
                    self.tensors.append(leaf.detach())
                    leaves[i] = None
            normalize = sample.output_process_fn_grad if self.is_up_to_signs else None
            self.samples.append((leaves, places, spec, normalize))

    def results(self, tensors):
        tensors = iter(tensors)
        for leaves, places, spec, normalize in self.samples:
            leaves = list(leaves)
            for place in places:
                leaf = next(tensors)
                # In-place ops change a copy of their own.
                leaves[place] = leaf.clone()
            value, args, kwargs = self.pytree.tree_unflatten(leaves, spec)
            result = self.op(value, *args, **kwargs)
            if self.name in INDICES_OF_EQUALS:
                result = self.picked(value, args, kwargs, result)
            yield normalize(result) if normalize else result

    def picked(self, value, args, kwargs, result):
        """The result with what its indices pick instead of these."""
        place, argument = INDICES_OF_EQUALS[self.name]
        results = list(result) if isinstance(result, tuple) else [result]
        if kwargs.get("stable"):
            return result
        indices = results[place]
        dim = kwargs.get("dim", args[argument] if len(args) > argument else -1)
        if indices.dim() < value.dim():
            results[place] = value.take_along_dim(indices.unsqueeze(dim), dim)
            return results
        if value.dim():
            results[place] = value.take_along_dim(indices, dim)
            results.append(indices.sort(dim=dim, stable=True).values.diff(dim=dim) > 0)
        return results

    def run(self, *tensors):
        return [flat(self.torch, result, []) for result in self.results(tensors)]

    def in_float64(self):
        """The same samples with every floating-point argument in float64, every complex one
        in complex128."""
        def widen(leaf):
            if isinstance(leaf, torch.dtype):
                return wider(leaf)
            return leaf.to(wider(leaf.dtype)) if isinstance(leaf, torch.Tensor) else leaf

        def wider(dtype):
            return (torch.float64 if dtype.is_floating_point else
                    torch.complex128 if dtype.is_complex else dtype)

        torch, wide = self.torch, copy.copy(self)
        wide.tensors = [widen(t) for t in self.tensors]
        wide.samples = [([widen(l) for l in leaves], *rest) for leaves, *rest in self.samples]
        return wide


def as_module(torch, function):
    """A module whose forward is the function."""
    class Function(torch.nn.Module):
        def forward(self, *tensors):
            return function(*tensors)

    return Function()


def tolerances(torch, dtype):
    """What assert_close demands of this element type."""
    table = {torch.float32: (1e-5, 1.3e-6), torch.float64: (1e-7, 1e-7),
             torch.float16: (1e-3, 1e-3), torch.bfloat16: (1e-2, 1.6e-2),
             torch.complex32: (1e-3, 1e-3), torch.complex64: (1e-5, 1.3e-6),
             torch.complex128: (1e-7, 1e-7)}
    atol, rtol = table.get(dtype, (0.0, 0.0))
    return {"atol": atol, "rtol": rtol}


def parts(torch, tensor):
    """A complex tensor as a real one."""
    return torch.view_as_real(tensor.resolve_conj()) if tensor.is_complex() else tensor


def is_as_good(torch, got, expected, exact):
    """Whether a result is about as near as eager's to what float64 gives."""
    got, expected, exact = (parts(torch, t) for t in (got, expected, exact))
    if not got.is_floating_point() or exact.dtype != torch.float64 or exact.shape != got.shape:
        return False
    finite = expected.isfinite() & exact.isfinite()
    # Elsewhere it is what eager has, or what eager's number is too large for.
    same = (got == expected) | (got.isnan() & expected.isnan())
    near = torch.isclose(got.double(), exact.to(got.dtype).double(), atol=0.0,
                         rtol=16 * torch.finfo(got.dtype).eps)
    if not (finite | same | near).all():
        return False
    if not finite.any():
        return True
    errors = [(each.double() - exact)[finite].abs() for each in (got, expected)]
    return bool(errors[0].max() <= 4 * errors[1].max()
                and errors[0].square().mean() <= 4 * errors[1].square().mean())


def check(torch, got, expected, exact=None):
    """A sentence if the results differ. `exact` has the same results in float64."""
    if len(got) != len(expected):
        return f"{len(got)} results instead of {len(expected)}"
    for i, (g, e) in enumerate(zip(got, expected)):
        if g.dtype != e.dtype or g.shape != e.shape:
            return f"result {i} is {g.dtype}{list(g.shape)}, not {e.dtype}{list(e.shape)}"
        try:
            torch.testing.assert_close(g, e.detach(), equal_nan=True, **tolerances(torch, e.dtype))
        except AssertionError as error:
            if exact is not None and is_as_good(torch, g, e, exact[i]):
                continue
            lines = [l.strip() for l in str(error).splitlines() if l.strip()]
            return f"result {i}: " + "; ".join(lines[:4])[:300]
    return None


def is_random(torch, op, sample):
    """Whether a sample's result follows the generator's seed."""
    batch, results, set_seed = Batch(torch, op, [sample]), [], torch.manual_seed
    for seed in (1, 2):
        set_seed(seed)
        # Some entries set a seed of their own before every call.
        with unittest.mock.patch.object(torch, "manual_seed", lambda _: set_seed(seed)):
            results.append(batch.run(*batch.tensors)[0])
    return any(a.shape != b.shape or not torch.equal(parts(torch, a).nan_to_num(),
                                                     parts(torch, b).nan_to_num())
               for a, b in zip(*results))


def float64_results(torch, batch, expected):
    """The batch's results in float64, or None where the op can't be run so."""
    wide, default = batch.in_float64(), torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)  # what integers become
    try:
        results = flat(torch, wide.run(*(t.clone() for t in wide.tensors)), [])
    except RuntimeError:
        return None
    finally:
        torch.set_default_dtype(default)
    return results if len(results) == len(expected) else None


def run_entry(entry, options):
    """All samples of one entry: status, samples passed, samples, message."""
    import torch

    import dlc

    torch.set_num_threads(1)
    op, dtype = entry, getattr(torch, options.dtype)
    torch.manual_seed(0)
    samples = list(op.sample_inputs("cpu", dtype, requires_grad=False))
    if options.samples:
        samples = samples[:options.samples]
    fixed = [sample for sample in samples if not is_random(torch, op, sample)]
    if not fixed:
        reason = "gives random numbers" if samples else "has no samples"
        return "skipped", 0, len(samples), reason
    samples = fixed
    passed, message = 0, ""
    for begin in range(0, len(samples), BATCH):
        group = samples[begin:begin + BATCH]
        batch = Batch(torch, op, group)
        clones = [t.clone() for t in batch.tensors]
        expected = batch.run(*clones)
        sizes = [len(r) for r in expected]
        try:
            compiled = dlc.compile(batch.run, *batch.tensors)
            got = flat(torch, compiled(*batch.tensors), [])
        except dlc.DlcError as error:
            message = message or str(error)
            if options.keep_going:
                continue
            break
        flat_expected = flat(torch, expected, [])
        wrong = check(torch, got, flat_expected)
        if wrong:
            exact = float64_results(torch, batch, flat_expected)
            wrong = check(torch, got, flat_expected, exact)
        if wrong:
            at, place = 0, 0
            for at, size in enumerate(sizes):
                part = slice(place, place + size)
                if check(torch, got[part], flat_expected[part], exact and exact[part]):
                    break
                place += size
            message = message or f"sample {begin + at}: {wrong}"
            if options.keep_going:
                continue
            break
        passed += len(group)
    return ("passed" if passed == len(samples) else "failed"), passed, len(samples), message


def entry_name(op):
    return op.name + ("." + op.variant_test_name if op.variant_test_name else "")


def worker(connection, options):
    """A process that runs entries one after the other."""
    import logging
    import warnings

    warnings.filterwarnings("ignore")
    logging.disable(logging.WARNING)
    sys.path.insert(0, str(common.ROOT / "python"))
    os.environ.setdefault("DLC_BUILD", str(common.ROOT / "build"))
    os.environ["DLC_CACHE_SIZE"] = "0"
    # Nobody else's: what is to be kept for no time is gone as soon as another trims.
    os.environ["DLC_CACHE_DIR"] = os.path.join(options.folder, str(os.getpid()))
    import torch  # noqa: F401
    from torch.testing._internal.common_methods_invocations import op_db

    ops = {entry_name(op): op for op in op_db}
    connection.send("ready")
    while True:
        name = connection.recv()
        if name is None:
            return
        begin = time.monotonic()
        try:
            result = options.run_entry(ops[name], options)
        except BaseException as error:
            lines = traceback.format_exception_only(type(error), error)
            result = ("failed", 0, 0, "the suite: " + lines[-1].strip()[:400])
        connection.send((*result[:4], time.monotonic() - begin, *result[4:]))


class Worker:
    def __init__(self, options):
        self.options = options
        self.start()

    def start(self):
        context = multiprocessing.get_context("fork")
        self.connection, theirs = context.Pipe()
        self.process = context.Process(target=worker, args=(theirs, self.options), daemon=True)
        self.process.start()
        theirs.close()
        self.name, self.begin, self.is_ready = None, time.monotonic(), False

    def give(self, name):
        self.name, self.begin = name, time.monotonic()
        self.connection.send(name)

    def poll(self):
        """An outcome if the entry is done, crashed, or out of time."""
        if not self.is_ready:
            if self.connection.poll():
                self.connection.recv()
                self.is_ready = True
            return None
        if self.name is None:
            return None
        try:
            if self.connection.poll():
                return self.connection.recv()
        except EOFError:
            pass
        if not self.process.is_alive():
            self.process.join()
            code = self.process.exitcode
            what = signal.Signals(-code).name if code and code < 0 else f"exit status {code}"
            return ("failed", 0, 0, f"crash: {what}", time.monotonic() - self.begin)
        if time.monotonic() - self.begin > self.options.timeout:
            self.process.kill()
            self.process.join()
            return ("failed", 0, 0, f"no result after {self.options.timeout} s",
                    float(self.options.timeout))
        return None


def list_entries(options):
    """The names of the entries that support the element type, and the skipped ones."""
    import torch
    from torch.testing._internal.common_methods_invocations import op_db

    dtype = getattr(torch, options.dtype)
    names, skipped = [], {}
    for op in op_db:
        if dtype not in op.supported_dtypes("cpu") or not options.accepts(op):
            continue
        name = entry_name(op)
        if options.only and not re.search(options.only, name):
            continue
        reason = next((r for p, r in OUT_OF_SCOPE if re.search(p, op.name)), None)
        if reason:
            skipped[name] = reason
        else:
            names.append(name)
    names = list(dict.fromkeys(names))
    if options.sample:
        step = max(len(names) / options.sample, 1)
        names = [names[int(i * step)] for i in range(min(options.sample, len(names)))]
    return names, skipped


def run_all(names, options, results, keep):
    """Adds the outcomes of the entries to `results`; `keep` is called after each."""
    workers = [Worker(options) for _ in range(min(options.jobs, max(len(names), 1)))]
    waiting, wanted = list(reversed(names)), len(results) + len(names)
    while len(results) < wanted:
        for each in workers:
            outcome = each.poll()
            if outcome:
                results[each.name] = outcome
                keep()
                status, passed, total, message, seconds = outcome[:5]
                if options.verbose or status == "failed":
                    print(f"{status.upper():7} {each.name} ({passed}/{total} samples, "
                          f"{seconds:.1f} s) {message.splitlines()[0] if message else ''}",
                          flush=True)
                each.name = None
                if not each.process.is_alive():
                    each.start()
            if each.is_ready and each.name is None and waiting:
                each.give(waiting.pop())
        time.sleep(0.01)
    for each in workers:
        each.process.kill()


def shorten(message):
    """A message without what differs from machine to machine."""
    message = re.sub(r'"?(/[\w.+-]+)+/', "", message.splitlines()[0] if message else "")
    return message.replace("|", "\\|")[:160]


def outcomes_of(name, results, skipped):
    """What the table says of an entry for each element type, and the first failure."""
    cells, why = [], ""
    for dtype, outcomes in results.items():
        if name in outcomes:
            status, passed, total, message = outcomes[name][:4]
            cells.append("all" if status == "passed" else f"{passed}/{total}")
            if status != "passed":
                why = why or f"{dtype}: {shorten(message)}"
        else:
            cells.append("skipped" if name in skipped[dtype] else "")
    return cells, why


def write_report(options, results, skipped):
    """`results` and `skipped` are by element type."""
    lines = ["# PyTorch OpInfo", "",
             f"`scripts/conformance torch --dtype {' '.join(results)} --write`: each entry of "
             "PyTorch's `op_db` on", "all its samples of each element type, traced, compiled and "
             "compared with eager.", "",
             "An entry passes if every result is right: within `assert_close`'s tolerances of "
             "eager's, or", "about as near as eager's to what float64 gives (see "
             "[testing.md](../testing.md#torch)).", "",
             "| element type | entries | passed | samples | passed | out of scope |",
             "|---|---:|---:|---:|---:|---:|"]
    for dtype, outcomes in results.items():
        good = sum(r[0] == "passed" for r in outcomes.values())
        passed, total = (sum(r[i] for r in outcomes.values()) for i in (1, 2))
        lines.append(f"| {dtype} | {len(outcomes)} | {good} | {total} | {passed} | "
                     f"{len(skipped[dtype])} |")
    lines += ["", "Whether all samples are right, or how many:", "",
              "| entry | " + " | ".join(results) + " | why not |", "|---|" + "---|" * (len(results) + 1)]
    reasons = {name: reason for each in skipped.values() for name, reason in each.items()}
    for name in sorted(reasons.keys() | set().union(*results.values())):
        cells, why = outcomes_of(name, results, skipped)
        lines.append(f"| {name} | " + " | ".join(cells) + f" | {why or reasons.get(name, '')} |")
    REPORT.write_text("\n".join(lines) + "\n")


def add_arguments(parser, report):
    parser.add_argument("--only", metavar="REGEX", help="entries whose name matches")
    parser.add_argument("--sample", type=int, metavar="N", help="N entries, evenly spread")
    parser.add_argument("--samples", type=int, metavar="N", help="the first N samples of each")
    parser.add_argument("--dtype", nargs="+", default=["float32"], help="element types, one after "
                        "the other")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--timeout", type=int, default=300, help="seconds for an entry")
    parser.add_argument("--optional", action="store_true",
                        help="skip the suite where PyTorch can't be installed")
    parser.add_argument("--list", action="store_true", help="only list the entries")
    parser.add_argument("--verbose", action="store_true")
    parser.add_argument("--write", action="store_true", help=f"write {report.name}")
    parser.add_argument("--json", metavar="FILE", type=pathlib.Path, help="keep the outcomes there")
    parser.add_argument("--resume", action="store_true", help="go on after the outcomes in FILE")


def parse(parser, argv):
    options = parser.parse_args(argv)
    if options.resume and not options.json:
        parser.error("--resume goes with --json FILE")
    return options


def run_suite(options, write_report):
    """Runs, for each element type, the entries that `options.accepts`, each by
    `options.run_entry`: the exit status."""
    results, skipped, dtypes = {}, {}, options.dtype
    if options.resume:
        results = json.loads(options.json.read_text()) if options.json.exists() else {}

    def keep():
        if options.json:
            options.json.write_text(json.dumps(results, indent=1))

    for options.dtype in dtypes:
        names, skipped[options.dtype] = list_entries(options)
        if options.list:
            print("\n".join(names))
            continue
        found = results.setdefault(options.dtype, {})
        with tempfile.TemporaryDirectory() as options.folder:
            run_all([name for name in names if name not in found], options, found, keep)
    if options.list:
        return 0
    for dtype in dtypes:  # those that say that they are out of scope
        for name in [n for n, outcome in results[dtype].items() if outcome[0] == "skipped"]:
            skipped[dtype][name] = results[dtype].pop(name)[3]
    results = {dtype: results[dtype] for dtype in dtypes}
    if options.write:
        write_report(options, results, skipped)
    outcomes = [r for each in results.values() for r in each.values()]
    passed = sum(r[0] == "passed" for r in outcomes)
    common.print_summary(passed, len(outcomes) - passed, sum(map(len, skipped.values())))
    return 0 if passed == len(outcomes) else 1


def main(argv):
    parser = argparse.ArgumentParser(prog="scripts/conformance torch", description=__doc__)
    add_arguments(parser, REPORT)
    parser.add_argument("--keep-going", action="store_true",
                        help="go on with an entry's other samples after a failure")
    parser.add_argument("--known", action="store_true",
                        help=f"leave out the entries of known_failures/{KNOWN.name}")
    options = parse(parser, argv)
    if not common.require_packages(PACKAGES, options.optional, options.sample or 0):
        return 0
    known = set(KNOWN.read_text().split()) if options.known else set()
    options.run_entry = run_entry
    options.accepts = lambda op: entry_name(op) not in known
    return run_suite(options, write_report)
