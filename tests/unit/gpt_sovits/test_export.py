"""ONNX files against the networks they were made from, run by onnxruntime."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import torch

from synthesis.engine.gpt_sovits.export.t2s import INPUTS, OUTPUTS, export_step
from synthesis.engine.gpt_sovits.export.vocoder import export_generator
from synthesis.engine.gpt_sovits.sovits.generator import Generator
from synthesis.engine.gpt_sovits.t2s.packed import pack
from synthesis.engine.gpt_sovits.t2s.request import Request, seeded_noise
from synthesis.engine.gpt_sovits.t2s.rows import prefill
from tests.unit.gpt_sovits import tiny

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::torch.jit.TracerWarning")

ROOM = 64


def _session(path: Path) -> onnxruntime.InferenceSession:
    return onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])


def test_the_exported_step_gives_the_logits_of_the_network_over_a_static_cache(tmp_path: Path) -> None:
    model = tiny.t2s()
    path = tmp_path / "step.onnx"
    export_step(model, ROOM, path)
    session = _session(path)
    phones, prompt = torch.arange(1, 9), torch.tensor([3, 7, 1, 9])
    tokens = [5, 17, 30, 2, 2, 11]
    request = Request(phones, torch.zeros(4, 8), prompt, seeded_noise(1, tiny.CODES + 1))
    cache, length, _ = prefill(pack(model), request, 0)
    shape = (tiny.T2S_SIZES.layers, tiny.T2S_SIZES.heads, ROOM, 8)
    stores = {name: onnxruntime.OrtValue.ortvalue_from_numpy(np.zeros(shape, np.float32)) for name in INPUTS[3:]}
    arrays = {name: store.numpy() for name, store in stores.items()}
    for which, name in enumerate(INPUTS[3:]):
        arrays[name][:, :, :length] = cache[:, which].numpy()
        stores[name].update_inplace(arrays[name])
    with torch.no_grad():
        said = torch.cat((prompt, torch.tensor(tokens)))
        expected = model(phones[None], torch.zeros(1, 4, 8), said[None])[0, len(prompt) :]
    for step, token in enumerate(tokens):
        binding = session.io_binding()
        for name, value in zip(INPUTS[:3], (token, len(prompt) + step, length), strict=True):
            binding.bind_cpu_input(name, np.array([value], np.int64))
        for name in INPUTS[3:]:
            binding.bind_ortvalue_input(name, stores[name])
        for name in OUTPUTS:
            binding.bind_output(name)
        session.run_with_iobinding(binding)
        logits, *rows = binding.copy_outputs_to_cpu()
        np.testing.assert_allclose(logits[0], expected[step].numpy(), rtol=0, atol=1e-4)
        for name, row in zip(INPUTS[3:], rows, strict=True):
            arrays[name][:, :, length] = row[:, :, 0]
            stores[name].update_inplace(arrays[name])
        length += 1


def test_a_cache_larger_than_the_positions_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="4096"):
        export_step(tiny.t2s(), 5000, tmp_path / "step.onnx")


@pytest.mark.parametrize("frames", [3, 11])
def test_the_exported_generator_makes_the_same_samples_at_any_length(tmp_path: Path, frames: int) -> None:
    model = tiny.sovits()
    path = tmp_path / "generator.onnx"
    assert isinstance(model.dec, Generator)
    export_generator(model.dec, path)
    generator = torch.Generator().manual_seed(3)
    latent = torch.randn(1, tiny.SOVITS.inter, frames, generator=generator)
    style = torch.randn(1, tiny.GIN, 1, generator=generator)
    (sound,) = _session(path).run(None, {"latent": latent.numpy(), "style": style.numpy()})
    with torch.no_grad():
        expected = model.dec(latent, style).numpy()
    assert sound.shape == (1, 1, 640 * frames)
    np.testing.assert_allclose(sound, expected, rtol=0, atol=1e-4 * float(np.abs(expected).max()))
