"""The baseline: the token model as one writes it first. Single precision, keys and values grown by concatenation, sampling
step by step over the history. Row batches are computed together; all rows have the same length here, so no mask is needed."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional as F

from synthesis.engine.gpt_sovits.t2s.generate import Request
from synthesis.engine.gpt_sovits.t2s.model import T2S, block_mask


@torch.inference_mode()
def generate(model: T2S, requests: Sequence[Request], tokens: int) -> Tensor:
    """``tokens`` tokens for each request, ``[B, tokens]``."""
    prompt = torch.stack([request.prompt for request in requests])
    phones = torch.stack([request.phones for request in requests])
    bert = torch.stack([request.bert for request in requests])
    text = model.embed_text(phones, bert)
    x = torch.cat((text, model.embed_tokens(prompt)), 1)
    mask: Tensor | None = block_mask(text.shape[1], prompt.shape[1], x.device)
    caches: list[tuple[Tensor, Tensor] | None] = [None] * len(model.blocks)
    history = prompt
    for step in range(tokens):
        for index, block in enumerate(model.blocks):
            attention = block.self_attn
            q, k, v = F.linear(x, attention.in_proj_weight, attention.in_proj_bias).chunk(3, -1)
            past = caches[index]
            if past is not None:
                k, v = torch.cat((past[0], k), 1), torch.cat((past[1], v), 1)
            caches[index] = (k, v)

            def heads(t: Tensor) -> Tensor:
                return t.view(t.shape[0], t.shape[1], model.config.heads, -1).transpose(1, 2)

            mixed = F.scaled_dot_product_attention(heads(q), heads(k), heads(v), attn_mask=mask)
            x = block.norm1(x + attention.out_proj(mixed.transpose(1, 2).reshape(x.shape)))
            x = block.norm2(x + block.linear2(F.relu(block.linear1(x))))
        mask = None
        logits = model.ar_predict_layer(x[:, -1])
        noise = torch.stack([request.noise(step) for request in requests])
        history = torch.cat((history, _sample(logits, history, noise, step, model.config.eos)), 1)
        placed = model.embed_tokens(history)  # positions of the whole history are made anew, the last is used
        x = placed[:, -1:]
    return history[:, prompt.shape[1] :]


def _sample(logits: Tensor, history: Tensor, noise: Tensor, step: int, eos: int) -> Tensor:
    if step < 11:
        logits, noise = logits[:, :eos], noise[:, :eos]
    score = torch.gather(logits, 1, history)
    logits = logits.scatter(1, history, torch.where(score < 0, score * 1.35, score / 1.35))
    top = torch.topk(logits, 15).values[:, -1:]
    probabilities = torch.softmax(logits.masked_fill(logits < top, -torch.inf), -1)
    return torch.argmax(probabilities / noise, -1, keepdim=True)
