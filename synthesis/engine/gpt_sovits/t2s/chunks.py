"""Cutting the token stream into pieces that can be spoken while the rest is still being drawn.

A seam is least heard in silence, so a piece ends where its tokens resemble the token of silence most (486 in all released
models); without such a place it waits, or ends after a fixed number.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

import torch
from torch import Tensor
from torch.nn import functional as F

from synthesis.engine.gpt_sovits.t2s.packed import TokenModel, packed_of

MUTE: Final = 486
_LOOK_AHEAD: Final = 2


def mute_similarity(model: TokenModel, mute: int = MUTE) -> Tensor:
    """Cosine of each token's embedding with that of silence, ``[vocabulary]``."""
    audio = packed_of(model).audio.float()
    return F.cosine_similarity(audio, audio[mute : mute + 1])


def fixed_chunks(tokens: Iterable[int], size: int) -> Iterator[list[int]]:
    """Pieces of ``size`` tokens; the last may be shorter."""
    piece: list[int] = []
    for token in tokens:
        piece.append(token)
        if len(piece) == size:
            yield piece
            piece = []
    if piece:
        yield piece


def mute_chunks(
    tokens: Iterable[int], similarity: Tensor, size: int, *, threshold: float = 0.0, longest: int | None = None
) -> Iterator[list[int]]:
    """Pieces of at least ``size`` tokens, each but the last ending in silence.

    A place counts by its similarity above ``threshold`` and that of the token after it; below the threshold a token counts
    -1. Upstream cuts at the same places, but hands the tokens after a cut out twice (tests hold both against each other).

    Args:
        tokens: from ``generate``.
        similarity: from ``mute_similarity``.
        size: least length of a piece.
        threshold: least similarity of a place.
        longest: a piece of this many tokens is cut wherever it is; None waits for silence.
    """
    above = (similarity - threshold).tolist()
    scores = [value if value >= 0 else -1.0 for value in above]
    piece: list[int] = []
    for token in tokens:
        piece.append(token)
        while cut := _cut(piece, scores, size, longest):
            yield piece[:cut]
            piece = piece[cut:]
    if piece:
        yield piece


def _cut(piece: list[int], scores: list[float], size: int, longest: int | None) -> int:
    """Length of the piece that can go, 0 for none."""
    if len(piece) < size + _LOOK_AHEAD:
        return 0
    own = torch.tensor([scores[token] for token in piece])
    own[:-1] += own[1:].clone()
    best = int(own.argmax())
    if own[best] >= 0 and best + 1 >= size:
        return best + 1
    return longest if longest and len(piece) >= longest else 0
