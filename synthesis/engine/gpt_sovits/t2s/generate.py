"""Drawing tokens for one request or many; each row depends on its own arguments only.

Where upstream loses or keeps a token by accident at a stop, this does not: exactly the drawn tokens are returned, without EOS.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

import torch

from synthesis.engine.gpt_sovits.t2s.packed import TokenModel, packed_of
from synthesis.engine.gpt_sovits.t2s.request import MAX_POSITIONS, Noise, Request, limit_of, seeded_noise
from synthesis.engine.gpt_sovits.t2s.rows import RowDecoder
from synthesis.engine.gpt_sovits.t2s.slots import SlotDecoder

__all__ = ["MAX_POSITIONS", "Decoder", "Noise", "Request", "decoder", "generate", "generate_batch", "seeded_noise"]


class Decoder(Protocol):
    """Requests in flight over one model: rows enter and leave at any step (continuous batching)."""

    @property
    def free(self) -> int:
        """Rows that can still be admitted."""

    @property
    def busy(self) -> bool:
        """Whether a request is under way."""

    def admit(self, key: int, request: Request) -> None:
        """Take a request in under a name of the caller's."""

    def advance(self) -> list[tuple[int, int]]:
        """Run on; the tokens drawn, in order within each key. Ended rows are gone afterwards."""

    def drop(self, key: int) -> None:
        """Forget a row."""


def decoder(model: TokenModel, requests: Sequence[Request], rows: int, *, steady: bool = True) -> Decoder:
    """The decoder for the device of the model, with room for the longest of ``requests``.

    Args:
        rows: at most this many at once.
        steady: see ``RowDecoder``.
    """
    packed = packed_of(model)
    if packed.device.type == "cpu":
        return RowDecoder(packed, rows, steady=steady)
    room = max(len(r.phones) + len(r.prompt) + limit_of(packed.config, r) for r in requests)
    return SlotDecoder(packed, min(rows, len(requests)), room)


def generate(model: TokenModel, request: Request) -> Iterator[int]:
    """Tokens of one request, each as soon as it is known, by the quickest way for one.

    Sums are added up in another order than in ``generate_batch``, so that once in some hundred thousand tokens, where two
    candidates are within rounding of each other, the two may part.

    Raises:
        EngineError: ``text_too_long`` when text, prompt and ``max_tokens`` do not fit the model's positions.
    """
    for _, token in _all(model, [request], 1, steady=False):
        yield token


def generate_batch(model: TokenModel, requests: Sequence[Request], *, rows: int = 16) -> list[list[int]]:
    """Tokens of each request, at most ``rows`` computed together; a row that ends makes place for the next.

    On the processor a request gets the same tokens whatever else is in the batch, alone included: its logits are the same
    bits (but for ``int8``, which scales activations over the batch).

    Raises:
        EngineError: as ``generate``, before any token is drawn.
    """
    results: list[list[int]] = [[] for _ in requests]
    for index, token in _all(model, requests, rows):
        results[index].append(token)
    return results


def _all(
    model: TokenModel, requests: Sequence[Request], rows: int, *, steady: bool = True
) -> Iterator[tuple[int, int]]:
    packed = packed_of(model)
    for request in requests:
        limit_of(packed.config, request)
    if not requests:
        return
    flight = decoder(packed, requests, rows, steady=steady)
    waiting = list(enumerate(requests))[::-1]
    while waiting or flight.busy:
        # Entered anew each time: a generator may be resumed from another place than it was started in.
        with torch.inference_mode():
            while waiting and flight.free:
                flight.admit(*waiting.pop())
            drawn = flight.advance()
        yield from drawn
