"""How similar two fingerprints are at every offset, for each way the query may have been sped up or repitched."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from safeguards.fingerprint.record import FIRST_S, Record
from safeguards.fingerprint.trained import repitched

Floats = NDArray[np.float32]

MOMENT_S: Final = 0.08  # between moments of a query; a record is described twice as densely where its bytes allow
_CLOSE_S: Final = 0.05


@dataclass(frozen=True, slots=True)
class Plane:
    """One hypothesis: the query plays ``speed`` times as fast and sounds ``pitch`` times as high as the record."""

    speed: float
    pitch: float


PLANES: Final = (
    *(Plane(round(speed, 2), 1.0) for speed in np.arange(0.88, 1.121, 0.02)),
    *(Plane(round(speed, 2), round(speed, 2)) for speed in (0.88, 0.9, 0.92, 0.95, 1.05, 1.08, 1.1, 1.12)),
    Plane(1.0, 0.95),
    Plane(1.0, 1.05),
)


PITCHES: Final = tuple(sorted({plane.pitch for plane in PLANES}))


@dataclass(frozen=True, eq=False)
class Lattice:
    """Values of a pair, ready to be read along lines.

    Attributes:
        values: by pitch, shape ``[query vectors, width]``, zero beyond the record.
        planes: the hypotheses.
        starts: column of the first offset, shape ``[planes, query vectors]``.
        offsets: how many there are.
        least_offset: the first offset, in steps: record time minus speed times query time.
    """

    values: dict[float, Floats]
    planes: tuple[Plane, ...]
    starts: list[list[int]]
    offsets: int
    least_offset: int

    def row(self, i: int) -> Floats:
        """Values of one query vector, shape ``[planes, offsets]``."""
        lines = [
            self.values[plane.pitch][i, starts[i] : starts[i] + self.offsets]
            for plane, starts in zip(self.planes, self.starts, strict=True)
        ]
        return np.stack(lines)


@dataclass(frozen=True, eq=False)
class Question:
    """A query made ready for comparison with many records.

    Attributes:
        moments: the query, a vector each 0.08 s or more.
        pitched: its vectors under each pitch of ``PITCHES``, one below the other, shape ``[pitches * moments, COMPONENTS]``.
    """

    moments: Record
    pitched: Floats


def question(query: Record) -> Question:
    """Prepare a query."""
    moments = query.thinned(MOMENT_S)
    return Question(moments, np.concatenate([repitched(moments.vectors, pitch) for pitch in PITCHES]))


def similarities(asked: Question, record: Record) -> tuple[dict[float, Floats], float]:
    """Cosines by pitch, shape ``[query vectors, columns]``, and seconds per column.

    Columns are the record's vectors, and the midpoints between them where they lie far apart.
    """
    vectors, step = record.vectors, record.hop_s
    if step > _CLOSE_S:
        between = vectors[1:] + vectors[:-1]
        doubled = np.empty((2 * len(vectors) - 1, vectors.shape[1]), dtype=np.float32)
        doubled[::2] = vectors
        doubled[1::2] = between / np.maximum(np.linalg.norm(between, axis=1, keepdims=True), 1e-6)
        vectors, step = doubled, step / 2
    cosines = (asked.pitched @ vectors.T).reshape(len(PITCHES), len(asked.moments.weights), len(vectors))
    return dict(zip(PITCHES, cosines, strict=True)), step


def pair_weights(query: Record, record: Record, columns: int) -> Floats:
    """How much each pair of moments counts, shape ``[query vectors, columns]``; a moment counts by its length."""
    places = np.linspace(0, len(record.weights) - 1, columns)
    held = np.interp(places, np.arange(len(record.weights)), record.weights).astype(np.float32)
    return np.asarray(np.minimum(query.weights[:, None], held[None]) * np.float32(query.hop_s / MOMENT_S))


def lattice(values: dict[float, Floats], query: Record, step: float, planes: tuple[Plane, ...]) -> Lattice:
    """Lay out values by pitch for reading along the lines of ``planes``."""
    speeds = np.array([plane.speed for plane in planes])
    # Query time t lies at record time speed * t + offset; column = (record time - FIRST_S) / step.
    base = np.round((query.times_s[None, :] * speeds[:, None] - FIRST_S) / step).astype(np.int64)
    low, high = int(base.min()), int(base.max())
    reach = high - low
    padded = {}
    for pitch, given in values.items():
        rows, columns = given.shape
        wide = np.zeros((rows, reach + columns + reach), dtype=np.float32)
        wide[:, reach : reach + columns] = given
        padded[pitch] = wide
    # The first offset puts the query's last moment on the record's first column.
    return Lattice(padded, planes, (base - high + reach).tolist(), columns + reach, -high)
