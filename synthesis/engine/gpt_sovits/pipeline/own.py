"""Networks of voices that have weights of their own: made from the installed ones when they are first asked for, and kept for
a while, within a bound of bytes."""

from __future__ import annotations

import hashlib
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from synthesis.engine.errors import EngineError
from synthesis.engine.gpt_sovits.pipeline import difference
from synthesis.engine.gpt_sovits.pipeline.networks import Networks
from synthesis.engine.gpt_sovits.sovits.model import SoVITS
from synthesis.engine.gpt_sovits.t2s.packed import PackedT2S
from synthesis.engine.gpt_sovits.weights import Weights
from synthesis.engine.voice_model import VoiceModel

WEIGHTS: Final = "weights"
"""The fact of a voice model that holds the SHA-256 of its weights."""
MOST_BYTES: Final = 2 * 2**30
IDLE_SECONDS: Final = 900.0
T2S: Final = "t2s"
SOVITS: Final = "sovits"


@dataclass(frozen=True)
class Base:
    """What the engine was loaded from, and how weights become networks.

    Attributes:
        read: the installed weights by role (``t2s``, ``sovits``), read anew, so that they take no memory in between.
        judge: discriminators to train with; None where none are installed.
        token_model: weights to the token model as this engine runs it; ``second_stage`` likewise.
    """

    read: Callable[[], Mapping[str, Weights]]
    judge: Callable[[], Weights | None]
    token_model: Callable[[Weights], PackedT2S]
    second_stage: Callable[[Weights], SoVITS]

    def networks(self, shared: Networks, weights: Mapping[str, Weights], own: set[str]) -> Networks:
        """Networks with these weights in the roles named in ``own``, the others shared. They keep the installed digests, since a
        voice names those."""
        t2s = self.token_model(weights[T2S]) if T2S in own else shared.t2s
        sovits = self.second_stage(weights[SOVITS]) if SOVITS in own else shared.sovits
        return replace(shared, t2s=t2s, sovits=sovits)


@dataclass
class _Kept:
    networks: Networks
    size: int
    used: float


class OwnNetworks:
    """A bounded cache of networks by the digest of a voice's weights.

    Args:
        shared: the installed networks.
        base: how to make others of them.
        most_bytes: in all; the voice in use stays whatever its size.
        idle_seconds: what nobody asked for so long goes, by twice that time at the latest, whether or not anything is spoken: a
            voice that was erased must not stay in memory for as long as the worker lives.
    """

    def __init__(
        self, shared: Networks, base: Base, *, most_bytes: int = MOST_BYTES, idle_seconds: float = IDLE_SECONDS
    ) -> None:
        self._shared, self._base = shared, base
        self._most, self._idle = most_bytes, idle_seconds
        self._kept: OrderedDict[str, _Kept] = OrderedDict()
        self._lock = threading.RLock()
        self._watch: threading.Timer | None = None

    @property
    def digests(self) -> tuple[str, ...]:
        """Which are held, the longest unused first."""
        return tuple(self._kept)

    def of(self, model: VoiceModel) -> Networks:
        """The networks that speak for a voice.

        Raises:
            EngineError: ``bad_voice_weights``: they are missing, altered, or of another base.
        """
        with self._lock:
            self._forget_idle()
            wanted = model.facts.get(WEIGHTS)
            if wanted is None:
                return self._shared
            if wanted not in self._kept:
                made, size = self._made(model, wanted)
                self._kept[wanted] = _Kept(made, size, time.monotonic())
            self._kept.move_to_end(wanted)
            self._kept[wanted].used = time.monotonic()
            self._keep_watch()
            while len(self._kept) > 1 and sum(kept.size for kept in self._kept.values()) > self._most:
                self._kept.popitem(last=False)
            return self._kept[wanted].networks

    def _made(self, model: VoiceModel, wanted: str) -> tuple[Networks, int]:
        data = opened(model, wanted)
        bases = self._base.read()
        weights = difference.apply(bases, data)
        own = {role for role in weights if weights[role] is not bases[role]}
        networks = self._base.networks(self._shared, weights, own)
        # Twice the stored halves is what single precision takes, and what halves packed in two ways do.
        return networks, sum(2 * array.nbytes for role in own for array in weights[role].tensors.values())

    def _keep_watch(self) -> None:
        if self._watch is None:
            self._watch = threading.Timer(self._idle, self._look)
            self._watch.daemon = True
            self._watch.start()

    def _look(self) -> None:
        with self._lock:
            self._watch = None
            self._forget_idle()
            if self._kept:
                self._keep_watch()

    def _forget_idle(self) -> None:
        limit = time.monotonic() - self._idle
        for key in [key for key, kept in self._kept.items() if kept.used < limit]:
            del self._kept[key]


def opened(model: VoiceModel, wanted: str) -> bytes:
    """A voice model's weights, if they are those it names.

    Raises:
        EngineError: ``bad_voice_weights``.
    """
    data = model.weights() if model.weights is not None else b""
    if hashlib.sha256(data).hexdigest() != wanted:
        why = "they are not those the voice was trained to" if data else "they were not sent along"
        raise EngineError("bad_voice_weights", f"The weights of this voice cannot be used: {why}.")
    return data
