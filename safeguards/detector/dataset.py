"""Training and test material of the detector: which clips, whose voice, which system, and their band energies."""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from audiokit import read, resample
from safeguards.detector.channels import journey
from safeguards.detector.features import RATE, observe, spoken_frames

_LONGEST = 7 * RATE
_MOST_PER_SPEAKER = 120  # of one speaker and set, so that no voice rules


# Families of systems that are kept from training together, in three folds, to measure what was never seen. Within a
# family systems share how they make a waveform, so that leaving out one alone would flatter.
FAMILIES: dict[str, tuple[int, tuple[str, ...]]] = {
    "GlowTTS+HiFi-GAN": (0, ("GlowTTS",)),
    "DiffGAN-TTS+HiFi-GAN": (0, ("DiffGAN-TTS",)),
    "Klatt synthesiser": (0, ("espeak_klatt",)),
    "sinusoidal": (0, ("own_sinusoidal",)),
    "other TTS+HiFi-GAN": (1, ("FastSpeech2", "StyleSpeech", "Comprehensive-Transformer-TTS")),
    "diphone": (1, ("flite_diphone", "festival_diphone")),
    "WORLD": (1, ("WORLD", "own_world")),
    "Griffin-Lim": (2, ("Griffin-Lim", "own_mel_griffinlim", "own_phase_random", "own_stretch")),
    "pulse and noise": (2, ("LPC", "own_lpc", "own_mel_source_filter")),
    "statistical parametric": (2, ("flite_clustergen", "festival_hts")),
    "formant synthesiser": (2, ("espeak_formant",)),
}


def family(system: str) -> str:
    """The family of a system's name.

    Raises:
        KeyError: no family is known.
    """
    for name, (_, starts) in FAMILIES.items():
        if system.startswith(starts):
            return name
    raise KeyError(system)


def family_fold(system: str) -> int:
    """The fold in which a system is left out."""
    return FAMILIES[family(system)][0]


def voice_part(voice: str) -> str:
    """``test`` (one voice in six, by a digest of its name), ``calibrate`` (one in six) or ``train``."""
    place = hashlib.sha256(f"voice/{voice}".encode()).digest()[0] % 6
    return {0: "test", 1: "calibrate"}.get(place, "train")


@dataclass(frozen=True, slots=True)
class Clip:
    """One recording. ``system`` is empty for human speech; ``voice`` is the speaker it sounds like."""

    path: Path
    voice: str
    system: str
    source: str

    @property
    def synthetic(self) -> bool:
        """Whether a machine made it."""
        return bool(self.system)


@dataclass(frozen=True, eq=False)
class Example:
    """Features of one clip's spoken frames after one journey (``variant`` 0: none), ``[frames, 96]``."""

    clip: Clip
    variant: int
    features: NDArray[np.float16]


def clips(speech: Path, spoofs: Path | None) -> list[Clip]:
    """Clips of ``speech/manifest.csv``, and of ``spoofs/<system>/<voice>/*.flac`` made by ``bench.detector.make_spoofs``.

    Lossily coded recordings are left out: only human ones come so, and a codec's trace must not mean "human".
    """
    found, counts = [], dict[tuple[str, str], int]()
    with (speech / "manifest.csv").open(encoding="utf-8", newline="") as handle:
        for row in csv.DictReader(handle):
            key = (row["set"], row["speaker"])
            if row["kind"] == "noise" or row["codec"] != "flac" or counts.get(key, 0) >= _MOST_PER_SPEAKER:
                continue
            counts[key] = counts.get(key, 0) + 1
            system = row["spoof_system"] if row["kind"] == "spoof" else ""
            found.append(Clip(speech / row["path"], row["speaker"], system, row["set"]))
    made = sorted(spoofs.glob("*/*/*.flac")) if spoofs is not None else []
    found.extend(Clip(path, path.parent.name, path.parent.parent.name, "made") for path in made)
    return found


def examples(wanted: list[Clip], human: int, synthetic: int, seed: int) -> Iterator[Example]:
    """Each clip as it is and after random journeys, which depend on seed, clip and variant alone.

    Args:
        wanted: clips.
        human, synthetic: variants of each clip of either class, the untouched one included.
        seed: of all journeys.
    """
    for clip in wanted:
        samples = resample(read(clip.path, max_seconds=60.0, max_bytes=20_000_000), RATE).to_mono()[:_LONGEST]
        if len(samples) < RATE // 2 or float(np.abs(samples).max()) < 1e-3:
            continue
        for variant in range(synthetic if clip.synthetic else human):
            digest = hashlib.sha256(f"{seed}/{clip.path.name}/{clip.voice}/{clip.system}/{variant}".encode()).digest()
            rng = np.random.default_rng(int.from_bytes(digest[:8], "big"))
            heard = samples if variant == 0 else journey(samples, rng)
            features = observe(heard, seed=int(rng.integers(1 << 31)))
            kept = features[spoken_frames(samples, len(features))]
            yield Example(clip, variant, kept.astype(np.float16))
