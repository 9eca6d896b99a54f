# Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Derivatives of PyTorch's OpInfo database, compiled, against torch.autograd.

Of each entry of op_db that supports autograd, on all its sample inputs: gradients
(`vjp`), directional derivatives (`jvp`, where autograd has forward mode), and gradients
of gradients (`second`, where autograd has them), by random directions. Samples are put
together and results judged as by the suite `torch`. What is differentiated is what
PyTorch's own tests differentiate: an entry that reads half of a matrix, say, of the
symmetric part of its argument (`gradcheck_wrapper`).
"""

import argparse
import functools
import pathlib

from conformance import common
from conformance import torch as opinfo

KINDS = ("vjp", "jvp", "second")
#: What autograd says where a derivative that an entry promises is missing.
NOT_TORCH = ("is not implemented", "don't support automatic differentiation",
             "Expected a proper Tensor but got None")
REPORT = common.ROOT / "docs" / "conformance" / "gradients.md"
#: Entries that fail, each with the reason.
KNOWN = pathlib.Path(__file__).resolve().parent / "known_failures" / "gradients.txt"

#: Entries of which nothing can be compared.
LEFT_OUT = {
    "as_strided.partial_views": "reads behind the tensors that the suite copies",
    "as_strided_scatter": "PyTorch's gradients fail its own gradcheck where all is overwritten",
}


def writes_repeatedly(torch, entry, sample):
    """Whether a sample of max_unpool writes an element several times: PyTorch gives each
    of them the gradient, though only the last one stays, and fails its own gradcheck."""
    if not entry.name.startswith("nn.functional.max_unpool"):
        return False
    spatial = int(entry.name[-2])
    planes = sample.args[0].flatten(-spatial)
    return any(len(set(plane)) < len(plane) for plane in
               planes.reshape(-1, planes.shape[-1]).tolist())


class Batch(opinfo.Batch):
    """Some samples of an op as one function of the tensors that have gradients."""

    def __init__(self, torch, op, samples):
        super().__init__(torch, op, samples)
        self.op = functools.partial(op.gradcheck_wrapper, op.op)
        self.supports_second = op.supports_gradgrad
        given = [leaf for sample in samples for leaf in
                 self.pytree.tree_leaves((sample.input, sample.args, sample.kwargs))
                 if isinstance(leaf, torch.Tensor)]
        self.wanted = [i for i, leaf in enumerate(given) if leaf.requires_grad]
        self.kept = self.like = self.trace = None

    def function(self, *tensors):
        """The results that have gradients, as a tuple."""
        whole = list(self.tensors)
        for place, tensor in zip(self.wanted, tensors):
            whole[place] = tensor
        results = opinfo.flat(self.torch, list(self.results(whole)), [])
        if self.kept is None:
            self.kept = [i for i, result in enumerate(results) if result.requires_grad]
            self.like = [results[i].detach() for i in self.kept]
        return tuple(results[i] for i in self.kept)

    def point(self):
        return [self.tensors[i].clone().requires_grad_() for i in self.wanted]

    def has_results(self):
        """Whether a result has a gradient."""
        self.function(*self.point())
        return bool(self.kept)

    def directions(self, like, seed):
        """Normal numbers of the tensors' shapes, the same for every element type."""
        generator = self.torch.Generator().manual_seed(seed)

        def draw(shape):
            return self.torch.randn(shape, generator=generator, dtype=self.torch.float64)

        return tuple((self.torch.complex(draw(t.shape), draw(t.shape)) if t.is_complex()
                      else draw(t.shape)).to(t.dtype) for t in like)

    def vjp(self, xs, ys, cotangents, **options):
        return self.torch.autograd.grad(ys, xs, cotangents, allow_unused=True,
                                        materialize_grads=True, **options)

    def expected(self, kind):
        """What autograd gives; None where it gives no derivative of a gradient that has one."""
        torch, xs = self.torch, self.point()
        if kind == "jvp":
            with torch.autograd.forward_ad.dual_level():
                duals = [torch.autograd.forward_ad.make_dual(x.detach(), t)
                         for x, t in zip(xs, self.directions(xs, 1))]
                pairs = [torch.autograd.forward_ad.unpack_dual(y) for y in self.function(*duals)]
            return [torch.zeros_like(p.primal) if p.tangent is None else p.tangent for p in pairs]
        ys = self.function(*xs)
        cotangents = self.directions(ys, 1)
        if kind == "vjp":
            return list(self.vjp(xs, ys, cotangents))
        cotangents = [c.requires_grad_() for c in cotangents]
        gradients = self.vjp(xs, ys, cotangents, create_graph=True)
        # A gradient is linear in its cotangents: what doesn't depend on them is 0.
        if any(not g.requires_grad and g.any() for g in gradients):
            return None
        gradients = [g if g.requires_grad else g + 0 * sum(c.real.sum() for c in cotangents)
                     for g in gradients]
        return list(self.vjp([*xs, *cotangents], gradients, self.directions(gradients, 2)))

    def narrowed(self, results):
        """Results in the element type of the narrowest of the inputs: a sample in float64 may
        have weights in float32, of which sums are as exact as those are."""
        floats = [t.dtype for t in self.tensors if t.is_floating_point()]
        narrowest = min(floats, key=lambda t: self.torch.finfo(t).bits, default=None)
        return [r.to(narrowest) if narrowest and r.is_floating_point() else r for r in results]

    def transposed(self):
        """Directional derivatives as autograd gives them in reverse mode: the gradient is
        linear in its cotangents, and its own gradient by them is the directional derivative."""
        xs = self.point()
        ys = self.function(*xs)
        cotangents = [c.requires_grad_() for c in self.directions(ys, 1)]
        gradients = self.vjp(xs, ys, cotangents, create_graph=True)
        return list(self.vjp(cotangents, gradients, self.directions(xs, 1)))

    def compiled(self, kind):
        """What dlc gives; `has_results` was asked before."""
        import dlc

        xs, ys = tuple(x.detach() for x in self.point()), self.like
        if self.trace is None:  # one record for all kinds
            self.trace = dlc.trace(self.function, *xs)
        if kind == "jvp":
            return list(dlc.directional(self.trace)(xs, self.directions(xs, 1))[1])
        gradient = dlc.pullback(self.trace)
        cotangents = self.directions(ys, 1)
        if kind == "vjp":
            return list(gradient(xs, cotangents)[1])
        # Of the gradients alone: what else the inner call returns has cotangent 0.
        second = dlc.pullback(gradient)
        inner = tuple(self.torch.zeros_like(y) for y in ys), self.directions(xs, 2)
        (primals, directions) = second((xs, cotangents), inner)[1]
        return [*primals, *directions]


