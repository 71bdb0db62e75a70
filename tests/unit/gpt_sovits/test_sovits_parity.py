"""SoVITS against upstream's outputs for random weights, small and full width."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from synthesis.engine.gpt_sovits.build import build_sovits
from synthesis.engine.gpt_sovits.sovits.fast import on_a_processor
from synthesis.engine.gpt_sovits.sovits.generator import Generator
from synthesis.engine.gpt_sovits.sovits.model import SoVITS, Style
from synthesis.engine.gpt_sovits.sovits.streaming import blended
from tests.unit.gpt_sovits.upstream import full_weights, outputs, recipe, small_sovits, tensors

pytestmark = pytest.mark.shared

SMALL = ("v2-small", "v2ProPlus-small")
FULL = ("v2-full", "v2Pro-full", "v2ProPlus-full")
STAGE = 2e-4


@dataclass
class Case:
    model: SoVITS
    given: dict[str, Any]
    expected: dict[str, Tensor]

    @property
    def speakers(self) -> list[Tensor] | list[None]:
        return self.given["sv"] if self.model.config.pro else [None, None]

    @property
    def style(self) -> Style:
        spectrum = self.given["refs"][0]
        return self.model.style(self.model.reference(spectrum, torch.ones_like(spectrum[:, :1]), self.speakers[0]))

    def sound(self, style: Style, speed: float = 1.0, noise: Tensor | None = None, tokens: int | None = None) -> Tensor:
        codes = self.given["codes"][0][:, :tokens]
        return self.model.sound(self.model.prior(codes, self.given["phones"], style, speed), style, noise)


@pytest.fixture(params=[*SMALL, *FULL], scope="module")
def case(request: pytest.FixtureRequest) -> Case:
    version, width = request.param.split("-")
    full = width == "full"
    weights, config = (full_weights(f"s2G_{version}", version), {}) if full else small_sovits(version)
    model = build_sovits(weights, config)
    return Case(model, tensors(recipe().sovits_inputs(full)), outputs(f"sovits_{version}_{width}"))


@pytest.fixture(autouse=True)
def _no_gradients() -> Iterator[None]:
    with torch.no_grad():
        yield


def _wave_close(got: Tensor, expected: Tensor) -> None:
    torch.testing.assert_close(got, expected, rtol=0, atol=1e-3 * float(expected.abs().max()))


def _stage_close(got: Tensor, expected: Tensor) -> None:
    torch.testing.assert_close(got, expected, rtol=0, atol=STAGE)


def test_the_style_of_a_reference_whole_and_padded(case: Case) -> None:
    whole, short = case.given["refs"]
    encoder = case.model.ref_enc
    _stage_close(encoder(whole, torch.ones_like(whole[:, :1])), case.expected["mel_style.out"])
    mask = F.pad(torch.ones_like(short[:, :1]), (0, 13))
    _stage_close(encoder(F.pad(short, (0, 13)), mask), case.expected["mel_style.masked"])


def test_the_style_joined_with_a_speaker_embedding(case: Case) -> None:
    if case.model.config.pro:
        _stage_close(case.style.wide, case.expected["ge.pro"])
        _stage_close(case.style.narrow, case.expected["ge512.pro"])
    else:
        style = case.style
        assert style.narrow is style.wide


def test_tokens_of_features_are_equal(case: Case) -> None:
    assert torch.equal(case.model.tokens(case.given["ssl"]), case.expected["extract_latent.codes"][0])
    _stage_close(case.model.ssl_proj(case.given["ssl"]), case.expected["extract_latent.ssl_proj"])


def test_prior_and_flow(case: Case) -> None:
    prior = case.model.prior(case.given["codes"][0], case.given["phones"], case.style)
    _stage_close(prior.features, case.expected["enc_p.y"])
    _stage_close(prior.mean, case.expected["enc_p.m"])
    _stage_close(prior.log_deviation, case.expected["enc_p.logs"])
    latent = case.model.flow(prior.mean, prior.mask, case.style.wide, reverse=True)
    _stage_close(latent, case.expected["flow.reverse_of_m"])
    _stage_close(case.model.flow(latent, prior.mask, case.style.wide), prior.mean)


def test_sound_without_noise_and_with_given_noise(case: Case) -> None:
    inter, frames = case.model.config.inter, 2 * case.given["codes"].shape[-1]
    noise = torch.from_numpy(recipe().gauss("dec", 0, (1, inter, frames)))
    torch.testing.assert_close(noise, case.expected["decode.noise"])
    _wave_close(case.sound(case.style), case.expected["decode.noise0"])
    _wave_close(case.sound(case.style, noise=noise), case.expected["decode.noise05"])


def test_sound_as_a_processor_computes_it(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    assert isinstance(case.model.dec, Generator)
    form = on_a_processor(copy.deepcopy(case.model.dec))
    # Set aside first: the network stays as it was for the other tests.
    monkeypatch.setitem(case.model._modules, "dec", form)
    _wave_close(case.sound(case.style), case.expected["decode.noise0"])
    _wave_close(case.sound(case.style, noise=case.expected["decode.noise"]), case.expected["decode.noise05"])


def test_sound_in_the_mean_style_of_two_references(case: Case) -> None:
    averaged = case.model.averaged(list(zip(case.given["refs"], case.speakers, strict=True)))
    _wave_close(case.sound(case.model.style(averaged)), case.expected["decode.multiref"])


@pytest.mark.parametrize("speed", [1.25, 0.8])
def test_sound_at_another_speed(case: Case, speed: float) -> None:
    _wave_close(case.sound(case.style, speed), case.expected[f"decode.speed{speed}"])


def test_chunks_as_upstream_streams_them(case: Case) -> None:
    style, codes, phones = case.style, case.given["codes"][0], case.given["phones"]
    first = case.model.prior(codes[:, :16], phones, style)
    _stage_close(first.features, case.expected["stream.first_latent"])
    _wave_close(case.model.sound(first, style, None), case.expected["stream.first_audio"])
    frames = 2 * (codes.shape[1] - 14)
    whole = case.model.prior(codes, phones, style)
    joined = blended(whole.features[:, :, -frames:], first.features[:, :, -4:])
    second = case.model.enc_p.project(joined, whole.mask[:, :, -frames:])
    _wave_close(case.model.sound(second, style, None), case.expected["stream.second_audio"])
