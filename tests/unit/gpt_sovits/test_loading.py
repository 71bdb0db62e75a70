"""An engine from files, by the call that outsiders rely on, and its front end."""

from __future__ import annotations

from collections import OrderedDict
from pathlib import Path

import pytest
import torch

from synthesis.engine import gpt_sovits
from synthesis.engine.gpt_sovits.errors import CheckpointError
from synthesis.engine.gpt_sovits.pipeline.options import Options
from synthesis.engine.gpt_sovits.sovits.model import SoVITS
from synthesis.engine.gpt_sovits.t2s.config import T2SConfig
from synthesis.engine.gpt_sovits.t2s.model import T2S
from synthesis.engine.gpt_sovits.weights import read_weights
from synthesis.engine.protocol import Engine, RenderItem
from tests.speech_data import clips, load
from tests.unit.gpt_sovits import tiny
from tests.unit.gpt_sovits.upstream import FIXTURES

pytestmark = pytest.mark.shared


@pytest.fixture(scope="module")
def hubert(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny.hubert_folder(tmp_path_factory.mktemp("hubert"), width=768)


def test_official_forms_of_checkpoints_make_an_engine_that_learns_a_voice_and_speaks(hubert: Path) -> None:
    engine = gpt_sovits.load(
        t2s=FIXTURES / "t2s_small.ckpt",
        sovits=FIXTURES / "sovits_v2_small.pth",
        hubert=hubert,
        bert=None,
        device="cpu",
        options=Options(attempts=1),
    )
    assert isinstance(engine, Engine)
    clip = clips(min_seconds=4)[0]
    voice = engine.prepare_voice([(load(clip), clip.transcript)], progress=lambda *_: None, should_stop=lambda: False)
    english, mixed = engine.render_batch(
        [RenderItem(voice, "Good evening.", 1), RenderItem(voice, "你好，world。", 1, language="zh")]
    )
    assert english.sample_rate == mixed.sample_rate == 32_000
    assert min(english.seconds, mixed.seconds) >= 0.4


def test_a_file_of_v1_makes_an_engine_that_speaks_with_the_phones_of_v1(tmp_path: Path) -> None:
    torch.manual_seed(41)
    second = SoVITS(tiny.replaced(symbols=322, style_bins=1025), normed=True).state_dict()
    sizes = T2SConfig(
        width=16, heads=2, layers=2, inner=32, phones=512, vocabulary=tiny.CODES + 1, bert=4, max_seconds=2
    )
    first = {f"model.{name}": torch.randn_like(value) for name, value in T2S(sizes).state_dict().items()}
    described = {"model": {"head": sizes.heads, "EOS": sizes.eos}, "data": {"max_sec": sizes.max_seconds}}
    t2s, sovits = tmp_path / "s1.ckpt", tmp_path / "s2G.pth"
    torch.save({"weight": OrderedDict((n, t.half()) for n, t in first.items()), "config": described, "info": "v1"}, t2s)
    torch.save({"weight": {n: t.half() for n, t in second.items()}, "config": {}, "info": "v1"}, sovits)
    assert read_weights(sovits).kind == "s2-v1"

    engine = gpt_sovits.load(
        t2s=t2s, sovits=sovits, hubert=tiny.hubert_folder(tmp_path / "hubert"), options=Options(attempts=1)
    )
    clip = clips(min_seconds=4)[0]
    voice = engine.prepare_voice([(load(clip), clip.transcript)], progress=lambda *_: None, should_stop=lambda: False)
    assert voice.arrays["neutral.phones"].max() < 322
    english, chinese = engine.render_batch(
        [RenderItem(voice, "Good evening.", 1), RenderItem(voice, "你好。", 1, language="zh")]
    )
    assert min(english.seconds, chinese.seconds) > 0.1


def test_files_in_each_others_place_are_refused(hubert: Path) -> None:
    t2s, sovits = FIXTURES / "t2s_small.ckpt", FIXTURES / "sovits_v2_small.pth"
    for first, second in ((sovits, sovits), (t2s, t2s), (FIXTURES / "nothing.ckpt", sovits)):
        with pytest.raises(CheckpointError):
            gpt_sovits.load(t2s=first, sovits=second, hubert=hubert)
    with pytest.raises(CheckpointError, match="speaker model"):
        gpt_sovits.load(t2s=t2s, sovits=FIXTURES / "sovits_v2ProPlus_small.pth", hubert=hubert)
    with pytest.raises(CheckpointError, match="wide"):
        gpt_sovits.load(t2s=t2s, sovits=sovits, hubert=FIXTURES / "hubert_tiny")
