# Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Training steps: a compiled model that trains, keeps its state, and goes on with it.
That the numbers are PyTorch's is for scripts/conformance training."""

import os
import pathlib
import re
import runpy
import tempfile
import unittest

import frontend
import numpy as np
import torch

import dlc


class Training(frontend.FrontendTest):
    def setUp(self):
        super().setUp()
        torch.manual_seed(0)
        self.model = torch.nn.Sequential(torch.nn.Linear(4, 8), torch.nn.BatchNorm1d(8),
                                         torch.nn.ReLU(), torch.nn.Linear(8, 3))
        self.x, self.labels = torch.randn(16, 4), torch.randint(0, 3, (16,))

    def compile(self, **settings):
        settings = {"loss": "cross_entropy", "optimizer": "adamw", **settings}
        return dlc.compile_training_step(self.model, self.x, **settings)

    def test_the_loss_falls(self):
        step = self.compile()
        losses = [step.step(self.x, self.labels, lr=0.05) for _ in range(30)]
        self.assertLess(losses[-1], losses[0] / 3)
        self.assertTrue(self.model.training)

    def test_mistakes(self):
        with self.assertRaisesRegex(TypeError, "loss is text, as 'cross_entropy' .*not function"):
            self.compile(loss=torch.nn.functional.cross_entropy)
        with self.assertRaisesRegex(TypeError, "optimizer is text, as 'sgd' .*not SGD"):
            self.compile(optimizer=torch.optim.SGD(self.model.parameters(), lr=0.1))
        step = self.compile()
        with self.assertRaisesRegex(TypeError, "^the step takes input, target, learning_rate; target is missing$"):
            step.step(self.x, lr=0.1)
        with self.assertRaisesRegex(dlc.RunError, "^\\S+: cross_entropy: a target is no class"):
            step.step(self.x, torch.full((16,), 7), lr=0.1)

    def test_settings_that_are_none(self):
        for error, sentence, settings in (
                (ValueError, "loss is text.* not 'mse frozen=0.weight'", {"loss": "mse frozen=0.weight"}),
                (ValueError, "optimizer is text", {"optimizer": "adamw weight_decay=1"}),
                (ValueError, "memory is text.* not 'a b'", {"memory": "a b"}),
                (TypeError, "memory is a number of 0 or more", {"memory": [1]}),
                (TypeError, "clip_norm is a number of 0 or more .*not None", {"clip_norm": None}),
                (TypeError, "clip_norm is a number of 0 or more .*not True", {"clip_norm": True}),
                (ValueError, "clip_value is a number .*not nan", {"clip_value": float("nan")}),
                (ValueError, "accumulate is a whole number .*not 2.0", {"accumulate": 2.0}),
                (ValueError, "accumulate is a whole number from 1 to", {"accumulate": 2**63 - 1}),
                (ValueError, r"frozen is a list of weights' names.*not '0\.bias'", {"frozen": "0.bias"}),
                (ValueError, "frozen is a list of .*not 5", {"frozen": 5}),
                (ValueError, "frozen .* without spaces", {"frozen": ["0 weight"]}),
                (ValueError, "frozen names 'w', which is no parameter", {"frozen": ["w"]}),
                (ValueError, "batch_norm_momentum is a number from 0 to 1 .*not 3",
                 {"batch_norm_momentum": 3})):
            with self.assertRaisesRegex(error, sentence):
                self.compile(**settings)

    def test_numbers_of_other_libraries(self):
        step = self.compile(optimizer="adamw, weight_decay=0.01", memory="1 GiB",
                            clip_norm=np.float32(1), accumulate=np.int64(1))
        for lr in (np.float32(0.1), torch.tensor(0.1), 1):
            step.step(self.x, self.labels, lr=lr)
        with self.assertRaisesRegex(TypeError, "lr is a number, not str"):
            step.step(self.x, self.labels, lr="0.1")

    def test_a_tied_weight_is_frozen_by_any_name(self):
        self.model = torch.nn.Sequential(torch.nn.Embedding(5, 3), torch.nn.Linear(3, 3),
                                         torch.nn.Linear(3, 5, bias=False))
        self.model[2].weight = self.model[0].weight
        self.x = torch.randint(0, 5, (16,))
        for name in ("0.weight", "2.weight"):
            self.assertEqual({"1.weight", "1.bias"}, {
                n for n in self.compile(optimizer="sgd", frozen=[name]).state if n[0].isdigit()})

    def test_the_module_gets_the_weights_back(self):
        self.model = torch.nn.Sequential(torch.nn.Embedding(5, 3), torch.nn.Linear(3, 3),
                                         torch.nn.Linear(3, 5, bias=False)).bfloat16()
        self.model[2].weight = self.model[0].weight
        self.x = torch.randint(0, 5, (16,))
        step = self.compile(optimizer="adam", frozen=["1.bias"])
        before = {name: value.clone() for name, value in self.model.state_dict().items()}
        step.step(self.x, self.labels, lr=0.1)
        self.model.load_state_dict(step.state_dict(), strict=False)
        same = {name for name, value in self.model.state_dict().items() if value.equal(before[name])}
        self.assertEqual(same, {"1.bias"})
        torch.testing.assert_close(step(self.x), self.model(self.x).detach(), rtol=2e-2, atol=2e-2)

    def test_a_memory_budget_changes_no_bit(self):
        layers = [m for _ in range(5) for m in (torch.nn.Linear(32, 32), torch.nn.Tanh())]
        model, x = torch.nn.Sequential(*layers), torch.randn(256, 32)
        settings = {"loss": "mse", "optimizer": "adamw", "clip_norm": 1.0}
        steps = [dlc.compile_training_step(model, x, **settings, memory=memory)
                 for memory in (None, 0.5)]
        for _ in range(3):
            first, second = (step.step(x, torch.zeros(256, 32), lr=0.01) for step in steps)
            self.assertEqual(first, second)
        for name, value in steps[0].state.items():
            np.testing.assert_array_equal(value, steps[1].state[name])
        with self.assertRaisesRegex(dlc.DlcError, "memory=3 is neither a share"):
            dlc.compile_training_step(model, x, **settings, memory=3)

    def test_the_model_evaluates_with_the_trained_weights(self):
        step = self.compile(optimizer="sgd,momentum=0.9")
        for _ in range(5):
            step.step(self.x, self.labels, lr=0.1)
        names = [n for n in self.model.state_dict() if n in step.state]
        self.assertIn("1.running_mean", names)
        self.model.load_state_dict({n: torch.from_numpy(step.state[n]) for n in names},
                                   strict=False)
        expected = self.model.eval()(self.x).detach()
        torch.testing.assert_close(step(self.x), expected, rtol=1e-4, atol=1e-5)

    def test_what_was_saved_trains_on(self):
        step = self.compile()
        with tempfile.TemporaryDirectory() as folder:
            step.save(os.path.join(folder, "trained.so"))
            loaded = dlc.load(os.path.join(folder, "trained.so"))
            self.assertEqual(loaded.step(self.x, self.labels, lr=0.1),
                             step.step(self.x, self.labels, lr=0.1))

    def test_a_step_that_fails_changes_nothing(self):
        self.model = torch.nn.Sequential(torch.nn.Embedding(10, 4), torch.nn.Flatten(),
                                         torch.nn.Linear(12, 3))
        self.x = torch.randint(0, 10, (5, 3))
        labels = torch.randint(0, 3, (5,))
        step = self.compile()
        step.step(self.x, labels, lr=0.1)
        before = {name: value.copy() for name, value in step.state.items()}
        for x, target, sentence in [(self.x + 8, labels, "out of range"),
                                    (self.x, labels + 9, "no class number")]:
            with self.assertRaisesRegex(dlc.RunError, sentence):
                step.step(x, target, lr=0.1)
            for name, value in step.state.items():
                np.testing.assert_array_equal(value, before[name])

    def test_state_is_saved_loaded_and_reset(self):
        step = self.compile(clip_norm=1.0)
        first = step.step(self.x, self.labels, lr=0.1)
        self.assertGreater(step.results["gradient_norm"], 0)
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "state.safetensors")
            step.save_state(path)
            second = step.step(self.x, self.labels, lr=0.1)
            step.load_state(path)
            self.assertEqual(step.step(self.x, self.labels, lr=0.1), second)
            with self.assertRaisesRegex(FileNotFoundError, "state.safetensorsx"):
                step.load_state(path + "x")
        step.reset()
        self.assertEqual(step.step(self.x, self.labels, lr=0.1), first)

    def test_initial_weights_are_not_in_memory_twice(self):
        self.model, self.x = torch.nn.Linear(2048, 1024), torch.randn(4, 2048)
        path = self.folder / "large.so"
        step = self.compile(optimizer="sgd", output=path)
        step.step(self.x, self.labels[:4], lr=0.1)
        step.reset()
        np.testing.assert_array_equal(step.state["weight"], self.model.weight.detach())
        maps = pathlib.Path("/proc/self/smaps").read_text()
        resident = re.findall(rf"{re.escape(str(path))}\n(?:\w.*\n)*?Rss: +(\d+) kB", maps)
        self.assertTrue(resident)
        self.assertLess(sum(map(int, resident)), 1024)  # KiB, of 8192

    def test_the_row_for_padding_stays(self):
        self.model = torch.nn.Sequential(torch.nn.Embedding(10, 4, padding_idx=2),
                                         torch.nn.Flatten(), torch.nn.Linear(12, 3))
        torch.nn.init.normal_(self.model[0].weight)
        self.x = torch.randint(0, 4, (16, 3))
        step = self.compile(optimizer="sgd")
        step.step(self.x, self.labels, lr=0.5)
        moved = (step.state["0.weight"] != self.model[0].weight.detach().numpy()).any(1)
        np.testing.assert_array_equal(moved, [True, True, False, True] + 6 * [False])

    def test_bfloat16(self):
        self.model, self.x = self.model.bfloat16(), self.x.bfloat16()
        step = self.compile(optimizer="sgd", clip_norm=1.0)
        losses = [step.step(self.x, self.labels, lr=0.5) for _ in range(9)]
        self.assertLess(losses[-1], losses[0])
        self.assertGreater(step.results["gradient_norm"], 0)

    def test_state_outlives_its_model(self):
        weights = self.compile().state["0.weight"]
        np.testing.assert_array_equal(weights, self.model[0].weight.detach().numpy())

    def test_frozen_weights_stay(self):
        step = self.compile(frozen=("0.weight", "0.bias"))
        self.assertNotIn("0.weight", step.state)
        self.assertIn("3.weight", step.state)

    def test_parameters_without_gradients_stay(self):
        self.model[0].weight.requires_grad_(False)
        step = self.compile(optimizer="adamw,weight_decay=0.1")
        self.assertNotIn("0.weight", step.state)
        self.assertIn("0.bias", step.state)
        for parameter in self.model.parameters():
            parameter.requires_grad_(False)
        with self.assertRaisesRegex(dlc.TraceError, "no parameter of the module requires a gradient"):
            self.compile()

    def test_statistics_move_as_each_batch_norm_says(self):
        for momentum, given in ((0.5, None), (0.1, None), (None, None), (None, 0.25)):
            norm = torch.nn.BatchNorm1d(4, momentum=momentum)
            self.model = torch.nn.Sequential(norm, torch.nn.Linear(4, 3))
            norm(self.x * 2 + 1)
            step = self.compile(batch_norm_momentum=given)
            self.assertEqual(norm.momentum, momentum)
            norm.momentum = given or momentum
            for x in (self.x, self.x - 3):
                step.step(x, self.labels, lr=0.0)
                norm.train()(x)
            for name, value in norm.named_buffers():
                np.testing.assert_allclose(step.state["0." + name], value, rtol=1e-5)

    def check_against_eager(self, model, x, optimizer="sgd"):
        """Three steps; the module is left as eager's steps leave it."""
        step = dlc.compile_training_step(model, x, loss="mse", optimizer=optimizer)
        target = torch.zeros_like(step(x))
        parameters = [p for p in model.parameters() if p.requires_grad]
        eager = torch.optim.SGD(parameters, lr=0.1)
        for _ in range(3):
            loss = torch.nn.functional.mse_loss(model(x), target)
            eager.zero_grad()
            loss.backward()
            eager.step()
            np.testing.assert_allclose(step.step(x, target, lr=0.1), loss.item(), rtol=1e-5)
        for name, value in model.state_dict().items():
            if name in step.state:
                np.testing.assert_allclose(step.state[name], value, rtol=1e-4, atol=1e-6)
        torch.testing.assert_close(step(x), model.eval()(x).detach(), rtol=1e-4, atol=1e-5)
        return step

    def test_a_norm_in_evaluation_mode_evaluates(self):
        torch.nn.init.uniform_(self.model[1].running_mean)
        self.model[1].eval()
        self.model.append(torch.nn.BatchNorm1d(3))
        step = self.check_against_eager(self.model, self.x)
        self.assertNotIn("1.running_mean", step.state)
        self.assertIn("4.running_mean", step.state)
        self.assertIn("1.weight", step.state)
        torch.nn.init.uniform_(self.model[4].running_mean)
        self.check_against_eager(self.model.eval(), self.x)

    def test_other_buffers_that_training_changes(self):
        model = torch.nn.utils.parametrizations.spectral_norm(torch.nn.Linear(4, 3))
        step = self.check_against_eager(model, self.x)
        self.assertIn("parametrizations.weight.0._u", step.state)

    def test_instance_norms_with_statistics(self):
        for mode in (True, False):
            norm = torch.nn.InstanceNorm1d(4, affine=True, track_running_stats=True)
            torch.nn.init.uniform_(norm.running_mean)
            model = torch.nn.Sequential(torch.nn.Conv1d(4, 4, 3), norm.train(mode))
            step = self.check_against_eager(model, torch.randn(5, 4, 6))
            self.assertEqual("1.running_mean" in step.state, mode)

    def test_scripts_keep_modes_and_parameters(self):
        torch.nn.init.uniform_(self.model[1].running_mean)
        self.model[1].eval()
        self.model[0].weight.requires_grad_(False)
        step = self.check_against_eager(torch.jit.script(self.model), self.x)
        self.assertNotIn("1.running_mean", step.state)
        self.assertNotIn("0.weight", step.state)

    def test_a_trace_in_training_mode_moves_its_own_statistics(self):
        step = dlc.compile_training_step(dlc.trace(self.model, self.x), loss="cross_entropy",
                                         optimizer="sgd")
        step.step(self.x, self.labels, lr=0.0)
        self.model(self.x)
        np.testing.assert_allclose(step.state["1.running_var"], self.model[1].running_var,
                                   rtol=1e-5)

    def test_a_file_whose_parameters_are_all_frozen(self):
        for parameter in self.model.parameters():
            parameter.requires_grad_(False)
        dlc.trace(self.model.eval(), self.x).save(self.folder / "frozen.json")
        torch.export.save(torch.export.export(self.model, (self.x,)), self.folder / "frozen.pt2")
        for name in ("frozen.json", "frozen.pt2"):
            with self.assertRaisesRegex(dlc.CompileError, "depends on no parameter that is to be"):
                dlc.compile_training_step(self.folder / name, loss="cross_entropy",
                                          optimizer="sgd")

    def test_settings_out_of_range(self):
        for optimizer in ("adam,beta1=1.5", "sgd,momentum=-1", "adamw,weight_decay=-0.1",
                          "rmsprop,alpha=nan", "adafactor,d=0.5", "adafactor,beta2_decay=0.1"):
            with self.assertRaisesRegex(dlc.CompileError, "is out of range: at (least|most) "):
                self.compile(optimizer=optimizer)

    def test_arguments_as_the_model_takes_them(self):
        class Scaled(torch.nn.Module):
            def __init__(self):
                super().__init__()
                self.linear = torch.nn.Linear(4, 3)

            def forward(self, batch, scale=1.0, *, mask=None):
                return self.linear(batch["x"]) * scale * mask

        self.model, batch, mask = Scaled(), {"x": self.x}, torch.ones(3)
        step = dlc.compile_training_step(self.model, batch, kwargs={"mask": mask},
                                         loss="cross_entropy", optimizer="sgd")
        first = step.step(batch, self.labels, mask=mask, lr=0.1)
        step.reset()
        self.assertEqual(step.step(batch=batch, target=self.labels, mask=mask, lr=0.1), first)
        for sentence, args, named in (("; target is missing$", (), {"mask": mask}),
                                      ("should be ", (self.x, self.labels), {"mask": mask}),
                                      ("no argument 'other'", (batch, self.labels),
                                       {"mask": mask, "other": mask})):
            with self.assertRaisesRegex(TypeError, sentence):
                step.step(*args, lr=0.1, **named)

    def test_learning_rates_out_of_range(self):
        step = self.compile()
        for rate in (float("nan"), float("inf"), -1):
            with self.assertRaisesRegex(ValueError, "lr is a finite number of 0 or more, not "):
                step.step(self.x, self.labels, lr=rate)
        step.step(self.x, self.labels, lr=0)

    def test_hooks_on_gradients(self):
        weight = self.model[0].weight
        for register in (weight.register_hook, weight.register_post_accumulate_grad_hook):
            handle = register(lambda _: None)
            with self.assertRaisesRegex(dlc.TraceError, r"parameter '0\.weight' has a hook on its"):
                self.compile()
            with self.assertRaisesRegex(dlc.TraceError, "parameter of the program has a hook on"):
                dlc.compile_training_step(dlc.trace(self.model.eval(), self.x), loss="cross_entropy",
                                          optimizer="sgd")
            handle.remove()
        self.model[0].register_full_backward_hook(lambda *_: None)
        with self.assertRaisesRegex(dlc.TraceError, "Linear, with a hook on its gradients"):
            self.compile()

    def test_errors(self):
        with self.assertRaisesRegex(dlc.CompileError, "no loss is called 'hinge'"):
            self.compile(loss="hinge")
        step = self.compile()
        with self.assertRaisesRegex(TypeError, "the step takes"):
            step.step(self.x, lr=0.1)
        with self.assertRaisesRegex(dlc.RunError, "no class number"):
            step.step(self.x, self.labels + 3, lr=0.1)


