"""Training and test material of the detector: which clips, whose voice, which system, and their statistics."""

from __future__ import annotations

import csv
import hashlib
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from audiokit import read, resample
from audiokit.features import Floats
from safeguards.detector.channels import band_channel, by_telephone, journey
from safeguards.detector.features import RATE, channel_class, observe, spoken_frames
from safeguards.detector.parts import voice_part as voice_part
from safeguards.detector.phases import with_phases
from safeguards.detector.statistics import describe

PIECE_S, TEST_STEP_S = 4.0, 2.0
_MOST_PIECES = 2  # of one recording, in training
_MOST_PER_SPEAKER = 25  # recordings of one speaker and set, so that no voice rules
_SHORTEST_S = 1.2
TELEPHONE = 100  # variants from here on are telephone calls
BAND = 200  # and from here on the channels that the verdict's band is set on
Described = tuple[str, NDArray[np.float16]]  # class of channel, statistics [windows, numbers]

# Families of systems that are kept from training together, to measure what was never seen. Within a family systems share
# how they make a waveform, so that leaving out one alone would flatter. Names by how they begin.
FAMILIES: dict[str, tuple[str, ...]] = {
    "HiFi-GAN text-to-speech": (
        "GlowTTS", "DiffGAN-TTS", "FastSpeech2", "StyleSpeech", "Comprehensive-Transformer-TTS",
        "own_neural_hifigan",
    ),
    "VITS": ("vits_piper",),
    "StyleTTS with iSTFT": ("kokoro", "hibari", "own_neural_istftnet", "own_neural_vocos"),
    "further neural vocoders": ("own_neural_multiband", "own_neural_flow"),
    "WORLD": ("WORLD", "own_world", "own_convert_world", "own_engine"),
    "guessed phases": ("Griffin-Lim", "own_mel_griffinlim", "own_phase_random", "own_stretch", "own_convert_spectra",
                       "own_gl_short", "own_phase_minimum", "own_phase_vocoder"),
    "disturbed spectra": ("own_phase_blur", "own_mel_truephase", "own_upsampled", "own_phase_drift", "own_phase_steps",
                          "own_phase_above", "own_magnitudes"),
    "linear prediction and codecs": ("LPC", "own_lpc", "own_mixed", "own_residual", "own_mel_source_filter", "codec2",
                                     "own_repeated_periods"),
    "sinusoidal": ("own_sinusoidal", "own_harmonic_source"),
    "formant synthesisers": ("espeak",),
    "diphone": ("flite_diphone", "festival_diphone", "own_psola"),
    "statistical parametric": ("flite_clustergen", "festival_hts"),
}  # fmt: skip
FOLDS: tuple[tuple[str, ...], ...] = (
    ("HiFi-GAN text-to-speech",),
    ("VITS", "StyleTTS with iSTFT"),
    ("WORLD",),
    ("guessed phases", "disturbed spectra"),
    ("linear prediction and codecs", "sinusoidal"),
    ("formant synthesisers", "diphone", "statistical parametric"),
    ("further neural vocoders",),
)


def family(system: str) -> str:
    """The family of a system's name.

    Raises:
        KeyError: no family is known.
    """
    for name, starts in FAMILIES.items():
        if system.startswith(starts):
            return name
    raise KeyError(system)


def family_fold(system: str) -> int:
    """The fold in which a system is left out."""
    return next(number for number, names in enumerate(FOLDS) if family(system) in names)


@dataclass(frozen=True, slots=True)
class Clip:
    """A stretch of a recording. ``system`` is empty for human speech; ``voice`` is the speaker it sounds like."""

    path: Path
    voice: str
    system: str
    source: str
    start_s: float = 0.0

    @property
    def synthetic(self) -> bool:
        """Whether a machine made it."""
        return bool(self.system)

    def samples(self) -> Floats:
        """Mono 16 kHz, ``[time]``."""
        whole = resample(read(self.path, max_seconds=60.0, max_bytes=20_000_000), RATE).to_mono()
        return whole[int(self.start_s * RATE) : int((self.start_s + PIECE_S) * RATE)]

    def generator(self, *names: object) -> np.random.Generator:
        """Random numbers that depend on this clip and ``names`` alone."""
        own = (self.path.name, self.voice, self.system, self.start_s, *names)
        digest = hashlib.sha256("/".join(map(str, own)).encode()).digest()
        return np.random.default_rng(int.from_bytes(digest[:8], "big"))


@dataclass(frozen=True, eq=False)
class Table:
    """Window statistics ``[windows, numbers]`` of examples, which example each window belongs to, and what each example is."""

    numbers: NDArray[np.float32]
    owner: NDArray[np.int64]
    clips: tuple[Clip, ...]
    variants: tuple[int, ...]
    channels: tuple[str, ...]

    @property
    def synthetic(self) -> NDArray[np.bool_]:
        """Per example."""
        return np.array([clip.synthetic for clip in self.clips])

    @property
    def parts(self) -> NDArray[np.str_]:
        """Part of each example's voice."""
        return np.array([voice_part(clip.voice) for clip in self.clips])

    def per_example(self, outputs: NDArray[np.float32]) -> NDArray[np.float64]:
        """Mean of window outputs for each example."""
        sums = np.bincount(self.owner, outputs, len(self.clips))
        means: NDArray[np.float64] = sums / np.bincount(self.owner, minlength=len(self.clips))
        return means


