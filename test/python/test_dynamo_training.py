# Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""torch.compile(model, backend="dlc") in training: gradients are eager's."""

import copy
import unittest
import unittest.mock

import torch
import torch.nn.functional as F
from frontend import FrontendTest, dlc

from dlc import autograd, dynamo


class Doubled(torch.autograd.Function):
    """Has a derivative of its own."""

    @staticmethod
    def forward(ctx, x):
        return x * 2

    @staticmethod
    def backward(ctx, d):
        return d * 5


class Block(torch.nn.Module):
    """A transformer's layer with an embedding before it."""

    def __init__(self, width=16, heads=2, words=11):
        super().__init__()
        self.embed = torch.nn.Embedding(words, width)
        self.norm = torch.nn.LayerNorm(width)
        self.qkv = torch.nn.Linear(width, 3 * width)
        self.out = torch.nn.Linear(width, width)
        self.mlp = torch.nn.Sequential(torch.nn.Linear(width, 32), torch.nn.GELU(),
                                       torch.nn.Dropout(0.0), torch.nn.Linear(32, words))
        self.heads = heads

    def forward(self, ids):
        x = self.embed(ids)
        q, k, v = (part.transpose(1, 2) for part in
                   self.qkv(self.norm(x)).unflatten(-1, (3, self.heads, -1)).unbind(2))
        attended = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        return self.mlp(x + self.out(attended.transpose(1, 2).flatten(2)))


class TrainingTest(FrontendTest):
    """Counts the programs that are compiled for gradients."""

    def setUp(self):
        super().setUp()
        torch._dynamo.reset()
        self.graphs = 0
        differentiable = autograd.Differentiable

        def counted(*args):
            self.graphs += 1
            return differentiable(*args)

        patch = unittest.mock.patch.object(autograd, "Differentiable", counted)
        patch.start()
        self.addCleanup(patch.stop)

    def check_model(self, model, *batches, loss=lambda y: y.square().mean(), **options):
        """Results and gradients of inputs, parameters and buffers, on each batch."""
        eager = copy.deepcopy(model)
        fast = torch.compile(model, backend=dynamo.backend, **options)
        for batch in batches:
            found = []
            for called, owner in ((fast, model), (eager, eager)):
                args = [a.detach().clone().requires_grad_(a.requires_grad) for a in batch]
                owner.zero_grad()
                results = called(*args)
                loss(results).backward()
                found.append((results, [a.grad for a in args],
                              {n: p.grad for n, p in owner.named_parameters()},
                              dict(owner.named_buffers())))
            self.assert_close(*found, rtol=1e-4, atol=1e-5)
        return fast

    def check(self, function, *args, **options):
        """Results and gradients of a function's arguments."""
        class Module(torch.nn.Module):
            def forward(self, *args):
                return function(*args)

        def loss(results):
            leaves = results if isinstance(results, (tuple, list)) else [results]
            return sum((leaf * leaf.detach().cos()).sum() for leaf in leaves
                       if isinstance(leaf, torch.Tensor) and leaf.requires_grad)

        return self.check_model(Module(), args, args, loss=loss, **options)