class Dropped(torch.nn.Module):
    """Its loss is the sum of what is kept, so that a step of SGD shows the mask."""

    def __init__(self, p=0.25, count=1000):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.ones(count))
        self.drop = torch.nn.Dropout(p)

    def forward(self, x):
        return self.drop(x * self.weight).sum()


class Recurrent(torch.nn.Module):
    def __init__(self, kind):
        super().__init__()
        self.layers = kind(5, 6, num_layers=2, dropout=0.5)

    def forward(self, x):
        return self.layers(x)[0]


class Attention(torch.nn.Module):
    """Drops out by functions, not modules."""

    def __init__(self):
        super().__init__()
        self.project = torch.nn.Linear(6, 18)

    def forward(self, x):
        q, k, v = self.project(x).chunk(3, -1)
        p = 0.5 if self.training else 0.0
        y = torch.nn.functional.scaled_dot_product_attention(q, k, v, dropout_p=p)
        return torch.nn.functional.dropout(y, 0.25, self.training)


class Randomness(frontend.FrontendTest):
    """Random numbers in the step, none in the model."""

    def test_dropout(self):
        model, x = Dropped(), torch.ones(1000)
        step = dlc.compile_training_step(model, x, loss="output", optimizer="sgd")
        self.assertTrue(model.drop.training)
        weight = step.state["weight"]

        def mask(**settings):
            """What a step of rate 1 takes off: 0 or 4/3, by the mask of the loss."""
            before = weight.copy()
            loss = step.step(x, lr=1.0, **settings)
            change = before - weight
            self.assertLess(abs(loss - float((before * change).sum())), 0.01)
            weight[:] = 1
            return np.round(change * 3).astype(int)

        first, second = mask(), mask()
        self.assertEqual(set(first), {0, 4})
        self.assertLess(abs(np.count_nonzero(first) - 750), 60)
        self.assertFalse(np.array_equal(first, second))
        path = self.folder / "state.safetensors"
        step.save_state(path)
        third = mask()
        step.load_state(path)
        np.testing.assert_array_equal(mask(), third)
        step.reset()
        np.testing.assert_array_equal(mask(), first)
        step.reset()
        self.assertFalse(np.array_equal(mask(seed=1), first))
        step.reset()
        self.assertEqual(float(step(x)), 1000)

    def test_each_batch_of_a_step_has_its_own_mask(self):
        x = torch.ones(1, 1000)
        step = dlc.compile_training_step(Dropped(0.5), x, loss="output", optimizer="sgd",
                                         accumulate=2)
        step.step(torch.ones(2, 1000), lr=1.0)
        self.assertEqual(set(1 - step.state["weight"]), {0, 1, 2})

    def test_whatever_is_random_in_training(self):
        layer = torch.nn.TransformerEncoderLayer(6, 2, 8, dropout=0.5, batch_first=True)
        for model, x in [(Attention(), torch.randn(2, 3, 6)), (layer, torch.randn(2, 3, 6)),
                         (Recurrent(torch.nn.LSTM), torch.randn(4, 3, 5)),
                         (Recurrent(torch.nn.GRU), torch.randn(4, 3, 5)),
                         (torch.nn.Sequential(torch.nn.Linear(5, 40), torch.nn.RReLU()),
                          torch.randn(4, 5))]:
            with self.subTest(type(model).__name__):
                self.check_randomness(model.double(), x.double())

    def check_randomness(self, model, x):
        target = torch.randn_like(model(x))
        step = dlc.compile_training_step(model, x, loss="mse", optimizer="sgd")
        torch.testing.assert_close(step(x), model.eval()(x).detach())
        losses = [step.step(x, target, lr=0.0) for _ in range(2)]
        self.assertNotEqual(*losses)
        # The gradient is that of the loss with the same numbers.
        names = [name for name, _ in model.named_parameters()]
        start = {name: step.state[name].copy() for name in names}
        step.reset()
        self.assertEqual(step.step(x, target, lr=1.0), losses[0])
        gradient = {name: start[name] - step.state[name] for name in names}
        found = []
        for shift in (1e-6, -1e-6):
            step.reset()
            for name in names:
                step.state[name][...] += shift * gradient[name]
            found.append(step.step(x, target, lr=0.0))
        square = sum((g * g).sum() for g in gradient.values())
        self.assertLess(abs((found[0] - found[1]) / 2e-6 / square - 1), 1e-5)

    def test_a_module_in_evaluation_mode_drops_nothing(self):
        step = dlc.compile_training_step(Dropped().eval(), torch.ones(1000), loss="output",
                                         optimizer="sgd")
        self.assertEqual(step.step(torch.ones(1000), lr=1.0), 1000)



class Forces(frontend.FrontendTest):
    def test_training_through_gradients(self):
        example = runpy.run_path(str(frontend.ROOT / "examples" / "pytorch" / "forces.py"))
        losses, eager = example["main"](self.folder, steps=12)
        np.testing.assert_allclose(losses, eager, rtol=1e-3)
        self.assertTrue((self.folder / "forces.h").exists())


if __name__ == "__main__":
    unittest.main()
