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
from functools import partial
from pathlib import Path
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset

from synthesis.engine.parametric import vocoder
from synthesis.engine.parametric.train import discriminators
from synthesis.engine.parametric.train.averaging import RunningAverage
from synthesis.engine.parametric.train.discriminators import Jury
from synthesis.engine.parametric.train.graphed import GraphedStep
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
        report_every: steps between looks at the held-back speakers, each a report and a checkpoint.
        jury: how many times as wide the jury is as one core can train.
        workers: processes that draw windows ahead; 0 draws them in this one. The windows are the same.
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
    report_every: int = 100
    jury: int = 1
    workers: int = 0


class _Drawn(Dataset[tuple[Tensor, Tensor]]):
    """Frames and samples of each step."""

    def __init__(self, speakers: Sequence[Sequence[Pair]], schedule: Schedule) -> None:
        self._speakers, self._schedule = speakers, schedule

    def __getitem__(self, step: int) -> tuple[Tensor, Tensor]:
        schedule = self._schedule
        rng = np.random.default_rng([schedule.seed, step])
        return draw(self._speakers, rng, schedule.batch, schedule.length, schedule.predicted)


def renderings(
    net: vocoder.FilterNet, frames: Tensor, generator: torch.Generator
) -> tuple[Tensor, list[Tensor], list[Tensor]]:
    """Samples of one rendering, its spectrograms, and those of a second one with other noise."""
    correction = net(frames)
    batch, count = len(frames), SAMPLES_PER_FRAME * frames.shape[1]
    made = []
    for _ in range(2):
        noise = torch.randn(batch, count, generator=generator, device=frames.device)
        start = 2 * math.pi * torch.rand(batch, generator=generator, device=frames.device)
        made.append(vocoder.speak(frames, correction, noise, start))
    return made[0], magnitudes(made[0]), magnitudes(made[1])


LOSSES: Final = ("spectral", "persuasion", "features", "jury")


def step_of(
    net: vocoder.FilterNet,
    jury: Jury,
    optimisers: Sequence[torch.optim.Optimizer],
    generator: torch.Generator,
    schedule: Schedule,
    data: Sequence[Tensor],
    *,
    listened_to: bool,
) -> Tensor:
    """One step of both networks from one pass through each; the ``LOSSES`` before their weights."""
    frames, recorded = data
    samples, first, second = renderings(net, frames, generator)
    with torch.no_grad():
        real = magnitudes(recorded)
    spectral = energy_distance(first, second, real)
    # A quarter faster on one core, where it can. Each weight is used once, so there is nothing to keep.
    with torch.autocast(frames.device.type, torch.bfloat16, cache_enabled=False):
        both = jury(torch.cat([recorded, samples]), [torch.cat(pair) for pair in zip(real, first, strict=True)])
    of_real, of_made = ([[layer.chunk(2)[half] for layer in layers] for layers in both] for half in (0, 1))
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
    return torch.stack([spectral, persuasion, features, of_jury]).detach()


class _Stepper:
    """Steps with noise drawn by their number; on a GPU as graphs, with noise by the number that the graph was made at."""

    def __init__(
        self,
        net: vocoder.FilterNet,
        jury: Jury,
        optimisers: Sequence[torch.optim.Optimizer],
        schedule: Schedule,
        place: torch.device,
    ) -> None:
        self._parts = net, jury, optimisers
        self._schedule, self._place = schedule, place
        self._graphs: dict[bool, GraphedStep] = {}

    def __call__(self, step: int, data: tuple[Tensor, Tensor], *, listened_to: bool) -> Tensor:
        net, jury, optimisers = self._parts
        if self._place.type != "cuda":
            generator = torch.Generator().manual_seed(step)
            return step_of(net, jury, optimisers, generator, self._schedule, data, listened_to=listened_to)
        if listened_to not in self._graphs:
            torch.cuda.manual_seed(self._schedule.seed + step)
            generator = torch.cuda.default_generators[torch.cuda.current_device()]
            one = partial(step_of, net, jury, optimisers, generator, self._schedule, listened_to=listened_to)
            self._graphs[listened_to] = GraphedStep(one, data)
        return self._graphs[listened_to](data)


