# Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Training steps compiled by dlc against PyTorch: 100 steps from the same weights on the
same data, of small networks with every optimiser, and of ResNet-18, BERT-small and
GPT-2-small.

    scripts/conformance training [--filter REGEX] [--write]

In float32 each loss must be within 1e-3 of PyTorch's; in float64, which is tried with the
small networks, all parameters and statistics after the last step must be within 1e-8 of
PyTorch's, relative to the largest element of each. `--write` writes
docs/conformance/training.md.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import time

from . import common

REPORT = common.ROOT / "docs" / "conformance" / "training.md"
STEPS = 100

#: dlc's optimiser, PyTorch's, and the learning rate.
OPTIMIZERS = [
    ("sgd", "SGD", {}, 0.1),
    ("sgd,momentum=0.9,weight_decay=0.01", "SGD", {"momentum": 0.9, "weight_decay": 0.01}, 0.02),
    ("sgd,momentum=0.9,nesterov=true", "SGD", {"momentum": 0.9, "nesterov": True}, 0.02),
    ("sgd,momentum=0.8,dampening=0.5", "SGD", {"momentum": 0.8, "dampening": 0.5}, 0.05),
    ("adam", "Adam", {}, 0.003),
    ("adam,weight_decay=0.1,amsgrad=true", "Adam", {"weight_decay": 0.1, "amsgrad": True}, 0.003),
    ("adamw", "AdamW", {}, 0.003),
    ("adafactor", "Adafactor", {}, 0.01),
    ("adafactor,weight_decay=0.1,d=1.5", "Adafactor", {"weight_decay": 0.1, "d": 1.5}, 0.01),
    ("rmsprop", "RMSprop", {}, 0.001),
    ("rmsprop,centered=true,momentum=0.5,weight_decay=0.01", "RMSprop",
     {"centered": True, "momentum": 0.5, "weight_decay": 0.01}, 0.001),
    ("lion,weight_decay=0.1", None, {"weight_decay": 0.1}, 0.0005),
]


def make_lion(torch):
    """Lion as its paper has it (Chen et al. 2023, algorithm 2)."""
    class Lion(torch.optim.Optimizer):
        def __init__(self, parameters, lr, betas=(0.9, 0.99), weight_decay=0.0):
            super().__init__(parameters, {"lr": lr, "betas": betas, "weight_decay": weight_decay})

        @torch.no_grad()
        def step(self):
            for group in self.param_groups:
                beta1, beta2 = group["betas"]
                for p in group["params"]:
                    m = self.state[p].setdefault("m", torch.zeros_like(p))
                    update = (beta1 * m + (1 - beta1) * p.grad).sign()
                    p.sub_(group["lr"] * (update + group["weight_decay"] * p))
                    m.mul_(beta2).add_(p.grad, alpha=1 - beta2)

    return Lion


def make_networks(torch):
    """Name, module, input shape, loss, and what makes a target."""
    nn = torch.nn
    mlp = lambda: nn.Sequential(  # noqa: E731
        nn.Linear(20, 32), nn.GELU(), nn.LayerNorm(32), nn.Linear(32, 16), nn.Tanh(),
        nn.Linear(16, 5))
    convnet = lambda: nn.Sequential(  # noqa: E731
        nn.Conv2d(3, 8, 3, padding=1), nn.BatchNorm2d(8), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(8, 12, 3, stride=2, padding=1), nn.SiLU(), nn.AdaptiveAvgPool2d(1),
        nn.Flatten(), nn.Linear(12, 10))
    classes = lambda n: lambda shape: torch.randint(0, n, shape[:1])  # noqa: E731
    numbers = lambda shape: torch.randn(shape[0], 5)  # noqa: E731
    bits = lambda shape: torch.randint(0, 2, (shape[0], 5)).to(torch.get_default_dtype())  # noqa: E731
    return {"mlp, cross_entropy": (mlp, (16, 20), "cross_entropy", classes(5)),
            "mlp, mse": (mlp, (16, 20), "mse", numbers),
            "mlp, bce_with_logits": (mlp, (16, 20), "bce_with_logits", bits),
            "convnet, cross_entropy": (convnet, (16, 3, 12, 12), "cross_entropy", classes(10))}


def make_cases():
    """Name of the network, optimiser, and further settings."""
    for optimizer in OPTIMIZERS:
        yield "mlp, cross_entropy", optimizer, {}
    for optimizer in OPTIMIZERS[1], OPTIMIZERS[6]:
        for name in "mlp, mse", "mlp, bce_with_logits", "convnet, cross_entropy":
            yield name, optimizer, {}
    yield "mlp, cross_entropy", OPTIMIZERS[6], {"clip_norm": 0.5}
    yield "mlp, cross_entropy", OPTIMIZERS[1], {"clip_value": 0.01}
    yield "mlp, cross_entropy", OPTIMIZERS[6], {"accumulate": 4}


