"""A voice is protected from a recording: a worker hears it, the upload is gone afterwards, and what is no voice is said to be none."""

from __future__ import annotations

import numpy as np
import pytest

from audiokit import Audio, AudioError, write
from safeguards import vault
from safeguards.audit.events import EventType
from safeguards.audit.models import Entry
from safeguards.vault import blobs
from tests import speech_data
from tests.factories import accounts
from voices import selectors, services
from voices.analysis.protection import protect_waiting
from voices.errors import Invalid, NotFound
from voices.models import ProtectedVoice, ProtectionJob

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def operator() -> str:
    return str(accounts.user(operator=True).pk)


def speech() -> bytes:
    pieces = [speech_data.load(clip).to_mono() for clip in speech_data.clips(min_seconds=3.0)[:3]]
    rate = speech_data.load(speech_data.clips(min_seconds=3.0)[0]).sample_rate
    return write(Audio.mono(np.concatenate(pieces), rate), "wav")


def test_a_recording_becomes_an_entry_of_the_list_and_is_gone(operator: str) -> None:
    job = services.protected_voice_submit(operator_id=operator, label=" A public figure ", data=speech())
    assert blobs.exists(job.upload)
    assert not ProtectedVoice.objects.exists()

    assert protect_waiting() == 1

    row = selectors.protected_voices(operator_id=operator).get()
    assert selectors.protected_label(row=row) == "A public figure"
    assert (
        len(vault.open(row.data_key_id, bytes(row.embedding_sealed), context="voices.protected.embedding")) == 2 * 1024
    )
    assert not blobs.exists(job.upload)
    assert not selectors.protections_open(operator_id=operator).exists()
    assert Entry.objects.filter(type=EventType.PROTECTED_VOICE_ADDED, actor=f"account:{operator}").count() == 1

    services.protected_voice_remove(operator_id=operator, protected_id=row.pk)
    assert protect_waiting() == 0


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"#EXTM3U\nhttp://127.0.0.1/", "unsupported_format"),
        (write(Audio.mono(np.zeros(160_000), 16_000), "wav"), "speech_too_short"),
    ],
)
def test_what_is_no_voice_ends_with_its_reason_and_leaves_nothing(operator: str, data: bytes, code: str) -> None:
    job = services.protected_voice_submit(operator_id=operator, label="Nobody", data=data)

    protect_waiting()

    (failed,) = selectors.protections_open(operator_id=operator)
    assert (failed.state, failed.error_code, failed.upload) == ("failed", code, "")
    assert selectors.protected_label(row=failed) == ""
    assert not blobs.exists(job.upload)
    assert not ProtectedVoice.objects.exists()


def test_only_operators_and_only_with_a_name_and_within_bounds(operator: str) -> None:
    with pytest.raises(NotFound):
        services.protected_voice_submit(operator_id=accounts.user().pk, label="x", data=b"x")
    with pytest.raises(Invalid, match="label_unusable"):
        services.protected_voice_submit(operator_id=operator, label=" ", data=b"x")
    with pytest.raises(AudioError, match="empty"):
        services.protected_voice_submit(operator_id=operator, label="x", data=b"")
    assert not ProtectionJob.objects.exists()
