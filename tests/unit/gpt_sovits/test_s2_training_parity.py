"""Losses and gradients of the second stage against upstream's, small and full width."""

from __future__ import annotations

import json
from typing import Any

import pytest
import torch
from safetensors import safe_open
from torch import Tensor

from synthesis.engine.gpt_sovits.build import build_sovits
from synthesis.engine.gpt_sovits.train import s2_loss
from synthesis.engine.gpt_sovits.train.discriminator import build_discriminator
from synthesis.engine.gpt_sovits.train.s2_loss import Batch
from tests.unit.gpt_sovits.upstream import FIXTURES, full_weights, outputs, recipe, small_sovits, tensors

pytestmark = pytest.mark.shared


def _batch(pro: bool, full: bool) -> Batch:
    given: dict[str, Any] = tensors(recipe().sovits_inputs(full))
    train = given["train"]
    speaker = torch.cat(given["sv"]) if pro else None
    return Batch(
        train["ssl"], train["spec"], train["spec_lengths"], train["text"], train["text_lengths"], train["wav"], speaker
    )


def _relative(got: Tensor, expected: Tensor) -> float:
    return abs(float(got.detach()) - float(expected)) / max(abs(float(expected)), 1e-9)


@pytest.mark.parametrize("name", ["v2-small", "v2ProPlus-small", "v2-full", "v2ProPlus-full"])
def test_losses_and_gradients_equal_upstream(name: str) -> None:
    version, width = name.split("-")
    pro, full = version != "v2", width == "full"
    expected = outputs(f"sovits_{version}_{width}")
    weights, config = (full_weights(f"s2G_{version}", version), {}) if full else small_sovits(version)
    model = build_sovits(weights, config, training=True)
    judge = build_discriminator(full_weights("s2D_v2Pro" if pro else "s2D_v2", f"disc_{version}"))
    batch = _batch(pro, full)
    noise = torch.from_numpy(recipe().gauss("tr", 0, (2, model.config.inter, 64)))
    starts = torch.from_numpy(recipe().uniform("tr", 1, (2,)))

    made = s2_loss.reconstruct(model, batch, noise, starts)
    assert torch.equal(made.starts, expected["train.ids_slice"])
    torch.testing.assert_close(made.posterior[0][:, :, ::4], expected["train.m_q"], rtol=0, atol=2e-4)
    # Random weights draw latents in the hundreds, for which 2e-4 is less than rounding.
    torch.testing.assert_close(made.latent[:, :, ::4], expected["train.z_p"], rtol=2e-5, atol=2e-4)
    torch.testing.assert_close(made.sound, expected["train.y_hat"], rtol=0, atol=1e-3)

    truth = s2_loss.true_segments(batch, made)
    with torch.no_grad():
        verdict = s2_loss.discriminator_loss(judge(truth), judge(made.sound))
    assert _relative(verdict, expected["train.loss_disc"]) < 1e-5
    losses = s2_loss.generator_losses(batch, made, judge(truth), judge(made.sound))
    found = {
        "mel": losses.mel,
        "kl": losses.kl,
        "fm": losses.matching,
        "gen": losses.adversarial,
        "total": losses.total,
    }
    for term, value in found.items():
        assert _relative(value, expected[f"train.loss_{term}"]) < 1e-5, term

    losses.total.backward()
    with safe_open(FIXTURES / f"sovits_{version}_{width}.safetensors", "pt") as opened:
        order = json.loads(opened.metadata()["param_order"])
    parameters = dict(model.named_parameters())
    largest = float(expected["train.grad_norms"].max())
    for parameter, norm in zip(order, expected["train.grad_norms"].tolist(), strict=True):
        gradient = parameters[parameter].grad
        if norm < 0:
            assert gradient is None, parameter
        else:
            assert gradient is not None, parameter
            # Gradients that are zero but for rounding (a bias before a softmax) are held against the largest one.
            tolerance = max((5e-3 if full else 1e-3) * norm, 1e-6 * largest)
            assert abs(float(gradient.norm()) - norm) <= tolerance, parameter
