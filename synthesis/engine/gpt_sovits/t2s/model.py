"""The token model: a post-norm transformer over phones and semantic tokens.

Text rows see all text and no audio; audio rows see all text and the audio up to themselves. Positions of the audio start
again at 0. Names of the parameters are upstream's below ``model.``.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from synthesis.engine.gpt_sovits.t2s.cache import KeyValueCache
from synthesis.engine.gpt_sovits.t2s.config import T2SConfig


def sine_table(length: int, width: int) -> Tensor:
    """Interleaved sine and cosine positions (Vaswani et al. 2017, section 3.5), ``[length, width]``."""
    position = torch.arange(length, dtype=torch.float32)[:, None]
    rate = torch.exp(torch.arange(0, width, 2, dtype=torch.float32) * -(math.log(10_000.0) / width))
    table = torch.zeros(length, width)
    table[:, 0::2] = torch.sin(position * rate)
    table[:, 1::2] = torch.cos(position * rate)
    return table


class _Embedding(nn.Module):
    def __init__(self, rows: int, width: int) -> None:
        super().__init__()
        self.word_embeddings = nn.Embedding(rows, width)

    def forward(self, ids: Tensor) -> Tensor:
        embedded: Tensor = self.word_embeddings(ids)
        return embedded


class _Position(nn.Module):
    """Adds ``alpha`` times the position's sines."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.alpha = nn.Parameter(torch.ones(1))
        self._width = width
        self._table = torch.zeros(0, width)

    def _rows(self, count: int, x: Tensor) -> Tensor:
        if self._table.shape[0] < count or self._table.device != x.device:
            with torch.inference_mode(False):  # the table outlives a request and serves training too
                self._table = sine_table(max(4096, 2 * count), self._width).to(x.device)
        return self._table

    def forward(self, x: Tensor) -> Tensor:
        """Place ``[..., T, width]`` at positions 0 to T - 1."""
        return x + self.alpha * self._rows(x.shape[-2], x)[: x.shape[-2]].to(x.dtype)

    def at(self, x: Tensor, positions: Tensor) -> Tensor:
        """Place ``[B, 1, width]`` at one position per row, each below 4096."""
        return x + self.alpha * self._rows(4096, x)[positions][:, None].to(x.dtype)


