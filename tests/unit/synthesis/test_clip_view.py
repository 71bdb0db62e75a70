"""An upload to look at: the numbers are those of the sound, bounded whatever its length, and gone after a day."""

from __future__ import annotations

import io
from datetime import timedelta

import numpy as np
import pytest

from audiokit import Audio, read, write
from audiokit.clock import now
from safeguards import vault
from synthesis.models import ClipView, VerifyJob
from synthesis.selectors import view_get
from synthesis.services import verify_submit
from synthesis.services.views import KEPT, view_keep, views_forget_due
from synthesis.verification.view import COLUMNS, ROWS, SoundView, look_at
from voices.errors import NotFound


def picture_of(view: SoundView) -> np.ndarray:
    import av

    with av.open(io.BytesIO(view.picture)) as file:
        return next(file.decode(video=0)).to_ndarray(format="gray")


def tone(hertz: float, seconds: float, rate: int = 16_000) -> Audio:
    return Audio.mono(0.5 * np.sin(2 * np.pi * hertz * np.arange(int(rate * seconds)) / rate), rate)


def test_a_tone_is_dark_at_its_own_frequency_and_nowhere_else() -> None:
    shades = picture_of(look_at(tone(2000.0, 3.0)))

    dark = shades[:, shades.shape[1] // 2].argmin()

    assert shades.shape[0] == ROWS
    assert abs((ROWS - 1 - dark) - ROWS * 2000 / 8000) <= 1
    assert shades[0].min() > 200


def test_the_envelope_is_that_of_the_samples() -> None:
    loud, silent = tone(300.0, 1.0).to_mono(), np.zeros(16_000, np.float32)

    view = look_at(Audio.mono(np.concatenate([loud, silent]), 16_000))

    assert len(view.high) == len(view.low) == COLUMNS
    assert max(view.high[: COLUMNS // 3]) == pytest.approx(0.5, abs=0.01)
    assert max(view.high[2 * COLUMNS // 3 :]) == pytest.approx(0.0, abs=0.01)


@pytest.mark.parametrize("samples", [1, 100, 600, 16_000 * 600])
def test_any_length_gives_a_picture_of_bounded_size(samples: int) -> None:
    view = look_at(Audio.mono(np.random.default_rng(1).normal(0, 0.1, samples), 16_000))

    assert len(view.picture) < 120_000
    assert len(view.high) <= COLUMNS
    assert SoundView.from_bytes(view.to_bytes()).picture == view.picture


@pytest.mark.django_db(transaction=True)
def test_it_is_the_auditors_own_and_destroyed_after_a_day(monkeypatch: pytest.MonkeyPatch) -> None:
    sound = tone(440.0, 1.0)
    job = verify_submit(data=write(sound, "wav"), kind="verify", audience="auditor", asked_by="usr_a")
    for _ in range(2):
        view_keep(job=VerifyJob.objects.get(pk=job.pk), content=look_at(sound).to_bytes())
    assert SoundView.from_bytes(view_get(job_id=job.pk, asked_by="usr_a")).seconds == 1.0
    with pytest.raises(NotFound):
        view_get(job_id=job.pk, asked_by="usr_b")
    assert views_forget_due() == 0

    row = ClipView.objects.get(pk=job.pk)
    ClipView.objects.filter(pk=job.pk).update(created_at=now() - KEPT - timedelta(seconds=1))

    assert views_forget_due() == 1
    with pytest.raises(NotFound):
        view_get(job_id=job.pk, asked_by="usr_a")
    with pytest.raises(vault.KeyDestroyed):
        vault.open(row.data_key_id, bytes(row.sealed), context="synthesis.clip-view")


def test_what_is_read_back_is_the_sound_that_was_decoded() -> None:
    heard = read(write(tone(1000.0, 1.0, 44_100), "mp3"), max_seconds=5, max_bytes=2**20)

    assert look_at(heard).seconds == pytest.approx(heard.seconds, abs=1e-3)