def train(
    speakers: Sequence[Sequence[Pair]],
    held_back: Sequence[Sequence[Pair]],
    schedule: Schedule,
    report: Callable[[str], None],
    checkpoint: Path | None = None,
    seconds: float = math.inf,
    device: str = "cpu",
) -> tuple[vocoder.FilterNet, int]:
    """Train from nothing, or on from ``checkpoint`` where one lies; the state is kept there, and after ``seconds`` at the latest.

    Returns the running average, and the steps done.
    """
    torch.manual_seed(schedule.seed)
    place = torch.device(device)
    net, jury = vocoder.FilterNet(), Jury(len(WINDOWS), schedule.jury)
    everything = np.concatenate([pair.frames for pairs in speakers for pair in pairs[:40]])
    net.mean.copy_(torch.from_numpy(everything.mean(0)))
    net.deviation.copy_(torch.from_numpy(everything.std(0) + 1e-3))
    net, jury = net.to(place), jury.to(place)
    average = RunningAverage(net, 0.998)
    optimisers = (_optimiser(net, schedule.rate), _optimiser(jury, schedule.rate))
    begin = 0
    if checkpoint and checkpoint.exists():
        state = torch.load(checkpoint, weights_only=True, map_location=place)
        begin = state["step"]
        for network, name in ((net, "net"), (jury, "jury"), (average.net, "average")):
            network.load_state_dict(state[name])
        for optimiser, kept in zip(optimisers, state["optimisers"], strict=True):
            optimiser.load_state_dict(kept)
        average.skip(begin)
    done = begin
    checks = [_on(draw(held_back, np.random.default_rng(1), 24, 60, share), place) for share in (0.0, 1.0)]
    recent: list[Tensor] = []
    stepper = _Stepper(net, jury, optimisers, schedule, place)
    started = time.monotonic()
    steps = range(begin, schedule.steps)
    windows: DataLoader[tuple[Tensor, Tensor]] = DataLoader(
        _Drawn(speakers, schedule), batch_size=None, sampler=steps, num_workers=schedule.workers
    )
    for step, drawn in zip(steps, windows, strict=False):
        cosine = 0.55 + 0.45 * math.cos(math.pi * step / schedule.fall)
        for optimiser in optimisers:
            for group in optimiser.param_groups:
                group["lr"].fill_(schedule.rate * min(1.0, (step + 1) / 100) * cosine)
        data = _on(drawn, place)
        listened_to = step >= schedule.jury_from
        recent.append(stepper(step, data, listened_to=listened_to))
        average.update(net)
        done = step + 1
        late = time.monotonic() - started > seconds
        if done % schedule.report_every == 0 or step == begin or late:
            with torch.inference_mode():
                held = [_held_back(average.net, check) for check in checks]
            means = torch.stack(recent).mean(0).tolist()
            recent.clear()
            report(
                f"vocoder {done}/{schedule.steps} held-back natural {held[0]:.4f} predicted {held[1]:.4f} "
                "training "
                + " ".join(f"{name} {value:.4f}" for name, value in zip(LOSSES, means, strict=True))
                + " "
                + f"{time.monotonic() - started:.0f} s"
            )
        if checkpoint and (done % schedule.report_every == 0 or late):
            state = {
                "net": net.state_dict(),
                "jury": jury.state_dict(),
                "average": average.net.state_dict(),
                "step": done,
            }
            part = checkpoint.with_suffix(".part")
            torch.save(state | {"optimisers": [optimiser.state_dict() for optimiser in optimisers]}, part)
            part.replace(checkpoint)
        if checkpoint and done % schedule.keep_every == 0:
            torch.save(average.net.state_dict(), checkpoint.with_name(f"{checkpoint.stem}-{done}.pt"))
        if late:
            break
    return average.net.cpu(), done


def _on(data: tuple[Tensor, Tensor], place: torch.device) -> tuple[Tensor, Tensor]:
    return data[0].to(place), data[1].to(place)


def _held_back(net: vocoder.FilterNet, data: tuple[Tensor, Tensor]) -> float:
    _, first, second = renderings(net, data[0], torch.Generator(data[0].device).manual_seed(1))
    return float(energy_distance(first, second, magnitudes(data[1])))


def _optimiser(network: nn.Module, rate: float) -> torch.optim.AdamW:
    learning = [p for p in network.parameters() if p.requires_grad]
    rates = torch.tensor(rate, device=learning[0].device)
    return torch.optim.AdamW(learning, rates, betas=(0.8, 0.99), capturable=rates.device.type == "cuda")
