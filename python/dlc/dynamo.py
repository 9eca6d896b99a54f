# Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""torch.compile(model, backend="dlc"): graphs that Dynamo captured, compiled by dlc.

    import torch

    fast = torch.compile(model.eval(), backend="dlc")
    with torch.no_grad():
        y = fast(x)

What Dynamo can't capture stays in Python, around compiled parts (graph breaks). Sizes
that change from call to call become open ones, so that one compilation serves all.
Parameters are the compiled code's inputs: training them elsewhere is seen. It serves
inference: a graph whose results need gradients is refused with a sentence.
"""

import torch

from ._errors import DlcError, TraceError
from .compiler import compile
from .tracer import from_exported


def backend(module, example_inputs):
    """The backend `dlc` of torch.compile."""
    if torch.is_grad_enabled() and any(
            isinstance(x, torch.Tensor) and x.requires_grad for x in example_inputs):
        raise DlcError("the backend dlc serves inference: call the model under "
                       "torch.no_grad() or torch.inference_mode()")
    return _Graph(module, example_inputs)


class _Graph:
    """One captured graph: compiled at its first call, with sizes open where Dynamo says
    that they change."""

    def __init__(self, module, example_inputs):
        self.module = module
        self.dynamic = [
            {d: torch.export.Dim.AUTO for d, size in enumerate(x.shape)
             if isinstance(size, torch.SymInt)} if isinstance(x, torch.Tensor) else None
            for x in example_inputs]
        self.is_number = [not isinstance(x, torch.Tensor) for x in example_inputs]
        self.compiled = None

    def _compile(self, inputs):
        class Graph(torch.nn.Module):
            def __init__(self, inner):
                super().__init__()
                self.inner = inner

            def forward(self, *inputs):
                return self.inner(*inputs)

        shapes = [torch.export.Dim.AUTO if number and isinstance(x, int) else spec or None
                  for x, spec, number in zip(inputs, self.dynamic, self.is_number)]
        try:
            with torch.no_grad():
                program = torch.export.export(Graph(self.module), tuple(inputs), strict=False,
                                              dynamic_shapes=(tuple(shapes),))
        except Exception as error:
            raise TraceError(f"the captured graph can't be recorded: {error}") from error
        return compile(from_exported(program))

    def __call__(self, *inputs):
        if self.compiled is None:
            self.compiled = self._compile(inputs)
        results = self.compiled(*inputs)
        return results