def describe(name, optimizer, settings):
    return ", ".join([name, optimizer[0]] + [f"{k}={v}" for k, v in settings.items()])


class Pair:
    """A network in dlc and in PyTorch, from the same weights."""

    def __init__(self, torch, dlc, model, example, loss, optimizer, settings, threads):
        ours, theirs, options, self.rate = optimizer
        self.torch, self.model, self.loss, self.settings = torch, model, loss, settings
        self.step = dlc.compile_training_step(model, example, loss=loss, optimizer=ours,
                                              threads=threads, **settings)
        kind = getattr(torch.optim, theirs) if theirs else make_lion(torch)
        self.optimizer = kind(model.parameters(), lr=self.rate, **options)

    def theirs(self, x, target):
        functional = self.torch.nn.functional
        loss = {"cross_entropy": functional.cross_entropy, "mse": functional.mse_loss,
                "bce_with_logits": functional.binary_cross_entropy_with_logits}[self.loss]
        self.optimizer.zero_grad()
        value = loss(self.model(x), target)
        value.backward()
        if "clip_norm" in self.settings:
            self.torch.nn.utils.clip_grad_norm_(self.model.parameters(), self.settings["clip_norm"])
        if "clip_value" in self.settings:
            self.torch.nn.utils.clip_grad_value_(self.model.parameters(),
                                                 self.settings["clip_value"])
        self.optimizer.step()
        return value.item()

    def run(self, draw):
        """The losses of both, and the largest relative difference of a tensor at the end."""
        losses = []
        for _ in range(STEPS):
            x, target = draw()
            losses.append((self.step.step(x, target, lr=self.rate), self.theirs(x, target)))
        state, apart = self.step.state, 0.0
        for name, tensor in self.model.state_dict().items():
            if name in state:
                difference = (self.torch.from_numpy(state[name].copy()) - tensor).abs().max()
                apart = max(apart, (difference / tensor.abs().max()).item())
        missing = [n for n, _ in self.model.named_parameters() if n not in state]
        if missing:
            raise RuntimeError("not trained: " + ", ".join(missing))
        return losses, apart


def compare(losses):
    """The largest relative difference; NaN, where there is one."""
    return max((abs(ours - theirs) / abs(theirs) for ours, theirs in losses),
               key=lambda difference: (difference != difference, difference))


