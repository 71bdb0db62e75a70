"""A better speaker encoder that an operator brings, in place of the one that comes along.

It brings its own cohort and calibration, since neither fits another encoder. ``safeguards.installed`` registers it at
start-up; it is opened when a voice is first compared. Templates carry the calibration's version, and those of another version are
made anew or refused, so that embeddings of two encoders never meet.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from audiokit.features import Floats

if TYPE_CHECKING:
    from safeguards.speaker.calibration import Calibration
    from safeguards.speaker.cohort import Strangers


class SpeakerModel(Protocol):
    """What takes the place of the encoder, the cohort and the calibration.

    Attributes:
        calibration: from ``python -m bench.identity.calibrate_speaker``; its version goes into every evidence.
        cohort: embeddings of strangers, and what whitens the space.
    """

    @property
    def calibration(self) -> Calibration: ...

    @property
    def cohort(self) -> Strangers: ...

    def partials(
        self, speech: Floats, *, window_s: float | None = None, step_s: float | None = None
    ) -> NDArray[np.float32]:
        """Embeddings ``[stretches, numbers]`` of mono 16 kHz speech without pauses, in order of time.

        Stretches are as long and as far from each other as is asked, or as suits the encoder.
        """
        ...


_makers: list[Callable[[], SpeakerModel]] = []


def register_maker(maker: Callable[[], SpeakerModel]) -> None:
    """Let what ``maker`` makes, once, be the encoder of this process."""
    _makers[:] = [maker]
    model.cache_clear()


def unregister() -> None:
    """Back to the encoder that comes along."""
    _makers.clear()
    model.cache_clear()


@cache
def model() -> SpeakerModel | None:
    """The encoder that was brought, opened at the first call; None where none was."""
    return _makers[0]() if _makers else None