class _Attention(nn.Module):
    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.in_proj_weight = nn.Parameter(torch.empty(3 * width, width))
        self.in_proj_bias = nn.Parameter(torch.empty(3 * width))
        self.out_proj = nn.Linear(width, width)
        self._heads = heads

    def forward(self, x: Tensor, mask: Tensor | None, cache: KeyValueCache | None, layer: int) -> Tensor:
        batch, length, width = x.shape
        projected = F.linear(x, self.in_proj_weight, self.in_proj_bias)
        q, k, v = projected.view(batch, length, 3, self._heads, width // self._heads).permute(2, 0, 3, 1, 4)
        if cache is not None:
            k, v = cache.extend(layer, k, v)
        mixed = F.scaled_dot_product_attention(q, k, v, attn_mask=mask)
        out: Tensor = self.out_proj(mixed.transpose(1, 2).reshape(batch, length, width))
        return out


class _Block(nn.Module):
    def __init__(self, config: T2SConfig) -> None:
        super().__init__()
        self.self_attn = _Attention(config.width, config.heads)
        self.linear1 = nn.Linear(config.width, config.inner)
        self.linear2 = nn.Linear(config.inner, config.width)
        self.norm1 = nn.LayerNorm(config.width)
        self.norm2 = nn.LayerNorm(config.width)

    def forward(self, x: Tensor, mask: Tensor | None, cache: KeyValueCache | None, layer: int) -> Tensor:
        x = self.norm1(x + self.self_attn(x, mask, cache, layer))
        out: Tensor = self.norm2(x + self.linear2(F.relu(self.linear1(x))))
        return out


class _Stack(nn.Module):
    def __init__(self, config: T2SConfig) -> None:
        super().__init__()
        self.layers = nn.ModuleList(_Block(config) for _ in range(config.layers))

    def forward(self, x: Tensor, mask: Tensor | None, cache: KeyValueCache | None) -> Tensor:
        for index, block in enumerate(self.layers):
            x = block(x, mask, cache, index)
        return x


class T2S(nn.Module):
    """Phones and past tokens to logits of the next token. Holds no state of a request."""

    def __init__(self, config: T2SConfig) -> None:
        super().__init__()
        self.config = config
        self.bert_proj = nn.Linear(config.bert, config.width)
        self.ar_text_embedding = _Embedding(config.phones, config.width)
        self.ar_text_position = _Position(config.width)
        self.ar_audio_embedding = _Embedding(config.vocabulary, config.width)
        self.ar_audio_position = _Position(config.width)
        self.h = _Stack(config)
        self.ar_predict_layer = nn.Linear(config.width, config.vocabulary, bias=False)

    def embed_text(self, phones: Tensor, bert: Tensor) -> Tensor:
        """Phones ``[B, T]`` and features ``[B, bert, T]`` to ``[B, T, width]``."""
        x = self.ar_text_embedding(phones) + self.bert_proj(bert.transpose(1, 2).to(self.bert_proj.weight.dtype))
        placed: Tensor = self.ar_text_position(x)
        return placed

    def embed_tokens(self, tokens: Tensor) -> Tensor:
        """Tokens ``[..., T]``, the first at position 0, to ``[..., T, width]``."""
        placed: Tensor = self.ar_audio_position(self.ar_audio_embedding(tokens))
        return placed

    def prefill(self, texts: Sequence[Tensor], prompts: Sequence[Tensor], cache: KeyValueCache) -> Tensor:
        """Run text and prompt of each row at once; shorter rows are padded on the left and the pads never attended to.

        Args:
            texts: embedded phones ``[T_i, width]``.
            prompts: tokens ``[P_i]``; P_i may be 0.
            cache: filled here.

        Returns:
            Float32 logits of the next token, ``[B, vocabulary]``.
        """
        rows = [torch.cat((t, self.embed_tokens(p))) if len(p) else t for t, p in zip(texts, prompts, strict=True)]
        longest = max(len(row) for row in rows)
        x = torch.stack([F.pad(row, (0, 0, longest - len(row), 0)) for row in rows])
        # A padded position sees itself, since a softmax over nothing is not a number; nobody looks at it.
        mask = torch.eye(longest, dtype=torch.bool, device=x.device).repeat(len(rows), 1, 1, 1)
        for index, (text, prompt) in enumerate(zip(texts, prompts, strict=True)):
            start = longest - len(rows[index])
            mask[index, 0, start:, start:] = block_mask(len(text), len(prompt), x.device)
        return self._predict(self.h(x, mask, cache)[:, -1])

    def step(self, tokens: Tensor, positions: Tensor, mask: Tensor | None, cache: KeyValueCache) -> Tensor:
        """Run one token of each row.

        Args:
            tokens: ``[B]``, at audio positions ``positions`` ``[B]``.
            mask: true where a position may be seen, ``[B, 1, 1, cache.length + 1]``; None when all may.

        Returns:
            Float32 logits of the next token, ``[B, vocabulary]``.
        """
        x = self.ar_audio_position.at(self.ar_audio_embedding(tokens[:, None]), positions)
        return self._predict(self.h(x, mask, cache)[:, -1])

    def forward(self, phones: Tensor, bert: Tensor, tokens: Tensor) -> Tensor:
        """Teacher forcing without padding: logits at every audio position, ``[B, P, vocabulary]``."""
        text = self.embed_text(phones, bert)
        x = torch.cat((text, self.embed_tokens(tokens)), 1)
        mask = block_mask(text.shape[1], tokens.shape[1], x.device)
        return self._predict(self.h(x, mask, None)[:, text.shape[1] :])

    def _predict(self, x: Tensor) -> Tensor:
        logits: Tensor = self.ar_predict_layer(x)
        return logits.float()


def block_mask(text: int, audio: int, device: torch.device) -> Tensor:
    """Who sees whom, true where seen, ``[text + audio, text + audio]``."""
    mask = torch.ones(text + audio, text + audio, dtype=torch.bool, device=device).tril_()
    mask[:text, :text] = True
    return mask
