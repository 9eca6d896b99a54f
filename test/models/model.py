# Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What a model of this folder is, and what makes random weights tell inputs apart."""

import math
from dataclasses import dataclass
from typing import Callable

import torch


@dataclass
class Model:
    """`make` gives the module; `inputs(*sizes)` makes arguments of these sizes (random,
    by torch's generator). `sizes` are tried, the first one is the example and the only
    one of the static compilation; `too_large` is out of the range of `dynamic` (as
    torch.export's dynamic_shapes), and `complaint` the number that the error must name.
    With `state`, what one call leaves behind is what the next one finds. torch.compile
    makes `graphs` of it at most: one for open sizes, one where one of them is 1; with
    `batch_only` it leaves the first input's dimension 0 open alone, and not all sizes, with
    which PyTorch takes minutes to record the model. Compiling takes at most `limits` of
    processors' seconds, and of memory, in multiples of the weights."""

    name: str
    make: Callable
    inputs: Callable
    dynamic: tuple
    sizes: list
    too_large: tuple
    complaint: str
    packages: tuple = ()
    state: bool = False
    graphs: int = 2
    limits: tuple = ()
    batch_only: bool = False


@dataclass
class Generator:
    """A language model of the package transformers, which generates `count` tokens after
    a prompt of each of these lengths, its cache of keys and values growing."""

    name: str
    make: Callable
    vocabulary: int
    prompts: tuple = (7, 11, 4)
    count: int = 24
    packages: tuple = ("transformers",)


def dim(name, largest, least=1):
    return torch.export.Dim(name, min=least, max=largest)


def enliven(module):
    """Weights with which signals keep their size through any depth, instead of the
    zeros and the small numbers that training starts from."""
    with torch.no_grad():
        for part in module.modules():
            for name, weight in part.named_parameters(recurse=False):
                if weight.dim() < 2:
                    if not weight.any():
                        weight.normal_(0, 0.1)
                elif isinstance(part, torch.nn.Embedding) or "embed" in name:
                    weight.normal_(0, 0.5)
                elif math.prod(weight.shape[1:]) > 1:
                    weight.normal_(0, 1 / math.sqrt(math.prod(weight.shape[1:])))
                if "layer_scale" in name or name == "gamma":
                    weight.fill_(0.3)
    return module


def calibrate(module, *batches):
    """Gives batch norms the statistics of these batches."""
    norms = [m for m in module.modules() if isinstance(m, torch.nn.modules.batchnorm._BatchNorm)]
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum, norm.training = None, True
    with torch.no_grad():
        for batch in batches:
            module(*batch)
    return module.eval()
