#!/usr/bin/env python3
# Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""A network for the energy of five particles, trained on forces: these are its gradient,
so that training takes a derivative of a derivative. The training step is one compiled
function; what is deployed gives the energy and the forces, without PyTorch.

    pip install ./python torch
    python examples/pytorch/forces.py [FOLDER]

FOLDER is where the compiled models stay, by default nothing does.
"""

import pathlib
import sys
import tempfile

import numpy as np
import torch

import dlc

PARTICLES, BATCH, STEPS = 5, 32, 200


class Energy(torch.nn.Module):
    """Of particles [batch, particles, 3]: a sum over pairs, of a network of the distance."""

    def __init__(self, width=32):
        super().__init__()
        self.register_buffer("centres", torch.linspace(0.5, 4.0, 16))
        self.register_buffer("pairs", torch.triu_indices(PARTICLES, PARTICLES, 1))
        self.net = torch.nn.Sequential(torch.nn.Linear(16, width), torch.nn.Tanh(),
                                       torch.nn.Linear(width, width), torch.nn.Tanh(),
                                       torch.nn.Linear(width, 1))

    def forward(self, positions):
        first, second = self.pairs
        distance = (positions[:, first] - positions[:, second]).square().sum(-1).sqrt()
        return self.net((-2 * (distance[..., None] - self.centres).square()).exp()).sum()


def measured(positions):
    """What the network has to learn: the gradient of a Morse potential."""
    positions = positions.clone().requires_grad_()
    first, second = torch.triu_indices(PARTICLES, PARTICLES, 1)
    distance = (positions[:, first] - positions[:, second]).square().sum(-1).sqrt()
    energy = (1 - (1.5 - distance).exp()).square().sum()
    return torch.autograd.grad(energy, positions)[0]


def train_eager(net, batches, rate):
    """The same with PyTorch: the losses."""
    optimizer, losses = torch.optim.Adam(net.parameters(), rate), []
    for positions, gradient in batches:
        optimizer.zero_grad()
        positions = positions.clone().requires_grad_()
        found, = torch.autograd.grad(net(positions), positions, create_graph=True)
        loss = (found - gradient).square().mean()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


def main(folder, steps=STEPS, rate=3e-3):
    torch.manual_seed(0)
    grid = torch.cartesian_prod(*[torch.arange(2.0)] * 3)[:PARTICLES] * 1.6
    batches = [grid + 0.2 * torch.randn(BATCH, PARTICLES, 3) for _ in range(steps)]
    batches = [(positions, measured(positions)) for positions in batches]
    net = Energy()
    step = dlc.compile_training_step(dlc.grad(net), batches[0][0], loss="mse", optimizer="adam",
                                     output=folder / "train_forces.so")
    losses = [step.step(positions, gradient, lr=rate) for positions, gradient in batches]
    eager = train_eager(net, batches, rate)
    print(f"loss of the first and the last of {steps} steps: {losses[0]:.4f}, {losses[-1]:.4f} "
          f"(PyTorch's: {eager[0]:.4f}, {eager[-1]:.4f})")

    # Forces don't depend on the last bias, so that it wasn't trained.
    for name, parameter in net.named_parameters():
        if name in step.state:
            parameter.data.copy_(torch.from_numpy(np.array(step.state[name])))
    positions = batches[0][0][:2]
    deployed = dlc.compile(dlc.value_and_grad(net), positions, output=folder / "forces.so")
    energy, gradient = deployed(positions)
    positions.requires_grad_()
    expected, = torch.autograd.grad(net(positions), positions)
    torch.testing.assert_close(gradient, expected, rtol=1e-4, atol=1e-5)
    size = (folder / "forces.so").stat().st_size
    print(f"forces.so gives the energy, {energy.item():.3f}, and its gradient: {size >> 10} KiB")
    return losses, eager


if __name__ == "__main__":
    if len(sys.argv) > 1:
        main(pathlib.Path(sys.argv[1]))
    else:
        with tempfile.TemporaryDirectory() as folder:
            main(pathlib.Path(folder))
