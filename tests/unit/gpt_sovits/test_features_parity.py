"""Spectra, speaker map, HuBERT and BERT features against upstream's."""

from __future__ import annotations

import pytest
import torch

from synthesis.engine.gpt_sovits.build import build_speaker
from synthesis.engine.gpt_sovits.checkpoints import read_checkpoint
from synthesis.engine.gpt_sovits.features import spectra
from synthesis.engine.gpt_sovits.features.bert import Bert, per_phone
from synthesis.engine.gpt_sovits.features.hubert import Hubert
from synthesis.engine.gpt_sovits.speaker.model import energies, speaker_map
from tests.unit.gpt_sovits.upstream import FIXTURES, full_weights, outputs

pytestmark = pytest.mark.shared


def _close(got: torch.Tensor, expected: torch.Tensor, share: float = 1e-4) -> None:
    torch.testing.assert_close(got, expected, rtol=0, atol=share * float(expected.abs().max()))


def test_linear_and_mel_spectra() -> None:
    expected = outputs("mel")
    linear = spectra.linear(expected["in.wav32k"])
    _close(linear, expected["linear_2048_640"])
    _close(spectra.mel(linear), expected["mel_128_from_linear"])
    _close(spectra.mel(linear), expected["mel_128_from_wave"])


def test_filter_bank_energies() -> None:
    expected = outputs("sv")
    _close(energies(expected["in.wav16k"][0]), expected["fbank"][0])


@pytest.mark.parametrize("width", ["small", "full"])
def test_the_speaker_map(width: str) -> None:
    expected = outputs("sv")
    small = width == "small"
    arrays = read_checkpoint(FIXTURES / "sv_small.ckpt").tensors if small else full_weights("sv_eres2netv2", "sv")
    got = speaker_map(build_speaker(arrays), expected["in.wav16k"][0].numpy())
    _close(got, expected[f"{width}.forward3"])


def test_hubert_features() -> None:
    expected = outputs("ssl_bert")
    got = Hubert(FIXTURES / "hubert_tiny").features(expected["hubert.in"][0].numpy())
    _close(got, expected["hubert.last_hidden_state_T"])


def test_bert_features_of_phones() -> None:
    expected = outputs("ssl_bert")
    hidden = Bert(FIXTURES / "bert_tiny").hidden(expected["bert.ids"][0])
    _close(per_phone(hidden[1:-1], expected["bert.word2ph"].tolist()), expected["bert.phone_feature"])