class ModelsTest(TrainingTest):
    def test_mlp(self):
        model = torch.nn.Sequential(torch.nn.Linear(8, 16), torch.nn.Tanh(), torch.nn.Linear(16, 4))
        self.check_model(model, (torch.randn(5, 8, requires_grad=True),), (torch.randn(5, 8),))

    def test_convolution_and_batch_norm(self):
        model = torch.nn.Sequential(
            torch.nn.Conv2d(3, 8, 3, padding=1), torch.nn.BatchNorm2d(8), torch.nn.ReLU(),
            torch.nn.MaxPool2d(2), torch.nn.Conv2d(8, 4, 3), torch.nn.BatchNorm2d(4),
            torch.nn.AdaptiveAvgPool2d(1), torch.nn.Flatten())
        self.check_model(model, *[(torch.randn(2, 3, 8, 8),) for _ in range(3)])
        self.assertEqual(self.graphs, 1)
        model.eval()
        self.check_model(model, (torch.randn(2, 3, 8, 8),))

    def test_transformer(self):
        self.check_model(Block(), *[(torch.randint(0, 11, (2, 6)),) for _ in range(2)])
        layer = torch.nn.TransformerEncoderLayer(16, 2, 32, dropout=0.0, batch_first=True)
        self.check_model(layer, (torch.randn(2, 6, 16),))

    def test_lstm(self):
        with torch._dynamo.config.patch(allow_rnn=True):
            lstm = torch.nn.LSTM(4, 3, num_layers=2, batch_first=True)
            self.check_model(lstm, *[(torch.randn(2, n, 4),) for n in (5, 3, 7)],
                             loss=lambda y: y[0].square().mean() + y[1][1].sum(), dynamic=True)
            self.assertEqual(self.graphs, 1)
            self.check_model(torch.nn.GRU(4, 3), (torch.randn(5, 2, 4),),
                             loss=lambda y: y[0].square().mean())

    def test_recurrent_dropout(self):
        with torch._dynamo.config.patch(allow_rnn=True):
            for kind in (torch.nn.LSTM, torch.nn.GRU):
                model = kind(4, 5, num_layers=3, dropout=0.4)
                eager, x, found = copy.deepcopy(model), torch.randn(3, 6, 4), []
                for called, owner in ((torch.compile(model, backend=dynamo.backend), model),
                                      (eager, eager)):
                    torch.manual_seed(3)
                    called(x)[0].square().sum().backward()
                    found.append([p.grad for p in owner.parameters()])
                self.assert_close(*found, rtol=1e-4, atol=1e-5)

    def test_rrelu(self):
        x = torch.randn(50, requires_grad=True)
        fast = torch.compile(lambda x: F.rrelu(x, training=True), backend=dynamo.backend)
        y = fast(x)
        y.sum().backward()
        self.assert_close(x.grad, (y / x).detach())

    def test_open_batch(self):
        self.check_model(Block(), *[(torch.randint(0, 11, (n, 6)),) for n in (2, 3, 5, 9)],
                         dynamic=True)
        self.assertEqual(self.graphs, 1)

    def test_freeze(self):
        model = torch.nn.Linear(8, 4)
        with self.assertWarnsRegex(dlc.DlcWarning, "freeze has no effect where .*no_grad") as caught:
            self.check_model(model, (torch.randn(5, 8),), options={"freeze": True})
        self.assertEqual(caught.filename, __file__)

    def test_frozen_parameters(self):
        model = torch.nn.Sequential(torch.nn.Linear(8, 16), torch.nn.Tanh(), torch.nn.Linear(16, 4))
        model[0].requires_grad_(False)
        self.check_model(model, (torch.randn(5, 8),))
        self.assertIsNone(model[0].weight.grad)

    def test_unused_parameters_have_no_gradients(self):
        class Unused(torch.nn.Module):
            def __init__(self):
                super().__init__()
                self.used, self.unused = (torch.nn.Parameter(torch.randn(3)) for _ in range(2))

            def forward(self, x):
                return x * self.used + self.unused.detach(), (self.unused > 0).sum()

        self.check_model(Unused(), (torch.randn(3),), loss=lambda y: y[0].sum())


