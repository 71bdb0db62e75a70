"""Training of the vocoder's filter network.

The loss is an energy distance between spectrograms (Gritsenko et al. 2020, "A spectral energy distance for parallel speech
synthesis"): two renderings with different noise are each held against the recording, and against one another, so that noise
that ought to be noise is not traded for a smooth mean.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import soundfile
import torch
from numpy.typing import NDArray
from torch import Tensor

from synthesis.engine.parametric import vocoder, world
from synthesis.engine.parametric.train.averaging import RunningAverage
from synthesis.engine.parametric.train.corpus import HELD_BACK_EVERY, TRAINING_SETS, Take

Floats = NDArray[np.float32]

_SAMPLES_PER_FRAME: Final = 2 * vocoder.HOP
_WINDOWS: Final = (2048, 1024, 512, 256, 128)
_LEAST: Final = 1e-4  # amplitude of a bin that counts as silence


@dataclass(frozen=True)
class Pair:
    """Frames of 10 ms ``[T, 43]`` and the samples they were measured from, int16, ``[160 T]``."""

    frames: Floats
    samples: NDArray[np.int16]


@dataclass(frozen=True)
class Schedule:
    """How long and how fast; ``length`` in frames of 10 ms."""

    steps: int = 2000
    rate: float = 1.5e-3
    batch: int = 4
    length: int = 60
    seed: int = 0


def pair_of(samples: NDArray[np.floating]) -> Pair:
    """Frames of a levelled recording of 16 kHz ``[time]``, F0 by dio."""
    features = world.analyse(samples, quick=True)
    count = len(features.f0) // 2
    log_f0, voiced = world.continuous_log_f0(features.f0)
    columns = (
        features.mel_cepstrum[: 2 * count].reshape(count, 2, -1).mean(1),
        features.aperiodicity[: 2 * count].reshape(count, 2).mean(1)[:, None],
        log_f0[: 2 * count : 2, None],
        voiced[: 2 * count : 2, None],
    )
    sound = np.zeros(_SAMPLES_PER_FRAME * count)
    length = min(len(sound), len(samples))
    sound[:length] = samples[:length]
    return Pair(np.concatenate(columns, 1).astype(np.float32), (np.clip(sound, -1, 1) * 32767).astype(np.int16))


def pairs(
    takes: Sequence[Take], cache: Path, minutes: float, report: Callable[[str], None]
) -> tuple[list[list[Pair]], list[list[Pair]]]:
    """Pairs of training speakers and of held-back speakers, measured once and kept in ``cache``."""
    cache.mkdir(parents=True, exist_ok=True)
    found: dict[str, list[Pair]] = {}
    seconds = 0.0
    for take in takes:
        if seconds > 60 * minutes:
            break
        file = cache / f"{take.set}_{take.speaker}_{take.path.stem}.npz"
        if not file.exists():
            samples, _ = soundfile.read(take.path, dtype="float64")
            pair = pair_of(world.level(samples))
            np.savez(file, frames=pair.frames, samples=pair.samples)
        with np.load(file, allow_pickle=False) as arrays:
            found.setdefault(f"{take.set}/{take.speaker}", []).append(Pair(arrays["frames"], arrays["samples"]))
        seconds += take.seconds
    many = [name for name in sorted(found) if name.startswith(TRAINING_SETS[0])]
    held = set(many[::HELD_BACK_EVERY])
    report(f"vocoder {len(found)} speakers, {len(held)} held back, {seconds / 60:.1f} min")
    return [found[name] for name in sorted(found) if name not in held], [found[name] for name in sorted(held)]


def magnitudes(samples: Tensor) -> list[Tensor]:
    """Spectrograms in several resolutions."""
    found = []
    for size in _WINDOWS:
        window = torch.hann_window(size)
        spectrum = torch.stft(samples, size, size // 4, window=window, return_complex=True)
        power = spectrum.real**2 + spectrum.imag**2
        found.append((power / window.square().sum() + _LEAST**2).sqrt())
    return found


def distance(first: Sequence[Tensor], second: Sequence[Tensor]) -> Tensor:
    """Mean absolute difference of log amplitudes, and of amplitudes relative to their level."""
    total = torch.zeros(())
    for a, b in zip(first, second, strict=True):
        total = total + (a.log() - b.log()).abs().mean() + 4 * (a - b).abs().mean()
    return total / len(first)


def energy_distance(net: vocoder.FilterNet, frames: Tensor, recorded: Tensor, generator: torch.Generator) -> Tensor:
    """The loss; half the distance of two renderings is taken off their distance to the recording."""
    correction = net(frames)
    batch, samples = recorded.shape
    made = []
    for _ in range(2):
        noise = torch.randn(batch, samples, generator=generator)
        start = 2 * math.pi * torch.rand(batch, generator=generator)
        made.append(magnitudes(vocoder.speak(frames, correction, noise, start)))
    real = magnitudes(recorded)
    return 0.5 * (distance(made[0], real) + distance(made[1], real)) - 0.5 * distance(made[0], made[1])


def draw(speakers: Sequence[Sequence[Pair]], rng: np.random.Generator, size: int, length: int) -> tuple[Tensor, Tensor]:
    """Windows of random speakers, weighted by the square root of what there is of each."""
    share = np.sqrt([sum(len(pair.frames) for pair in pairs) for pairs in speakers])
    rows, sounds = [], []
    for speaker in rng.choice(len(speakers), size, p=share / share.sum()):
        pair = speakers[speaker][int(rng.integers(len(speakers[speaker])))]
        begin = int(rng.integers(max(1, len(pair.frames) - length + 1)))
        frames = pair.frames[begin : begin + length]
        sound = pair.samples[begin * _SAMPLES_PER_FRAME : (begin + len(frames)) * _SAMPLES_PER_FRAME]
        missing = length - len(frames)
        rows.append(np.pad(frames, ((0, missing), (0, 0)), mode="edge"))
        sounds.append(np.pad(sound, (0, missing * _SAMPLES_PER_FRAME)))
    recorded = np.stack(sounds).astype(np.float32) / 32768
    return torch.from_numpy(np.stack(rows)), torch.from_numpy(recorded)


def train(
    speakers: Sequence[Sequence[Pair]],
    held_back: Sequence[Sequence[Pair]],
    schedule: Schedule,
    report: Callable[[str], None],
    checkpoint: Path | None = None,
    seconds: float = math.inf,
) -> tuple[vocoder.FilterNet, int]:
    """Train from nothing, or on from ``checkpoint`` where one lies; the state is kept there, and after ``seconds`` at the latest."""
    torch.manual_seed(schedule.seed)
    net = vocoder.FilterNet()
    everything = np.concatenate([pair.frames for pairs in speakers for pair in pairs[:40]])
    net.mean.copy_(torch.from_numpy(everything.mean(0)))
    net.deviation.copy_(torch.from_numpy(everything.std(0) + 1e-3))
    average = RunningAverage(net, 0.995)
    optimiser = torch.optim.AdamW(
        [p for p in net.parameters() if p.requires_grad], schedule.rate, betas=(0.9, 0.98), weight_decay=1e-4
    )
    begin = 0
    if checkpoint and checkpoint.exists():
        state = torch.load(checkpoint, weights_only=True)
        net.load_state_dict(state["net"])
        average.net.load_state_dict(state["average"])
        average.skip(state["step"])
        optimiser.load_state_dict(state["optimiser"])
        begin = state["step"]
    done = begin
    check = draw(held_back, np.random.default_rng(1), 24, schedule.length)
    started = time.monotonic()
    for step in range(begin, schedule.steps):
        rng, generator = np.random.default_rng([schedule.seed, step]), torch.Generator().manual_seed(step)
        for group in optimiser.param_groups:
            cosine = 0.5 + 0.5 * math.cos(math.pi * step / schedule.steps)
            group["lr"] = schedule.rate * min(1.0, (step + 1) / 100) * cosine + 1e-6
        frames, recorded = draw(speakers, rng, schedule.batch, schedule.length)
        value = energy_distance(net, frames, recorded, generator)
        optimiser.zero_grad()
        value.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        optimiser.step()
        average.update(net)
        done = step + 1
        late = time.monotonic() - started > seconds
        if (step + 1) % 100 == 0 or step == begin or late:
            with torch.inference_mode():
                held = float(energy_distance(average.net, *check, torch.Generator().manual_seed(1)))
            spent = time.monotonic() - started
            report(f"vocoder {step + 1}/{schedule.steps} loss {value.item():.4f} held-back {held:.4f} {spent:.0f} s")
        if checkpoint and ((step + 1) % 20 == 0 or late):
            state = {"net": net.state_dict(), "average": average.net.state_dict(), "step": step + 1}
            torch.save(state | {"optimiser": optimiser.state_dict()}, checkpoint)
        if late:
            break
    return average.net, done
