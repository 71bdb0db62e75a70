"""A better speaker encoder that an operator brings, in place of the one that comes along.

It brings its own cohort and calibration, since neither fits another encoder. ``safeguards.installed`` registers it at
start-up; it is opened when a voice is first compared. Templates carry the calibration's version, and those of another version are
made anew or refused, so that embeddings of two encoders never meet.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol

import numpy as np
from numpy.typing import NDArray

from audiokit.features import Floats
from safeguards.brought import Brought

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


model: Final[Brought[SpeakerModel]] = Brought()
register_maker, unregister = model.register_maker, model.unregister
