"""The token model: a post-norm transformer over phones and semantic tokens.

Text rows see all text and no audio; audio rows see all text and the audio up to themselves. Positions of the audio start
again at 0. Names of the parameters are upstream's below ``model.``.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F

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


class Attention(nn.Module):
    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.in_proj_weight = nn.Parameter(torch.empty(3 * width, width))
        self.in_proj_bias = nn.Parameter(torch.empty(3 * width))
        self.out_proj = nn.Linear(width, width)
        self._heads = heads

    def forward(self, x: Tensor, mask: Tensor | None) -> Tensor:
        batch, length, width = x.shape
        projected = F.linear(x, self.in_proj_weight, self.in_proj_bias)
        q, k, v = projected.view(batch, length, 3, self._heads, width // self._heads).permute(2, 0, 3, 1, 4)
        mixed = F.scaled_dot_product_attention(q, k, v, attn_mask=mask)
        out: Tensor = self.out_proj(mixed.transpose(1, 2).reshape(batch, length, width))
        return out


class Block(nn.Module):
    def __init__(self, config: T2SConfig) -> None:
        super().__init__()
        self.self_attn = Attention(config.width, config.heads)
        self.linear1 = nn.Linear(config.width, config.inner)
        self.linear2 = nn.Linear(config.inner, config.width)
        self.norm1 = nn.LayerNorm(config.width)
        self.norm2 = nn.LayerNorm(config.width)

    def forward(self, x: Tensor, mask: Tensor | None) -> Tensor:
        x = self.norm1(x + self.self_attn(x, mask))
        out: Tensor = self.norm2(x + self.linear2(F.relu(self.linear1(x))))
        return out


class _Stack(nn.Module):
    def __init__(self, config: T2SConfig) -> None:
        super().__init__()
        self.layers = nn.ModuleList(Block(config) for _ in range(config.layers))

    def forward(self, x: Tensor, mask: Tensor | None) -> Tensor:
        for block in self.layers:
            x = block(x, mask)
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

    @property
    def blocks(self) -> list[Block]:
        """The transformer's layers in order."""
        return cast(list[Block], list(self.h.layers))

    def embed_text(self, phones: Tensor, bert: Tensor) -> Tensor:
        """Phones ``[B, T]`` and features ``[B, bert, T]`` to ``[B, T, width]``."""
        x = self.ar_text_embedding(phones) + self.bert_proj(bert.transpose(1, 2).to(self.bert_proj.weight.dtype))
        placed: Tensor = self.ar_text_position(x)
        return placed

    def embed_tokens(self, tokens: Tensor) -> Tensor:
        """Tokens ``[..., T]``, the first at position 0, to ``[..., T, width]``."""
        placed: Tensor = self.ar_audio_position(self.ar_audio_embedding(tokens))
        return placed

    def forward(self, phones: Tensor, bert: Tensor, tokens: Tensor) -> Tensor:
        """Teacher forcing without padding: logits at every audio position, ``[B, P, vocabulary]``."""
        text = self.embed_text(phones, bert)
        x = torch.cat((text, self.embed_tokens(tokens)), 1)
        mask = block_mask(text.shape[1], tokens.shape[1], x.device)
        return self._predict(self.h(x, mask)[:, text.shape[1] :])

    def teach(self, phones: Sequence[Tensor], features: Sequence[Tensor], tokens: Sequence[Tensor]) -> Tensor:
        """Teacher forcing over rows of unequal length.

        Text is padded on the left and tokens on the right, so that each row's text ends where its tokens begin, positions
        start at 0 in each row, and no pad is ever attended to.

        Args:
            phones: ids ``[T_i]``; features: ``[bert, T_i]``; tokens: ``[P_i]``, without EOS.

        Returns:
            Logits ``[B, 1 + max P_i, vocabulary]``; place j is the prediction of token j from those before it. Places
            beyond P_i mean nothing.
        """
        text, audio = max(map(len, phones)), max(map(len, tokens))
        rows = [
            F.pad(
                torch.cat((self.embed_text(p[None], f[None])[0], self.embed_tokens(t))),
                (0, 0, text - len(p), audio - len(t)),
            )
            for p, f, t in zip(phones, features, tokens, strict=True)
        ]
        x = torch.stack(rows)
        mask = block_mask(text, audio, x.device).repeat(len(rows), 1, 1, 1)
        for index, row in enumerate(phones):
            mask[index, :, :, : text - len(row)] = False
        # A pad sees itself, since a softmax over nothing is not a number; nobody looks at it.
        mask |= torch.eye(text + audio, dtype=torch.bool, device=x.device)
        return self._predict(self.h(x, mask)[:, text - 1 :])

    def _predict(self, x: Tensor) -> Tensor:
        logits: Tensor = self.ar_predict_layer(x)
        return logits.float()


def block_mask(text: int, audio: int, device: torch.device) -> Tensor:
    """Who sees whom, true where seen, ``[text + audio, text + audio]``."""
    mask = torch.ones(text + audio, text + audio, dtype=torch.bool, device=device).tril_()
    mask[:text, :text] = True
    return mask
