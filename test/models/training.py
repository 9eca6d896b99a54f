# Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Networks that are trained, of their usual depth and width, with the weights that
training starts from; and data from which they learn something in 100 steps."""

from dataclasses import dataclass
from typing import Callable

import torch
from torch import nn


@dataclass
class Network:
    """`make` gives the module; `inputs` are the data (by torch's generator) and the target of
    a step of the usual size; `batches` makes a function that draws those of a smaller step,
    others each time. `optimizer` is dlc's, PyTorch's, its settings, and the learning rate. In
    `dtype` the losses of 100 steps can be compared: where float32's roundings grow from step
    to step, as in ResNet-18 (threefold, in PyTorch as in dlc), it is float64."""

    make: Callable
    inputs: Callable
    batches: Callable = None
    optimizer: tuple = ()
    dtype: torch.dtype = torch.float32


def mlp():
    return nn.Sequential(nn.Linear(784, 512), nn.ReLU(), nn.Linear(512, 512), nn.ReLU(),
                         nn.Linear(512, 10))


def resnet18():
    import torchvision

    return torchvision.models.resnet18()


class Classifier(nn.Module):
    """BERT-small: 29 million weights."""

    def __init__(self):
        from transformers import BertConfig, BertModel

        super().__init__()
        self.bert = BertModel(BertConfig(
            hidden_size=512, num_hidden_layers=4, num_attention_heads=8, intermediate_size=2048,
            hidden_dropout_prob=0, attention_probs_dropout_prob=0, attn_implementation="sdpa"))
        self.head = nn.Linear(512, 10)

    def forward(self, ids):
        return self.head(self.bert(ids).pooler_output)


class Scores(nn.Module):
    """GPT-2-small: 124 million weights. Scores [batch, vocabulary, length]."""

    def __init__(self):
        from transformers import GPT2Config, GPT2LMHeadModel

        super().__init__()
        self.gpt2 = GPT2LMHeadModel(GPT2Config(resid_pdrop=0, embd_pdrop=0, attn_pdrop=0,
                                               attn_implementation="sdpa"))

    def forward(self, ids):
        return self.gpt2(ids, use_cache=False).logits.transpose(1, 2)


def pictures():
    """Ten pictures under noise."""
    clean = torch.randn(10, 3, 32, 32)

    def draw():
        target = torch.randint(0, 10, (16,))
        return clean[target] + torch.randn(16, 3, 32, 32), target

    return draw


def sentences():
    """The first of the tokens tells the class."""
    def draw():
        ids, target = torch.randint(0, 30522, (8, 16)), torch.randint(0, 10, (8,))
        ids[:, 0] = target
        return ids, target

    return draw


def continuations():
    """Walks through a circle of 100 tokens, some steps of which are left out."""
    circle = torch.randperm(50257)[:100]

    def draw():
        steps = torch.randint(1, 3, (2, 9)).cumsum(1)
        ids = circle[(torch.randint(0, 100, (2, 1)) + steps) % 100]
        return ids[:, :-1].contiguous(), ids[:, 1:].contiguous()

    return draw


def classes(count, *shape):
    return torch.randint(0, count, shape)


NETWORKS = {
    "mlp": Network(mlp, lambda: (torch.randn(128, 784), classes(10, 128))),
    "resnet18": Network(
        resnet18, lambda: (torch.randn(32, 3, 96, 96), classes(1000, 32)), pictures,
        ("sgd,momentum=0.9,weight_decay=0.0001", "SGD", {"momentum": 0.9, "weight_decay": 1e-4},
         0.01), torch.float64),
    "bert": Network(
        Classifier, lambda: (classes(30522, 8, 128), classes(10, 8)), sentences,
        ("sgd,momentum=0.9", "SGD", {"momentum": 0.9}, 0.001)),
    "gpt2": Network(
        Scores, lambda: (classes(50257, 4, 128), classes(50257, 4, 128)), continuations,
        ("sgd,momentum=0.9", "SGD", {"momentum": 0.9}, 0.001)),
}
