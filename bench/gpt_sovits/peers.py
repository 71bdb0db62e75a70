"""The token models of two other projects on the same weights. ``pip install --no-deps --target DIR gsv-tts-lite genie-tts``,
then ``--peers DIR``; what is not there is left out.

Only the modules of the token models are loaded, below bare packages, so that their other needs need not be installed.
gsv-tts-lite is given one cache of just the size that the run fills, which is how a run of a known length is had from it.
genie-tts converts the weights to its own ONNX files first, and its decoding loop is run for as many steps as were asked for;
it asks for onnxruntime 1.22.1, here it gets the one that is installed.
"""

from __future__ import annotations

import contextlib
import importlib
import io
import sys
import tempfile
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


def genie_tts(folder: Path, model: T2S) -> Callable[[int], int]:
    """As ``gsv_tts_lite``; the threads are those torch has."""
    import onnxruntime

    for name in ("genie_tts", "genie_tts.Converter"):
        package = types.ModuleType(name)
        package.__path__ = [str(folder / name.replace(".", "/"))]
        sys.modules[name] = package
    converter: Any = importlib.import_module("genie_tts.Converter.v2.T2SConverter").T2SModelConverter
    data = folder / "genie_tts" / "Data" / "v2"
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = torch.get_num_threads()
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        torch.save({"weight": {f"model.{key}": value for key, value in model.state_dict().items()}}, place / "t2s.ckpt")
        models = data / "Models"
        made = converter(
            str(place / "t2s.ckpt"),
            str(models / "t2s_stage_decoder_fp32.onnx"),
            str(models / "t2s_first_stage_decoder_fp32.onnx"),
            str(data / "Keys" / "t2s_onnx_keys.txt"),
            name,
            name,
        )
        made.run_full_process()
        made.step3_reconstruct_fp32_bin_from_fp16(made.fp16_bin_path, made.reconstructed_fp32_bin_path)
        first, step = (
            onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
            for path in (made.relinked_first_stage_decoder_path, made.relinked_stage_decoder_path)
        )
    names = [each.name for each in step.get_inputs()]

    def run(tokens: int) -> int:
        request = weights.request(model, 0, tokens)
        with torch.inference_mode():
            text = model.embed_text(request.phones[None], request.bert[None])
        said, embedded, *past = first.run(None, {"x": text.numpy(), "prompts": request.prompt[None].numpy()})
        for _ in range(tokens - 1):
            said, embedded, _stop, *past = step.run(None, dict(zip(names, [said, embedded, *past], strict=True)))
        return int(said.shape[-1]) - len(request.prompt)

    return run


def _renamed(name: str) -> str:
    for theirs, ours in (
        ("t2s_transformer.blocks", "h.layers"), ("qkv.weight", "self_attn.in_proj_weight"), ("qkv.bias", "self_attn.in_proj_bias"),
        ("out_proj", "self_attn.out_proj"), ("mlp.0", "linear1"), ("mlp.2", "linear2"),
    ):  # fmt: skip
        name = name.replace(ours, theirs)
    return name
