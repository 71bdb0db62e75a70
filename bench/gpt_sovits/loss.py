"""What a number format costs: logits of a packed model against single precision, along the same tokens."""

from __future__ import annotations

import torch
from torch import Tensor

from bench.gpt_sovits import weights
from synthesis.engine.gpt_sovits.t2s.model import T2S, block_mask
from synthesis.engine.gpt_sovits.t2s.packed import PackedT2S, run_layer


@torch.inference_mode()
def against_single(model: T2S, packed: PackedT2S, seeds: int, tokens: int) -> dict[str, float]:
    """Over ``seeds`` random token sequences, teacher-forced: share of places with the same likeliest token, mean
    Kullback-Leibler divergence in nats, relative error of the logits, and how many places."""
    agree = divergence = wrong = size = 0.0
    for seed in range(seeds):
        request = weights.request(model, 1000 + seed, tokens)
        generator = torch.Generator().manual_seed(seed)
        said = torch.cat((request.prompt, torch.randint(0, model.config.eos, (tokens,), generator=generator)))
        true = model(request.phones[None], request.bert[None], said[None])[0, -tokens:]
        near = _logits(packed, request.phones, request.bert, said)[-tokens:]
        log_p, log_q = true.log_softmax(-1), near.log_softmax(-1)
        agree += float((true.argmax(-1) == near.argmax(-1)).float().sum())
        divergence += float((log_p.exp() * (log_p - log_q)).sum())
        wrong += float((near - true).square().sum())
        size += float(true.square().sum())
    count = seeds * tokens
    return {
        "same_likeliest": agree / count,
        "kl_nats": divergence / count,
        "relative_error": (wrong / size) ** 0.5,
        "places": count,
    }


def _logits(packed: PackedT2S, phones: Tensor, bert: Tensor, tokens: Tensor) -> Tensor:
    """Logits at every token, row by row through the packed layers as a step does."""
    heads, width = packed.config.heads, packed.config.width
    x = torch.cat((packed.embed_text(phones, bert), packed.embed_tokens(tokens, torch.arange(len(tokens)))))
    mask = block_mask(len(phones), len(tokens), x.device)

    def attend(qkv: Tensor) -> Tensor:
        q, k, v = qkv.view(len(qkv), 3, heads, width // heads).permute(1, 2, 0, 3)
        mixed = torch.nn.functional.scaled_dot_product_attention(q[None], k[None], v[None], attn_mask=mask)
        return mixed[0].transpose(0, 1).reshape(len(qkv), width)

    for layer in packed.layers:
        x = run_layer(layer, x, attend)
    return packed.logits(x[len(phones) :])
