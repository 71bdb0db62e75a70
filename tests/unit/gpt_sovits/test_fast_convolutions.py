"""Other ways to compute the same convolutions."""

from __future__ import annotations

import copy

import pytest
import torch
from torch import nn

from synthesis.engine.gpt_sovits.sovits.convolution import fold
from synthesis.engine.gpt_sovits.sovits.fast import PhasedConv1d, TransformedConv1d, accelerate, on_a_processor
from synthesis.engine.gpt_sovits.sovits.generator import Generator
from synthesis.engine.gpt_sovits.sovits.laid_out import LaidOutGenerator, pays
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


needs_avx512 = pytest.mark.skipif(not pays(), reason="the processor has no AVX-512")


@needs_avx512
@pytest.mark.parametrize("frames", [1, 5, 40])
def test_a_generator_laid_out_sounds_the_same_and_rows_stay_apart(frames: int) -> None:
    torch.manual_seed(4)
    config = tiny.replaced(channels=256)
    plain = Generator(config, normed=False).requires_grad_(False)
    laid_out = LaidOutGenerator(plain)
    latent, style = torch.randn(2, config.inter, frames), torch.randn(2, config.gin, 1)
    before = latent.clone()
    mask = torch.ones(2, 1, frames)
    mask[1, :, frames // 2 :] = 0
    for given in (None, mask):
        expected = plain(latent, style, given)
        torch.testing.assert_close(laid_out(latent, style, given), expected, rtol=0, atol=1e-5)
    assert torch.equal(latent, before)
    alone = laid_out(latent[:1], style[:1])
    torch.testing.assert_close(laid_out(latent, style, mask)[:1], alone, rtol=0, atol=1e-5)
    assert torch.equal(alone, laid_out(latent[:1], style[:1]))


@needs_avx512
@pytest.mark.parametrize("seed", range(4, 10))
def test_a_generator_in_brief_sounds_nearly_the_same_and_rows_stay_apart(seed: int) -> None:
    torch.manual_seed(seed)
    config = tiny.replaced(channels=256)
    plain = Generator(config, normed=False).requires_grad_(False)
    brief = LaidOutGenerator(plain, torch.bfloat16)
    latent, style = torch.randn(2, config.inter, 20), torch.randn(2, config.gin, 1)
    mask = torch.ones(2, 1, 20)
    mask[1, :, 12:] = 0
    expected, made = plain(latent * mask, style, mask), brief(latent * mask, style, mask)
    assert made.dtype == torch.float32
    assert _ratio_db(expected, made) > 30
    # Not bit for bit: sums end in another order, and a last bit of bfloat16 is 0.4 %.
    alone = brief(latent[1:, :, :12], style[1:])
    assert _ratio_db(alone, made[1:, :, : 12 * 640]) > 45


def _ratio_db(expected: torch.Tensor, made: torch.Tensor) -> float:
    return float(10 * torch.log10(expected.square().sum() / (made - expected).square().sum()))


def test_the_form_that_is_chosen_fits_the_processor() -> None:
    generator = Generator(tiny.replaced(channels=256), normed=False).requires_grad_(False)
    chosen = on_a_processor(generator)
    assert isinstance(chosen, LaidOutGenerator) == pays()
    assert chosen.reach == generator.reach