class FunctionsTest(TrainingTest):
    def test_several_results(self):
        x, y = (torch.randn(3, 4, requires_grad=True) for _ in range(2))
        self.check(lambda x, y: (None, 3, x.sin() * y, (x > 0).long(), y.exp(), x.detach() * 2), x, y)

    def test_result_that_is_not_used(self):
        x = torch.randn(4, requires_grad=True)
        fast = torch.compile(lambda x: (x.sin(), x.exp()), backend=dynamo.backend)
        fast(x)[0].sum().backward()
        self.assert_close(x.grad, x.cos())

    def test_kink(self):
        x, target = torch.tensor([[0.0, 1.0, 1.0]], requires_grad=True), torch.tensor([1])
        self.check(lambda x: torch.nn.functional.multi_margin_loss(x, target), x)

    def test_detached_parts(self):
        def function(x):
            with torch.no_grad():
                scale = x.exp() + 1
            return x * scale + (x * 3).detach() * x

        self.check(function, torch.randn(4, requires_grad=True))
        mean = torch.zeros(4)

        def averaged(x, mean):
            with torch.no_grad():
                mean.mul_(0.9).add_(x, alpha=0.1)
            return (x - mean) ** 2

        self.check(averaged, torch.randn(4, requires_grad=True), mean)

    def test_views(self):
        self.check(lambda x: (x.t(), x[1:] * 2), torch.randn(3, 4, requires_grad=True))

        def twice(x):
            y = x * 2
            return y, y.view(-1)[1:]

        self.check(twice, torch.randn(3, 4, requires_grad=True))
        fast = torch.compile(lambda x: x.view(-1), backend=dynamo.backend)
        x = torch.ones(2, 3, requires_grad=True)
        fast(x * 1)[1:].mul_(3).sum().backward()
        self.assert_close(x.grad, torch.tensor([[0.0, 3, 3], [3, 3, 3]]))

    def test_changed_inputs(self):
        def function(x, y):
            x.mul_(y)
            return x.sin()

        def run(function, y):
            x = torch.ones(3) * 2
            z = x * y
            result = function(z, y)
            (result.sum() + z.square().sum()).backward()
            return result, z, y.grad

        y = torch.randn(3)
        self.assert_close(*[run(f, y.clone().requires_grad_()) for f in
                            (torch.compile(function, backend=dynamo.backend), function)])

    def test_one_tensor_as_two_inputs(self):
        fast = torch.compile(lambda x, y: x * y, backend=dynamo.backend)
        x = torch.randn(3, requires_grad=True)
        fast(x, x).sum().backward()
        self.assert_close(x.grad, 2 * x)

    def test_dropout(self):
        model = torch.nn.Sequential(torch.nn.Linear(8, 64), torch.nn.Dropout(0.5),
                                    torch.nn.Linear(64, 4))
        fast = torch.compile(model, backend=dynamo.backend)
        x, gradients = torch.randn(5, 8), []
        for called in (fast, model, fast):
            model.zero_grad()
            if called is not fast or not gradients:
                torch.manual_seed(7)
            called(x).square().sum().backward()
            gradients.append([p.grad for p in model.parameters()])
        self.assert_close(gradients[0], gradients[1], rtol=1e-4, atol=1e-4)
        self.assertFalse(torch.equal(gradients[0][0], gradients[2][0]))

    def test_control_flow(self):
        self.check(lambda x: torch.cond(x.sum() > 0, lambda x: x * x, lambda x: x.exp(), (x,)),
                   torch.randn(4, requires_grad=True))

    def test_graph_break(self):
        def function(x):
            y = x.sin()
            torch._dynamo.graph_break()
            return y * x

        self.check(function, torch.randn(4, requires_grad=True))
        self.assertEqual(self.graphs, 2)

    def test_checkpoints(self):
        from torch.utils.checkpoint import checkpoint

        self.check(lambda x: checkpoint(lambda x: (x * 2).tanh().exp(), x, use_reentrant=False) * x,
                   torch.randn(4, requires_grad=True))

    def test_autocast(self):
        model = torch.nn.Sequential(torch.nn.Linear(8, 16), torch.nn.Tanh(), torch.nn.Linear(16, 4))
        eager = copy.deepcopy(model)
        fast = torch.compile(model, backend=dynamo.backend)
        x = torch.randn(5, 8)
        for called in (fast, eager):
            with torch.autocast("cpu", torch.bfloat16):
                loss = called(x).square().mean()
            loss.backward()
        self.assert_close([p.grad for p in model.parameters()],
                          [p.grad for p in eager.parameters()], rtol=2e-2, atol=1e-3)

    def test_then_inference(self):
        model = torch.nn.Sequential(torch.nn.Linear(3, 3), torch.nn.BatchNorm1d(3))
        fast = self.check_model(model, (torch.randn(4, 3),))
        x = torch.randn(4, 3)
        model.eval()
        with torch.no_grad():
            self.assert_close(fast(x), model(x))
        fast(x).sum().backward()


class StepsTest(TrainingTest):
    def losses(self, function, make_optimizer, clip=False, inside=False):
        torch.manual_seed(1)
        model = torch.nn.Sequential(torch.nn.Linear(8, 32), torch.nn.ReLU(), torch.nn.LayerNorm(32),
                                    torch.nn.Linear(32, 4))
        optimizer = make_optimizer(model.parameters())
        data, target = torch.randn(64, 8), torch.randint(0, 4, (64,))
        forward = model if inside else function(model)

        def step():
            optimizer.zero_grad()
            loss = F.cross_entropy(forward(data), target)
            loss.backward()
            if clip:
                torch.nn.utils.clip_grad_norm_(model.parameters(), 0.5)
            optimizer.step()
            return loss

        step = function(step) if inside else step
        return torch.stack([step().detach() for _ in range(30)])

    def check_losses(self, make_optimizer, **options):
        fast, eager = (self.losses(function, make_optimizer, **options) for function in
                       (lambda f: torch.compile(f, backend=dynamo.backend), lambda f: f))
        self.assert_close(fast, eager, rtol=1e-4, atol=0)
        self.assertLess(fast[-1], 0.9 * fast[0])

    def test_sgd(self):
        self.check_losses(lambda p: torch.optim.SGD(p, 0.1, momentum=0.9))

    def test_adam(self):
        self.check_losses(lambda p: torch.optim.Adam(p, 0.01), clip=True)

    def test_step_in_the_compiled_function(self):
        self.check_losses(lambda p: torch.optim.SGD(p, 0.1, momentum=0.9), inside=True)

    def test_compiled_optimizers(self):
        """Steps of which a list of tensors, or each in place, is a part."""
        for kind, foreach in ((torch.optim.AdamW, False), (torch.optim.Adadelta, True),
                              (torch.optim.RAdam, True)):
            with self.subTest(kind=kind.__name__, foreach=foreach):
                start, gradient = torch.randn(4), torch.randn(4)
                fast, eager = (torch.nn.Parameter(start.clone()) for _ in range(2))
                steps = [kind([p], foreach=foreach).step for p in (fast, eager)]
                steps[0] = torch.compile(steps[0], backend="dlc")
                for _ in range(2):
                    fast.grad, eager.grad = gradient.clone(), gradient.clone()
                    for step in steps:
                        step()
                self.assert_close(fast, eager)

    def test_accumulated(self):
        x = torch.randn(3, requires_grad=True)
        fast = torch.compile(torch.sin, backend=dynamo.backend)
        for _ in range(2):
            fast(x).sum().backward()
        self.assert_close(x.grad, 2 * x.cos())
        y = fast(x).sum()
        y.backward(retain_graph=True)
        y.backward()
        self.assert_close(x.grad, 4 * x.cos())


