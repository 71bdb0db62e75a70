"""HuBERT features (Hsu et al. 2021): what was said, 50 times a second."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from transformers import HubertConfig, HubertModel

from synthesis.engine.gpt_sovits.errors import CheckpointError
from synthesis.engine.gpt_sovits.features.folders import load_into, read_config, read_weights

SAMPLE_RATE: Final = 16_000
MIN_SAMPLES: Final = 400


class Hubert:
    """The network of one folder, in float32: its first norm overflows half precision on quiet files.

    Raises:
        CheckpointError: when the folder does not hold such a model.
    """

    def __init__(self, folder: Path, device: torch.device | str = "cpu") -> None:
        config = HubertConfig.from_dict(read_config(folder, "hubert"))
        config.layerdrop = 0.0
        try:
            model = HubertModel(config)
        except (ValueError, TypeError, RuntimeError) as error:
            raise CheckpointError("checkpoint_unsupported", "The HuBERT configuration makes no model.") from error
        load_into(model, read_weights(folder), "hubert.")
        self._model = model.train(False).to(device)
        self._device = torch.device(device)
        self.width = int(config.hidden_size)

    @torch.inference_mode()
    def features(self, samples: NDArray[np.float32]) -> Tensor:
        """Features ``[1, width, T]`` of a 16 kHz wave ``[N]``, N >= 400; not normalised, as upstream does not."""
        wave = torch.from_numpy(np.array(samples, np.float32)).to(self._device)
        hidden: Tensor = self._model(wave[None]).last_hidden_state
        return hidden.transpose(1, 2)
