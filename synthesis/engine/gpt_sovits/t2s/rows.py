"""Decoding on the processor: every row has a cache of its own, so there is no padding and no mask.

A row's numbers never depend on its neighbours: projections run over four or eight rows at a time, padded, for which the kernels
add up in the same order (tests/unit/gpt_sovits/test_decoding.py; twelve and sixteen add up otherwise on processors with AVX-512);
attention runs row by row. So a request in a batch draws exactly what it draws alone, and rows come and go freely. Where the
model has a compiled step (``fused``) it does all of this; it needs no padding, and a lone row has no other order of sums.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import torch
from torch import Tensor
from torch.nn import functional as F

from synthesis.engine.gpt_sovits.t2s.model import block_mask
from synthesis.engine.gpt_sovits.t2s.packed import PackedT2S, run_layer
from synthesis.engine.gpt_sovits.t2s.request import Request, limit_of
from synthesis.engine.gpt_sovits.t2s.sampling import MIN_TOKENS, Settings, draw

MAX_ROWS: Final = 16
_STEP: Final = 4
_TOGETHER: Final = 8


@dataclass
class _Row:
    key: int
    request: Request
    limit: int
    cache: Tensor  # [layers, 2, heads, capacity, head width]
    layers: tuple[Tensor, ...]  # of it
    length: int
    seen: Tensor
    logits: Tensor
    settings: Settings
    token: int = -1
    drawn: int = 0


class RowDecoder:
    """Rows of several requests in flight over one model.

    Args:
        model: see ``PackedT2S``.
        rows: at most this many at once, up to 16.
        steady: a row's numbers shall not depend on how many rows there are. Without it a lone row takes a quicker kernel
            that adds up in another order.
    """

    def __init__(self, model: PackedT2S, rows: int = MAX_ROWS, *, steady: bool = True) -> None:
        self._model = model
        self._steady = steady
        self._rows: list[_Row] = []
        self._most = min(rows, MAX_ROWS)

    @property
    def free(self) -> int:
        """Rows that can still be admitted."""
        return self._most - len(self._rows)

    @property
    def busy(self) -> bool:
        """Whether a request is under way."""
        return bool(self._rows)

    def admit(self, key: int, request: Request) -> None:
        """Read text and prompt of a new row.

        Raises:
            EngineError: ``text_too_long``.
        """
        limit = limit_of(self._model.config, request)
        cache, length, logits = prefill(self._model, request, limit)
        seen = torch.zeros(1, self._model.config.vocabulary, dtype=torch.bool)
        seen[0, request.prompt] = True
        settings = Settings.of([request.sampling], self._model.config.vocabulary)
        self._rows.append(_Row(key, request, limit, cache, cache.unbind(0), length, seen, logits, settings))

    def advance(self) -> list[tuple[int, int]]:
        """The next token of each row that goes on; rows that ended are gone afterwards."""
        eos = self._model.config.eos
        if waiting := [row for row in self._rows if row.token >= 0]:
            together = _TOGETHER if self._steady and self._model.fused is None else MAX_ROWS
            for first in range(0, len(waiting), together):
                self._step(waiting[first : first + together])
        drawn: list[tuple[int, int]] = []
        going = []
        for row in self._rows:
            early = torch.tensor([[row.drawn < MIN_TOKENS]])
            noise = row.request.noise(row.drawn)[None]
            tokens, ended = draw(row.logits, row.seen, noise, row.settings, early, eos)
            row.token = int(tokens)
            row.drawn += 1
            row.seen[0, row.token] = True
            if bool(ended):
                continue
            drawn.append((row.key, row.token))
            if row.drawn < row.limit:
                going.append(row)
        self._rows = going
        return drawn

    def drop(self, key: int) -> None:
        """Forget a row, finished or not."""
        self._rows = [row for row in self._rows if row.key != key]

    def _step(self, rows: list[_Row]) -> None:
        model = self._model
        count, width = len(rows), model.config.width
        tokens = torch.tensor([row.token for row in rows])
        positions = torch.tensor([len(row.request.prompt) + row.drawn - 1 for row in rows])
        x = model.embed_tokens(tokens, positions)
        if model.fused is not None:
            logits = model.fused.step(x, [row.cache for row in rows], [row.length for row in rows])
            for number, row in enumerate(rows):
                row.length += 1
                row.logits = logits[number : number + 1]
            return
        if self._steady:
            x = F.pad(x, (0, 0, 0, -count % _STEP))
        mixed = torch.zeros_like(x)
        attend = _attend_one if len(x) == 1 else _attend
        for index, layer in enumerate(model.layers):
            x = torch.layer_norm(x + layer.out(attend(layer.qkv(x), rows, index, mixed)), (width,), *layer.norm1)
            x = torch.layer_norm(x + layer.down(layer.up(x)), (width,), *layer.norm2)
        logits = model.logits(x)
        for number, row in enumerate(rows):
            row.length += 1
            row.logits = logits[number : number + 1]


def _attend(qkv: Tensor, rows: list[_Row], index: int, mixed: Tensor) -> Tensor:
    """Attention of each row to its own past, written to the first rows of ``mixed`` ``[n, width]``."""
    for number, row in enumerate(rows):
        _attend_one(qkv[number], [row], index, mixed[number])
    return mixed


def _attend_one(qkv: Tensor, rows: list[_Row], index: int, mixed: Tensor) -> Tensor:
    row = rows[0]
    _, heads, _, head = row.layers[index].shape
    parts = qkv.view(3, heads, 1, head)
    store, length = row.layers[index], row.length
    store.narrow(2, length, 1).copy_(parts[1:])
    past = store.narrow(2, 0, length + 1)
    out = F.scaled_dot_product_attention(parts[:1], past[:1], past[1:])
    return mixed.copy_(out.view(mixed.shape))


def prefill(model: PackedT2S, request: Request, room: int) -> tuple[Tensor, int, Tensor]:
    """Read text and prompt of one request.

    Args:
        room: positions to be left for tokens.

    Returns:
        Keys and values ``[layers, 2, heads, length + room, head width]``, the length filled, and the logits of the first
        token ``[1, vocabulary]``.
    """
    config = model.config
    phones, prompt = request.phones.to(model.device), request.prompt.to(model.device)
    x = model.embed_text(phones, request.bert.to(model.device))
    if len(prompt):
        x = torch.cat((x, model.embed_tokens(prompt, torch.arange(len(prompt), device=model.device))))
    length, head = len(x), config.width // config.heads
    # Not cleared: only what was written is ever read, and untouched memory costs nothing.
    cache = x.new_empty(config.layers, 2, config.heads, length + room, head)
    mask = block_mask(len(phones), len(prompt), model.device) if len(prompt) else None
    for index, layer in enumerate(model.layers):

        def attend(qkv: Tensor, index: int = index) -> Tensor:
            q, k, v = qkv.view(length, 3, config.heads, head).permute(1, 2, 0, 3)
            cache[index, 0, :, :length], cache[index, 1, :, :length] = k, v
            mixed = F.scaled_dot_product_attention(q[None], k[None], v[None], attn_mask=mask)
            return mixed[0].transpose(0, 1).reshape(length, config.width)

        x = run_layer(layer, x, attend)
    # Four rows, as in a step, though one is wanted: the same order of sums.
    return cache, length, model.logits(x[-_STEP:])[-1:]
