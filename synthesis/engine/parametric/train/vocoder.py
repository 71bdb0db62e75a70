"""Training of the vocoder's filter network, on recorded and on predicted spectra.

Two losses: an energy distance between spectrograms (Gritsenko et al. 2020, "A spectral energy distance for parallel speech
synthesis"), in which two renderings with different noise are each held against the recording, and against one another, so
that noise that ought to be noise is not traded for a smooth mean; and what a jury of discriminators says.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from synthesis.engine.parametric import vocoder
from synthesis.engine.parametric.train import discriminators
from synthesis.engine.parametric.train.averaging import RunningAverage
from synthesis.engine.parametric.train.discriminators import Jury
from synthesis.engine.parametric.train.pairing import SAMPLES_PER_FRAME, Pair, draw
from synthesis.engine.parametric.train.spectral import WINDOWS, energy_distance, magnitudes

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Schedule:
    """How long and how fast.

    Attributes:
        steps: of the vocoder, and of the jury.
        rate: peak learning rate of both; warmed up over 100 steps, then a half cosine.
        fall: steps in which the half cosine would come to a tenth.
        batch: windows in a step.
        length: frames of 10 ms in a window.
        jury_from: step from which the jury is listened to; it learns from the first.
        spectral: weight of the energy distance.
        features: weight of the distance of the jury's inner layers.
        predicted: share of windows whose frames are predicted ones, where there are any.
        seed: of weights, windows and noise.
        keep_every: steps between states of the running average that are kept beside the checkpoint.
    """

    steps: int = 2000
    rate: float = 5e-4
    fall: int = 3000
    batch: int = 8
    length: int = 40
    jury_from: int = 300
    spectral: float = 4.0
    features: float = 2.0
    predicted: float = 0.6
    seed: int = 0
    keep_every: int = 500


def renderings(
    net: vocoder.FilterNet, frames: Tensor, generator: torch.Generator
) -> tuple[Tensor, list[Tensor], list[Tensor]]:
    """Samples of one rendering, its spectrograms, and those of a second one with other noise."""
    correction = net(frames)
    batch, count = len(frames), SAMPLES_PER_FRAME * frames.shape[1]
    made = []
    for _ in range(2):
        noise = torch.randn(batch, count, generator=generator)
        start = 2 * math.pi * torch.rand(batch, generator=generator)
        made.append(vocoder.speak(frames, correction, noise, start))
    return made[0], magnitudes(made[0]), magnitudes(made[1])


@dataclass(frozen=True)
class Losses:
    """Of one step, before their weights."""

    spectral: float
    persuasion: float
    features: float
    jury: float


def step_of(
    net: vocoder.FilterNet,
    jury: Jury,
    optimisers: Sequence[torch.optim.Optimizer],
    data: tuple[Tensor, Tensor],
    generator: torch.Generator,
    schedule: Schedule,
    *,
    listened_to: bool,
) -> Losses:
    """One step of both networks from one pass through each."""
    frames, recorded = data
    samples, first, second = renderings(net, frames, generator)
    with torch.no_grad():
        real = magnitudes(recorded)
    spectral = energy_distance(first, second, real)
    with torch.autocast("cpu", torch.bfloat16):  # a quarter faster, where the processor can
        of_real, of_made = jury(recorded, real), jury(samples, first)
    persuasion, features = discriminators.persuasion(of_made), discriminators.feature_distance(of_real, of_made)
    of_jury = discriminators.judged(of_real, of_made)
    value = schedule.spectral * spectral
    if listened_to:
        value = value + persuasion + schedule.features * features
    for optimiser in optimisers:
        optimiser.zero_grad()
    parameters = [parameter for parameter in net.parameters() if parameter.requires_grad]
    value.backward(inputs=parameters, retain_graph=True)  # type: ignore[no-untyped-call]
    of_jury.backward(inputs=list(jury.parameters()))  # type: ignore[no-untyped-call]
    for network in (net, jury):
        torch.nn.utils.clip_grad_norm_(network.parameters(), 5.0)
    for optimiser in optimisers:
        optimiser.step()
    return Losses(spectral.item(), persuasion.item(), features.item(), of_jury.item())


def train(
    speakers: Sequence[Sequence[Pair]],
    held_back: Sequence[Sequence[Pair]],
    schedule: Schedule,
    report: Callable[[str], None],
    checkpoint: Path | None = None,
    seconds: float = math.inf,
) -> tuple[vocoder.FilterNet, int]:
    """Train from nothing, or on from ``checkpoint`` where one lies; the state is kept there, and after ``seconds`` at the latest.

    Returns the running average, and the steps done.
    """
    torch.manual_seed(schedule.seed)
    net, jury = vocoder.FilterNet(), Jury(len(WINDOWS))
    everything = np.concatenate([pair.frames for pairs in speakers for pair in pairs[:40]])
    net.mean.copy_(torch.from_numpy(everything.mean(0)))
    net.deviation.copy_(torch.from_numpy(everything.std(0) + 1e-3))
    average = RunningAverage(net, 0.998)
    optimisers = (_optimiser(net, schedule.rate), _optimiser(jury, schedule.rate))
    begin = 0
    if checkpoint and checkpoint.exists():
        state = torch.load(checkpoint, weights_only=True)
        begin = state["step"]
        for network, name in ((net, "net"), (jury, "jury"), (average.net, "average")):
            network.load_state_dict(state[name])
        for optimiser, kept in zip(optimisers, state["optimisers"], strict=True):
            optimiser.load_state_dict(kept)
        average.skip(begin)
    done = begin
    checks = [draw(held_back, np.random.default_rng(1), 24, 60, share) for share in (0.0, 1.0)]
    recent: list[Losses] = []
    started = time.monotonic()
    for step in range(begin, schedule.steps):
        rng, generator = np.random.default_rng([schedule.seed, step]), torch.Generator().manual_seed(step)
        cosine = 0.55 + 0.45 * math.cos(math.pi * step / schedule.fall)
        for optimiser in optimisers:
            for group in optimiser.param_groups:
                group["lr"] = schedule.rate * min(1.0, (step + 1) / 100) * cosine
        data = draw(speakers, rng, schedule.batch, schedule.length, schedule.predicted)
        listened_to = step >= schedule.jury_from
        recent.append(step_of(net, jury, optimisers, data, generator, schedule, listened_to=listened_to))
        average.update(net)
        done = step + 1
        late = time.monotonic() - started > seconds
        if done % 100 == 0 or step == begin or late:
            with torch.inference_mode():
                held = [_held_back(average.net, check) for check in checks]
            means = np.mean([[*vars(one).values()] for one in recent[-100:]], axis=0)
            report(
                f"vocoder {done}/{schedule.steps} held-back natural {held[0]:.4f} predicted {held[1]:.4f} "
                "training spectral {:.4f} persuasion {:.4f} features {:.4f} jury {:.4f} ".format(*means)
                + f"{time.monotonic() - started:.0f} s"
            )
        if checkpoint and (done % 100 == 0 or late):
            state = {
                "net": net.state_dict(),
                "jury": jury.state_dict(),
                "average": average.net.state_dict(),
                "step": done,
            }
            partial = checkpoint.with_suffix(".part")
            torch.save(state | {"optimisers": [optimiser.state_dict() for optimiser in optimisers]}, partial)
            partial.replace(checkpoint)
        if checkpoint and done % schedule.keep_every == 0:
            torch.save(average.net.state_dict(), checkpoint.with_name(f"{checkpoint.stem}-{done}.pt"))
        if late:
            break
    return average.net, done


def _held_back(net: vocoder.FilterNet, data: tuple[Tensor, Tensor]) -> float:
    _, first, second = renderings(net, data[0], torch.Generator().manual_seed(1))
    return float(energy_distance(first, second, magnitudes(data[1])))


def _optimiser(network: nn.Module, rate: float) -> torch.optim.AdamW:
    return torch.optim.AdamW([p for p in network.parameters() if p.requires_grad], rate, betas=(0.8, 0.99))
