"""Blind detection: is a key's mark there, and what does it say?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from audiokit import Audio, resample
from safeguards.watermark.errors import WatermarkError
from safeguards.watermark.features import power, score_map
from safeguards.watermark.key import WatermarkKey
from safeguards.watermark.layout import HOP, RATE, Array
from safeguards.watermark.search import coarse, hear, pitches
from safeguards.watermark.types import Detection
from safeguards.watermark.window import Finding, judge

PRESENT_LOG10_P: Final = -6.0
IDENTIFIED_LOG10_P: Final = -9.0
_DATA_LOG10_P: Final = -3.0
_MIN_FRAMES: Final = 25
_WINDOW_FRAMES: Final = 2000
_WINDOW_HOP: Final = 1500
_REFINED: Final = (8, 24)
_REFINED_FRAMES: Final = 2400


def detect(audio: Audio, keys: Sequence[WatermarkKey]) -> Detection:
    """Look for the mark of any of ``keys``.

    Args:
        audio: any rate and number of channels.
        keys: candidate keys, such as the current and the retired ones.

    Raises:
        WatermarkError: ``no_keys``.
    """
    if not keys:
        raise WatermarkError("no_keys", "give at least one key")
    mono = _heard(audio)
    if mono is None:
        return Detection(present=False, payload=None, log10_p=0.0)
    findings = _search(mono, tuple(keys))
    top = min(findings, key=lambda f: f.log10_p)
    if top.log10_p > PRESENT_LOG10_P:
        return Detection(present=False, payload=None, log10_p=top.log10_p)
    same = [f for f in findings if f.key_index == top.key_index and f.log10_p <= PRESENT_LOG10_P]
    named = min(same, key=lambda f: f.identified_log10_p)
    return Detection(
        present=True,
        payload=named.payload if named.identified_log10_p <= IDENTIFIED_LOG10_P else None,
        log10_p=top.log10_p,
        spans=_merge([span for f in same for span in f.spans(keys[f.key_index])], audio.seconds),
        key_index=top.key_index,
    )


def confirm(audio: Audio, payload: int, key: WatermarkKey) -> Detection:
    """Ask whether ``audio`` carries the mark of one payload, which something else suggests, such as a matching fingerprint.

    What need not be read leaves every cell to be counted and no payload to be paid for: a mark too weak to be found blindly, let
    alone read, may still be confirmed.

    Args:
        audio: any rate and number of channels.
        payload: the payload supposed.
        key: the key of that payload.

    Returns:
        ``payload`` again when present, else None; ``log10_p`` is of sound without the key's mark. Sound that carries another payload
        of the same key is taken for this one in at most one of a thousand cases; ask :func:`detect` first, which reads it.
    """
    mono = _heard(audio)
    if mono is None:
        return Detection(present=False, payload=None, log10_p=0.0)
    findings = _search(mono, (key,), payload)
    top = min(findings, key=lambda f: f.log10_p)
    # The pilots are the same whatever the payload: what speaks for this one are the other cells.
    if top.log10_p > PRESENT_LOG10_P or top.data_log10_p(key) > _DATA_LOG10_P:
        return Detection(present=False, payload=None, log10_p=top.log10_p)
    spans = [span for f in findings if f.log10_p <= PRESENT_LOG10_P for span in f.spans(key)]
    return Detection(True, payload, top.log10_p, _merge(spans, audio.seconds), 0)


def _heard(audio: Audio) -> Array | None:
    """``[time]`` at 16 kHz and a fixed level; None for silence and for less than a quarter of a second."""
    mono = resample(Audio.mono(audio.to_mono(), audio.sample_rate), RATE).samples[0]
    level = float(np.sqrt(np.mean(mono**2))) if mono.size else 0.0
    if level < 1e-6 or len(mono) < _MIN_FRAMES * HOP:
        return None
    return np.asarray(mono * np.float32(0.1 / level), dtype=np.float32)


def _search(mono: Array, keys: tuple[WatermarkKey, ...], payload: int | None = None) -> list[Finding]:
    """The best of every window under every key."""
    spectrum = power(mono)
    starts = _window_starts(spectrum.shape[1])
    trials = len(starts) * len(keys)
    findings = []
    for first in starts:
        part = spectrum[:, first : first + _WINDOW_FRAMES]
        maps = np.stack([score_map(part, pitch) for pitch in pitches()])
        hearing = hear(maps)
        for index, key in enumerate(keys):
            hits = coarse(hearing, key, refined_count(maps.shape[2]), payload)
            finding = judge(maps, hits, key, trials, payload)
            finding.first, finding.key_index = first, index
            findings.append(finding)
    return findings


def refined_count(frames: int) -> int:
    """How many coarse alignments of a window are looked at closely: the more, the shorter it is."""
    return min(max(_REFINED_FRAMES // frames, _REFINED[0]), _REFINED[1])


def _window_starts(frames: int) -> list[int]:
    if frames <= _WINDOW_FRAMES:
        return [0]
    return [*range(0, frames - _WINDOW_FRAMES, _WINDOW_HOP), frames - _WINDOW_FRAMES]


def _merge(spans: list[tuple[float, float]], seconds: float) -> tuple[tuple[float, float], ...]:
    """Unite overlapping stretches, in time order; the last frame reaches past the end of a sound of ``seconds``."""
    merged: list[tuple[float, float]] = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return tuple((round(start, 3), round(min(end, seconds), 3)) for start, end in merged if start < seconds)
