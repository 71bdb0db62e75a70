"""Make copy-synthesis of everybody in the corpus: ``python -m safeguards.detector.copies --speech DIR --out DIR [--share I/N] [--neural DIR]``.

Writes ``<system>/<voice>/<number>.flac``, mono 16 kHz, from PyPI packages alone. A clip's settings depend on seed, system, voice
and number only, so that shares can be made in any order. The corpus' voices keep their names, so that the split by voice holds.
``--neural`` names a folder of vocoders that ``safeguards.detector.neural.train`` trained.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from audiokit import Audio, read, resample, write
from safeguards.detector import conversion, excitation, variety, vocoders
from safeguards.detector.parts import voice_part
from safeguards.detector.spectra import RATE, Signal
from safeguards.detector.vocoders import Vocoder

VOCODERS: dict[str, Vocoder] = {
    "own_world_plain": vocoders.world_plain,
    "own_world_coded": vocoders.world_coded,
    "own_world_param": vocoders.world_parametric,
    "own_world_convert": vocoders.world_conversion,
    "own_mel_griffinlim": vocoders.mel_griffin_lim,
    "own_phase_random": vocoders.phases_guessed,
    "own_stretch": vocoders.time_stretch,
    "own_phase_blur": vocoders.phases_blurred,
    "own_mel_truephase": vocoders.mel_real_phases,
    "own_upsampled": vocoders.upsampled,
    "own_mel_source_filter": excitation.mel_source_filter,
    "own_lpc": excitation.lpc_vocoder,
    "own_mixed_excitation": excitation.mixed_excitation,
    "own_residual": excitation.residual_coded,
    "own_sinusoidal": excitation.sinusoidal,
}
# Of training and calibration voices alone: they are there to be learned from, and nothing is measured on them.
VARIETY: dict[str, Vocoder] = {
    "own_gl_short": variety.short_griffin_lim,
    "own_phase_minimum": variety.minimum_phase,
    "own_phase_vocoder": variety.phase_vocoder,
    "own_phase_drift": variety.phase_drift,
    "own_phase_steps": variety.phase_steps,
    "own_phase_above": variety.phase_above,
    "own_magnitudes": variety.smoothed_magnitudes,
    "own_repeated_periods": variety.repeated_periods,
    "own_harmonic_source": variety.harmonic_source,
    "own_psola": variety.overlapped_periods,
    "own_world_altered": variety.world_altered,
}
CONVERSIONS: dict[str, Callable[[Signal, Signal, np.random.Generator], Signal]] = {
    "own_convert_world": conversion.nearest_frames,
    "own_convert_spectra": conversion.nearest_spectra,
}

BEGINNING = "own_neural_"  # of the systems' names of vocoders trained here
_LONGEST = 4 * RATE
_MANY = 9  # recordings from which a voice is copied several times by each system
_COPIES = {"train": 2, "calibrate": 1, "test": 1}
_ODDS = {"train": 0.2, "calibrate": 0.3, "test": 0.45}  # that a voice of one recording is copied by a system
_NEURAL_ODDS = 0.8  # the same for vocoders trained here, which are few


@dataclass(frozen=True, slots=True)
class Original:
    """A human recording."""

    path: Path
    voice: str

    def piece(self, rng: np.random.Generator) -> Signal:
        """Four seconds from anywhere in it."""
        samples = resample(read(self.path, max_seconds=60.0, max_bytes=20_000_000), RATE).to_mono()
        start = int(rng.integers(0, max(1, len(samples) - _LONGEST)))
        return samples[start : start + _LONGEST].astype(np.float64)


def originals(speech: Path) -> dict[str, list[Original]]:
    """Losslessly kept human speech of the corpus by voice; digits alone are too short."""
    found: dict[str, list[Original]] = {}
    with (speech / "manifest.csv").open(encoding="utf-8", newline="") as handle:
        for row in csv.DictReader(handle):
            if row["kind"] == "bonafide" and row["codec"] == "flac" and float(row["seconds"]) > 1.8:
                found.setdefault(row["speaker"], []).append(Original(speech / row["path"], row["speaker"]))
    return found


def wanted(voices: dict[str, list[Original]], systems: list[str], seed: int) -> Iterator[tuple[str, str, int]]:
    """(system, voice, number) of every copy to make."""
    for system in systems:
        for voice, own in voices.items():
            part = voice_part(voice)
            if system in VARIETY and part == "test":
                continue
            if len(own) > _MANY:
                yield from ((system, voice, number) for number in range(_COPIES[part]))
            elif generator(seed, system, voice, 0).random() < (
                _NEURAL_ODDS if system.startswith(BEGINNING) else _ODDS[part]
            ):
                yield system, voice, 0


def generator(seed: int, *names: object) -> np.random.Generator:
    """Random numbers that depend on these names alone."""
    digest = hashlib.sha256("/".join(map(str, (seed, *names))).encode()).digest()
    return np.random.default_rng(int.from_bytes(digest[:8], "big"))


def make(
    voices: dict[str, list[Original]], system: str, voice: str, number: int, seed: int,
    neural: Mapping[str, Vocoder] | None = None,
) -> Signal:  # fmt: skip
    """One copy, at its original's level. In a conversion ``voice`` is the one it sounds like. ``neural``: vocoders trained here."""
    rng = generator(seed, system, voice, number, "copy")
    own = voices[voice]
    original = own[int(rng.integers(len(own)))].piece(rng)
    vocoder = VOCODERS.get(system) or VARIETY.get(system) or (neural or {}).get(system)
    if vocoder is not None:
        made = vocoder(original, rng)
    else:
        others = sorted(name for name in voices if voice_part(name) == voice_part(voice) and name != voice)
        said = voices[others[int(rng.integers(len(others)))]]
        made = CONVERSIONS[system](said[int(rng.integers(len(said)))].piece(rng), original, rng)
    level = np.sqrt(np.mean(original**2) / max(float(np.mean(made**2)), 1e-12))
    return np.asarray(made * level)


def save(path: Path, samples: Signal) -> None:
    """As FLAC, not louder than full scale; nothing if there is no sound."""
    peak = float(np.abs(samples).max())
    if np.isfinite(peak) and peak > 1e-4:
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(".part")
        part.write_bytes(write(Audio.mono(samples / max(1.0, peak / 0.95), RATE), "flac"))
        part.replace(path)


def main() -> None:
    """Make those that are not there."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--speech", type=Path, default=Path("../shared/speech"))
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=11)
    parser.add_argument("--share", default="0/1", help="which of how many parts to make here")
    parser.add_argument(
        "--neural", type=Path, help="folder of vocoders trained here; without one there are no such copies"
    )
    parser.add_argument("--systems", nargs="*", help="only these")
    arguments = parser.parse_args()
    place, count = map(int, arguments.share.split("/"))
    voices = originals(arguments.speech)
    neural = _neural(arguments.neural)
    systems = arguments.systems or [*VOCODERS, *VARIETY, *CONVERSIONS, *neural]
    for system, voice, number in list(wanted(voices, systems, arguments.seed))[place::count]:
        target = arguments.out / system / voice / f"{number:03d}.flac"
        if not target.exists():
            save(target, make(voices, system, voice, number, arguments.seed, neural))


def _neural(folder: Path | None) -> Mapping[str, Vocoder]:
    if folder is None:
        return {}
    import torch

    from safeguards.detector.neural.copying import copiers

    torch.set_num_threads(1)
    return copiers(folder)


if __name__ == "__main__":
    main()
