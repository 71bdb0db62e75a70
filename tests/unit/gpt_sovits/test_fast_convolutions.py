"""Other ways to compute the same convolutions."""

from __future__ import annotations

import copy

import pytest
import torch
from torch import nn

from synthesis.engine.gpt_sovits.sovits.convolution import fold
from synthesis.engine.gpt_sovits.sovits.fast import PhasedConv1d, TransformedConv1d, accelerate
from synthesis.engine.gpt_sovits.sovits.generator import Generator
from tests.unit.gpt_sovits import tiny


@pytest.mark.parametrize("form", [TransformedConv1d, PhasedConv1d])
@pytest.mark.parametrize(("taps", "dilation"), [(11, 1), (11, 5), (7, 3), (3, 5), (9, 2)])
@pytest.mark.parametrize("length", [1, 37, 190, 4001])
def test_each_form_gives_the_sums_of_the_plain_one(
    form: type[nn.Module], taps: int, dilation: int, length: int
) -> None:
    torch.manual_seed(taps + length)
    plain = nn.Conv1d(6, 6, taps, padding=taps // 2 * dilation, dilation=dilation).requires_grad_(False)
    x = torch.randn(2, 6, length)
    expected = plain(x)
    torch.testing.assert_close(form(plain)(x), expected, rtol=0, atol=1e-5 * float(expected.abs().max()))


def test_an_accelerated_generator_sounds_the_same_and_folding_changes_nothing() -> None:
    torch.manual_seed(4)
    config = tiny.replaced(channels=256)
    normed = Generator(config, normed=True).requires_grad_(False)
    folded = Generator(config, normed=False).requires_grad_(False)
    folded.load_state_dict(fold(normed.state_dict()))
    fast = accelerate(copy.deepcopy(folded))
    assert sum(isinstance(module, TransformedConv1d) for module in fast.modules()) == 4 * 6
    assert any(isinstance(module, PhasedConv1d) for module in fast.modules())
    latent, style = torch.randn(2, config.inter, 5), torch.randn(2, config.gin, 1)
    mask = torch.ones(2, 1, 5)
    mask[1, :, 3:] = 0
    expected = normed(latent * mask, style, mask)
    for model in (folded, fast):
        torch.testing.assert_close(model(latent * mask, style, mask), expected, rtol=0, atol=1e-5)


def test_a_generator_in_brief_sounds_nearly_the_same_and_rows_stay_apart() -> None:
    torch.manual_seed(4)
    config = tiny.replaced(channels=256)
    plain = Generator(config, normed=False).requires_grad_(False)
    brief = copy.deepcopy(plain).in_brief(torch.bfloat16)
    latent, style = torch.randn(2, config.inter, 20), torch.randn(2, config.gin, 1)
    mask = torch.ones(2, 1, 20)
    mask[1, :, 12:] = 0
    expected, made = plain(latent * mask, style, mask), brief(latent * mask, style, mask)
    assert made.dtype == torch.float32
    assert 10 * torch.log10(expected.square().sum() / (made - expected).square().sum()) > 25
    alone = brief(latent[1:, :, :12], style[1:])
    torch.testing.assert_close(made[1:, :, : 12 * 640], alone, rtol=0, atol=0.02 * float(alone.abs().max()))
