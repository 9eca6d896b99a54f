# Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Image models: torchvision's and timm's, and a U-Net."""

import functools

import torch
from torch import nn

from .model import Model, calibrate, dim, enliven


def image(size):
    return lambda batch: (torch.randn(batch, 3, size, size),)


def from_torchvision(name, size):
    import torchvision

    model = enliven(getattr(torchvision.models, name)(weights=None).eval())
    return calibrate(model, *[image(size)(4) for _ in range(2)])


def from_timm(name, size):
    import timm

    model = enliven(timm.create_model(name, pretrained=False).eval())
    return calibrate(model, *[image(size)(4) for _ in range(2)])


class UNet(nn.Module):
    """Three levels down by max pooling and up by transposed convolution."""

    def __init__(self, channels=(16, 32, 64)):
        super().__init__()
        widths = (3, *channels)
        self.down = nn.ModuleList(map(self.block, widths, channels))
        self.pool = nn.MaxPool2d(2)
        self.middle = self.block(channels[-1], 2 * channels[-1])
        upper = (2 * channels[-1], *channels[:0:-1])
        self.up = nn.ModuleList(nn.ConvTranspose2d(a, b, 2, stride=2)
                                for a, b in zip(upper, channels[::-1]))
        self.join = nn.ModuleList(self.block(2 * c, c) for c in channels[::-1])
        self.head = nn.Conv2d(channels[0], 2, 1)

    @staticmethod
    def block(inner, outer):
        return nn.Sequential(nn.Conv2d(inner, outer, 3, padding=1, bias=False),
                             nn.BatchNorm2d(outer), nn.ReLU(),
                             nn.Conv2d(outer, outer, 3, padding=1, bias=False),
                             nn.BatchNorm2d(outer), nn.ReLU())

    def forward(self, x):
        kept = []
        for block in self.down:
            kept.append(block(x))
            x = self.pool(kept[-1])
        x = self.middle(x)
        for up, join in zip(self.up, self.join):
            x = join(torch.cat([kept.pop(), up(x)], dim=1))
        return self.head(x)


class Adapting(nn.Module):
    """A U-Net in training mode, with the statistics that its norms keep."""

    def __init__(self):
        super().__init__()
        self.net = enliven(UNet().train())

    def forward(self, x):
        y = self.net(x)
        norms = [part for part in self.net.modules() if isinstance(part, nn.BatchNorm2d)]
        return y, *[torch.stack([norm.running_mean, norm.running_var]) for norm in norms]


def unet():
    return calibrate(enliven(UNet().eval()), *[image(64)(4) for _ in range(2)])


def classifier(name, size, source=from_torchvision, package="torchvision", model=None, **more):
    return Model(name, functools.partial(source, model or name, size), image(size),
                 ({0: dim("batch", 8)},), [(2,), (1,), (5,)], (9,), "8", (package,), **more)


def any_image(name, make, **more):
    return Model(name, make, lambda batch, height, width: (torch.randn(batch, 3, height, width),),
                 ({0: dim("batch", 4), 2: 8 * dim("rows", 16), 3: 8 * dim("columns", 16)},),
                 [(2, 64, 48), (1, 32, 96), (3, 40, 40)], (2, 136, 48), "128", **more)


MODELS = [
    classifier("resnet18", 96),
    classifier("resnet50", 96),
    classifier("mobilenet_v3", 96, model="mobilenet_v3_large"),
    classifier("efficientnet_b0", 96),
    classifier("convnext_tiny", 96),
    classifier("densenet121", 96),
    classifier("shufflenet_v2", 96, model="shufflenet_v2_x1_0"),
    classifier("vit_b_16", 224, limits=(20, 3)),
    classifier("deit_tiny", 224, from_timm, "timm", "deit_tiny_patch16_224"),
    classifier("swin_t", 224, batch_only=True),
    any_image("unet", unet),
    any_image("unet, adapting", Adapting, state=True),
]
