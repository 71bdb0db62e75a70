"""Blind detection: is a key's mark there, and what does it say?"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

import numpy as np

from audiokit import Audio, resample
from safeguards.watermark.cells import Read, cell_sums, read_messages, z_score
from safeguards.watermark.errors import WatermarkError
from safeguards.watermark.features import power, score_map
from safeguards.watermark.key import WatermarkKey
from safeguards.watermark.layout import HOP, MESSAGE_BITS, RATE, SEQUENCE_FRAMES, Array, Index
from safeguards.watermark.path import follow
from safeguards.watermark.pattern import codeword_of, pattern_of
from safeguards.watermark.pvalue import log10_tail, log10_union
from safeguards.watermark.search import Alignment, coarse, pitches, positions, refine, tempos
from safeguards.watermark.types import Detection

PRESENT_LOG10_P: Final = -6.0
IDENTIFIED_LOG10_P: Final = -9.0
_MIN_FRAMES: Final = 25
_WINDOW_FRAMES: Final = 2000
_WINDOW_HOP: Final = 1500
_REFINED: Final = (8, 24)
_REFINED_FRAMES: Final = 2400
_DECODED: Final = 6
_SPAN_FRAMES: Final = 100
_SPAN_Z: Final = 3.0


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
    mono = resample(Audio.mono(audio.to_mono(), audio.sample_rate), RATE).samples[0]
    level = float(np.sqrt(np.mean(mono**2))) if mono.size else 0.0
    if level < 1e-6 or len(mono) < _MIN_FRAMES * HOP:
        return Detection(present=False, payload=None, log10_p=0.0)
    spectrum = power(mono * np.float32(0.1 / level))
    starts = _window_starts(spectrum.shape[1])
    trials = len(starts) * len(keys)
    best: list[_Finding] = []
    for first in starts:
        part = spectrum[:, first : first + _WINDOW_FRAMES]
        maps = {pitch: score_map(part, pitch) for pitch in pitches()}
        for index, key in enumerate(keys):
            finding = _search(maps, key, trials)
            finding.first, finding.key_index = first, index
            best.append(finding)
    top = min(best, key=lambda f: f.log10_p)
    if top.log10_p > PRESENT_LOG10_P:
        return Detection(present=False, payload=None, log10_p=top.log10_p)
    same = [f for f in best if f.key_index == top.key_index and f.log10_p <= PRESENT_LOG10_P]
    named = min(same, key=lambda f: f.identified_log10_p)
    spans = _merge([span for f in same for span in f.spans(keys[f.key_index])])
    return Detection(
        present=True,
        payload=named.payload if named.identified_log10_p <= IDENTIFIED_LOG10_P else None,
        log10_p=top.log10_p,
        spans=spans,
        key_index=top.key_index,
    )


class _Finding:
    """The best of one window under one key."""

    def __init__(self, scores: Array, at: Index) -> None:
        self.scores = scores
        self.at = at
        self.log10_p = 0.0
        self.identified_log10_p = 0.0
        self.payload: int | None = None
        self.first = 0
        self.key_index = 0

    def spans(self, key: WatermarkKey) -> list[tuple[float, float]]:
        """Stretches where the running z-score over one second stays up, in seconds."""
        pattern = pattern_of(key)
        signs = pattern.pilots if self.payload is None else pattern.signs(codeword_of(self.payload, key))
        along = signs[self.at // 4].T
        hit = (self.scores * along).sum(axis=0)
        noise = (self.scores**2 * (along != 0)).sum(axis=0)
        width = min(_SPAN_FRAMES, len(hit))
        kernel = np.ones(width)
        # Neighbouring frames of a cell go together, so the variance of a sum is about four times that of independent frames.
        local = np.convolve(hit, kernel, "same") / np.sqrt(4 * np.convolve(noise, kernel, "same") + 1e-9)
        marked = np.flatnonzero(np.diff(np.concatenate([[0], local > _SPAN_Z, [0]]).astype(np.int8)))
        step = HOP / RATE
        return [((self.first + a) * step, (self.first + b) * step) for a, b in marked.reshape(-1, 2).tolist()]


def _window_starts(frames: int) -> list[int]:
    if frames <= _WINDOW_FRAMES:
        return [0]
    return [*range(0, frames - _WINDOW_FRAMES, _WINDOW_HOP), frames - _WINDOW_FRAMES]


def _search(maps: dict[float, Array], key: WatermarkKey, trials: int) -> _Finding:
    """Search one window under one key."""
    coarse_hits = [hit for pitch, scores in maps.items() for hit in coarse(scores, pitch, key)]
    frames = maps[1.0].shape[1]
    grid = tempos(frames)
    coarse_hits.sort(key=lambda h: log10_tail(h.score) + _log10_cost(h, len(grid)))
    tried: list[tuple[Array, Index, float, Array]] = []
    pilots = pattern_of(key).pilots
    for hit in coarse_hits[: min(max(_REFINED_FRAMES // frames, _REFINED[0]), _REFINED[1])]:
        scores = maps[hit.pitch]
        fine = refine(scores, hit, key)
        at = positions(frames, fine.tempo, fine.phase)
        cells = cell_sums(scores, at)
        # Refining looks at no hypothesis that the count of all phases does not hold, but for the thirds of the tempo step.
        tried.append((scores, at, _log10_cost(hit, len(grid)) + math.log10(3 * trials), cells))
    for pitch, tempo in dict.fromkeys([(1.0, 1.0), (coarse_hits[0].pitch, coarse_hits[0].tempo)]):
        path = follow(maps[pitch], tempo, key)
        cost = math.log10(SEQUENCE_FRAMES * len(maps) * len(grid) * trials / 0.2) + path.log10_cost
        tried.append((maps[pitch], path.at, cost, cell_sums(maps[pitch], path.at)))
    ranked = sorted(((log10_tail(z_score(cells, pilots)) + cost, i) for i, (_, _, cost, cells) in enumerate(tried)))
    best = _Finding(tried[ranked[0][1]][0], tried[ranked[0][1]][1])
    best.log10_p = log10_union(ranked[0][0], 1, 0.5)
    chosen = [i for _, i in ranked[:_DECODED]]
    for i, read in zip(chosen, read_messages([tried[i][3] for i in chosen], key), strict=True):
        if read is not None:
            _credit(best, tried[i], read)
    return best


def _credit(best: _Finding, tried: tuple[Array, Index, float, Array], read: Read) -> None:
    """Take over a read message if it is the most convincing so far. All cells count; each of the 2**32 messages was a trial."""
    log10_p = log10_union(log10_tail(read.z) + tried[2], 2.0**MESSAGE_BITS, 0.5)
    if log10_p < best.identified_log10_p:
        best.identified_log10_p = log10_p
        best.payload = read.payload
        best.scores, best.at = tried[0], tried[1]
        best.log10_p = min(best.log10_p, log10_p)


def _log10_cost(hit: Alignment, tempo_count: int) -> float:
    """Decimal logarithm of the hypotheses in this alignment's family over the family's share of the error budget.

    Half of the budget goes to sound at its own pitch and tempo, a tenth each to changes of pitch alone, of tempo alone and of
    speed (both alike), a fifth to the rest.
    """
    pitch_count = len(pitches())
    same_pitch, same_tempo = abs(hit.pitch - 1) < 1e-6, abs(hit.tempo - 1) < 1e-6
    if same_pitch and same_tempo:
        return math.log10(SEQUENCE_FRAMES / 0.5)
    if same_tempo:
        return math.log10(SEQUENCE_FRAMES * pitch_count / 0.1)
    if same_pitch:
        return math.log10(SEQUENCE_FRAMES * tempo_count / 0.1)
    if abs(hit.pitch - hit.tempo) <= 0.0101:
        return math.log10(SEQUENCE_FRAMES * 2 * tempo_count / 0.1)
    return math.log10(SEQUENCE_FRAMES * pitch_count * tempo_count / 0.2)


def _merge(spans: list[tuple[float, float]]) -> tuple[tuple[float, float], ...]:
    """Unite overlapping stretches, in time order."""
    merged: list[tuple[float, float]] = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return tuple((round(start, 3), round(end, 3)) for start, end in merged)
