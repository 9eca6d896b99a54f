# Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""LSTM, GRU, and a network that goes along a tree that is part of its input."""

import torch
from torch import nn
from torch._higher_order_ops.while_loop import while_loop

from .model import Model, dim


class Recurrent(nn.Module):
    """A recurrent network, both ways, and what it says of each step and of the whole."""

    def __init__(self, kind):
        super().__init__()
        self.embedding = nn.Embedding(200, 64)
        self.network = kind(64, 96, num_layers=2, batch_first=True, bidirectional=True)
        self.head = nn.Linear(192, 50)

    def forward(self, tokens):
        steps, state = self.network(self.embedding(tokens))
        state = state if isinstance(state, tuple) else (state,)
        return self.head(steps), *state


def at(x, i):
    """x[i] for an index that is a tensor; torch.export would want its number."""
    return x.index_select(0, i.reshape(1)).squeeze(0)


class Tree(nn.Module):
    """Goes along a tree in postorder. Node i is a leaf that has the token `words[i]`,
    or (`words[i]` < 0) joins the nodes `left[i]` and `right[i]`, which come before it."""

    def __init__(self, width=32):
        super().__init__()
        self.width = width
        self.embedding = nn.Embedding(100, width)
        self.join = nn.Linear(2 * width, 5 * width)
        self.head = nn.Linear(width, 4)

    def forward(self, words, left, right):
        def leaf(i, word, left, right, hidden, cell):
            return self.embedding(word).tanh(), torch.zeros(self.width)

        def inner(i, word, left, right, hidden, cell):
            l, r = at(left, i), at(right, i)
            gates = self.join(torch.cat([at(hidden, l), at(hidden, r)])).chunk(5)
            state = (gates[0].sigmoid() * at(cell, l) + gates[1].sigmoid() * at(cell, r)
                     + gates[2].sigmoid() * gates[3].tanh())
            return gates[4].sigmoid() * state.tanh(), state

        def is_inside(i, hidden, cell):
            return i < words.shape[0]

        def step(i, hidden, cell):
            word = at(words, i)
            h, c = torch.cond(word < 0, inner, leaf, (i, word, left, right, hidden, cell))
            return (i + 1, hidden.index_copy(0, i.reshape(1), h[None]),
                    cell.index_copy(0, i.reshape(1), c[None]))

        empty = torch.zeros(words.shape[0], self.width)
        _, hidden, _ = while_loop(is_inside, step, (torch.tensor(0), empty, empty.clone()))
        return self.head(hidden)


def tree(nodes):
    """A random tree of (an odd number of) nodes."""
    words, left, right, open_nodes, leaves = [], [], [], [], (nodes + 1) // 2
    while len(words) < nodes:
        may_join, may_grow = len(open_nodes) > 1, leaves > 0
        if may_grow and (not may_join or torch.rand(()) < 0.5):
            leaves -= 1
            words.append(int(torch.randint(0, 100, ())))
            left.append(0), right.append(0)
        else:
            words.append(-1)
            right.append(open_nodes.pop()), left.append(open_nodes.pop())
        open_nodes.append(len(words) - 1)
    return torch.tensor(words), torch.tensor(left), torch.tensor(right)


def recurrent(name, kind, graphs):
    return Model(name, lambda: Recurrent(kind).eval(),
                 lambda batch, length: (torch.randint(0, 200, (batch, length)),),
                 ({0: dim("batch", 8), 1: dim("length", 64)},), [(2, 16), (1, 7), (3, 64)],
                 (2, 65), "64", graphs=graphs)


NODES = {0: dim("nodes", 99)}
MODELS = [
    recurrent("lstm", nn.LSTM, 2), recurrent("gru", nn.GRU, 3),  # Dynamo unrolls a GRU
    Model("tree_lstm", lambda: Tree().eval(), tree, (NODES,) * 3, [(15,), (1,), (31,), (31,)],
          (101,), "99"),
]
