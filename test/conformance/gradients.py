# Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Derivatives of PyTorch's OpInfo database, compiled, against torch.autograd.

Of each entry of op_db that supports autograd, on all its sample inputs: gradients
(`vjp`), directional derivatives (`jvp`, where autograd has forward mode), and gradients
of gradients (`second`, where autograd has them), by random directions. Samples are put
together and results judged as by the suite `torch`.
"""

import argparse

from conformance import common
from conformance import torch as opinfo

KINDS = ("vjp", "jvp", "second")
#: What autograd says where a derivative that an entry promises is missing.
NOT_TORCH = "is not implemented"
REPORT = common.ROOT / "docs" / "conformance" / "gradients.md"


class Batch(opinfo.Batch):
    """Some samples of an op as one function of the tensors that have gradients."""

    def __init__(self, torch, op, samples):
        super().__init__(torch, op, samples)
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
        """What autograd gives."""
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
        gradients = [g if g.requires_grad else g + 0 * sum(c.real.sum() for c in cotangents)
                     for g in gradients]
        return list(self.vjp([*xs, *cotangents], gradients, self.directions(gradients, 2)))

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


def run_kind(torch, kind, batches):
    """Samples passed, of how many, and a message."""
    import dlc

    passed, total, message = 0, 0, ""
    for begin, batch in batches:
        count = len(batch.samples)
        try:
            expected = batch.expected(kind)
        except RuntimeError as error:
            if NOT_TORCH not in str(error):
                raise
            continue
        total += count
        try:
            got = batch.compiled(kind)
        except dlc.DlcError as error:
            message = message or str(error)
            continue
        wrong = opinfo.check(torch, got, expected)
        if wrong:
            wrong = opinfo.check(torch, got, expected, batch.in_float64().expected(kind))
        if wrong:
            message = message or f"samples {begin}…: {wrong}"
            continue
        passed += count
    return passed, total, message


def run_entry(entry, options):
    """All kinds of one entry: status, kinds passed, kinds, message; details by kind."""
    import torch

    torch.set_num_threads(1)
    torch.manual_seed(0)
    samples = list(entry.sample_inputs("cpu", getattr(torch, options.dtype), requires_grad=True))
    if options.samples:
        samples = samples[:options.samples]
    samples = [s for s in samples if not opinfo.is_random(torch, entry, s)]
    batches = [(begin, Batch(torch, entry, samples[begin:begin + opinfo.BATCH]))
               for begin in range(0, len(samples), opinfo.BATCH)]
    batches = [(begin, b) for begin, b in batches if b.wanted and b.has_results()]
    results, messages = {}, []
    for kind in options.kinds:
        if not supports(entry, kind):
            continue
        passed, total, message = run_kind(torch, kind, batches)
        if total:
            results[kind] = (passed, total, message)
            if message:
                messages.append(f"{kind}: {message}")
    if not results:
        return "skipped", 0, 0, "has no samples with gradients", results
    good = sum(passed == total for passed, total, _ in results.values())
    status = "passed" if good == len(results) else "failed"
    return status, good, len(results), "; ".join(messages), results


def write_report(options, results, skipped):
    lines = ["# Derivatives of PyTorch's OpInfo", "",
             f"`scripts/conformance gradients --dtype {options.dtype} --write`: derivatives of each "
             "entry of PyTorch's `op_db`,", "compiled, compared with torch.autograd over all samples.",
             ""]
    # An entry that ended the process has no details.
    details = {name: (*r, {})[5] for name, r in results.items()}
    for kind in options.kinds:
        outcomes = [d[kind] for d in details.values() if kind in d]
        good = sum(passed == total for passed, total, _ in outcomes)
        lines.append(f"- {kind}: {good} of {len(outcomes)} entries")
    lines += ["", "| entry | " + " | ".join(options.kinds) + " | why not |",
              "|---|" + "---|" * (len(options.kinds) + 1)]
    for name in sorted(results):
        cells = ["{}/{}".format(*details[name][k]) if k in details[name] else ""
                 for k in options.kinds]
        lines.append(f"| {name} | " + " | ".join(cells) + f" | {opinfo.shorten(results[name][3])} |")
    lines += ["", "Out of scope:", ""] + [f"- {n}: {r}" for n, r in sorted(skipped.items())]
    REPORT.write_text("\n".join(lines) + "\n")


def main(argv):
    parser = argparse.ArgumentParser(prog="scripts/conformance gradients", description=__doc__)
    opinfo.add_arguments(parser, REPORT)
    parser.add_argument("--kinds", nargs="+", choices=KINDS, default=list(KINDS))
    options = parser.parse_args(argv)
    if not common.require_packages(opinfo.PACKAGES, options.optional, options.sample or 0):
        return 0
    options.run_entry = run_entry
    options.accepts = lambda entry: entry.supports_autograd
    return opinfo.run_suite(options, write_report)
