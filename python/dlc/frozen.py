# Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Graphs of torch.compile that know their weights, which are folded and packed once
instead of in every call."""

from __future__ import annotations

from typing import Any, Callable, Dict, List, Optional, Sequence, Set, Tuple

import torch

from .runtime import CompiledModel
from .tracefile import Trace
from .tracer import GraphWriter


class FrozenGraph:
    """Called as the graph is, with all its inputs. What `places` names among them is part of
    the code that the first call compiles; once one of those is another tensor, or was changed
    in place, code that takes them all is compiled, too."""

    def __init__(self, trace: Trace, places: Set[int],
                 compile: Callable[[Trace], CompiledModel]) -> None:
        self.trace, self.places, self.compile = trace, places, compile
        self.frozen: Optional[CompiledModel] = None
        self.open: Optional[CompiledModel] = None
        #: What is known: its place, its address, how often it had been changed.
        self.known: List[Tuple[int, int, int]] = []
        self.given: List[int] = []
        #: Keeps the addresses from being used again.
        self.kept: List[torch.Tensor] = []

    def run(self, values: Sequence[Any], kind: Optional[type] = None) -> List[Any]:
        """The results, as CompiledModel.run gives them."""
        if self.frozen is None:
            self.frozen = self._freeze(values)
        if all(values[i].data_ptr() == address and values[i]._version == version
               for i, address, version in self.known):
            return self.frozen.run([values[i] for i in self.given], kind)
        if self.open is None:
            self.open = self.compile(self.trace)
        return self.open.run(values, kind)

    def _freeze(self, values: Sequence[Any]) -> CompiledModel:
        """The code for these weights."""
        writer = GraphWriter()
        inputs: List[Dict[str, Any]] = []
        number = 0
        for entry in self.trace.document["inputs"]:
            if "name" in entry:
                value, place = values[number], number
                number += 1
                if place in self.places and _is_plain(value, entry["type"]):
                    name = writer._keep(f"frozen_{place}", value.detach())
                    entry = {"value": entry["value"], "type": entry["type"], "weight": name}
                    self.known.append((place, value.data_ptr(), value._version))
                    self.kept.append(value.detach())
                else:
                    self.given.append(place)
            inputs.append(entry)
        document = dict(self.trace.document, inputs=inputs)
        return self.compile(Trace(document, {**self.trace.weights, **writer.weights}))


def _is_plain(value: Any, type: Any) -> bool:
    """Whether it is a tensor of known sizes that the compiler keeps as it is, and of which
    PyTorch counts the changes."""
    return (isinstance(value, torch.Tensor) and not value.is_inference()
            and not value.is_complex() and all(isinstance(size, int) for size in type["shape"]))
