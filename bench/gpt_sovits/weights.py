"""Full-width weights without a download: random, of the official sizes, rounded to half precision as official files are.

Speed does not depend on what the numbers are. Scales follow fan-in, so that activations stay in range.
"""

from __future__ import annotations

import math

import torch

from synthesis.engine.gpt_sovits.t2s.config import T2SConfig
from synthesis.engine.gpt_sovits.t2s.generate import Request, seeded_noise
from synthesis.engine.gpt_sovits.t2s.model import T2S
from synthesis.engine.gpt_sovits.t2s.sampling import Sampling

PHONES = 90
PROMPT = 125
"""Five seconds of reference, whose phones and the target's together are ``PHONES``."""


@torch.no_grad()
def token_model(config: T2SConfig | None = None, seed: int = 1) -> T2S:
    """A token model that never draws EOS, so that runs have the length asked for."""
    generator = torch.Generator().manual_seed(seed)
    model = T2S(config or T2SConfig()).eval()
    for name, parameter in model.named_parameters():
        if parameter.ndim == 2:
            scale = 1.0 if "embedding" in name else math.sqrt(1.0 / parameter.shape[1])
            parameter.normal_(0, scale, generator=generator)
        elif ("norm" in name and name.endswith("weight")) or name.endswith("alpha"):
            parameter.fill_(1.0)
        else:
            parameter.normal_(0, 0.05, generator=generator)
        parameter.copy_(parameter.half().float())
    model.ar_predict_layer.weight.mul_(4)
    model.ar_predict_layer.weight[model.config.eos] = 0
    return model


def request(model: T2S, seed: int, tokens: int) -> Request:
    """A typical sentence with its reference."""
    generator = torch.Generator().manual_seed(seed)
    config = model.config
    return Request(
        torch.randint(1, config.phones, (PHONES,), generator=generator),
        torch.randn(config.bert, PHONES, generator=generator),
        torch.randint(0, config.eos, (PROMPT,), generator=generator),
        seeded_noise(seed, config.vocabulary),
        Sampling(),
        tokens,
    )