def supports(entry, kind):
    if kind == "jvp":
        return entry.supports_forward_ad
    return entry.supports_gradgrad if kind == "second" else True


def judge(torch, kind, batch):
    """What is wrong with the results of a batch, or None; False where autograd has none."""
    import dlc

    try:
        expected = batch.expected(kind)
    except RuntimeError as error:
        if not any(text in str(error) for text in NOT_TORCH):
            raise
        return False
    if expected is None:
        return False
    try:
        got = batch.compiled(kind)
    except dlc.DlcError as error:
        return str(error)
    wrong = opinfo.check(torch, got, expected)
    wrong = wrong and opinfo.check(torch, got, expected, batch.in_float64().expected(kind))
    if wrong and [g.dtype for g in got] == [e.dtype for e in expected]:
        wrong = opinfo.check(torch, batch.narrowed(got), batch.narrowed(expected)) and wrong
    # Forward mode has formulas of its own, some of them less exact.
    if wrong and kind == "jvp" and batch.supports_second:
        return opinfo.check(torch, got, batch.transposed()) and wrong
    return wrong


def run_kind(torch, entry, kind, batches):
    """Samples passed, of how many, and a message. Of a batch that isn't right, each sample
    is tried alone."""
    passed, total, message = 0, 0, ""
    for numbers, samples, batch in batches:
        wrong = judge(torch, kind, batch)
        if wrong is None:
            passed, total = passed + len(samples), total + len(samples)
            continue
        for number, sample in zip(numbers, samples):
            alone = Batch(torch, entry, [sample])
            if not alone.wanted or not alone.has_results():
                continue
            wrong = judge(torch, kind, alone)
            total += wrong is not False
            passed += wrong is None
            if wrong:
                message = message or f"sample {number}: {wrong}"
    return passed, total, message


