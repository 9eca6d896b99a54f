# Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Compiled models as callables."""

from __future__ import annotations

import ctypes
import functools
import json
import os
import pathlib
import shutil
import sys
import tempfile
import types
import weakref
from typing import (TYPE_CHECKING, Any, BinaryIO, Callable, Dict, List, Mapping, Optional,
                    Protocol, Sequence, Tuple, Type, TypeVar, cast)

import numpy as np

from . import _abi, tensors, tree
from ._errors import DlcError, RunError, TraceError, require_torch
from .tracefile import Path, replacing, require_place, sizes_text

if TYPE_CHECKING:
    import torch


class Origin(Protocol):
    """What a model was compiled of, in the process where it was."""

    def save(self, path: pathlib.Path, model: CompiledModel) -> None: ...

    def flatten(self, args: Sequence[Any], kwargs: Dict[str, Any]) -> Optional[List[Any]]: ...

    def unflatten(self, leaves: List[Any], structure: Any) -> Any: ...


Method = TypeVar("Method", bound=Callable[..., Any])


def between_graphs(method: Method) -> Method:
    """A method that Dynamo doesn't look into: where a function under torch.compile calls it,
    it runs in Python. A program that is recorded can't call it."""

    @functools.wraps(method)
    def call(*args: Any, **kwargs: Any) -> Any:
        torch = sys.modules.get("torch")
        if torch is not None and torch.compiler.is_compiling():
            from . import recording

            if recording.is_here():
                raise TraceError(f"the program calls {args[0]!r}, which is compiled code: record "
                                 "what that was made of, or compile the parts one by one")
            if torch.compiler.is_dynamo_compiling():
                return torch.compiler.disable(method)(*args, **kwargs)
        return method(*args, **kwargs)

    return cast(Method, call)


