"""A whole installation of gpt-sovits in miniature: random weights taken in by the library, an owner's readings, a request, a clip."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.conf import settings

from audiokit import write
from safeguards.watermark import detect
from synthesis.egress import delivery
from synthesis.egress.credentials import watermark_keys
from synthesis.egress.encoding import decode
from synthesis.egress.worker import egress_waiting
from synthesis.engine import registry
from synthesis.engine.errors import EngineError
from synthesis.engine.gpt_sovits.installed import installed
from synthesis.engine.gpt_sovits.library import Parts, add
from synthesis.models import Clip, SynthesisRequest, TrainingJob
from synthesis.render import render_waiting
from synthesis.render.preparation import voice_model
from synthesis.services import conversion_accept
from synthesis.training import train_waiting
from tests.fakes.engine import SineEngine
from tests.fakes.tiny_sovits import owner_who_read_aloud
from tests.fakes.world import make_world, queue_training
from tests.functional.driver import Api, app_key, document
from tests.speech_data import clips, load
from tests.unit.gpt_sovits.tiny import hubert_folder
from tests.unit.gpt_sovits.upstream import FIXTURES
from voices.errors import Invalid
from voices.models import Enrolment, JobState, Take, Voice
from voices.services import voice_create
from voices.services.voices import engines_offered

pytestmark = pytest.mark.django_db

_MANNERS: dict[str, dict[str, object]] = {
    "plain": {},
    "emotion": {"emotion": "cheerful"},
    "style": {"style": "cheerful"},
    "unknown": {"style": "whispered"},
}


@pytest.fixture
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty models folder, and a registry that knows nothing of other tests' engines."""
    folder = tmp_path / "models"
    monkeypatch.setattr(settings, "VIVAVOCE_MODELS_DIR", folder)
    monkeypatch.setattr(registry, "_factories", dict(registry._factories))
    monkeypatch.setattr(registry, "_engines", dict(registry._engines))
    registry._factories.pop("gpt-sovits", None)
    registry._engines.pop("gpt-sovits", None)
    return folder


def _install(models: Path, tmp_path: Path) -> None:
    hubert = hubert_folder(tmp_path / "hubert", 768)
    files = {"t2s": FIXTURES / "t2s_small.ckpt", "sovits": FIXTURES / "sovits_v2_small.pth"}
    add(Parts("v2", files, {"hubert": hubert}), models, "tiny", source=tmp_path, follow_links=True)


@pytest.mark.shared
def test_from_readings_to_a_marked_clip_on_random_weights(models: Path, tmp_path: Path) -> None:
    _install(models, tmp_path)
    world = owner_who_read_aloud()

    assert train_waiting() == 1
    voice = Voice.objects.get(pk=world.voice.pk)
    assert voice.state == "ready", Enrolment.objects.get(pk=world.enrolment.pk).problem
    request = world.accept(text='Good morning.<break time="1s"/> This is a test of all the parts.', format="wav")
    render_waiting()
    egress_waiting()

    row = SynthesisRequest.objects.get(pk=request.pk)
    assert (row.state, row.refusal_detail) == ("released", "")
    clip = Clip.objects.get(request=request)
    with delivery.open_clip(clip_id=clip.pk, organisation_id=world.organisation.pk, world="live") as file:
        found = detect(decode(file.read(0, file.size), "wav"), [watermark_keys()[0]])
    assert found.payload == clip.payload

    # What somebody else said, in the same voice, by the same way out.
    stranger = next(clip for clip in clips(speaker="LJ", min_seconds=3.0))
    converted = conversion_accept(
        organisation_id=world.organisation.pk,
        api_key_id="key",
        world="live",
        voice_id=world.voice.pk,
        source=write(load(stranger), "wav"),
        purpose="narration",
        format="flac",
    )
    render_waiting()
    egress_waiting()
    result = Clip.objects.get(request=converted)
    assert result.seconds == pytest.approx(stranger.seconds, abs=0.2)


@pytest.mark.shared
def test_an_app_asks_over_http_for_a_manner_that_the_owner_read_in(models: Path, tmp_path: Path) -> None:
    _install(models, tmp_path)
    world = owner_who_read_aloud()
    cheerful = list(Take.objects.filter(enrolment=world.enrolment).order_by("pk").values_list("pk", flat=True))[::2]
    Take.objects.filter(pk__in=cheerful).update(style="cheerful")
    assert train_waiting() == 1
    app = Api(app_key(world.organisation, world="live"))

    def ask(**manner: object) -> SynthesisRequest:
        text = (
            '<speak>Good <prosody rate="fast" pitch="+2st">morning</prosody><break time="300ms"/> on the '
            '<say-as interpret-as="ordinal">3</say-as> <phoneme alphabet="x-arpabet" ph="D EY1">day</phoneme>.</speak>'
        )
        body = {"voice_id": world.voice.pk, "text": text, "purpose": "narration", "format": "wav", "seed": 5, **manner}
        answer = app.post("/synthesis", body)
        assert answer.status_code == 202, answer.content
        render_waiting()
        egress_waiting()
        return SynthesisRequest.objects.get(pk=document(answer)["id"])

    rows = {name: ask(**manner) for name, manner in _MANNERS.items()}

    assert {name: (row.state, row.refusal_code) for name, row in rows.items()} == {
        "plain": ("released", ""),
        "emotion": ("released", ""),
        "style": ("released", ""),
        "unknown": ("failed", "style_unknown"),
    }
    assert "it has cheerful, neutral" in rows["unknown"].refusal_detail
    model = voice_model(Voice.objects.get(pk=world.voice.pk))
    assert {name for name in model.arrays if name.endswith("style")} == {"cheerful.style", "neutral.style"}
    seconds = {name: Clip.objects.get(request=rows[name]).seconds for name in ("plain", "emotion", "style")}
    assert seconds["style"] == seconds["emotion"] != seconds["plain"]  # both speak with the cheerful reference


@pytest.mark.shared
def test_weights_that_were_altered_after_they_were_taken_in_are_not_loaded(models: Path, tmp_path: Path) -> None:
    _install(models, tmp_path)
    weights = next(models.glob("tiny/t2s/*.safetensors"))
    data = bytearray(weights.read_bytes())
    data[-1] ^= 1
    weights.write_bytes(data)

    with pytest.raises(EngineError, match="checkpoint_digest"):
        installed(models)


def test_without_models_the_engine_is_not_offered_and_says_so(models: Path) -> None:
    owner = make_world().owner

    assert engines_offered() == ("parametric",)
    with pytest.raises(Invalid, match="engine_unavailable"):
        voice_create(account_id=owner.account_id, owner_id=owner.pk, label="Own voice", engine="gpt-sovits")
    with pytest.raises(EngineError, match="engine_absent"):
        installed(models)


def test_an_operator_may_say_which_engines_are_offered(models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "VIVAVOCE_ENGINES", ["gpt-sovits"])

    assert engines_offered() == ("gpt-sovits",)


def test_an_owner_loses_no_reading_while_the_engine_is_absent(models: Path, engine: SineEngine) -> None:
    world = make_world(trained=False)
    Voice.objects.filter(pk=world.voice.pk).update(engine="gpt-sovits")
    queue_training(world)

    train_waiting()

    job = TrainingJob.objects.get()
    assert (job.state, job.attempts) == (JobState.PENDING, 0)
    assert Enrolment.objects.get(pk=world.enrolment.pk).state == "training"
