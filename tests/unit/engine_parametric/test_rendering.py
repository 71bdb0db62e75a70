"""What rendering promises: bytes by seed, no mixing, clauses, controls."""

from __future__ import annotations

import numpy as np
import pytest

from audiokit import Audio
from synthesis.engine import parametric
from synthesis.engine.errors import EngineError
from synthesis.engine.parametric import world
from synthesis.engine.protocol import EMOTIONS, RenderItem
from synthesis.engine.registry import get
from synthesis.engine.voice_model import VoiceModel

TEXT = "The train was late again, so we walked home. Was it far?"


def mean_f0(audio: Audio) -> float:
    f0 = world.analyse(audio.to_mono()).f0
    return float(np.exp(np.log(f0[f0 > 0]).mean()))


def test_the_same_seed_gives_the_same_bytes_and_another_does_not(anna: VoiceModel) -> None:
    first = parametric.render(anna, TEXT, seed=7).samples
    assert first.tobytes() == parametric.render(anna, TEXT, seed=7).samples.tobytes()
    assert first.tobytes() != parametric.render(anna, TEXT, seed=8).samples.tobytes()


def test_output_is_sixteen_kilohertz_mono_finite_and_at_speaking_level(anna: VoiceModel) -> None:
    audio = parametric.render(anna, TEXT, seed=1)
    assert audio.sample_rate == 16_000
    assert audio.channels == 1
    assert np.abs(audio.samples).max() <= 1.0
    assert -34 < 10 * np.log10(float((audio.samples**2).mean())) < -18
    assert 2.0 < audio.seconds < 8.0


def test_a_batch_is_what_its_items_are_alone_and_voices_do_not_mix(anna: VoiceModel, bert: VoiceModel) -> None:
    items = [
        RenderItem(voice, text, seed)
        for seed, (voice, text) in enumerate(
            [(anna, "Good morning."), (bert, "Good morning."), (anna, "Two dogs ran by."), (bert, "Yes.")]
        )
    ]
    together = get().render_batch(items)
    reversed_order = get().render_batch(items[::-1])[::-1]
    for item, audio, other in zip(items, together, reversed_order, strict=True):
        alone = parametric.render(item.voice, item.text, seed=item.seed)
        assert audio.samples.tobytes() == alone.samples.tobytes() == other.samples.tobytes()


def test_a_stream_of_clauses_joins_to_the_render(anna: VoiceModel) -> None:
    parts = list(parametric.stream(anna, TEXT, seed=3))
    assert len(parts) == 3
    joined = np.concatenate([part.to_mono() for part in parts])
    assert joined.tobytes() == parametric.render(anna, TEXT, seed=3).to_mono().tobytes()


def test_a_model_from_bytes_speaks_the_same(anna: VoiceModel) -> None:
    again = VoiceModel.from_bytes(anna.to_bytes())
    assert parametric.render(again, "Hello.", seed=1).samples.tobytes() == (
        parametric.render(anna, "Hello.", seed=1).samples.tobytes()
    )


def test_speed_shortens_and_pitch_raises(anna: VoiceModel) -> None:
    plain = parametric.render(anna, TEXT, seed=1)
    fast = parametric.render(anna, TEXT, seed=1, speed=1.5)
    assert 0.55 < fast.seconds / plain.seconds < 0.8
    high = parametric.render(anna, TEXT, seed=1, pitch=4.0)
    assert mean_f0(high) / mean_f0(plain) == pytest.approx(2 ** (4 / 12), rel=0.05)


def test_moods_differ_in_the_direction_their_names_say(anna: VoiceModel) -> None:
    said = {name: parametric.render(anna, TEXT, seed=1, emotion=name) for name in EMOTIONS}
    assert said["neutral"].samples.tobytes() == parametric.render(anna, TEXT, seed=1).samples.tobytes()
    assert mean_f0(said["cheerful"]) > mean_f0(said["neutral"]) > mean_f0(said["sad"])
    assert said["sad"].seconds > said["calm"].seconds > said["cheerful"].seconds


