"""The engine in miniature: what holds whatever the weights are."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch

from audiokit import Audio, resample
from safeguards.challenge import word_times
from synthesis.engine.errors import Cancelled, EngineError
from synthesis.engine.gpt_sovits.engine import GptSovitsEngine
from synthesis.engine.gpt_sovits.pipeline import plausibility
from synthesis.engine.gpt_sovits.pipeline.options import Options
from synthesis.engine.gpt_sovits.sovits.config import FRAMES_PER_TOKEN, HOP, SAMPLE_RATE
from synthesis.engine.gpt_sovits.sovits.streaming import Hold, Streamer
from synthesis.engine.protocol import Engine, RenderItem
from synthesis.engine.voice_model import VoiceModel
from tests.speech_data import clips, load
from tests.unit.gpt_sovits import tiny

VOICES = [tiny.voice(seed) for seed in range(4)]
TEXTS = ("the tide came in.", "a lamp. another lamp that burns.", "she sang so loud.", "nobody. said. anything at all.")
ITEMS = [RenderItem(VOICES[n % 4], TEXTS[n // 4], seed=n) for n in range(16)]


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> GptSovitsEngine:
    return tiny.engine(tmp_path_factory.mktemp("hubert"))


@pytest.fixture(scope="module")
def alone(engine: GptSovitsEngine) -> list[bytes]:
    return [_bytes(engine.render_batch([item])[0]) for item in ITEMS]


def _bytes(audio: Audio) -> bytes:
    return audio.samples.tobytes()


def _si_sdr(got: np.ndarray, expected: np.ndarray) -> float:
    scaled = expected * float(got @ expected) / float(expected @ expected)
    return float(10 * np.log10((scaled @ scaled) / ((got - scaled) @ (got - scaled))))


def test_it_is_an_engine(engine: GptSovitsEngine) -> None:
    assert isinstance(engine, Engine)
    assert engine.version.startswith("1+")


def test_sixteen_requests_in_four_voices_at_once_are_each_what_they_are_alone(
    engine: GptSovitsEngine, alone: list[bytes]
) -> None:
    with ThreadPoolExecutor(16) as pool:
        apart = list(pool.map(lambda item: _bytes(engine.render_batch([item])[0]), ITEMS))
    assert apart == alone


def test_a_batch_of_sixteen_in_four_voices_is_bit_for_bit_its_single_runs(
    engine: GptSovitsEngine, alone: list[bytes]
) -> None:
    assert [_bytes(audio) for audio in engine.render_batch(ITEMS)] == alone


def test_the_forms_that_a_processor_gets_keep_requests_apart_too(tmp_path: Path) -> None:
    fast = tiny.engine(tmp_path / "hubert", fast=True)
    apart = [_bytes(fast.render_batch([item])[0]) for item in ITEMS]
    assert [_bytes(audio) for audio in fast.render_batch(ITEMS)] == apart
    with ThreadPoolExecutor(16) as pool:
        assert list(pool.map(lambda item: _bytes(fast.render_batch([item])[0]), ITEMS)) == apart


def test_voices_and_seeds_differ(alone: list[bytes], engine: GptSovitsEngine) -> None:
    assert len(set(alone)) == len(alone)
    assert _bytes(engine.render_batch([replace(ITEMS[0], seed=99)])[0]) != alone[0]


def test_a_masked_batch_equals_decoding_piece_by_piece(engine: GptSovitsEngine) -> None:
    masked = engine.render(ITEMS[:6], Options(decoding="masked", attempts=1), timed=False)
    single = engine.render(ITEMS[:6], Options(attempts=1), timed=False)
    for got, expected in zip(masked, single, strict=True):
        np.testing.assert_allclose(got.audio.samples, expected.audio.samples, rtol=0, atol=1e-5)


def test_upstreams_joining_is_there_to_compare_with_and_bleeds(engine: GptSovitsEngine) -> None:
    joined = engine.render([ITEMS[4]], Options(decoding="joined", attempts=1, noise_scale=0), timed=False)[0]
    single = engine.render([ITEMS[4]], Options(attempts=1, noise_scale=0), timed=False)[0]
    assert joined.audio.samples.shape == single.audio.samples.shape
    assert not np.allclose(joined.audio.samples, single.audio.samples, atol=1e-3)


@pytest.mark.parametrize("speed", [1.0, 1.3, 0.8])
def test_a_stream_has_the_length_of_the_whole_and_comes_in_chunks(engine: GptSovitsEngine, speed: float) -> None:
    item = replace(ITEMS[12], text="a rather long sentence with many letters in it", speed=speed)
    options = Options(attempts=1, noise_scale=0)
    whole = engine.render([item], options, timed=False)[0].audio
    chunks = list(engine.stream(item, options))
    assert len(chunks) > 2
    assert chunks[0].seconds <= 16 / 25
    assert abs(sum(chunk.samples.shape[1] for chunk in chunks) - whole.samples.shape[1]) <= 640


def test_a_streams_seams_are_silent(engine: GptSovitsEngine) -> None:
    """Once the encoder has seen everything, chunks of any size are the whole, sample for sample but for rounding."""
    item = replace(ITEMS[12], text="a rather long sentence with many letters in it")
    large = Options(attempts=1, first_chunk=10_000)
    whole = engine.render([item], large, timed=False)[0].audio.to_mono()
    streamed = np.concatenate([chunk.to_mono() for chunk in engine.stream(item, large)])
    assert _si_sdr(streamed, whole) > 60


class _Knowing(Streamer):
    """A stream whose encoder has seen the whole from the beginning."""

    whole: torch.Tensor

    def _encode(self) -> torch.Tensor:
        return self.whole[:, :, : FRAMES_PER_TOKEN * len(self._tokens)]


@pytest.mark.parametrize(("size", "hold"), [(5, (3, 3)), (16, (15, 20)), (7, (0, 9))])
@torch.inference_mode()
def test_windows_and_seams_cost_nothing_once_the_features_are_those_of_the_whole(
    size: int, hold: tuple[int, int]
) -> None:
    model = tiny.sovits()
    reach = -(-(model.flow.reach + int(model.dec.reach)) // FRAMES_PER_TOKEN)
    hold = (hold[0] + reach, hold[1] + reach)
    codes = torch.randint(0, tiny.CODES, (1, 150), generator=torch.Generator().manual_seed(4))
    phones, style = torch.arange(1, 25)[None], model.style(torch.ones(1, tiny.GIN, 1))
    prior = model.prior(codes, phones, style)
    whole = model.sound(prior, style, None)[0, 0]
    streamer = _Knowing(model, style, phones, None, 0.0, hold=Hold(*hold))
    streamer.whole = prior.features
    tokens = codes[0].tolist()
    parts = [
        part for at in range(0, 150, size) for part in streamer.push(tokens[at : at + size], last=at + size >= 150)
    ]
    assert sum(len(part) > 0 for part in parts) > 3
    torch.testing.assert_close(torch.cat(parts), whole, rtol=0, atol=1e-5 * float(whole.abs().max()))


def test_a_faithful_stream_begins_as_soon_and_then_waits(engine: GptSovitsEngine) -> None:
    item = replace(ITEMS[12], text="a rather long sentence with many letters in it")
    options = replace(Options(attempts=1, noise_scale=0).faithful(), second_chunk=20, held=Hold(15, 20))
    whole = engine.render([item], options, timed=False)[0].audio.to_mono()
    chunks = [chunk.to_mono() for chunk in engine.stream(item, options)]
    assert len(chunks[0]) == FRAMES_PER_TOKEN * HOP
    assert sum(map(len, chunks)) == len(whole)
    assert Options.on("cpu") == Options()
    assert Options.on("cuda").decoding == "masked"
    assert [Options.on("cuda").held.of(drawn, begun=drawn > 16) for drawn in (16, 112, 240)] == [15, 80, 80]
    assert [Options.on("cpu").held.of(drawn, begun=drawn > 16) for drawn in (16, 64, 128)] == [15, 24, 40]


def test_a_stream_repeats_itself(engine: GptSovitsEngine) -> None:
    first = [_bytes(chunk) for chunk in engine.stream(ITEMS[5])]
    assert first == [_bytes(chunk) for chunk in engine.stream(ITEMS[5])]


def test_without_the_reference_the_style_stays_and_the_words_go(engine: GptSovitsEngine) -> None:
    free = Options(attempts=1, reference_free=True)
    shown = engine.render([ITEMS[0]], timed=False)[0]
    assert _bytes(engine.render([ITEMS[0]], free, timed=False)[0].audio) != _bytes(shown.audio)


def test_a_mood_that_was_recorded_is_taken_and_another_is_shifted(engine: GptSovitsEngine) -> None:
    moody = tiny.voice(0, sad=9)
    plain = engine.render_batch([RenderItem(moody, "so it goes", 1)])[0]
    sad = engine.render_batch([RenderItem(moody, "so it goes", 1, emotion="sad")])[0]
    assert _bytes(plain) != _bytes(sad)
    louder = engine.render_batch([RenderItem(moody, "so it goes", 1, emotion="cheerful")])[0]
    assert _bytes(louder) != _bytes(plain)
    named = engine.render_batch([RenderItem(moody, "so it goes", 1, style="sad")])[0]
    assert _bytes(named) == _bytes(sad)
    excited = engine.render_batch([RenderItem(moody, "so it goes", 1, arousal=0.8)])[0]
    assert _bytes(excited) != _bytes(plain)
    with pytest.raises(EngineError, match="style_unknown"):
        engine.render_batch([RenderItem(moody, "so it goes", 1, style="whispered")])
    with pytest.raises(EngineError, match="bad_emotion"):
        engine.render_batch([RenderItem(moody, "so it goes", 1, emotion="furious")])


def test_words_have_times_in_order_within_the_sound(engine: GptSovitsEngine) -> None:
    rendering = engine.render([ITEMS[4]])[0]
    words = rendering.words
    assert [word.text for word in words] == ["a", "lamp", "another", "lamp", "that", "burns"]
    assert all(word.start <= word.end for word in words)
    assert all(left.end <= right.start + 1e-6 for left, right in pairwise(words))
    assert words[-1].end <= rendering.audio.seconds + 1e-6


def test_implausible_lengths_are_tried_again_a_bounded_number_of_times(engine: GptSovitsEngine) -> None:
    rendering = engine.render([RenderItem(VOICES[0], "x", 3)], Options(attempts=4), timed=False)[0]
    once = engine.render([RenderItem(VOICES[0], "x", 3)], Options(attempts=1), timed=False)[0]
    assert bool(once.doubtful) >= bool(rendering.doubtful)


def test_a_piece_in_which_words_are_missing_is_spoken_again_with_other_seeds_a_bounded_number_of_times(
    engine: GptSovitsEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    item = RenderItem(VOICES[0], TEXTS[0], 0, language="en")
    unchecked = engine.render([item], timed=False)[0]
    assert not unchecked.doubtful
    heard: list[bytes] = []
    missing = [0.5, 0.3, 0.0, 0.9, 0.8, 0.7]

    def listen(samples: np.ndarray, text: str) -> float:
        assert text == "the tide came in"
        heard.append(samples.tobytes())
        return missing[len(heard) - 1]

    monkeypatch.setattr(plausibility, "amiss", listen)
    checked = Options(attempts=3, check_words=True)
    found = engine.render([item], checked, timed=False)[0]
    assert (len(heard), len(set(heard)), found.doubtful) == (3, 3, ())
    assert heard[0] == _bytes(unchecked.audio)
    assert heard[2] == _bytes(found.audio)
    never = engine.render([item], checked, timed=False)[0]
    assert (len(heard), never.doubtful) == (6, ("the tide came in",))
    assert _bytes(never.audio) == heard[5], "the least doubtful"
    engine.render([replace(item, language="zh")], checked, timed=False)
    assert len(heard) == 6, "English only"


def test_missing_and_repeated_words_are_found_in_real_speech() -> None:
    clip = next(clip for clip in clips(min_seconds=4) if clip.language == "en")
    audio = resample(load(clip), SAMPLE_RATE)
    samples = audio.to_mono()
    assert plausibility.amiss(samples, clip.transcript) == 0.0
    assert plausibility.amiss(samples[: len(samples) // 2], clip.transcript) > 0.25
    _, start, end = max((word_times(audio, clip.transcript) or [])[1:-1], key=lambda word: word[2] - word[1])
    first, last = round(start * SAMPLE_RATE), round(end * SAMPLE_RATE)
    assert plausibility.amiss(np.concatenate((samples[:last], samples[first:])), clip.transcript) == 1.0


def test_a_voice_of_other_weights_is_refused(engine: GptSovitsEngine) -> None:
    other = VoiceModel("gpt-sovits", VOICES[0].arrays, {**VOICES[0].facts, "sovits": "c" * 64})
    for model in (other, VoiceModel("parametric", VOICES[0].arrays, VOICES[0].facts)):
        with pytest.raises(EngineError, match="bad_voice_model"):
            engine.render_batch([RenderItem(model, "hello", 1)])


@pytest.mark.parametrize(("part", "value"), [("codes", 40), ("codes", -1), ("phones", 30), ("style", None)])
def test_a_voice_whose_numbers_do_not_fit_is_refused(engine: GptSovitsEngine, part: str, value: int | None) -> None:
    arrays = {name: array.copy() for name, array in VOICES[0].arrays.items()}
    if value is None:
        arrays["neutral.style"] = np.zeros(9, np.float32)
    else:
        arrays[f"neutral.{part}"][0] = value
    with pytest.raises(EngineError, match="bad_voice_model"):
        engine.render_batch([RenderItem(VoiceModel("gpt-sovits", arrays, VOICES[0].facts), "hello", 1)])


@pytest.mark.parametrize(
    ("change", "code"),
    [({"speed": 9.0}, "bad_speed"), ({"pitch": 20.0}, "bad_pitch"), ({"text": " . "}, "nothing_to_say")],
)
def test_what_cannot_be_spoken_is_refused(engine: GptSovitsEngine, change: dict[str, object], code: str) -> None:
    with pytest.raises(EngineError, match=code):
        engine.render_batch([replace(ITEMS[0], **change)])  # type: ignore[arg-type]


def _recordings() -> list[tuple[Audio, str]]:
    speaker = clips(min_seconds=4)[0].speaker
    return [(load(clip), clip.transcript) for clip in clips(speaker, min_seconds=3)[:2]]


def test_a_voice_is_learned_from_recordings_and_speaks(engine: GptSovitsEngine) -> None:
    said: list[float] = []
    model = engine.prepare_voice(_recordings(), progress=lambda share, _: said.append(share), should_stop=lambda: False)
    assert said[-1] == 1.0
    assert VoiceModel.from_bytes(model.to_bytes()) == model
    assert engine.render_batch([RenderItem(model, "good evening", 1)])[0].seconds > 0.4
    assert 75 <= len(model.arrays["neutral.codes"]) <= 265


def test_recordings_of_a_mood_are_kept_under_its_name(engine: GptSovitsEngine) -> None:
    model = engine.prepare_voice(
        _recordings(), progress=lambda *_: None, should_stop=lambda: False, styles=[None, "cheerful"]
    )
    assert {"neutral.style", "cheerful.style", "cheerful.codes"} <= set(model.arrays)


def test_recordings_without_speech_or_a_stop_give_no_voice(engine: GptSovitsEngine) -> None:
    quiet = Audio.mono(np.zeros(64_000, np.float32), 16_000)
    with pytest.raises(EngineError, match="too_little_speech"):
        engine.prepare_voice([(quiet, "hello")], progress=lambda *_: None, should_stop=lambda: False)
    with pytest.raises(Cancelled):
        engine.prepare_voice(_recordings(), progress=lambda *_: None, should_stop=lambda: True)


def test_speech_is_converted_to_the_owners_voice_with_its_own_timing(engine: GptSovitsEngine) -> None:
    source = _recordings()[0][0]
    made = engine.convert(VOICES[0], source, seed=1)
    assert made.sample_rate == 32_000
    assert abs(made.seconds - source.seconds) < 0.06
    assert _bytes(made) == _bytes(engine.convert(VOICES[0], source, seed=1))
    assert _bytes(made) != _bytes(engine.convert(VOICES[1], source, seed=1))
    assert _bytes(made) != _bytes(engine.convert(VOICES[0], source, seed=1, text="some words"))
    with pytest.raises(EngineError, match="too_little_speech"):
        engine.convert(VOICES[0], Audio.mono(np.zeros(32_000, np.float32), 16_000), seed=1)
