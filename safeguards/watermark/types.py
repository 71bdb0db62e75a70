"""What the watermark hands to other rooms. Standard library and the Audio type only."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from audiokit import Audio
from safeguards.watermark.errors import WatermarkError

VERSION: Final[str] = json.loads(Path(__file__).with_name("version.json").read_text(encoding="utf-8"))["version"]
"""Of embedder and detector together: what ``measured.json`` beside it is about, see ``safeguards.measured``."""
_MINT = object()  # held by the embedders alone; see `mint`


@dataclass(frozen=True, eq=False)
class WatermarkedAudio:
    """Sound that carries a mark. Only :func:`safeguards.watermark.embed` and the stream embedder make one.

    Attributes:
        audio: the marked sound, same rate, channels and length as what was given.
        payload: the 32-bit payload embedded.
        key_id: public identifier of the key, see ``WatermarkKey.key_id``.

    Raises:
        WatermarkError: ``not_constructible`` for anybody else.
    """

    audio: Audio
    payload: int
    key_id: str
    _token: Any = field(default=None, repr=False)

    def __post_init__(self) -> None:
        if self._token is not _MINT:
            raise WatermarkError("not_constructible", "WatermarkedAudio is made by embed() and StreamEmbedder only")
        object.__setattr__(self, "_token", None)


def mint(audio: Audio, payload: int, key_id: str) -> WatermarkedAudio:
    """Make a :class:`WatermarkedAudio`; for this package's embedders only."""
    return WatermarkedAudio(audio, payload, key_id, _MINT)


@dataclass(frozen=True, slots=True)
class Detection:
    """What the detector says of one sound.

    Attributes:
        present: the mark of one of the keys is there: ``log10_p`` is at most ``PRESENT_LOG10_P``.
        payload: the payload, if the keyed check holds and its own p-value is below ``IDENTIFIED_LOG10_P``; otherwise None.
        log10_p: decimal logarithm of the probability that sound without this key's mark scores so high, an upper bound
            over all hypotheses and keys searched.
        spans: marked stretches, ``(start, end)`` in seconds.
        key_index: index of the key in the sequence given, when present.
    """

    present: bool
    payload: int | None
    log10_p: float
    spans: tuple[tuple[float, float], ...] = ()
    key_index: int | None = None
