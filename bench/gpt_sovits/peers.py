"""The token model of gsv-tts-lite on the same weights: ``pip install --no-deps --target DIR gsv-tts-lite``, then ``--peers DIR``.

Only the modules of its token model are loaded, below a bare package, so that its other needs need not be installed. It is
given one cache of just the size that the run fills, which is how a run of a known length is had from it.

genie-tts has no such part: it needs onnxruntime 1.22.1 exactly and its own converted files.
"""

from __future__ import annotations

import contextlib
import importlib
import io
import sys
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

from bench.gpt_sovits import weights
from synthesis.engine.gpt_sovits.t2s.model import T2S


def gsv_tts_lite(folder: Path, model: T2S, tokens: int) -> Callable[[], int]:
    """A run of ``tokens`` tokens at batch 1, single precision, on the processor."""
    for name in ("gsv_tts", "gsv_tts.GPT_SoVITS", "gsv_tts.GPT_SoVITS.GPT"):
        package = types.ModuleType(name)
        package.__path__ = [str(folder / name.replace(".", "/"))]
        sys.modules[name] = package
    module = importlib.import_module("gsv_tts.GPT_SoVITS.GPT.t2s_model")
    config = model.config
    sizes = {
        "hidden_dim": config.width, "embedding_dim": config.width, "head": config.heads, "n_layer": config.layers,
        "vocab_size": config.vocabulary, "phoneme_vocab_size": config.phones, "dropout": 0.0, "EOS": config.eos,
    }  # fmt: skip
    peer: Any = module.Text2SemanticDecoder({"model": sizes}).eval()
    peer.load_state_dict({_renamed(name): value for name, value in model.state_dict().items()})
    room = weights.PHONES + weights.PROMPT + tokens
    peer.initialize_runtime(torch.float32, torch.device("cpu"), [(1, room)])

    def run() -> int:
        request = weights.request(model, 0, tokens)
        with contextlib.redirect_stderr(io.StringIO()):  # its progress bar
            said = peer.infer(request.phones[None], request.prompt[None], request.bert.T[None])
        return int(said.shape[-1])

    return run


def _renamed(name: str) -> str:
    for theirs, ours in (
        ("t2s_transformer.blocks", "h.layers"), ("qkv.weight", "self_attn.in_proj_weight"), ("qkv.bias", "self_attn.in_proj_bias"),
        ("out_proj", "self_attn.out_proj"), ("mlp.0", "linear1"), ("mlp.2", "linear2"),
    ):  # fmt: skip
        name = name.replace(ours, theirs)
    return name
