"""A better detector of synthetic speech that an operator brings, in place of the perceptrons that come along.

Its calibration and its band of ``inconclusive`` are set by ``python -m bench.detector.calibrate_brought`` on the same voices as ours, and lie
beside it. ``safeguards.installed`` registers it at start-up; it is opened when a sound is first judged.
"""

from __future__ import annotations

from typing import Final, Protocol

from audiokit.features import Floats
from safeguards.brought import Brought
from safeguards.detector.model import Card, Windows


class SyntheticModel(Protocol):
    """What takes the place of the perceptrons.

    Attributes:
        card: version, calibration lines and band.
        technique: in words, shown with each answer.
    """

    @property
    def card(self) -> Card: ...

    @property
    def technique(self) -> str: ...

    def run(self, samples: Floats) -> Windows:
        """Raw outputs of stretches of mono 16 kHz ``[time]``; higher is more synthetic. ``numbers`` may be empty."""
        ...


brought: Final[Brought[SyntheticModel]] = Brought()
register_maker, unregister = brought.register_maker, brought.unregister