def clips(speech: Path, spoofs: Path | None) -> list[Clip]:
    """Clips of ``speech/manifest.csv``, and of ``spoofs/<system>/<voice>/*.flac`` made by ``copies`` and ``bench.detector.make_spoofs``.

    Lossily coded recordings are left out: only human ones come so, and a codec's trace must not mean "human". Human
    speech is cut into pieces of 4 s, for test voices every 2 s.
    """
    found, counts = [], dict[tuple[str, str], int]()
    with (speech / "manifest.csv").open(encoding="utf-8", newline="") as handle:
        for row in csv.DictReader(handle):
            key = (row["set"], row["speaker"])
            if row["kind"] == "noise" or row["codec"] != "flac" or counts.get(key, 0) >= _MOST_PER_SPEAKER:
                continue
            counts[key] = counts.get(key, 0) + 1
            path = speech / row["path"]
            if row["kind"] == "spoof":
                found.append(_spoof(path, row["speaker"], row["spoof_system"], row["set"]))
            else:
                found.extend(_pieces(path, row["speaker"], row["set"], float(row["seconds"])))
    made = sorted(spoofs.glob("*/*/*.flac")) if spoofs is not None else []
    found.extend(_spoof(path, path.parent.name, path.parent.parent.name, "made") for path in made)
    return found


def _spoof(path: Path, voice: str, system: str, source: str) -> Clip:
    return Clip(path, voice, system, source)


def _pieces(path: Path, voice: str, source: str, seconds: float) -> Iterator[Clip]:
    test = voice_part(voice) == "test"
    step = TEST_STEP_S if test else PIECE_S
    count = max(1, int((seconds - PIECE_S) / step + 1.4))
    for number in range(count if test else min(count, _MOST_PIECES)):
        yield Clip(path, voice, "", source, number * step)


def tabulate(
    wanted: Sequence[Clip],
    variants: Sequence[Sequence[int]],
    seed: int,
    *,
    centred: bool = True,
    cache: Path | None = None,
) -> Table:
    """Each clip's statistics as it is (variant 0), after random journeys, by telephone (from ``TELEPHONE`` on), or over another channel (from ``BAND`` on).

    What happens to it depends on seed, clip and variant alone.

    Args:
        wanted: clips.
        variants: of each clip.
        seed: of all journeys.
        centred: whether each band's own mean is removed.
        cache: folder of earlier results.
    """
    rows, owners, numbers, channels = [], [], [], []
    for clip, chosen in zip(wanted, variants, strict=True):
        for variant, channel, block in _cached(clip, chosen, seed, centred, cache):
            rows.append(block)
            owners.append(clip)
            numbers.append(variant)
            channels.append(channel)
    owner = np.repeat(np.arange(len(rows)), [len(block) for block in rows])
    return Table(np.concatenate(rows).astype(np.float32), owner, tuple(owners), tuple(numbers), tuple(channels))


def _cached(
    clip: Clip, variants: Sequence[int], seed: int, centred: bool, cache: Path | None
) -> Sequence[tuple[int, *Described]]:
    """What :func:`_describe` finds; none where there is too little sound. A file may hold more variants than are asked for."""
    digest = hashlib.sha256(f"{clip}/{seed}/{centred}/phases".encode()).hexdigest()[:24]
    place = None if cache is None else cache / f"{digest}.npz"
    if place is not None and place.exists():
        with np.load(place) as stored:
            known = [(int(name.split("-")[0]), name.split("-")[1], stored[name]) for name in sorted(stored.files)]
        if not known or set(variants) <= {number for number, _, _ in known}:
            return [one for one in known if one[0] in variants]
    found = list(_describe(clip, variants, seed, centred))
    if place is not None:
        place.parent.mkdir(parents=True, exist_ok=True)
        part = place.with_suffix(f".{os.getpid()}.part.npz")
        content: dict[str, Any] = {f"{number:02d}-{channel}": block for number, channel, block in found}
        np.savez(part, **content)
        part.replace(place)
    return found


def _as_heard(samples: Floats, variant: int, rng: np.random.Generator) -> Floats:
    if variant == 0:
        return samples
    if variant < TELEPHONE:
        return journey(samples, rng)
    return by_telephone(samples, rng) if variant < BAND else band_channel(samples, variant - BAND, rng)


def _describe(clip: Clip, variants: Sequence[int], seed: int, centred: bool) -> Iterator[tuple[int, *Described]]:
    samples = clip.samples()
    if len(samples) < _SHORTEST_S * RATE or float(np.abs(samples).max()) < 1e-3:
        return
    spoken = None
    for variant in variants:
        rng = clip.generator(seed, variant)
        heard = _as_heard(samples, variant, rng)
        noise = int(rng.integers(1 << 31))
        features = with_phases(heard, observe(heard, seed=noise), noise)
        if spoken is None:
            spoken = spoken_frames(samples, len(features))
        yield variant, channel_class(features[spoken]), describe(features[spoken], centred).astype(np.float16)
