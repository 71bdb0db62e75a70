"""From sound to the map that SoVITS takes, and the network from its weights."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torchaudio.compliance import kaldi

from synthesis.engine.gpt_sovits.errors import CheckpointError
from synthesis.engine.gpt_sovits.speaker.network import SpeakerConfig, SpeakerNet

SAMPLE_RATE: Final = 16_000
_BANDS: Final = 80
_STAGES: Final = 4


def config_of(shapes: Mapping[str, tuple[int, ...]]) -> SpeakerConfig:
    """Sizes by the shapes of the weights.

    Raises:
        CheckpointError: ``checkpoint_shape``.
    """
    try:
        channels = shapes["conv1.weight"][0]
        width = shapes["layer1.0.convs.0.weight"][0]
        config = SpeakerConfig(
            channels=channels,
            width=width,
            scale=shapes["layer1.0.conv1.weight"][0] // width,
            expansion=shapes["layer1.0.conv3.weight"][0] // channels,
            blocks=tuple(_blocks(shapes, stage + 1) for stage in range(_STAGES)),
            bands=_BANDS,
            embedding=shapes["seg_1.weight"][0],
        )
    except (KeyError, IndexError, ZeroDivisionError) as error:
        raise CheckpointError("checkpoint_shape", "The sizes of the speaker model cannot be read.") from error
    if min(config.scale, config.expansion, *config.blocks) < 1 or max(config.blocks) > 64:
        raise CheckpointError("checkpoint_shape", "The sizes of the speaker model do not fit each other.")
    return config


def _blocks(shapes: Mapping[str, tuple[int, ...]], stage: int) -> int:
    prefix = f"layer{stage}."
    return len({name[len(prefix) :].split(".")[0] for name in shapes if name.startswith(prefix)})


def energies(samples: Tensor) -> Tensor:
    """Kaldi's log mel filter-bank energies of a 16 kHz wave in [-1, 1] ``[T]``: 80 bands, 25 ms every 10 ms, ``[frames, 80]``."""
    found: Tensor = kaldi.fbank(samples[None], num_mel_bins=_BANDS, sample_frequency=SAMPLE_RATE, dither=0.0)
    return found


@torch.inference_mode()
def speaker_map(network: SpeakerNet, samples: NDArray[np.float32]) -> Tensor:
    """Map ``[1, out]`` of a 16 kHz wave ``[T]`` of at least 25 ms, in float32."""
    parameter = next(network.parameters())
    wave = torch.from_numpy(np.array(samples, np.float32))
    mapped: Tensor = network(energies(wave)[None].to(parameter.device, parameter.dtype))
    return mapped.float()
