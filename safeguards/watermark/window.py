"""Judging one window of sound under one key: from alignments to p-values and a payload."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from safeguards.watermark.cells import Cells, Read, cell_sums, read_messages, z_score
from safeguards.watermark.key import WatermarkKey
from safeguards.watermark.layout import HOP, MESSAGE_BITS, RATE, SEQUENCE_FRAMES, SLOT_FRAMES, Array, Index
from safeguards.watermark.path import follow
from safeguards.watermark.pattern import pattern_of, sought
from safeguards.watermark.pvalue import log10_tail, log10_union
from safeguards.watermark.search import Alignment, pitches, positions, refine, tempos

_DECODED: Final = 6
# A message counts from about z = 10 over all cells, which is 14 of both kinds together; where pilots stay below this, data cells would need 9.
# They are marked more strongly than pilots at most by what makes 6.5 of 5 (clips of 5 to 7 s). Most unmarked sound is not decoded at all.
_READABLE_Z: Final = 5.0
_PATH_SHARE: Final = 0.2
_SPAN_FRAMES: Final = 100
_SPAN_Z: Final = 3.0


@dataclass(frozen=True, eq=False, slots=True)
class _Candidate:
    scores: Array
    at: Index
    cells: Cells
    log10_cost: float


class Finding:
    """What one window shows under one key.

    Attributes:
        log10_p: of the mark being there, corrected for everything searched.
        payload: the most convincing message whose check held.
        identified_log10_p: of that message being there.
        first: the window's first frame.
        key_index: index of the key.
    """

    def __init__(self, candidate: _Candidate, log10_p: float) -> None:
        self._candidate = candidate
        self.log10_p = log10_p
        self.payload: int | None = None
        self.identified_log10_p = 0.0
        self.first = 0
        self.key_index = 0

    def credit(self, candidate: _Candidate, read: Read) -> None:
        """Take over a message if it is the most convincing so far. All cells count; each of the 2**32 messages was a trial."""
        log10_p = log10_union(log10_tail(read.z) + candidate.log10_cost, 2.0**MESSAGE_BITS, 0.5)
        if log10_p < self.identified_log10_p:
            self._candidate = candidate
            self.payload, self.identified_log10_p = read.payload, log10_p
            self.log10_p = min(self.log10_p, log10_p)

    def data_log10_p(self, key: WatermarkKey) -> float:
        """Of the data cells alone, on the alignment found: by chance, for sound that carries another payload of the same key."""
        data = pattern_of(key).coded >= 0
        return log10_tail(z_score(self._candidate.cells, np.where(data, sought(key, self.payload), np.float32(0))))

    def spans(self, key: WatermarkKey) -> list[tuple[float, float]]:
        """Stretches where the running z-score over one second stays up, in seconds."""
        signs = sought(key, self.payload)
        scores = self._candidate.scores
        along = signs[self._candidate.at // SLOT_FRAMES].T
        width = min(_SPAN_FRAMES, scores.shape[1])
        hit = _running_sum((scores * along).sum(axis=0), width)
        # The frames of a cell rise and fall together, so a sum varies about four times as much as that of independent frames.
        spread = np.sqrt(SLOT_FRAMES * _running_sum((scores**2 * (along != 0)).sum(axis=0), width) + 1e-9)
        marked = np.flatnonzero(np.diff(np.concatenate([[0], hit > _SPAN_Z * spread, [0]]).astype(np.int8)))
        step = HOP / RATE
        return [((self.first + a) * step, (self.first + b) * step) for a, b in marked.reshape(-1, 2).tolist()]


def judge(maps: Array, hits: list[Alignment], key: WatermarkKey, trials: int, payload: int | None = None) -> Finding:
    """Judge a window.

    Args:
        maps: score maps at all pitches ``[pitches, BANDS, frames]``.
        hits: coarse alignments, the most likely first.
        key: the key.
        trials: windows times keys searched in all.
        payload: what the sound is asked to say; nothing is read then, and all cells count where else the pilots do.
    """
    candidates = _straight(maps, hits, key, trials, payload) + _broken(maps, hits, key, trials, payload)
    pilots = sought(key, payload)
    z = [z_score(c.cells, pilots) for c in candidates]
    ranked = sorted((log10_tail(z[i]) + c.log10_cost, i) for i, c in enumerate(candidates))
    best = Finding(candidates[ranked[0][1]], log10_union(ranked[0][0], 1, 0.5))
    best.payload = payload
    chosen = [candidates[i] for _, i in ranked[:_DECODED] if payload is None and z[i] >= _READABLE_Z]
    reads = read_messages([c.cells for c in chosen], key) if chosen else []
    for candidate, read in zip(chosen, reads, strict=True):
        if read is not None:
            best.credit(candidate, read)
    return best


def _straight(
    maps: Array, hits: list[Alignment], key: WatermarkKey, trials: int, payload: int | None
) -> list[_Candidate]:
    """Alignments without a break, refined."""
    candidates = []
    for hit in hits:
        scores = maps[pitches().index(hit.pitch)]
        fine = refine(scores, hit, key, payload)
        at = positions(scores.shape[1], fine.tempo, fine.phase)
        # The count of hypotheses holds every phase already; refining adds the thirds of the tempo step.
        candidates.append(_Candidate(scores, at, cell_sums(scores, at), hit.log10_cost + math.log10(3 * trials)))
    return candidates


def _broken(
    maps: Array, hits: list[Alignment], key: WatermarkKey, trials: int, payload: int | None
) -> list[_Candidate]:
    """Paths with jumps, at the sound's own pitch and tempo and at the likeliest others."""
    count = len(pitches()) * len(tempos(maps.shape[2])) * SEQUENCE_FRAMES * trials
    candidates = []
    for pitch, tempo in dict.fromkeys([(1.0, 1.0), (hits[0].pitch, hits[0].tempo)]):
        scores = maps[pitches().index(pitch)]
        path = follow(scores, tempo, key, payload)
        cost = math.log10(count / _PATH_SHARE) + path.log10_cost
        candidates.append(_Candidate(scores, path.at, cell_sums(scores, path.at), cost))
    return candidates


def _running_sum(values: Array, width: int) -> Array:
    """Sum over ``width`` neighbours of every value."""
    return np.convolve(values, np.ones(width, dtype=np.float32), "same")
