"""AASIST (Jung et al. 2022) as its authors published it, to be run on the same clips: a peer, never a part.

``--aasist DIR`` names a checkout of its repository, with ``config/AASIST.conf`` and ``models/weights/AASIST.pth`` (trained on ASVspoof 2019
LA). Its code is imported from there, its weights are loaded without code execution; nothing of either is in this repository.
"""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch

from audiokit.features import Floats

_SAMPLES = 64_600


def aasist(folder: Path) -> Callable[[Floats], float]:
    """A scorer of mono 16 kHz sound: higher is more synthetic.

    Raises:
        FileNotFoundError: the folder is not such a checkout.
    """
    source = folder / "models" / "AASIST.py"
    spec = importlib.util.spec_from_file_location("aasist_peer", source)
    if spec is None or spec.loader is None or not source.is_file():
        raise FileNotFoundError(source)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    config = json.loads((folder / "config" / "AASIST.conf").read_text(encoding="utf-8"))
    network = module.Model(config["model_config"])
    weights = torch.load(folder / "models" / "weights" / "AASIST.pth", map_location="cpu", weights_only=True)
    network.load_state_dict(weights)
    network.eval()

    def score(samples: Floats) -> float:
        repeated = np.resize(samples.astype(np.float32), _SAMPLES) if len(samples) < _SAMPLES else samples[:_SAMPLES]
        with torch.inference_mode():
            _, logits = network(torch.from_numpy(np.ascontiguousarray(repeated, dtype=np.float32))[None])
        return float(logits[0, 0] - logits[0, 1])

    return score
