# Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Buffers that share memory: those that are one tensor, as of a module that has two names, are
one buffer; parts of others can't be state."""

from __future__ import annotations

import copy
from typing import Any, Dict, Iterator, Optional, Tuple

import torch
from torch.export.graph_signature import InputKind


def merged(program: torch.export.ExportedProgram) -> torch.export.ExportedProgram:
    """The program, or one like it where each buffer is one input, by the first of its names."""
    first: Dict[Any, str] = {}
    same: Dict[str, str] = {}
    for name, tensor in _buffers(program):
        key = (tensor.data_ptr(), tensor.shape, tensor.stride(), tensor.dtype)
        if first.setdefault(key, name) != name:
            same[name] = first[key]
    if not same or program.graph_signature.buffers_to_mutate:  # what is taken apart stays so
        return program
    module: Any = torch.fx.GraphModule(program.graph_module, copy.deepcopy(program.graph))
    signature = copy.deepcopy(program.graph_signature)
    placeholders = {node.name: node for node in module.graph.nodes if node.op == "placeholder"}
    nodes = {spec.target: placeholders[spec.arg.name] for spec in signature.input_specs
             if spec.kind == InputKind.BUFFER}
    for name, other in same.items():
        nodes[name].replace_all_uses_with(nodes[other])
        module.graph.erase_node(nodes[name])
    signature.input_specs = [spec for spec in signature.input_specs
                             if spec.kind != InputKind.BUFFER or spec.target not in same]
    update: Any = program._update
    return update(module, signature)  # type: ignore[no-any-return]


def shared_buffers(program: torch.export.ExportedProgram) -> Optional[Tuple[str, str]]:
    """Two of the program's buffers that share memory, which PyTorch can't take apart where one
    of them is changed."""
    seen: Dict[int, str] = {}
    for name, tensor in _buffers(program):
        memory = tensor.untyped_storage().data_ptr()
        if memory in seen:
            return seen[memory], name
        seen[memory] = name
    return None


def shared_memory(first: str, second: str) -> str:
    """What is said of two such buffers."""
    return f"the program changes buffers that share memory: '{first}' and '{second}'; register " \
        "one, and make the other of it where it is used"


def _buffers(program: torch.export.ExportedProgram) -> Iterator[Tuple[str, torch.Tensor]]:
    """The buffers that have memory, by their names."""
    for name in program.graph_signature.inputs_to_buffers.values():
        tensor = program.state_dict.get(name, program.constants.get(name))
        if isinstance(tensor, torch.Tensor) and tensor.numel():
            yield name, tensor
