"""Train one vocoder: ``python -m safeguards.detector.neural.train --system hifigan --speech DIR --out DIR --seconds 400 --device cuda``.

Trains on human speech of training voices until the time is over, and writes ``<system>.safetensors`` (means of weights over the last
steps, in half precision, with a card in its metadata) each minute and at the end, and losses every 100 steps to ``<system>.log``.
Needs torch, numpy, scipy, soundfile and safetensors alone; ``platform`` must be on the path. Several can train on one GPU at a time.
"""

from __future__ import annotations

import argparse
import json
import math
import time
from collections.abc import Sequence
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from safeguards.detector.neural.data import samples, windows
from safeguards.detector.neural.judges import Judges, spectral_loss
from safeguards.detector.neural.mel import log_mel
from safeguards.detector.neural.spectral import Flow
from safeguards.detector.neural.systems import SYSTEMS, System, at_ease, described, plain

_KEEP = 0.995  # of the mean of weights, at each step
_MEL_WEIGHT, _SPECTRUM_WEIGHT = 45.0, 5.0
_WARM = 100  # steps until the full rate
_LEAST = 0.05  # of the rate at the end
_LOG_STEPS, _WRITE_S = 100, 60.0


class Training:
    """A vocoder, its discriminators and their optimisers."""

    def __init__(self, name: str, speech: Path, device: torch.device) -> None:
        self.name, self.system, self.device = name, SYSTEMS[name], device
        self.row = samples(speech).to(device)
        self.network = self.system.build(self.system.settings).to(device)
        self.judges = Judges(self.system.judges).to(device) if self.system.judges else None
        self.means = [weights.detach().clone() for weights in self.network.parameters()]
        self.maker = _optimiser(self.network, self.system, device)
        self.judge = _optimiser(self.judges, self.system, device) if self.judges else None
        self.steps = 0

    def step(self, gone: float) -> dict[str, Tensor]:
        """One step with ``gone`` of the time over; its losses."""
        rate = (_LEAST + (1.0 - _LEAST) * 0.5 * (1.0 + math.cos(math.pi * min(gone, 1.0)))) * min(
            1.0, (self.steps + 1) / _WARM
        )
        real = windows(self.row, self.system.batch, self.system.segment)
        mel = log_mel(real, self.system.settings)
        losses = self._flow(real, mel) if isinstance(self.network, Flow) else self._make(real, mel, gone, rate)
        self.maker.zero_grad(set_to_none=True)
        losses["loss"].backward()  # type: ignore[no-untyped-call]
        _turn(self.maker, self.system.rate * rate)
        self.steps += 1
        keep = min(_KEEP, self.steps / (self.steps + 10.0))
        torch._foreach_lerp_(self.means, [weights.detach() for weights in self.network.parameters()], 1.0 - keep)
        return losses

    def _mixed(self) -> torch.autocast:
        return torch.autocast(self.device.type, dtype=torch.bfloat16, enabled=self.device.type == "cuda")

    def _flow(self, real: Tensor, mel: Tensor) -> dict[str, Tensor]:
        assert isinstance(self.network, Flow)  # noqa: S101 - for the type checker
        with self._mixed():
            return {"loss": self.network.loss(real, mel)}

    def _make(self, real: Tensor, mel: Tensor, gone: float, rate: float) -> dict[str, Tensor]:
        with self._mixed():
            made = self.network(mel)
        made = made.float()
        bands, spectrum = spectral_loss(real, made)
        losses = {"mel": bands, "spectrum": spectrum, "loss": _MEL_WEIGHT * bands + _SPECTRUM_WEIGHT * spectrum}
        if self.judges is None or self.judge is None or gone < self.system.judged_from:
            return losses
        with self._mixed():
            losses["judged"] = self.judges.own_loss(real, made)
        self.judge.zero_grad(set_to_none=True)
        losses["judged"].backward()  # type: ignore[no-untyped-call]
        _turn(self.judge, self.system.rate * rate * 0.6)
        self.judges.requires_grad_(requires_grad=False)
        with self._mixed():
            losses["fooled"] = self.judges.maker_loss(real, made)
        self.judges.requires_grad_(requires_grad=True)
        losses["loss"] = losses["loss"] + losses["fooled"]
        return losses

    def write(self, path: Path, seed: int, seconds: float) -> None:
        """The means of the weights, with a card."""
        network = self.system.build(self.system.settings).to(self.device)
        with torch.no_grad():
            for weights, mean in zip(network.parameters(), self.means, strict=True):
                weights.copy_(mean)
        card = {"system": self.name, "steps": self.steps, "seconds": round(seconds), "seed": seed,
                "weights": described(self.network), "speech_seconds": len(self.row) // 16_000}  # fmt: skip
        state = {key: value.half().cpu().contiguous() for key, value in plain(network).state_dict().items()}
        part = path.with_suffix(".part")
        save_file(state, part, metadata={"card": json.dumps(card)})
        part.replace(path)


def _optimiser(network: nn.Module, system: System, device: torch.device) -> torch.optim.AdamW:
    betas = (0.8, 0.99) if system.judges else (0.9, 0.99)
    return torch.optim.AdamW(
        network.parameters(), lr=system.rate, betas=betas, weight_decay=1e-3, fused=device.type == "cuda"
    )


def _turn(optimiser: torch.optim.Optimizer, rate: float) -> None:
    for group in optimiser.param_groups:
        group["lr"] = rate
    optimiser.step()


def main(given: Sequence[str] | None = None) -> None:
    """Train until the time is over."""
    start = time.monotonic()
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--system", choices=sorted(SYSTEMS), required=True)
    parser.add_argument("--speech", type=Path, default=Path("../shared/speech"))
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seconds", type=float, default=400.0, help="from the start of the program")
    parser.add_argument("--steps", type=int, default=1 << 30, help="at most")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--seed", type=int, default=21)
    arguments = parser.parse_args(given)
    device = torch.device(arguments.device)
    torch.manual_seed(arguments.seed)
    at_ease(device)
    arguments.out.mkdir(parents=True, exist_ok=True)
    target = arguments.out / f"{arguments.system}.safetensors"
    training = Training(arguments.system, arguments.speech, device)
    written = start
    with (arguments.out / f"{arguments.system}.log").open("w", encoding="utf-8") as log:
        while (gone := time.monotonic() - start) < arguments.seconds and training.steps < arguments.steps:
            losses = training.step(gone / arguments.seconds)
            if training.steps % _LOG_STEPS == 0 or training.steps == 1:
                told = {key: round(float(value.detach()), 4) for key, value in losses.items()}
                log.write(json.dumps({"step": training.steps, "seconds": round(gone, 1), **told}) + "\n")
                log.flush()
            if time.monotonic() - written > _WRITE_S:
                written = time.monotonic()
                training.write(target, arguments.seed, written - start)
    training.write(target, arguments.seed, time.monotonic() - start)


if __name__ == "__main__":
    main()