class CompiledModel:
    """A compiled model: call it with what the original took, and it returns what the
    original returned, in the same structure and of the same kind (torch tensors for
    torch tensors, NumPy arrays for NumPy arrays).

    It may be called from several threads. State (buffers that the program changes)
    lives in this object: `state` gives it, `reset` its initial values, `save_state` and
    `load_state` keep it in a file.

    It can be pickled, with its code and its state; `copy.deepcopy` gives one with state
    of its own.
    """

    def __init__(self, path: Path, threads: int = 0, *, origin: Optional[Origin] = None) -> None:
        self.path = pathlib.Path(path)
        self._keep_open(open(path, "rb"))  # what the cache removes stays to be saved
        _abi.check_is_whole(self.path, self._file)
        self._library, self._api = _abi.load(self.path)
        self._threads = thread_count(threads)
        self._create()
        #: The model's description: name, inputs, outputs, dtypes, shapes, target.
        self.signature: Dict[str, Any] = json.loads(self._api.describe())
        metadata = self.signature.get("metadata") or {}
        self._in_tree: Any = metadata.get("in_tree")
        self._out_tree: Any = metadata.get("out_tree")
        self._inputs: List[Any] = metadata.get("inputs") or []
        self._outputs: Any = metadata.get("outputs")
        self._parameters: List[str] = metadata.get("parameters") or []
        self._defaults: Dict[str, Any] = metadata.get("defaults") or {}
        complex_ones = metadata.get("complex") or {"inputs": [], "outputs": []}
        self._takes = tensors.specs(self.signature["inputs"], complex_ones["inputs"])
        self._gives = tensors.specs(self.signature["outputs"], complex_ones["outputs"])
        #: What each function takes and gives.
        self._ports = [(self._takes, self._gives)] + [
            (tensors.specs(function["inputs"]), tensors.specs(function["outputs"]))
            for function in self.signature.get("functions", [])]
        self._is_flat = self._in_tree is not None and not any(self._inputs) and \
            self._in_tree["tuple"] == [{"tuple": ["*"] * len(self._inputs)}, {"dict": []}]
        #: What it was compiled of, if that was in this process.
        self._origin = origin

    def _keep_open(self, file: BinaryIO) -> None:
        self._file = file
        weakref.finalize(self, file.close)

    def _create(self) -> None:
        """Gives the model a context of its own."""
        self._context = _abi.Context()
        options = _abi.Options(size=ctypes.sizeof(_abi.Options), num_threads=self._threads)
        self._check(self._api.create(ctypes.byref(options), ctypes.byref(self._context)))
        weakref.finalize(self, self._api.destroy, self._context)

    def _check(self, status: int) -> None:
        if status:
            raise RunError(self._api.last_error().decode(errors="replace"))

    def _flatten(self, args: Sequence[Any], kwargs: Dict[str, Any]) -> List[Any]:
        """The tensors of a call, in the model's order."""
        if self._in_tree is None:
            return self._bind_flat(args, kwargs)
        if self._is_flat and not kwargs and len(args) == len(self._takes) and \
                all(tensors.is_torch(a) or isinstance(a, np.ndarray) for a in args):
            return list(args)
        args, kwargs = self._bind(list(args), dict(kwargs))
        leaves = self._origin.flatten(args, kwargs) if self._origin else None
        if leaves is None:
            leaves = self._flatten_parts(args, kwargs)
        values: List[Any] = []
        for i, (leaf, constant) in enumerate(zip(leaves, self._inputs)):
            if constant is None:
                if leaf is None:
                    raise TypeError(f"input '{self._takes[len(values)].name}' is missing: the "
                                    "example has a tensor there")
                values.append(leaf)
            elif not tree.is_constant(leaf, constant["constant"]):
                raise TypeError(f"{self._leaf_names()[i]}: the model was compiled for "
                                f"{tree.constant(constant['constant'])!r} where {leaf!r} is given")
        return values

    def _positional_names(self) -> List[str]:
        """What errors call the arguments that the example had by position."""
        count = len(self._in_tree["tuple"][0]["tuple"])
        named = [f"argument '{name}'" for name in self._parameters[:count]]
        return named + [f"argument number {i + 1}" for i in range(len(named), count)]

    def _leaf_names(self) -> List[str]:
        """What errors call each leaf of a call."""
        positional, named = self._in_tree["tuple"]
        parts = list(zip(positional["tuple"], self._positional_names()))
        parts += [(structure, f"argument '{key}'") for key, structure in named["dict"]]
        return [name for structure, own in parts for name in tree.names(structure, own)]

    def _bind_flat(self, args: Sequence[Any], kwargs: Dict[str, Any]) -> List[Any]:
        """The arguments of a model that has no structure but its inputs' names."""
        names = [spec.name for spec in self._takes]
        kwargs = dict(kwargs)
        values = list(args) + [kwargs.pop(n) for n in names[len(args):] if n in kwargs]
        if kwargs or len(values) != len(names):
            raise TypeError(f"the model takes {', '.join(names) or 'nothing'}")
        return values

    def _bind(self, args: List[Any], kwargs: Dict[str, Any]) -> Tuple[List[Any], Dict[str, Any]]:
        """Moves arguments given by name to where the example had them by position, and
        the other way round; adds those that the example had and the call leaves to their
        defaults, and takes out defaults that the example hadn't."""
        positional, named = self._in_tree["tuple"]
        names, count = self._parameters, len(positional["tuple"])
        while len(args) < count and names[len(args):]:
            name = names[len(args)]
            if name in kwargs:
                args.append(kwargs.pop(name))
            elif name in self._defaults:
                args.append(tree.constant(self._defaults[name]))
            else:
                break
        wanted = [key for key, _ in named["dict"]]
        for name, value in list(zip(names, args))[count:]:
            if (name in wanted or name in self._defaults) and name not in kwargs:
                kwargs[name] = value
                args.pop(count)
        for name, default in self._defaults.items():
            value = tree.constant(default)
            if name in wanted:
                kwargs.setdefault(name, value)
            elif name in kwargs and name not in names[:count] and \
                    tree.is_constant(kwargs[name], default):
                del kwargs[name]
        return args, {k: kwargs.pop(k) for k in wanted if k in kwargs} | kwargs

    def _flatten_parts(self, args: Sequence[Any], kwargs: Dict[str, Any]) -> List[Any]:
        """The leaves of the arguments; an error names the one that is wrong."""
        positional, named = self._in_tree["tuple"]
        names = self._positional_names()
        known = {*self._parameters, *self._defaults, *(key for key, _ in named["dict"])}
        for key in kwargs:
            if key not in known:
                raise TypeError(f"the model takes no argument '{key}'")
        if len(args) != len(positional["tuple"]):
            missing = names[len(args):]
            raise TypeError(f"{missing[0]} is missing" if missing else
                            f"the model takes {_count(len(positional['tuple']), 'argument')} by "
                            f"position, but is given {len(args)}")
        leaves: List[Any] = []
        for value, structure, name in zip(args, positional["tuple"], names):
            leaves += tree.flatten(value, structure, name)
        for key, structure in named["dict"]:
            if key not in kwargs:
                raise TypeError(f"argument '{key}' is missing")
            leaves += tree.flatten(kwargs.pop(key), structure, f"argument '{key}'")
        for key, value in kwargs.items():
            if key in self._defaults:
                raise TypeError(f"the model was compiled for {key}="
                                f"{tree.constant(self._defaults[key])!r}, its default; give the "
                                "example that argument, too")
            raise TypeError(f"the model takes no argument '{key}'")
        return leaves

    @between_graphs
    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        values = self._flatten(args, kwargs)
        return self._structure(self.run(values))

    @between_graphs
    def run(self, values: Sequence[Any], kind: Optional[type] = None,
            function: int = 0) -> List[Any]:
        """Runs on a flat list of tensors; returns the outputs as a flat list, of the
        inputs' kind, or of that given: torch.Tensor or numpy.ndarray. `function` is the model
        itself, 0, or the number of another of its functions."""
        kept: List[Any] = []
        takes, gives = self._ports[function]
        inputs = tensors.addresses(tensors.lend_all(values, takes, kept))
        outputs = list(map(tensors.room, gives))
        self._check(self._api.call(self._context, function, inputs,
                                   tensors.addresses(list(map(ctypes.addressof, outputs)))))
        if kind is None:
            make = tensors.converter(values, prefer_torch=self._in_tree is not None)
        else:
            make = tensors.Memory.to_numpy if kind is np.ndarray else tensors.Memory.to_torch
        return [make(tensors.Memory(output, self._api.release, self._library), spec.dtype)
                for output, spec in zip(outputs, gives)]

    def _structure(self, results: List[Any]) -> Any:
        if self._out_tree is None and self._outputs is None:
            return results[0] if len(results) == 1 else tuple(results)
        following = iter(results)

        def leaf(output: Optional[Dict[str, Any]]) -> Any:
            output = output or {}
            if "constant" in output:
                return tree.constant(output["constant"])
            result = results[output["output"]] if "output" in output else next(following)
            return result.item() if "number" in output else result

        leaves = [leaf(output) for output in self._outputs]
        if self._origin:
            return self._origin.unflatten(leaves, self._out_tree)
        return tree.unflatten(self._out_tree, leaves)

    @property
    def state(self) -> Mapping[str, "np.ndarray[Any, Any]"]:
        """The model's state by name, as NumPy arrays in place: to be read and written
        (`model.state["calls"][...] = 4`) while no call is under way. torch.from_numpy makes
        tensors of them."""
        found = {}
        for i, spec in enumerate(self.signature.get("states", [])):
            dtype, shape = tensors.element_type(spec["dtype"]), tuple(spec["shape"])
            buffer = self._state(i)
            found[spec["name"]] = np.empty(shape, dtype) if buffer is None else \
                np.frombuffer(buffer, dtype).reshape(shape)
        return types.MappingProxyType(found)

    def state_dict(self) -> Dict[str, torch.Tensor]:
        """Copies of the model's state by name, as PyTorch's tensors, which have all element
        types. For a module, `net.load_state_dict(step.state_dict(), strict=False)`: what
        isn't state (a weight that is frozen, the second name of a tied one) is left out."""
        require_torch("state_dict()")
        import torch

        found = {}
        for i, spec in enumerate(self.signature.get("states", [])):
            dtype, buffer = getattr(torch, spec["dtype"]), self._state(i)
            found[spec["name"]] = torch.empty(spec["shape"], dtype=dtype) if buffer is None else \
                torch.frombuffer(buffer, dtype=dtype).reshape(spec["shape"]).clone()
        return found

    def _state(self, number: int) -> Any:
        """The bytes of a piece of state in place; None where it has none."""
        tensor, spec = tensors.DLTensor(), self.signature["states"][number]
        self._check(self._api.state(self._context, number, ctypes.byref(tensor)))
        size = int(np.prod(spec["shape"], dtype=np.int64)) * tensors.DTYPES[spec["dtype"]][1] // 8
        if not size:
            return None
        buffer = (ctypes.c_ubyte * size).from_address(tensor.data)
        weakref.finalize(buffer, _forget, self)  # the memory is the context's
        return buffer

    def _states(self) -> List[Any]:
        return [self._state(i) for i in range(len(self.signature.get("states", [])))]

    def _set_states(self, contents: Sequence[Any]) -> None:
        for buffer, content in zip(self._states(), contents):
            if buffer is not None:
                ctypes.memmove(buffer, bytes(content), len(buffer))

    def reset(self) -> None:
        """Gives the model's state its initial values."""
        self._check(self._api.reset(self._context))

    def save_state(self, path: Path) -> None:
        """Writes all state as a safetensors file, each piece under the name that `state` and
        the module have for it."""
        self._require_state()
        require_place(path)
        self._check(self._api.save(self._context, os.fsencode(path)))

    def load_state(self, path: Path, partial: bool = False) -> None:
        """Reads state that `save_state` or another program wrote as a safetensors file. With
        `partial` the file may lack some, which keep their values, and have tensors that the
        model hasn't. A file that doesn't fit changes nothing."""
        self._require_state()
        os.stat(path)  # or the OSError of a file that isn't there
        self._check(self._api.load(self._context, os.fsencode(path), int(partial)))

    def _require_state(self) -> None:
        if not self.signature.get("states"):
            raise DlcError(f"the model '{self.signature['name']}' has no state: no buffer that it "
                           "changes")

    def __reduce__(self) -> Tuple[Any, ...]:
        size = os.fstat(self._file.fileno()).st_size
        if self.signature.get("weight_bytes", 0) > size:
            raise DlcError(f"'{self.path}' has its weights in a file beside it, and can't be "
                           "pickled: load it where it is needed")
        data = os.pread(self._file.fileno(), size, 0)
        states = [None if s is None else bytes(s) for s in self._states()]
        return _restored, (type(self), data, self._threads, states)

    def __deepcopy__(self, memo: Dict[int, Any]) -> CompiledModel:
        other = object.__new__(type(self))
        other.__dict__.update(self.__dict__)
        other._keep_open(open(os.dup(self._file.fileno()), "rb"))
        other._create()
        other._set_states(self._states())
        return other

    def set_threads(self, count: int) -> None:
        """How many threads a call may use; 0: one per CPU."""
        self._check(self._api.set_threads(self._context, thread_count(count)))
        self._threads = count

    def save(self, path: Path) -> None:
        """Writes the shared object to `path`, and its C header beside it, for `dlc.load`
        or any C program (docs/abi.md). The functions are named after the file: what was
        compiled under another name is compiled again. What `dlc.load` loaded or pickle
        restored is copied as it is, without a header. State isn't saved: the file has the
        initial values."""
        path = pathlib.Path(path)
        if self._origin:
            self._origin.save(path, self)
        else:
            self.copy_to(path)

    def copy_to(self, path: pathlib.Path) -> None:
        """Writes the shared object as it is."""
        self._file.seek(0)
        with replacing(path) as file:
            shutil.copyfileobj(self._file, file)

    def __repr__(self) -> str:
        def show(specs: Sequence[tensors.Spec], described: Sequence[Dict[str, Any]]) -> str:
            shapes = [d["shape"][:spec.rank - spec.is_complex] for spec, d in zip(specs, described)]
            return ", ".join(f"{spec.name}: {spec.dtype}{sizes_text(shape)}"
                             for spec, shape in zip(specs, shapes))

        return (f"<dlc.{type(self).__name__} {self.signature['name']}"
                f"({show(self._takes, self.signature['inputs'])}) -> "
                f"{show(self._gives, self.signature['outputs'])}>")


