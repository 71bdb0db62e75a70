"""``python -m bench.gpt_sovits.streaming``: a stream against the whole at full width, no noise (SI-SDR, in dB).

Weights are those of the fixtures: random, of upstream's v2 sizes, so that how much depends on what is not of our choosing.
Tokens are random, chunks as the engine sends them. What is compared is the sound that leaves, seams included.
"""

from __future__ import annotations

import argparse

import numpy as np
import torch
from torch import Tensor

from bench.gpt_sovits import weights
from bench.gpt_sovits.denoise import si_sdr
from synthesis.engine.gpt_sovits.build import build_sovits
from synthesis.engine.gpt_sovits.pipeline.options import Options
from synthesis.engine.gpt_sovits.sovits.model import SoVITS
from synthesis.engine.gpt_sovits.sovits.streaming import Streamer
from tests.unit.gpt_sovits.upstream import full_weights

TOKENS = (60, 120)


@torch.inference_mode()
def compare(model: SoVITS, count: int, seed: int, options: Options) -> float:
    """SI-SDR of one stream of ``count`` tokens."""
    generator = torch.Generator().manual_seed(seed)
    codes = torch.randint(0, weights.V2.codes, (1, count), generator=generator)
    phones = torch.randint(1, 732, (1, count), generator=generator)
    style = model.style(torch.randn(1, weights.V2.gin, 1, generator=generator))
    whole = model.sound(model.prior(codes, phones, style), style, None, 0.0)[0, 0]
    streamer = Streamer(model, style, phones, None, 0.0, speed=1.0, hold=options.hold)
    parts: list[Tensor] = []
    said, wanted = 0, options.first_chunk
    following = options.chunk
    while said < count:
        chunk = codes[0, said : said + wanted].tolist()
        said += len(chunk)
        parts.append(streamer.push(chunk, last=said >= count))
        wanted, following = following, min(2 * following, options.longest_chunk)
    streamed = torch.cat(parts).float().numpy()
    return si_sdr(whole.numpy(), streamed)


def main() -> None:
    """Several draws of each length."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--draws", type=int, default=5)
    parser.add_argument("--hold", type=int, default=Options().hold)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    model = build_sovits(full_weights("s2G_v2", "v2"), {})
    for count in TOKENS:
        found = [compare(model, count, seed, Options(hold=arguments.hold)) for seed in range(arguments.draws)]
        half = 1.96 * float(np.std(found, ddof=1)) / len(found) ** 0.5
        print(
            f"{count} tokens, {arguments.hold} held back: mean {np.mean(found):.1f} ± {half:.1f}, least {min(found):.1f}, n {len(found)}",
            flush=True,
        )


if __name__ == "__main__":
    main()