def manner(audio: Audio) -> dict[str, float]:
    """What a listener would call height, liveliness, length, loudness, brightness and breathiness."""
    samples = audio.to_mono()
    found = world.analyse(samples)
    voiced = found.f0 > 0
    log_f0 = np.log(found.f0[voiced])
    power = np.abs(np.fft.rfft(samples)) ** 2
    hertz = np.fft.rfftfreq(len(samples), 1 / audio.sample_rate)
    return {
        "F0": float(np.median(log_f0)),  # octave errors, and what is guessed of breath, pull a mean
        "range": float(np.subtract(*np.percentile(log_f0, [80, 20]))),  # octave errors of the analysis lie outside
        "length": audio.seconds,
        "level": float(np.log((samples**2).mean())),
        "tilt": float(np.log(power[hertz > 1500].sum() / power[hertz < 1500].sum())),
        "breath": float(found.aperiodicity[voiced].mean()),
    }


def test_arousal_moves_every_measure_of_voice_the_way_the_literature_says(anna: VoiceModel) -> None:
    low, high = (manner(get().render_batch([RenderItem(anna, TEXT, 1, arousal=arousal)])[0]) for arousal in (-1.0, 1.0))
    for rises in ("F0", "range", "level", "tilt"):
        assert high[rises] > low[rises], rises
    for falls in ("length", "breath"):
        assert high[falls] < low[falls], falls


def test_valence_raises_and_enlivens_pitch_on_top_of_an_emotion(anna: VoiceModel) -> None:
    dull, bright = (
        manner(get().render_batch([RenderItem(anna, TEXT, 1, emotion="sad", valence=valence)])[0])
        for valence in (-1.0, 1.0)
    )
    assert bright["F0"] > dull["F0"]
    assert bright["range"] > dull["range"]


def test_the_middle_of_both_axes_is_the_emotion_itself(anna: VoiceModel) -> None:
    plain = parametric.render(anna, "Yes.", seed=1, emotion="calm").samples.tobytes()
    item = RenderItem(anna, "Yes.", 1, emotion="calm", valence=0.0, arousal=0.0)
    assert get().render_batch([item])[0].samples.tobytes() == plain


def test_a_break_lengthens_by_its_time(anna: VoiceModel) -> None:
    short = parametric.render(anna, 'Stop <break time="200ms"/> here.', seed=1)
    long = parametric.render(anna, 'Stop <break time="1200ms"/> here.', seed=1)
    assert long.seconds - short.seconds == pytest.approx(1.0, abs=0.03)


REFUSED = {
    "nothing_to_say": {"text": "?!"},
    "text_too_long": {"text": "a " * 20_000},
    "language_unsupported": {"language": "zh"},
    "bad_speed": {"speed": 4.5},
    "bad_pitch": {"pitch": 13.0},
    "bad_emotion": {"emotion": "furious"},
    "bad_emotion, off the axis": {"arousal": 1.5},
}


@pytest.mark.parametrize("text", ["你好，世界。", "The word 漢字 means characters.", "これは", "안녕하세요"])
def test_other_scripts_are_refused_and_not_dropped(anna: VoiceModel, text: str) -> None:
    with pytest.raises(EngineError) as refused:
        parametric.render(anna, text, seed=1)
    assert refused.value.code == "language_unsupported"


@pytest.mark.parametrize("code", REFUSED)
def test_what_cannot_be_spoken_is_refused_with_a_reason(anna: VoiceModel, code: str) -> None:
    given = {"text": "Hello.", "seed": 1, **REFUSED[code]}
    with pytest.raises(EngineError) as refused:
        get().render_batch([RenderItem(anna, **given)])  # type: ignore[arg-type]
    assert refused.value.code == code.partition(",")[0]


def test_a_voice_of_other_base_weights_is_refused(anna: VoiceModel) -> None:
    stranger = VoiceModel(anna.engine, anna.arrays, {**anna.facts, "base": "000000000000"})
    with pytest.raises(EngineError) as refused:
        parametric.render(stranger, "Hello.", seed=1)
    assert refused.value.code == "bad_voice_model"