class HigherTest(TrainingTest):
    def test_second_derivative(self):
        model = torch.nn.Sequential(torch.nn.Linear(3, 16), torch.nn.Tanh(), torch.nn.Linear(16, 1))
        eager = copy.deepcopy(model)
        x, found = torch.randn(5, 3), []
        for called, owner in ((torch.compile(model, backend=dynamo.backend), model), (eager, eager)):
            position = x.clone().requires_grad_()
            energy = called(position).sum()
            force, = torch.autograd.grad(energy, position, create_graph=True)
            (energy + force.square().sum()).backward()
            found.append((force, position.grad, [p.grad for p in owner.parameters()]))
        self.assert_close(*found, rtol=1e-4, atol=1e-5)

    def test_third_derivative(self):
        x, found = torch.randn(4, dtype=torch.float64), []
        for function in (torch.compile(lambda x: x.sin() * x, backend=dynamo.backend),
                         lambda x: x.sin() * x):
            y = x.clone().requires_grad_()
            value = function(y).sum()
            for _ in range(3):
                value = torch.autograd.grad(value, y, create_graph=True)[0].sum()
            found.append(value)
        self.assert_close(*found)


class ErrorsTest(TrainingTest):
    def refused(self, function, pattern, *args):
        fast = torch.compile(function, backend=dynamo.backend)
        with self.assertRaisesRegex(dlc.DlcError, pattern):
            fast(*args)

    def test_own_derivative(self):
        x = torch.ones(3, requires_grad=True)
        self.refused(lambda x: Doubled.apply(x) + 1, r"\.py:\d+: .*torch.autograd.Function", x)

    def test_hook(self):
        def function(x):
            y = x * 2
            y.register_hook(lambda gradient: gradient * 3)
            return y.sin()

        self.refused(function, r"\.py:\d+: .* a hook on a tensor's gradient",
                     torch.ones(3, requires_grad=True))

    def test_changed_without_gradients(self):
        def function(x):
            y = x * 2
            with torch.no_grad():
                y.mul_(3)
            return y * y

        self.refused(function, r"\.py:\d+: 'mul_' changes a tensor", torch.ones(3, requires_grad=True))

        def an_element(x):
            y = x * 2
            with torch.no_grad():
                y[0] = 5.0
            return y * y

        self.refused(an_element, r"\.py:\d+: 'setitem' changes a tensor that requires gradients under",
                     torch.ones(3, requires_grad=True))

        def a_view(x):
            y = x * 2
            with torch.no_grad():
                y[1:].exp_()
            return y * y

        self.refused(a_view, r"\.py:\d+: 'exp_' changes", torch.ones(3, requires_grad=True))

        def detached(x):
            y = x * 2
            y.data.mul_(3)
            return y * y

        self.refused(detached, r"\.py:\d+: 'mul_' changes .* what was detached",
                     torch.ones(3, requires_grad=True))

    def test_complex_numbers(self):
        self.refused(lambda x: x * x, "complex", torch.ones(3, dtype=torch.complex64, requires_grad=True))

    def test_input_changed_before_the_backward_part(self):
        x = torch.ones(3, requires_grad=True)
        y = x * 2
        z = torch.compile(lambda y: y.sin(), backend=dynamo.backend)(y)
        y.add_(1)
        with self.assertRaisesRegex(RuntimeError, "modified by an inplace operation"):
            z.sum().backward()


if __name__ == "__main__":
    unittest.main()
