# Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Derivatives of PyTorch functions: what dlc.grad and its like give is what autograd
and torch.func give."""

import contextlib
import unittest

import frontend
import torch

import dlc


def energy(x):
    return (x.sin() * x * x.roll(1)).sum()


def two(x, y):
    return ((x.sin() * y["a"]).sum(), {"twice": x * 2})


def scaled_by_number(x):
    # type: (torch.Tensor) -> torch.Tensor
    return (x * float(x[0])).sum() + (x * x[1].item()).sum()


def _under_no_grad(change):
    @torch.no_grad()
    def call(y):
        change(y)
    return call


def _set(y):
    y[1:3] = 5.0


def _add(y):
    y += 3


_finite = _under_no_grad(lambda y: y.nan_to_num_(1.0, 2.0, 3.0))

#: Changes in place that gradients pass as if there were none.
_CHANGES = [_finite, *map(_under_no_grad, (
    _set, _add, lambda y: y.mul_(3), lambda y: torch.mul(y, 2, out=y),
    lambda y: torch.nn.functional.relu(y, inplace=True), lambda y: torch._foreach_mul_([y], 3.0),
    lambda y: y.exp_().unsqueeze_(0),
)), lambda y: y.data.mul_(3), lambda y: y.detach()[1:].exp_()]


class Sum(torch.nn.Module):
    def forward(self, x):
        return x.sum()


class Derivatives(frontend.FrontendTest):
    def setUp(self):
        super().setUp()
        self.x = torch.randn(4, dtype=torch.float64)

    def test_gradient_has_the_structure_of_the_arguments(self):
        y = {"a": torch.randn(4, dtype=torch.float64)}
        gradients, aux = dlc.grad(two, argnums=(0, 1), has_aux=True)(self.x, y)
        expected, _ = torch.func.grad(two, argnums=(0, 1), has_aux=True)(self.x, y)
        torch.testing.assert_close(gradients, expected)
        torch.testing.assert_close(aux, {"twice": self.x * 2})
        (value, aux), gradient = dlc.value_and_grad(two, has_aux=True)(self.x, y)
        torch.testing.assert_close((value, gradient), (two(self.x, y)[0], expected[0]))

    def test_vjp_and_jvp(self):
        def f(x, w):
            return x @ w, (x * x).sum()

        x, w = torch.randn(2, 3), torch.randn(3, 4)
        cotangents = torch.randn(2, 4), torch.tensor(2.0)
        value, pull_back = dlc.vjp(f, x, w)
        expected, torch_pull_back = torch.func.vjp(f, x, w)
        torch.testing.assert_close(value, expected)
        torch.testing.assert_close(pull_back(cotangents), torch_pull_back(cotangents))
        tangents = torch.randn(2, 3), torch.randn(3, 4)
        torch.testing.assert_close(dlc.jvp(f, (x, w), tangents), torch.func.jvp(f, (x, w), tangents))

    def check_gradient(self, function):
        torch.testing.assert_close(dlc.grad(function)(self.x), torch.func.grad(function)(self.x))

    def test_detached(self):
        self.check_gradient(lambda x: (x.detach() * x).sum())
        self.check_gradient(lambda x: (x.data * x).sum())
        self.check_gradient(lambda x: (x + (x.round() - x).detach()).sum())
        # Constant to the second derivative, too.
        f = lambda x: (x.detach() * x * x).sum()  # noqa: E731
        torch.testing.assert_close(dlc.hessian(f)(self.x), torch.func.hessian(f)(self.x))
        number = torch.tensor(2.0)
        torch.testing.assert_close(dlc.hessian(lambda x: x**3)(number), 6 * number)
        z = torch.randn(3, dtype=torch.complex128)
        g = lambda z: (z.detach() * z).abs().sum()  # noqa: E731
        torch.testing.assert_close(dlc.grad(g)(z), torch.func.grad(g)(z))

    def test_numbers_taken_out(self):
        def set_in_place(x):
            y = x.clone()
            y[0] = x[1].item()
            return (y * x).sum()

        functions = [
            set_in_place,
            lambda x: x.sum() * x[0].item(),
            lambda x: x.sum() * x.tolist()[0],
            lambda x: (x * x.max().item()).sum(),
            lambda x: x.sum() * (x[0].item() + 1.0) ** 2,
            lambda x: x.clamp(max=x[1].item()).square().sum(),
            lambda x: (x * torch.full((4,), x.sum().item(), dtype=x.dtype)).sum(),
            torch.jit.script(scaled_by_number),
        ]
        for function in functions:
            x = self.x.clone().requires_grad_()
            expected, = torch.autograd.grad(function(x), x)
            self.assert_close(dlc.grad(function)(self.x), expected)

    def test_changes_that_have_no_gradient(self):
        def with_a_view(x):
            y = x * 2
            with torch.no_grad():
                view = y.view(2, 2).t()
                view[0].mul_(5)
                other = view * 2
            return (y * y).sum() + (other.reshape(-1) * x).sum()

        def detached_with_a_gradient_of_its_own(x):
            y = x * 2
            z = y.detach()
            z.mul_(x)
            return (z * z).sum() + (y * 3).sum()

        def seen_by_the_detached(x):
            y = x * 2
            z = y.detach()
            y.mul_(3)
            return (z * x).sum() + y.sum()

        def in_a_loop(x):
            y, z = torch.zeros_like(x), x * 1
            for i in range(len(x)):
                y[i] = x[i].sin()
                z = z.detach()
                z += x
                with torch.no_grad():
                    y[i] *= 2
            return (y * z).sum()

        def replaced(x):
            y = x * 2
            y.data = y.data.exp()
            return (y * y).sum()

        def changed(change):
            def function(x):
                y = x / x.detach()[0].relu() if change is _finite else x * 2
                change(y)
                return (y * y).sum() + (y * x).sum()
            return function

        self.x[0] = -1  # of which _finite makes infinities
        functions = [with_a_view, detached_with_a_gradient_of_its_own, seen_by_the_detached,
                     in_a_loop, replaced, *map(changed, _CHANGES)]
        for function in functions:
            x = self.x.clone().requires_grad_()
            value = function(x)
            expected = value.detach(), *torch.autograd.grad(value, x)
            self.assert_close(dlc.value_and_grad(function)(self.x), expected)

    def test_clamped_variance(self):
        def loss(x, var):
            return torch.nn.functional.gaussian_nll_loss(x, torch.zeros_like(x), var, eps=0.5)

        x, var = self.x.clone().requires_grad_(), torch.rand(4).double().requires_grad_()
        expected = torch.autograd.grad(loss(x, var), (x, var))
        self.assert_close(dlc.grad(loss, argnums=(0, 1))(x.detach(), var.detach()), expected)

    def test_switches(self):
        def off(x):
            torch.set_grad_enabled(False)
            y = x.sin()
            torch.set_grad_enabled(True)
            return (x * y).sum()

        def chosen(x):
            with torch.set_grad_enabled(False), contextlib.ExitStack() as stack:
                stack.enter_context(torch.enable_grad())
                y = x.sin()
            return (x * y).sum()

        def stacked(x):
            with contextlib.ExitStack() as stack:
                stack.enter_context(torch.no_grad())
                y = x.sin()
            return (x * y).sum()

        for function in (off, chosen, stacked):
            self.check_gradient(function)

    def test_without_gradients(self):
        @torch.no_grad()
        def square(x):
            return x * x

        def f(x):
            with torch.no_grad():
                y = x.exp()
                y += x
            with torch.inference_mode():
                z = x.cos()
            return ((y + square(x)) * x * z.clone()).sum()

        self.check_gradient(f)
        torch.testing.assert_close(dlc.compile(f, self.x)(self.x), f(self.x))

    def test_parameters(self):
        """A module's own parameters, which require gradients, as arguments."""
        net, x = torch.nn.Linear(3, 2), torch.randn(4, 3)

        def loss(parameters):
            return torch.func.functional_call(net, parameters, (x,)).square().sum()

        parameters = dict(net.named_parameters())
        found, expected = dlc.grad(loss)(parameters), torch.func.grad(loss)(parameters)
        for name in parameters:
            self.assert_close(found[name], expected[name])
            self.assertFalse(found[name].requires_grad)

    def test_branch_without_gradients(self):
        def branch(x):
            with torch.no_grad():
                y = x.sin()
            return y * x

        def f(x):
            return torch.cond(x.sum() > 0, branch, torch.cos, (x,)).sum()

        self.assert_close(dlc.compile(f, self.x.abs())(self.x.abs()), f(self.x.abs()))
        with self.assertRaisesRegex(dlc.TraceError, r"test_derivatives\.py:\d+: what is computed without"):
            dlc.grad(f)(self.x)

    def test_own_derivative(self):
        class Straight(torch.autograd.Function):
            @staticmethod
            def forward(ctx, x):
                return x.round()

            @staticmethod
            def backward(ctx, cotangent):
                return cotangent

        f = lambda x: (Straight.apply(x) * x).sum()  # noqa: E731
        torch.testing.assert_close(dlc.compile(f, self.x)(self.x), f(self.x))
        with self.assertRaisesRegex(dlc.TraceError, "Straight, whose own derivative isn't"):
            dlc.grad(f)(self.x)

    def test_hooks_on_gradients(self):
        def triple(gradient):
            return gradient * 3

        def hooked(x):
            if x.requires_grad:
                x.register_hook(triple)
            return (x * x).sum()

        def hooked_result(x):
            y = x * x
            if y.requires_grad:
                y.register_hook(triple)
            return y.sum()

        leaf = self.x.clone().requires_grad_()
        self.assert_close(dlc.compile(hooked, leaf)(self.x), hooked(self.x))
        for f, x in ((hooked, leaf), (hooked_result, self.x), (hooked_result, leaf)):
            with self.assertRaisesRegex(dlc.TraceError, r"s\.py:\d+: .* registers a hook on a tensor's"):
                dlc.grad(f)(x)
        with self.assertRaisesRegex(dlc.TraceError, r"s\.py:\d+: .*asks whether a tensor requires"):
            dlc.grad(dlc.trace(hooked_result, self.x))(self.x)

        module = torch.nn.Tanh()
        for register in (module.register_full_backward_hook, module.register_full_backward_pre_hook):
            handle = register(lambda *_: None)
            for f in (lambda x: module(x).sum(), torch.nn.Sequential(module, Sum())):
                with self.assertRaisesRegex(dlc.TraceError, "Tanh, with a hook on its gradients"):
                    dlc.grad(f)(self.x)
            handle.remove()
        module.register_forward_hook(lambda module, args, result: 2 * result)
        self.check_gradient(lambda x: module(x).sum())

    def test_arguments_by_name(self):
        f = lambda x, *, y: (x * y).sum()  # noqa: E731
        self.assert_close(dlc.grad(f)(self.x, y=self.x), self.x)
        self.assert_close(dlc.grad(f)(self.x, y=2 * self.x), 2 * self.x)
        self.assert_close(dlc.compile(dlc.grad(f), self.x, kwargs={"y": self.x})(self.x, y=self.x),
                          self.x)

    def test_calls_of_another_structure(self):
        x = self.x
        for call in (lambda: dlc.directional(torch.sin)(), lambda: dlc.pullback(torch.sin)(x),
                     lambda: dlc.directional(torch.sin).trace(), lambda: dlc.jvp(torch.sin, x, (x,))):
            with self.assertRaisesRegex(TypeError, "primals is (the|a) tuple"):
                call()
        with self.assertRaisesRegex(TypeError, "tangents is a tuple .*not NoneType"):
            dlc.jvp(torch.sin, (x,), None)
        for given in (3, "f"):
            with self.assertRaisesRegex(TypeError, "grad is of a function, a module or a trace, not"):
                dlc.grad(given)

    def test_programs_see_that_gradients_are_required(self):
        def f(x):
            with torch.no_grad():
                y = x.sin()
            return (x * (2 if x.requires_grad else 3) * (5 if y.requires_grad else 7)).sum()

        self.assert_close(dlc.grad(f)(self.x), torch.full_like(self.x, 14))

    def test_next_number(self):
        up, same = self.x + 1, self.x.clone()
        self.check_gradient(lambda x: (torch.nextafter(x, up) * x).sum())
        self.check_gradient(lambda x: torch.nextafter(x, same).sum())
        self.check_gradient(lambda x: (torch.nextafter(same, x) * x).sum())

    def test_numbers_of_another_kind_are_other_arguments(self):
        x = torch.tensor([2.0, -3.0], dtype=torch.float64)
        signed = dlc.grad(lambda x, n: (torch.copysign(torch.ones_like(x), torch.full_like(x, n)) * x).sum())
        self.assertEqual(signed(x, 0.0).tolist(), [1, 1])
        self.assertEqual(signed(x, -0.0).tolist(), [-1, -1])
        power = dlc.grad(lambda x, n: (x * n).sum())
        for n in (2, 2.0, 1, True):
            self.assertEqual(power(x, n).tolist(), [n, n])

    def test_complex(self):
        z = torch.randn(3, dtype=torch.complex128)
        cotangent, tangent = (torch.randn(3, dtype=torch.complex128) for _ in range(2))

        def f(z):
            return z.exp() * z.conj() / (z.abs() + 2)

        torch.testing.assert_close(dlc.vjp(f, z)[1](cotangent), torch.func.vjp(f, z)[1](cotangent))
        torch.testing.assert_close(dlc.jvp(f, (z,), (tangent,)), torch.func.jvp(f, (z,), (tangent,)))
        with self.assertRaisesRegex(dlc.TraceError, r"this one returns c128\[\]"):
            dlc.grad(lambda z: f(z).sum())(z)

    def test_second_and_fourth_order(self):
        torch.testing.assert_close(dlc.hessian(energy)(self.x), torch.func.hessian(energy)(self.x))
        product = dlc.directional(dlc.grad(energy))
        v = torch.randn(4, dtype=torch.float64)
        expected = torch.func.jvp(torch.func.grad(energy), (self.x,), (v,))
        torch.testing.assert_close(product((self.x,), (v,)), expected)

        def wave(x):
            return torch.tanh(x * 3) * x

        fourth, expected = wave, wave
        for _ in range(4):
            fourth, expected = dlc.grad(fourth), torch.func.grad(expected)
        x = torch.tensor(0.3, dtype=torch.float64)
        torch.testing.assert_close(fourth(x), expected(x))

    def test_open_sizes_and_files(self):
        sizes = ({0: torch.export.Dim("n", min=2, max=64)},)
        path = self.folder / "energy_gradient.json"
        dlc.grad(energy).trace(self.x, dynamic_shapes=sizes).save(path)
        compiled = dlc.compile(dlc.load_trace(path))
        for n in (2, 7, 64):
            x = torch.randn(n, dtype=torch.float64)
            torch.testing.assert_close(compiled(x), torch.func.grad(energy)(x))
        vjp = dlc.compile(dlc.pullback(lambda x: x.sin()).trace((self.x,), dynamic_shapes=sizes))
        with self.assertRaisesRegex(dlc.RunError, "'cotangent_output' should be .*must be 4"):
            vjp((self.x,), torch.randn(5, dtype=torch.float64))

    def test_control_flow(self):
        def f(x):
            return torch.cond(x.sum() > 0, lambda x: x.sin().sum(), lambda x: (x * x).sum(), (x,))

        for x in (torch.ones(3), -torch.ones(3)):
            torch.testing.assert_close(dlc.grad(f)(x), x.cos() if x[0] > 0 else 2 * x)

    def test_captured_tensor_that_changes(self):
        w, linear, x = torch.ones(3), torch.nn.Linear(3, 1), torch.randn(3)
        by_hand, by_layer = dlc.grad(lambda x: (w * x).sum()), dlc.grad(lambda x: linear(x).sum())
        for value in (2.0, 5.0):
            w.fill_(value)
            torch.nn.init.constant_(linear.weight, value)
            self.assert_close(by_hand(x), torch.full((3,), value))
            self.assert_close(by_layer(x), torch.full((3,), value))

    def test_queries_that_see_no_key(self):
        query, key, value = torch.randn(3, 1, 2, 3, 4, dtype=torch.float64)
        mask = torch.tensor([[True, False, True], [False] * 3, [True] * 3])
        for each in (mask, torch.where(mask, 0.3, -torch.inf).double()):
            def attend(q, k, v):
                return torch.nn.functional.scaled_dot_product_attention(
                    q, k, v, attn_mask=each).sin().sum()

            got = dlc.grad(attend, argnums=(0, 1, 2))(query, key, value)
            self.assert_close(got, torch.func.grad(attend, (0, 1, 2))(query, key, value))
        scores = torch.randn(3, 4, dtype=torch.float64)
        scores[1] = -torch.inf

        def safe(x):
            return torch.ops.aten._safe_softmax(x, -1).sin().sum()

        self.assert_close(dlc.grad(safe)(scores), torch.func.grad(safe)(scores))

    def test_bessel_functions_at_zero(self):
        x, ones = torch.tensor([-9.0, -2.0, 0.0, 1.0]).double(), torch.ones(4).double()
        for function in (torch.special.i0, torch.special.i0e, torch.special.i1, torch.special.i1e):
            def total(x):
                return function(x).sum()

            got = dlc.directional(dlc.grad(total))((x,), (ones,))
            primal = x.clone().requires_grad_()
            first, = torch.autograd.grad(total(primal), primal, create_graph=True)
            second, = torch.autograd.grad(first.sum(), primal)
            self.assert_close(got, (first.detach(), second))

    def test_what_has_none(self):
        x = torch.randn(3)
        for function, args, what in (
                (lambda x: x * 2, (x,), r"returns f32\[3\]"),
                (lambda x: (x, x), (x,), r"returns \(tensor, tensor\)"),
                (lambda x: x.sum() * 1.0, (torch.arange(3),), "argument number 1 isn't made of tensors"),
        ):
            with self.assertRaisesRegex(dlc.TraceError, what):
                dlc.grad(function)(*args)
        with self.assertRaisesRegex(TypeError, "hessian is for functions of one tensor, not of 2"):
            dlc.hessian(energy)(x, x)
        with self.assertRaisesRegex(TypeError, "hessian is for functions of one tensor, not of float"):
            dlc.hessian(energy)(3.0)
        self.assertEqual(dlc.hessian(energy)(torch.ones(2, 0)).shape, (2, 0, 2, 0))
        with self.assertRaisesRegex(dlc.TraceError, "argnums is 3, but there is 1 argument$"):
            dlc.grad(energy, argnums=3)(x)
        with self.assertRaisesRegex(dlc.TraceError, "this one returns the constant 3.0"):
            dlc.grad(lambda x: 3.0)(x)
        with self.assertRaisesRegex(dlc.TraceError, r"argnums is \(0, -1\), which names an argument"):
            dlc.grad(energy, argnums=(0, -1))(x)
        for argnums in ((), "x", True, 0.5):
            with self.assertRaisesRegex(TypeError, "argnums is the number of an argument, or a tuple"):
                dlc.grad(energy, argnums=argnums)
        with self.assertRaisesRegex(dlc.TraceError, r"\.py:\d+: .* registers a hook on a tensor's"):
            dlc.grad(lambda x: ((y := x * 2).register_hook(lambda g: g * 3), y.sum())[1])(x)
        generator = torch.Generator()
        with self.assertRaisesRegex(dlc.TraceError, r"\.py:\d+: .* as a torch.Generator"):
            dlc.grad(lambda x: (x * torch.rand(3, generator=generator)).sum())(x)


if __name__ == "__main__":
    unittest.main()
