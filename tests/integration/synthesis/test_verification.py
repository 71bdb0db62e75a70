"""Who learns what about a piece of sound, and what is left of it afterwards."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from audiokit import write
from safeguards import vault
from safeguards.audit import bundle, verify
from safeguards.audit.events import EventType
from safeguards.audit.models import Entry
from safeguards.audit.note import NoteKey
from safeguards.measured import measured
from safeguards.vault import blobs
from safeguards.watermark import Detection
from synthesis.models import VerifyJob
from synthesis.selectors import verify_get
from synthesis.services import verify_submit
from synthesis.verification import techniques
from synthesis.verification.report import DOMAIN, report_bytes
from synthesis.verification.worker import verify_waiting
from tests import speech_data
from tests.fakes.engine import SineEngine
from tests.fakes.questions import ask, outcome, release
from tests.fakes.world import TEXT, make_world
from voices.errors import NotFound
from voices.services import voice_erase

pytestmark = pytest.mark.django_db


def test_every_technique_recognises_the_delivered_bytes(engine: SineEngine) -> None:
    released = release(make_world(), format="wav")

    answer = ask(released.data)

    assert answer["verdict"] == "generated_here"
    assert {item["name"]: item["outcome"] for item in answer["techniques"]} == {
        "manifest": "found",
        "watermark": "found",
        "exact_hash": "found",
        "fingerprint": "found",
    }
    assert answer["conflicts"] == []


def test_a_mark_too_weak_to_be_found_is_confirmed_where_the_fingerprint_names_the_clip(
    engine: SineEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    released = release(make_world())
    monkeypatch.setattr(techniques.watermark, "detect", lambda *_: Detection(present=False, payload=None, log10_p=-4.0))

    answer = ask(write(released.heard, "flac"))

    mark = next(item for item in answer["techniques"] if item["name"] == "watermark")
    assert mark["outcome"] == "found"
    assert mark["detail"]["supposed"]
    assert mark["false_positive_rate"] < 1e-6
    assert answer["conflicts"] == []


def test_a_technique_brings_the_error_rates_of_its_installed_version(engine: SineEngine) -> None:
    answer = ask(release(make_world()).data)

    for item in answer["techniques"]:
        known = item["name"] in ("watermark", "fingerprint")
        assert {rate["what"] for rate in item["error_rates"]} == (
            {measure.what for measure in measured(item["name"]).measures} if known else set()
        )


def test_an_auditor_gets_the_chain_to_the_consent_with_proofs_that_verify_alone(
    engine: SineEngine, tmp_path: Path
) -> None:
    world = make_world()
    released = release(world)

    answer = ask(released.data)

    chain = answer["chain"]
    assert chain["request"]["id"] == released.clip.request_id
    assert chain["grant"]["id"] == world.grant.pk
    assert chain["consent"]["id"] == world.consent.pk
    assert chain["clip"]["log_index"] in chain["request"]["log_indices"]
    file, keys = tmp_path / "bundle.json", tmp_path / "keys.txt"
    file.write_text(answer["proofs"])
    keys.write_text(bundle.key_file())
    assert verify.main([str(file), "--key", str(keys)]) == 0


def test_the_report_is_signed_with_the_logs_key_and_one_changed_word_breaks_it(engine: SineEngine) -> None:
    released = release(make_world())
    job = verify_submit(data=released.data, kind="verify", audience="auditor", asked_by="usr_a")
    verify_waiting()
    signed = VerifyJob.objects.get(pk=job.pk).result
    assert signed is not None
    key = NoteKey.parse(signed["signature"]["key"]).key
    value = bytes.fromhex(signed["signature"]["value"])

    key.verify(DOMAIN, report_bytes(signed), value)
    with pytest.raises(Exception, match="signature"):
        key.verify(DOMAIN, report_bytes(signed | {"verdict": "not_detected"}), value)


def test_nobody_gets_text_or_names_and_the_public_neither_app_nor_time(engine: SineEngine) -> None:
    world = make_world()
    released = release(world)

    answers = {
        "public": ask(released.data, "public"),
        "app": ask(released.data, "app", world.organisation.pk),
        "stranger": ask(released.data, "app", world.stranger.pk),
        "auditor": ask(released.data),
    }

    for answer in answers.values():
        assert TEXT not in json.dumps(answer)
        assert "Own voice" not in json.dumps(answer)
    assert answers["public"].keys() == {"verdict", "explanation", "techniques"}
    assert answers["stranger"] == answers["public"]
    for secret in (world.organisation.pk, released.clip.pk, released.clip.request_id, world.voice.pk):
        assert secret not in json.dumps(answers["public"])
    assert answers["app"]["clip"] == released.clip.pk
    assert "chain" not in answers["app"]


@pytest.mark.django_db(transaction=True)
def test_what_was_uploaded_is_gone_with_its_key_once_answered(engine: SineEngine) -> None:
    data = write(speech_data.load(speech_data.clips()[0]), "wav")
    job = verify_submit(data=data, kind="verify", audience="public")
    assert blobs.exists(job.upload)

    verify_waiting()

    assert not blobs.exists(job.upload)
    with pytest.raises(vault.KeyDestroyed):
        vault.seal(job.data_key_id, b"x", context="x")


@pytest.mark.django_db(transaction=True)
def test_bytes_that_are_no_sound_end_with_audiokits_code_and_leave_nothing(engine: SineEngine) -> None:
    job = verify_submit(data=b"#EXTM3U\nhttp://127.0.0.1/", kind="verify", audience="public")

    verify_waiting()

    view = verify_get(job_id=job.pk, audience="public")
    assert (view.state, view.error_code, view.result) == ("failed", "unsupported_format", None)
    assert not blobs.exists(job.upload)


def test_anothers_question_does_not_exist() -> None:
    job = verify_submit(data=b"x", kind="verify", audience="app", asked_by="org_a")

    for audience, asked_by in (("app", "org_b"), ("public", ""), ("auditor", "org_a")):
        with pytest.raises(NotFound):
            verify_get(job_id=job.pk, audience=audience, asked_by=asked_by)


def test_an_erased_voice_leaves_marks_that_still_name_the_record_but_no_fingerprint(engine: SineEngine) -> None:
    world = make_world()
    released = release(world)
    voice_erase(account_id=world.owner.account_id, voice_id=world.voice.pk)

    answer = ask(write(released.heard, "flac"))

    assert answer["verdict"] == "generated_here"
    assert outcome(answer, "watermark") == "found"
    assert outcome(answer, "fingerprint") == "not_found"
    assert answer["conflicts"] == []
    assert answer["chain"]["voice"]["state"] == "erased"


def test_detection_answers_with_a_probability_and_its_segments(engine: SineEngine) -> None:
    answer = ask(write(speech_data.load(speech_data.clips(min_seconds=3.0)[0]), "wav"), "public", kind="detect")

    assert answer["verdict"] in {"synthetic", "bona_fide_like", "inconclusive"}
    assert 0.0 <= answer["p_synthetic"] <= 1.0
    assert answer["version"]
    assert answer["technique"]
    assert answer["channel"] in {"clear", "noisy", "narrow"}
    assert answer["segments"][0]["cues"]
    assert {"cue", "low_hz", "high_hz", "log_odds"} == set(answer["cues"][0])
    assert {"human_called_synthetic", "machine_not_called", "eer"} <= {one["what"] for one in answer["error_rates"]}


def test_answers_to_apps_and_auditors_are_logged_without_the_public_ones(engine: SineEngine) -> None:
    data = write(speech_data.load(speech_data.clips()[0]), "wav")

    ask(data, "public")
    assert not Entry.objects.filter(type=EventType.VERIFICATION_REPORTED).exists()
    ask(data)
    assert Entry.objects.filter(type=EventType.VERIFICATION_REPORTED).count() == 1
