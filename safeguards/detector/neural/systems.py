"""The vocoders that are trained: architecture, analysis, discriminators."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import safe_open
from torch import nn
from torch.nn.utils import parametrize

from safeguards.detector.neural.mel import Settings
from safeguards.detector.neural.spectral import Flow, Vocos
from safeguards.detector.neural.upsampling import HiFiGan, IstftNet, MultiBand

_MOST_BYTES = 16_000_000


@dataclass(frozen=True, slots=True)
class System:
    """How one vocoder is made and trained.

    Attributes:
        settings: of its mel spectrogram.
        build: the network, untrained.
        judges: kinds of discriminators; none for what learns without.
        batch, segment: examples of a step, and samples of each (a multiple of the hop).
        judged_from: share of the time after which discriminators take part.
        rate: peak learning rate.
    """

    settings: Settings
    build: Callable[[Settings], nn.Module]
    judges: tuple[str, ...]
    batch: int
    segment: int
    judged_from: float = 0.12
    rate: float = 5e-4


SYSTEMS: dict[str, System] = {
    "hifigan": System(Settings(1024, 256), lambda one: HiFiGan(one.bands), ("period", "scale"), 16, 8192),
    "istftnet": System(Settings(1024, 256, top_hz=7600.0), lambda one: IstftNet(one.bands), ("period",), 16, 8192),
    "multiband": System(Settings(800, 200), lambda one: MultiBand(one.bands), ("scale",), 24, 8000),
    "vocos": System(Settings(800, 200, centred=True), Vocos, ("period", "lines"), 24, 8000),
    "flow": System(Settings(640, 160, centred=True), Flow, (), 32, 16000, 1.0, 1e-3),
}


def plain(network: nn.Module) -> nn.Module:
    """The network with normalised weights worked out."""
    for module in list(network.modules()):
        if parametrize.is_parametrized(module, "weight"):
            parametrize.remove_parametrizations(module, "weight")
    return network


def load(path: Path) -> tuple[str, nn.Module]:
    """The system's name and the network of a ``.safetensors`` file that training wrote.

    Raises:
        ValueError: it is larger than such a file is, or of no system that is known.
    """
    if path.stat().st_size > _MOST_BYTES:
        raise ValueError(f"{path.name} is larger than {_MOST_BYTES} bytes")
    with safe_open(path, framework="pt") as stored:
        name = json.loads((stored.metadata() or {}).get("card", "{}")).get("system", "")
        if name not in SYSTEMS:
            raise ValueError(f"{path.name} names no system that is known")
        system = SYSTEMS[name]
        network = plain(system.build(system.settings))
        network.load_state_dict({key: stored.get_tensor(key).float() for key in stored.keys()})  # noqa: SIM118 - no mapping
    return name, network.eval().requires_grad_(requires_grad=False)


def described(network: nn.Module) -> int:
    """Number of weights."""
    return sum(weights.numel() for weights in network.parameters())


def at_ease(device: torch.device) -> None:
    """Settings of speed for training."""
    if device.type == "cuda":
        torch.backends.cudnn.benchmark = True
        torch.backends.cudnn.allow_tf32 = True
        torch.backends.cuda.matmul.allow_tf32 = True
    else:
        torch.set_num_threads(1)