def run_entry(entry, options):
    """All kinds of one entry: status, kinds passed, kinds, message; details by kind."""
    import torch

    if opinfo.entry_name(entry) in LEFT_OUT:
        return "skipped", 0, 0, LEFT_OUT[opinfo.entry_name(entry)], {}
    torch.set_num_threads(1)
    torch.manual_seed(0)
    samples = list(entry.sample_inputs("cpu", getattr(torch, options.dtype), requires_grad=True))
    if options.samples:
        samples = samples[:options.samples]
    samples = [(i, s) for i, s in enumerate(samples) if not opinfo.is_random(torch, entry, s)
               and not writes_repeatedly(torch, entry, s)]
    batches = []
    for begin in range(0, len(samples), opinfo.BATCH):
        numbers, group = zip(*samples[begin:begin + opinfo.BATCH])
        batch = Batch(torch, entry, group)
        if batch.wanted and batch.has_results():
            batches.append((numbers, group, batch))
    results, messages = {}, []
    for kind in options.kinds:
        if not supports(entry, kind):
            continue
        passed, total, message = run_kind(torch, entry, kind, batches)
        if total:
            results[kind] = (passed, total, message)
            if message:
                messages.append(f"{kind}: {message}")
    if not results:
        return "skipped", 0, 0, "has no samples with gradients", results
    good = sum(passed == total for passed, total, _ in results.values())
    status = "passed" if good == len(results) else "failed"
    return status, good, len(results), "; ".join(messages), results


def known_failures():
    """The reasons by the entries' names."""
    return dict(line.split(": ", 1) for line in KNOWN.read_text().splitlines())


def counted(entry, outcome, kind):
    """Samples passed and samples of a kind, or None where there are none; an entry that
    ended the process has failed in all it promises."""
    details = (*outcome, None)[5]
    if details is None:
        return (0, 0) if supports(entry, kind) else None
    return details[kind][:2] if kind in details else None


def write_report(options, results, skipped):
    """`results` and `skipped` are by element type."""
    kinds, ops = options.kinds, options.ops
    lines = ["# Derivatives of PyTorch's OpInfo", "",
             f"`scripts/conformance gradients --dtype {' '.join(results)} --write`: derivatives "
             "of each entry of PyTorch's", "`op_db` that supports autograd, compiled, compared with "
             "torch.autograd over all samples:", "gradients (vjp), directional derivatives (jvp) and "
             "gradients of gradients (second).", "See [testing.md](../testing.md#gradients).", "",
             "| entries right | " + " | ".join(kinds) + " |", "|---|" + "---|" * len(kinds)]
    for dtype, outcomes in results.items():
        cells = []
        for kind in kinds:
            found = [counted(ops[name], r, kind) for name, r in outcomes.items()]
            found = [f for f in found if f]
            cells.append(f"{sum(p == n > 0 for p, n in found)} of {len(found)}")
        lines.append(f"| {dtype} | " + " | ".join(cells) + " |")
    columns = [(dtype, kind) for dtype in results for kind in kinds]
    lines += ["", "Whether all samples are right, or how many:", "",
              "| entry | " + " | ".join(f"{d} {k}" for d, k in columns) + " | why not |",
              "|---|" + "---|" * (len(columns) + 1)]
    reasons = known_failures()
    for name in sorted(set().union(*results.values())):
        cells, why = [], ""
        for dtype, kind in columns:
            outcome = results[dtype].get(name)
            found = outcome and counted(ops[name], outcome, kind)
            cells.append("" if not found else "all" if found[0] == found[1] > 0
                         else "{}/{}".format(*found))
            if outcome and outcome[0] != "passed":
                why = why or reasons.get(name) or opinfo.shorten(outcome[3])
        lines.append(f"| {name} | " + " | ".join(cells) + f" | {why} |")
    left = {}
    for each in skipped.values():
        left.update(each)
    lines += ["", "Out of scope:", ""] + [f"- {n}: {r}" for n, r in sorted(left.items())]
    REPORT.write_text("\n".join(lines) + "\n")


def main(argv):
    parser = argparse.ArgumentParser(prog="scripts/conformance gradients", description=__doc__)
    opinfo.add_arguments(parser, REPORT)
    parser.add_argument("--kinds", nargs="+", choices=KINDS, default=list(KINDS))
    parser.add_argument("--known", action="store_true",
                        help=f"leave out the entries of known_failures/{KNOWN.name}")
    options = opinfo.parse(parser, argv)
    if not common.require_packages(opinfo.PACKAGES, options.optional, options.sample or 0):
        return 0
    from torch.testing._internal.common_methods_invocations import op_db

    known = known_failures() if options.known else {}
    options.ops = {opinfo.entry_name(op): op for op in op_db}
    options.run_entry = run_entry
    options.accepts = lambda op: op.supports_autograd and opinfo.entry_name(op) not in known
    return opinfo.run_suite(options, write_report)
