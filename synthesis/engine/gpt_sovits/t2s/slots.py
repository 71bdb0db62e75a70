"""Decoding with fixed shapes: a step, sampling included, that a CUDA graph can hold and replay.

A slot has its own length and its own place in one static cache, so slots are filled and freed at any step. All state is in
tensors that the step changes in place; the host looks at the outcome every few steps only, since asking after each would
make the device wait. Without a GPU the same step runs eagerly, which is how it is tested; on the processor ``rows`` is faster.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import torch
from torch import Tensor
from torch.nn import functional as F

from synthesis.engine.gpt_sovits.t2s.packed import PackedT2S, run_layer
from synthesis.engine.gpt_sovits.t2s.request import Request, limit_of
from synthesis.engine.gpt_sovits.t2s.rows import prefill
from synthesis.engine.gpt_sovits.t2s.sampling import MIN_TOKENS, Settings, draw

BLOCK: Final = 8
"""Steps between two looks of the host."""
_BUCKET: Final = 256


@dataclass
class _Slot:
    key: int
    request: Request
    length: int  # positions filled when the next block begins, at most
    asked: int = 1  # draws of noise taken


class SlotDecoder:
    """Requests in flight over one model, in slots.

    Args:
        model: see ``PackedT2S``.
        slots: rows at once.
        room: positions of text, prompt and tokens that a slot can hold.
    """

    def __init__(self, model: PackedT2S, slots: int, room: int) -> None:
        config, device = model.config, model.device
        self._model = model
        self._slots: list[_Slot | None] = [None] * slots
        self._first: list[tuple[int, int]] = []
        self._graphs: dict[tuple[int, bool], Callable[[], None]] = {}
        self._room = -(-(room + BLOCK) // _BUCKET) * _BUCKET
        head = config.width // config.heads
        self._cache = torch.zeros(
            config.layers, 2, slots, config.heads, self._room, head, dtype=model.dtype, device=device
        )

        def counts(*shape: int) -> Tensor:
            return torch.zeros(shape, dtype=torch.long, device=device)

        self._tokens, self._places, self._lengths, self._drawn, self._limits = (counts(slots) for _ in range(5))
        self._alive = torch.zeros(slots, dtype=torch.bool, device=device)
        self._seen = torch.zeros(slots, config.vocabulary, dtype=torch.bool, device=device)
        self._noise = torch.ones(BLOCK, slots, config.vocabulary, device=device)
        self._count = counts(1)
        self._out = counts(BLOCK, slots)
        self._every = torch.arange(slots, device=device)
        self._visible = torch.arange(self._room, device=device)
        top_p, temperature, penalty = torch.ones(3, slots, 1, device=device).unbind(0)
        self._settings = Settings(counts(slots, 1) + 1, top_p, temperature, penalty, nucleus=True)

    @property
    def free(self) -> int:
        """Requests that can still be admitted."""
        return self._slots.count(None)

    @property
    def busy(self) -> bool:
        """Whether a request is under way or has tokens not handed out."""
        return bool(self._first) or self.free < len(self._slots)

    def admit(self, key: int, request: Request) -> None:
        """Read text and prompt of a new request and draw its first token.

        Raises:
            EngineError: ``text_too_long``.
            ValueError: when no slot is free or the request is longer than a slot.
        """
        config = self._model.config
        limit, at = limit_of(config, request), self._slots.index(None)
        if len(request.phones) + len(request.prompt) + limit > self._room:
            raise ValueError("the request is longer than a slot")
        filled, length, logits = prefill(self._model, request, 0)
        self._cache[:, :, at, :, :length] = filled
        self._seen[at] = False
        self._seen[at, request.prompt.to(self._seen.device)] = True
        one = Settings.of([request.sampling], config.vocabulary, self._seen.device)
        for column, value in zip(self._columns(), (one.top_k, one.top_p, one.temperature, one.penalty), strict=True):
            column[at] = value[0]
        noise = request.noise(0)[None].to(self._seen.device)
        early = torch.tensor([[True]], device=self._seen.device)
        tokens, _ = draw(logits, self._seen[at : at + 1], noise, one, early, config.eos)
        self._seen[at, tokens] = True
        self._tokens[at] = tokens[0]
        self._places[at], self._lengths[at], self._drawn[at], self._limits[at] = len(request.prompt), length, 1, limit
        self._alive[at] = limit > 1
        self._first.append((key, int(tokens)))
        self._slots[at] = _Slot(key, request, length)

    def advance(self) -> list[tuple[int, int]]:
        """Run a block of steps; the tokens drawn, in order. Ended requests are gone afterwards."""
        if self._first:
            # Handed out at once, before a block is run: they are what the first sound waits for.
            drawn, self._first = self._first, []
            for at, alive in enumerate(self._alive.tolist()):
                if not alive:
                    self._slots[at] = None
            return drawn
        live = [slot for slot in self._slots if slot]
        if not live:
            return []
        self._fetch_noise()
        bucket = min(self._room, -(-(max(slot.length for slot in live) + BLOCK) // _BUCKET) * _BUCKET)
        nucleus = any(slot.request.sampling.top_p < 1 for slot in live)
        self._count.zero_()
        step = self._graph(bucket, nucleus)
        for _ in range(BLOCK):
            step()
        return self._harvest()

    def drop(self, key: int) -> None:
        """Forget a request."""
        for at, slot in enumerate(self._slots):
            if slot and slot.key == key:
                self._slots[at] = None
                self._alive[at] = False
        self._first = [pair for pair in self._first if pair[0] != key]

    def _columns(self) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        settings = self._settings
        return settings.top_k, settings.top_p, settings.temperature, settings.penalty

    def _fetch_noise(self) -> None:
        block = torch.ones(BLOCK, len(self._slots), self._model.config.vocabulary)
        for at, slot in enumerate(self._slots):
            if slot:
                for step in range(BLOCK):
                    block[step, at] = slot.request.noise(slot.asked + step)
                slot.asked += BLOCK
        self._noise.copy_(block)

    def _harvest(self) -> list[tuple[int, int]]:
        alive = self._alive.tolist()  # waits for the device, once per block
        drawn = [
            (slot.key, token)
            for row in self._out.tolist()
            for slot, token in zip(self._slots, row, strict=True)
            if slot and token >= 0
        ]
        for at, slot in enumerate(self._slots):
            if slot:
                slot.length += BLOCK
                self._slots[at] = slot if alive[at] else None
        return drawn

    def _step(self, bucket: int, nucleus: bool) -> None:
        model, config, slots = self._model, self._model.config, len(self._slots)
        x = model.embed_tokens(self._tokens, self._places)
        mask = (self._visible[:bucket] <= self._lengths[:, None])[:, None, None]
        for index, layer in enumerate(model.layers):

            def attend(qkv: Tensor, index: int = index) -> Tensor:
                q, k, v = qkv.view(slots, 3, config.heads, -1).unbind(1)
                keys, values = self._cache[index]
                keys[self._every, :, self._lengths], values[self._every, :, self._lengths] = k, v
                mixed = F.scaled_dot_product_attention(
                    q[:, :, None], keys[:, :, :bucket], values[:, :, :bucket], attn_mask=mask
                )
                return mixed.reshape(slots, config.width)

            x = run_layer(layer, x, attend)
        settings = Settings(*self._columns(), nucleus=nucleus)
        noise = self._noise.index_select(0, self._count)[0]
        early = (self._drawn < MIN_TOKENS)[:, None]
        tokens, ended = draw(model.logits(x), self._seen, noise, settings, early, config.eos)
        given = self._alive & ~ended
        self._out.index_copy_(0, self._count, torch.where(given, tokens, -1)[None])
        self._seen.scatter_(1, tokens[:, None], True)
        self._tokens.copy_(tokens)
        # A row that has ended stays where it is, so that it never leaves its slot.
        self._places.add_(self._alive)
        self._lengths.add_(self._alive)
        self._drawn.add_(1)
        self._alive.copy_(given & (self._drawn < self._limits))
        self._count.add_(1)

    def _graph(self, bucket: int, nucleus: bool) -> Callable[[], None]:
        if self._model.device.type != "cuda":
            return lambda: self._step(bucket, nucleus)
        if (bucket, nucleus) not in self._graphs:
            self._graphs[bucket, nucleus] = self._captured(bucket, nucleus)
        return self._graphs[bucket, nucleus]

    def _captured(self, bucket: int, nucleus: bool) -> Callable[[], None]:
        state = (self._tokens, self._places, self._lengths, self._drawn, self._alive, self._seen, self._count)
        before = [tensor.clone() for tensor in state]
        stream = torch.cuda.Stream()  # type: ignore[no-untyped-call]
        stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(stream):
            for _ in range(3):  # libraries choose their kernels on the first runs
                self._step(bucket, nucleus)
                self._count.zero_()
        torch.cuda.current_stream().wait_stream(stream)
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            self._step(bucket, nucleus)
        for tensor, value in zip(state, before, strict=True):
            tensor.copy_(value)
        return graph.replay
