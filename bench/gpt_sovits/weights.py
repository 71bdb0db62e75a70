"""Full-width weights without a download: random, of the official sizes, rounded to half precision as official files are.

Speed does not depend on what the numbers are. Scales follow fan-in, so that activations stay in range.
"""

from __future__ import annotations

import math
from typing import Final

import torch

from synthesis.engine.gpt_sovits.build import fill
from synthesis.engine.gpt_sovits.sovits.config import SoVITSConfig
from synthesis.engine.gpt_sovits.sovits.convolution import fold
from synthesis.engine.gpt_sovits.sovits.model import SoVITS
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
    return request_of(model.config, seed, tokens)


def request_of(config: T2SConfig, seed: int, tokens: int) -> Request:
    """The same for a model of these sizes."""
    generator = torch.Generator().manual_seed(seed)
    return Request(
        torch.randint(1, config.phones, (PHONES,), generator=generator),
        torch.randn(config.bert, PHONES, generator=generator),
        torch.randint(0, config.eos, (PROMPT,), generator=generator),
        seeded_noise(seed, config.vocabulary),
        Sampling(),
        tokens,
    )


V2: Final = SoVITSConfig(
    ssl=768, codes=1024, symbols=732, hidden=192, inter=192, inner=768, heads=2, window=4, layers_ssl=3, layers_text=6,
    layers_joint=3, kernel=3, mrte=512, style_bins=704, style=128, gin=512, sv=0, flows=4, flow_layers=4, flow_kernel=5,
    posterior_layers=16, bins=1025, channels=512, rates=(10, 8, 2, 2, 2), up_kernels=(16, 16, 8, 2, 2),
    block_kernels=(3, 7, 11),
)  # fmt: skip


@torch.no_grad()
def second_stage(config: SoVITSConfig = V2, seed: int = 2) -> tuple[SoVITS, SoVITS]:
    """The second stage twice with the same weights: as a file holds it (weight normalisation apart), and folded."""
    torch.manual_seed(seed)
    plain = SoVITS(config, normed=True).eval().requires_grad_(False)
    tensors = {name: value for name, value in plain.state_dict().items() if not name.startswith("enc_q.")}
    folded = SoVITS(config).eval().requires_grad_(False)
    fill(folded, fold(tensors))
    return plain, folded
