"""Exact nearest-voice search: who else, already known, sounds like this?"""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
from numpy.typing import NDArray

from safeguards.speaker.calibration import calibration
from safeguards.speaker.cohort import cohort, statistics
from safeguards.speaker.encoder import Embedding


class SpeakerIndex:
    """Embeddings under their ids, compared one by one; a million of them take about 0.1 s.

    Args:
        net_seconds: net speech that stands behind a typical entry; sets the calibration bucket.
        snr_db: SNR of a typical entry.
    """

    def __init__(self, net_seconds: float = 10.0, snr_db: float = 25.0) -> None:
        self._bucket = calibration().bucket(net_seconds, snr_db)
        self._ids: list[str] = []
        self._numbers = cohort().embeddings.shape[1]
        self._rows = np.zeros((0, self._numbers), dtype=np.float32)
        self._statistics = np.zeros((0, 2), dtype=np.float32)
        self._used = 0

    def __len__(self) -> int:
        return self._used

    @property
    def ids(self) -> frozenset[str]:
        """What is in it."""
        return frozenset(self._ids)

    def remove(self, identifier: str) -> None:
        """Forget all entries of an id; none is no error. Their numbers are overwritten."""
        kept = [place for place, known in enumerate(self._ids) if known != identifier]
        for table in (self._rows, self._statistics):
            table[: len(kept)] = table[kept]
            table[len(kept) : self._used] = 0.0
        self._ids = [self._ids[place] for place in kept]
        self._used = len(kept)

    def add(self, identifier: str, embedding: Embedding) -> None:
        """Add one voice, as a reference; the same id may be added more than once.

        Raises:
            ValueError: the embedding has another shape or is not finite.
        """
        if embedding.shape != (self._numbers,) or not np.isfinite(embedding).all():
            raise ValueError(f"an embedding is {self._numbers} finite numbers, got shape {embedding.shape}")
        if self._used == len(self._rows):
            more = max(16, self._used)
            self._rows = np.concatenate([self._rows, np.zeros((more, self._numbers), dtype=np.float32)])
            self._statistics = np.concatenate([self._statistics, np.zeros((more, 2), dtype=np.float32)])
        self._rows[self._used] = cohort().white(embedding[None])[0]
        mean, spread = statistics(self._rows[self._used][None], cohort().whitened)
        self._statistics[self._used] = mean[0], spread[0]
        self._used += 1
        self._ids.append(identifier)

    def nearest(self, embedding: Embedding, exclude: Collection[str] = ()) -> tuple[str, float] | None:
        """The most similar voice and its log-likelihood ratio.

        Args:
            embedding: float32 ``[numbers]`` of the recording in question, as heard.
            exclude: ids not to be found, such as the owner's own.

        Returns:
            None when the index holds no other voice.
        """
        if not self._used:
            return None
        scores = self._scores(cohort().white(embedding[None])[0])
        for place in np.argsort(-scores):
            if self._ids[place] not in exclude:
                return self._ids[place], self._bucket.llr(float(scores[place]))
        return None

    def _scores(self, embedding: Embedding) -> NDArray[np.float32]:
        """Normalised scores ``[entries]``; the entries' own cohort statistics were taken when they were added."""
        means, spreads = self._statistics[: self._used].T
        mean, spread = statistics(embedding[None], cohort().whitened)
        cosines = self._rows[: self._used] @ embedding
        scores: NDArray[np.float32] = 0.5 * ((cosines - means) / spreads + (cosines - mean[0]) / spread[0])
        return scores