def run_small(torch, dlc, case, dtype):
    name, optimizer, settings = case
    make, shape, loss, make_target = make_networks(torch)[name]
    torch.set_default_dtype(dtype)
    torch.manual_seed(0)
    whole = (shape[0] // settings.get("accumulate", 1), *shape[1:])
    pair = Pair(torch, dlc, make(), torch.randn(whole), loss, optimizer, settings, threads=1)
    losses, apart = pair.run(lambda: (torch.randn(shape), make_target(shape)))
    return compare(losses), apart


def run_case(torch, dlc, case):
    """The differences in float32 and float64, and a sentence if they are too large."""
    loss32, state32 = run_small(torch, dlc, case, torch.float32)
    loss64, state64 = run_small(torch, dlc, case, torch.float64)
    problem = None
    if not loss32 <= 1e-3:
        problem = f"a loss in float32 differs by {loss32:.1e}"
    elif not max(loss64, state64) <= 1e-8:
        problem = f"float64: losses differ by {loss64:.1e}, parameters by {state64:.1e}"
    return (loss32, state32, loss64, state64), problem


#: The networks of test/models/training.py that are tried, and what they learn.
LARGE = {"resnet18": "ResNet-18", "bert": "BERT-small", "gpt2": "GPT-2-small"}


def run_large_here(torch, dlc, name):
    """Trains a large network, and prints its losses."""
    from models.training import NETWORKS

    network = NETWORKS[name]
    torch.set_num_threads(2)
    torch.set_default_dtype(network.dtype)
    torch.manual_seed(0)
    draw, model = network.batches(), network.make()
    pair = Pair(torch, dlc, model.train(), draw()[0], "cross_entropy", network.optimizer, {},
                threads=2)
    print(json.dumps(pair.run(draw)))


def run_large(name):
    """The same in a process of its own."""
    done = subprocess.run([sys.executable, "-W", "ignore", sys.argv[0], "training", "--child", name],
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if done.returncode:
        raise RuntimeError(f"ended with status {done.returncode}: " +
                           (done.stderr.strip().splitlines() or ["no message"])[-1])
    losses, apart = json.loads(done.stdout.splitlines()[-1])
    difference = compare(losses)
    problem = None if difference <= 1e-3 else f"a loss differs by {difference:.1e}"
    return (losses, difference, apart), problem


def write_report(torch, small, large):
    from models.training import NETWORKS

    lines = ["# Training", "",
             "Written by `scripts/conformance training --write`: training steps compiled by dlc "
             f"against PyTorch {torch.__version__.partition('+')[0]}, {STEPS} steps from the same "
             "weights on the same random data. The differences are the largest of all steps' "
             "losses, relative, and of all parameters and batch-norm statistics after the last "
             "step, relative to the largest element of each. Allowed are 1e-3 for losses in "
             "float32, and 1e-8 in float64. Lion is compared with its paper's algorithm in "
             "PyTorch.", "",
             "| network, loss, optimiser | float32: losses | parameters | float64: losses | parameters | |",
             "|---|---:|---:|---:|---:|---|"]
    for name, figures, problem in small:
        shown = " | ".join(f"{f:.1e}" for f in figures) if figures else " | | | "
        lines.append(f"| {name} | {shown} | {problem or ''} |")
    shown = [1, 10, 25, 50, 75, STEPS]
    lines += ["", "## Loss curves", "",
              "Large networks with cross_entropy, on other data in each step: in float32, but "
              "ResNet-18, where float32's roundings grow about threefold from step to step, so that "
              "PyTorch's own losses soon leave those of float64, in float64; "
              "test/models/training.py has them. Each cell has dlc's loss and PyTorch's. A key's bias "
              "in attention has no derivative but roundings, which differ.", "",
              "| network, optimiser | " + " | ".join(f"step {n}" for n in shown) +
              " | largest difference | of parameters | |",
              "|---|" + "---:|" * (len(shown) + 2) + "---|"]
    for name, figures, problem in large:
        optimizer, _, _, rate = NETWORKS[name].optimizer
        cells = [f"{LARGE[name]}, {optimizer}, rate {rate}"]
        if figures:
            losses, *differences = figures
            cells += [f"{losses[n - 1][0]:.5f} {losses[n - 1][1]:.5f}" for n in shown]
            cells += [f"{difference:.1e}" for difference in differences]
        else:
            cells += [""] * (len(shown) + 2)
        lines.append("| " + " | ".join(cells + [problem or ""]) + " |")
    REPORT.write_text("\n".join(lines) + "\n")


def run_all(dlc, names, run):
    """Name, figures and problem of each."""
    rows = []
    for shown, case in names:
        begin, figures = time.monotonic(), None
        try:
            figures, problem = run(case)
        except (dlc.DlcError, RuntimeError) as error:
            problem = str(error)
        rows.append((shown, figures, problem))
        numbers = " ".join(f"{f:.1e}" for f in figures or () if isinstance(f, float))
        print(f"{'FAIL' if problem else 'ok  '} {shown}: {problem or numbers} "
              f"({time.monotonic() - begin:.0f} s)", flush=True)
    return rows


def main(argv):
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--filter", default="", help="cases whose name matches")
    parser.add_argument("--write", action="store_true", help="write the report")
    parser.add_argument("--child", help=argparse.SUPPRESS)
    options = parser.parse_args(argv)
    common.require_packages({"torch": "torch==2.13.0", "numpy": "numpy",
                             "torchvision": "torchvision==0.28.0",
                             "transformers": "transformers==5.23.0", "PIL": "pillow"})
    sys.path.insert(0, str(common.ROOT / "python"))
    os.environ.setdefault("DLC_BUILD", str(common.ROOT / "build"))
    import torch

    import dlc

    if options.child:
        return run_large_here(torch, dlc, options.child)
    torch.set_num_threads(1)
    matches = lambda named: re.search(options.filter, named[0])  # noqa: E731
    with tempfile.TemporaryDirectory() as folder:
        os.environ["DLC_CACHE_DIR"] = folder
        small = run_all(dlc, filter(matches, ((describe(*case), case) for case in make_cases())),
                        lambda case: run_case(torch, dlc, case))
        large = run_all(dlc, filter(matches, ((name, name) for name in LARGE)), run_large)
    if options.write:
        write_report(torch, small, large)
    failed = sum(1 for row in small + large if row[2])
    common.print_summary(len(small + large) - failed, failed, 0)
    return int(bool(failed))
