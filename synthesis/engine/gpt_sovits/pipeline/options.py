"""What can be chosen about rendering, beside what an item says."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Final, Literal

import torch

from synthesis.engine.gpt_sovits.sovits.model import NOISE_SCALE
from synthesis.engine.gpt_sovits.sovits.streaming import Hold
from synthesis.engine.gpt_sovits.t2s.sampling import Sampling

Decoding = Literal["each", "masked", "joined"]
Streams = Literal["quick", "faithful"]

PAUSE_SECONDS: Final = 0.3


@dataclass(frozen=True, slots=True)
class Options:
    """How to render.

    Attributes:
        sampling: of the token model.
        noise_scale: of the latent's noise; 0 is the mean, the same whatever the seed.
        pause: seconds of silence after a piece where the text asks for none.
        decoding: ``each`` piece alone, bit for bit as it would be by itself; ``masked``, several at once, equal up to the
            order of sums, for a GPU; ``joined`` in one sequence as upstream does at speed 1, where neighbours bleed into
            each other, for comparison only.
        reference_free: leave the reference's tokens and words out and keep its style.
        attempts: how often a piece is spoken at most, when its length or its words say that something was dropped or
            repeated; 1 takes what comes.
        check_words: hold English pieces against their text by recognition: long words missing, words said twice in a row.
        first_chunk: tokens drawn before the first sound of a stream.
        second_chunk: tokens drawn from then on before the second; ``chunk`` those before each that follows.
        held: tokens held back until those after them are drawn. The encoder looks at the whole utterance, so the less it has
            seen the more a stream differs from the whole; docs/gpt-sovits.md has by how much, and what waiting costs.
    """

    sampling: Sampling = field(default_factory=Sampling)
    noise_scale: float = NOISE_SCALE
    pause: float = PAUSE_SECONDS
    decoding: Decoding = "each"
    reference_free: bool = False
    attempts: int = 3
    check_words: bool = False
    first_chunk: int = 16
    second_chunk: int = 48
    chunk: int = 32
    held: Hold = field(default_factory=lambda: Hold(first=15, later=8, share=0.25))

    @classmethod
    def on(cls, device: torch.device | str, streams: Streams | None = None) -> Options:
        """What suits a device.

        A processor speaks piece by piece and streams as soon as it can (``quick``). A GPU speaks in masked batches; it draws
        some hundred tokens in the time that one lasts, so its streams wait for far more of the utterance and come closer to
        the whole (``faithful``).

        Args:
            device: where the networks run.
            streams: which kind instead of the one that suits.
        """
        processor = torch.device(device).type == "cpu"
        options = cls(decoding="each" if processor else "masked")
        return options if (streams or ("quick" if processor else "faithful")) == "quick" else options.faithful()

    def faithful(self) -> Options:
        """The same, with streams that differ less from the whole and come later after their first sound."""
        return replace(self, second_chunk=96, chunk=128, held=Hold(first=15, later=80))
