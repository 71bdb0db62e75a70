"""Whether the tail bound holds, hypothesis by hypothesis: far more of them than whole detections can be run.

The detector's p-value is a proven tail bound for one hypothesis and a union over hypotheses. The union is arithmetic; the tail rests
on the key's signs being independent of the sound and on the score being normalised as the proof wants. Here the scores of all phases
of the keyed sequence at the sound's own pitch and tempo are computed exactly, for many windows and keys, and counted against the bound.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from bench.watermark.attacks import RATE, Array
from bench.watermark.clips import clips
from bench.watermark.detection import marked
from bench.watermark.keeping import Kept
from safeguards.watermark import WatermarkKey
from safeguards.watermark.features import power, score_map
from safeguards.watermark.layout import SEQUENCE_FRAMES, SEQUENCE_SLOTS, SLOT_FRAMES, SLOT_WEIGHTS
from safeguards.watermark.pattern import pattern_of
from safeguards.watermark.pvalue import log10_tail, log10_union

_KEYS: Final = 100
_WINDOWS: Final = 50
_BATCH: Final = 10
_SECONDS: Final = (1.0, 2.0, 3.0, 5.0, 10.0)
_TAIL_LEVELS: Final = tuple(range(1, 9))
_P_LEVELS: Final = tuple(range(1, 7))
_MARKED_CLIPS: Final = 40
# What the detector charges a straight alignment at the sound's own pitch and tempo: half of the budget, every phase, the thirds of
# the tempo step that refining tries, and half again against identification.
_HYPOTHESES: Final = SEQUENCE_FRAMES / 0.5 * 3


def z_levels() -> list[float]:
    """The z at which the bound on one hypothesis reaches each power of ten."""
    grid = np.linspace(0.5, 8.0, 75_001)
    tails = np.array([log10_tail(z) for z in grid])
    return [float(grid[np.argmax(tails <= -level)]) for level in _TAIL_LEVELS]


def pilot_spectra(keys: list[WatermarkKey]) -> tuple[NDArray[np.complexfloating], NDArray[np.complexfloating]]:
    """Spectra over the sequence's slots of the pilots' signs and of their places, ``[SEQUENCE_SLOTS / 2 + 1, keys, BANDS]``."""
    patterns = [pattern_of(key) for key in keys]
    signs = np.stack([pattern.pilots for pattern in patterns])
    return _over_slots(signs), _over_slots(np.abs(signs))


def _over_slots(values: Array) -> NDArray[np.complexfloating]:
    spectra: NDArray[np.complexfloating] = np.ascontiguousarray(np.moveaxis(np.fft.rfft(values, axis=1), 1, 0))
    return spectra


def phase_scores(
    maps: list[Array], signs: NDArray[np.complexfloating], places: NDArray[np.complexfloating]
) -> NDArray[np.floating]:
    """z-scores of the pilots at every phase, ``[keys, maps, SEQUENCE_FRAMES]``, of score maps ``[BANDS, frames]`` of any length."""
    cells = np.stack([_cells(scores, shift) for scores in maps for shift in range(SLOT_FRAMES)], axis=2)
    z = _correlated(cells, signs) / np.sqrt(np.maximum(_correlated(cells**2, places), 1e-6))
    keys = z.shape[0]
    by_phase = np.moveaxis(z.reshape(keys, len(maps), SLOT_FRAMES, SEQUENCE_SLOTS), 2, 3)
    flat: NDArray[np.floating] = by_phase.reshape(keys, len(maps), -1)
    return flat


def _cells(scores: Array, shift: int) -> Array:
    """Cell sums ``[SEQUENCE_SLOTS, BANDS]`` where the first frame is frame ``shift`` of its slot."""
    slots = -(-(scores.shape[1] + shift) // SLOT_FRAMES)
    padded = np.pad(scores, ((0, 0), (shift, slots * SLOT_FRAMES - shift - scores.shape[1])))
    sums = padded.reshape(len(scores), slots, SLOT_FRAMES) @ SLOT_WEIGHTS
    return np.pad(sums.T, ((0, SEQUENCE_SLOTS - slots), (0, 0)))


def _correlated(cells: Array, spectra: NDArray[np.complexfloating]) -> NDArray[np.floating]:
    """Circular correlation ``[keys, columns, slots]`` of ``cells`` ``[slots, BANDS, columns]`` with sequences of given spectra."""
    product = np.matmul(spectra, np.conj(np.fft.rfft(cells, axis=0)))
    correlated: NDArray[np.floating] = np.fft.irfft(np.moveaxis(product, 0, 2), SEQUENCE_SLOTS, axis=2)
    return correlated


def hypothesis_table(
    folder: Path, split: str, pairs: int, budget_s: float, kept: Kept | None = None
) -> list[dict[str, Any]]:
    """Count scores against the bound over ``pairs`` of window and key, for each kind of sound.

    Args:
        folder: the speech.
        split: ``tune`` or ``test``.
        pairs: windows times keys wanted, over both kinds.
        budget_s: stop after this long.
        kept: blocks that were counted before, and where new ones go.
    """
    kept = kept or Kept(None)
    end = time.monotonic() + budget_s
    rows: dict[str, dict[str, Any]] = {
        kind: {"kind": kind, "pairs": 0, "windows": 0, "tail": [0] * len(_TAIL_LEVELS), "p": [0] * len(_P_LEVELS)}
        for kind in ("unmarked", "marked with another key")
    }
    levels = z_levels()
    for number, (kind, windows) in enumerate(_blocks(folder, split)):
        step = f"hypothesis block {number}"
        if step not in kept:
            if time.monotonic() > end:
                break
            kept.put(step, _counted(windows, number, levels))
        tail, p = kept[step]
        row = rows[kind]
        row["pairs"] += _KEYS * len(windows)
        row["windows"] += len(windows)
        row["tail"] = [a + b for a, b in zip(row["tail"], tail, strict=True)]
        row["p"] = [a + b for a, b in zip(row["p"], p, strict=True)]
        if sum(r["pairs"] for r in rows.values()) >= pairs:
            break
    return [row | {"hypotheses": row["pairs"] * SEQUENCE_FRAMES} for row in rows.values()]


def _counted(windows: list[Array], number: int, levels: list[float]) -> tuple[list[int], list[int]]:
    """How many hypotheses reach each tail level, and how many pairs each p."""
    rng = np.random.default_rng([21, number])
    keys = [WatermarkKey.from_bytes(rng.bytes(32)) for _ in range(_KEYS)]
    tail, p = np.zeros(len(levels), dtype=np.int64), np.zeros(len(_P_LEVELS), dtype=np.int64)
    spectra = pilot_spectra(keys)
    for at in range(0, len(windows), _BATCH):
        z = phase_scores([_scores(window) for window in windows[at : at + _BATCH]], *spectra)
        tail += [int((z >= level).sum()) for level in levels]
        best = [log10_union(log10_tail(float(top)), _HYPOTHESES, 0.5) for top in z.max(axis=2).reshape(-1)]
        p += [sum(value <= -level for value in best) for level in _P_LEVELS]
    return tail.tolist(), p.tolist()


def _scores(sound: Array) -> Array:
    level = math.sqrt(float(np.mean(sound**2)))
    return score_map(power(sound * np.float32(0.1 / max(level, 1e-9))))


def _blocks(folder: Path, split: str) -> Iterator[tuple[str, list[Array]]]:
    """Blocks of windows, four of unmarked speech and one of speech marked with a key that is never asked for."""
    held = clips(folder, split, max(_SECONDS), 10_000)
    with_mark: dict[int, Array] = {}
    number = 0
    while True:
        rng = np.random.default_rng([22, number])
        windows = []
        for i in range(_WINDOWS):
            if number % 5 == 4:
                which = int(rng.integers(min(_MARKED_CLIPS, len(held))))
                if which not in with_mark:
                    with_mark[which] = marked(held[which], which)
                sound = with_mark[which]
            else:
                sound = held[(number * _WINDOWS + i) % len(held)].samples
            length = round(_SECONDS[i % len(_SECONDS)] * RATE)
            start = int(rng.integers(0, len(sound) - length + 1))
            windows.append(sound[start : start + length])
        yield ("marked with another key" if number % 5 == 4 else "unmarked"), windows
        number += 1