def _restored(kind: Type[CompiledModel], data: bytes, threads: int,
              states: Sequence[Optional[bytes]]) -> CompiledModel:
    """A model that was pickled."""
    with tempfile.NamedTemporaryFile(suffix=".so") as file:
        file.write(data)
        file.flush()
        model = kind(file.name, threads)
    model._set_states(states)
    return model


def _forget(owner: CompiledModel) -> None:
    pass


def thread_count(threads: Any) -> int:
    """How many threads a caller asks for; TypeError or ValueError if that is none."""
    if isinstance(threads, bool) or not isinstance(threads, int):
        raise TypeError(f"threads is a number, 0 for one per CPU, not {threads!r}")
    if threads < 0:
        raise ValueError(f"threads is at least 0, for one per CPU, not {threads}")
    return threads


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" + ("" if number == 1 else "s")


def load(path: Path, threads: int = 0) -> CompiledModel:
    """A compiled model from its shared object. `threads`: how many threads a call may
    use (0: one per CPU). Needs NumPy only. What was compiled with a training step comes as a
    TrainingStep. Raises LoadError if the file isn't a compiled model."""
    from .training import TrainingStep

    model = CompiledModel(path, threads)
    functions = [f["name"] for f in model.signature.get("functions", [])]
    return TrainingStep(path, threads) if "step" in functions else model
