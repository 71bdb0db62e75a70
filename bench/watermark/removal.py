"""What somebody without the key may try: this code is public, so they have all of it but the key."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from audiokit import Audio
from bench.watermark.attacks import RATE, Array
from bench.watermark.clips import clips
from bench.watermark.detection import key_for, payload_for
from bench.watermark.keeping import Kept
from bench.watermark.stats import wilson
from safeguards.watermark import WatermarkKey, detect, embed
from safeguards.watermark.embed import bin_power, change
from safeguards.watermark.features import log_energy, predict_away
from safeguards.watermark.framing import framing
from safeguards.watermark.layout import FRAMES_PER_SECOND, band_matrix
from safeguards.watermark.optimise import FIRST_BIN, LAST_BIN

_STRENGTH_DB = 3.0
_THIEF = WatermarkKey.from_bytes(b"somebody else's key, 32 bytes ok")


def _residual(sound: Array) -> Array:
    """What the detector correlates, without the key: whitened log band energies ``[bands, frames]``."""
    grid = framing(RATE)
    return predict_away(log_energy(bin_power(grid.analyse(sound, 0, 0, grid.frames_in(len(sound))))))


def _against(sound: Array, pattern: Array) -> Array:
    """Turn every band and frame against the sign of ``pattern`` ``[bands, frames]``."""
    grid = framing(RATE)
    frames = grid.frames_in(len(sound))
    gain = -_STRENGTH_DB * np.sign(band_matrix()[:, FIRST_BIN:LAST_BIN].T @ np.sign(pattern[:, :frames]))
    spectra = grid.analyse(sound, 0, 0, frames)
    return np.asarray(sound + grid.rebuild(change(spectra, gain.astype(np.float32)), len(sound)), dtype=np.float32)


def subtract_second_mark(sounds: Sequence[Array]) -> list[Array]:
    """Mark again with one's own key and subtract what that added: this erases marks whose detector has no secret."""
    out = []
    for sound in sounds:
        again = embed(Audio.mono(sound, RATE), 1, _THIEF).audio.samples[0]
        out.append(np.clip(2 * sound - again, -1, 1))
    return out


def overwrite(sounds: Sequence[Array]) -> list[Array]:
    """Mark again with one's own key."""
    return [embed(Audio.mono(sound, RATE), 1, _THIEF).audio.samples[0] for sound in sounds]


def overwrite_three_times(sounds: Sequence[Array]) -> list[Array]:
    """Mark again three times with three keys."""
    out = list(sounds)
    for i in range(3):
        key = WatermarkKey.from_bytes(bytes([i]) * 32)
        out = [embed(Audio.mono(sound, RATE), i, key).audio.samples[0] for sound in out]
    return out


def average_and_cancel(sounds: Sequence[Array]) -> list[Array]:
    """Average the residuals of all clips from their starts, take the mean for the pattern and turn it back."""
    residuals = [_residual(sound) for sound in sounds]
    frames = min(r.shape[1] for r in residuals)
    mean = np.mean([r[:, :frames] for r in residuals], axis=0)
    return [
        _against(sound, np.resize(mean, (mean.shape[0], r.shape[1])))
        for sound, r in zip(sounds, residuals, strict=True)
    ]


def fold_and_cancel(sounds: Sequence[Array]) -> list[Array]:
    """Fold each clip on itself at one second, as a mark that repeats would show, and turn the mean back."""
    out = []
    for sound in sounds:
        residual = _residual(sound)
        whole = residual.shape[1] // FRAMES_PER_SECOND * FRAMES_PER_SECOND
        mean = residual[:, :whole].reshape(len(residual), -1, FRAMES_PER_SECOND).mean(axis=1)
        tiled = np.tile(mean, (1, residual.shape[1] // FRAMES_PER_SECOND + 1))
        out.append(_against(sound, tiled[:, : residual.shape[1]]))
    return out


REMOVALS = {
    "mark again and subtract": subtract_second_mark,
    "mark again with another key": overwrite,
    "mark again with three other keys": overwrite_three_times,
    "average 100 clips and cancel": average_and_cancel,
    "fold at one second and cancel": fold_and_cancel,
}


def removal_table(
    folder: Path, split: str, seconds: float, count: int, tested: int, kept: Kept | None = None
) -> list[dict[str, Any]]:
    """Share of marks that survive each attempt, in ``tested`` of ``count`` clips that the attacker holds.

    All clips carry one key, so that averaging has its best chance. ``kept`` holds the attempts measured before.
    """
    kept = kept or Kept(None)
    chosen = clips(folder, split, seconds, count)
    key = key_for(0)
    sounds = [embed(Audio.mono(c.samples, RATE), payload_for(i), key).audio.samples[0] for i, c in enumerate(chosen)]
    rows: list[dict[str, Any]] = []
    for name, remove in REMOVALS.items():
        step = f"removal, {tested} of {count}: {name}"
        if step not in kept:
            held = sounds if remove is average_and_cancel else sounds[:tested]
            found = [detect(Audio.mono(sound, RATE), [key]) for sound in remove(held)[:tested]]
            kept.put(step, [(f.present, f.payload == payload_for(i)) for i, f in enumerate(found)])
        present, exact = (sum(each) for each in zip(*kept[step], strict=True))
        rows.append(
            {
                "removal": name,
                "seconds": seconds,
                "n": tested,
                "survived": present / tested,
                "survived_interval": wilson(present, tested),
                "exact": exact / tested,
            }
        )
    return rows
