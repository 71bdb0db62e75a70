"""Leases: two claimers, dead workers, cancelling, backoff."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.conf import settings
from django.db.models import Q

from audiokit import clock
from tests.factories import voices as make
from voices import jobs
from voices.models import AnalysisJob

pytestmark = pytest.mark.django_db


@pytest.fixture
def time():
    with clock.frozen(clock.system()) as frozen:
        yield frozen


@pytest.fixture
def waiting(time) -> AnalysisJob:
    return AnalysisJob.objects.get(consent=make.submitted())


def claim() -> AnalysisJob:
    [job] = jobs.claim(AnalysisJob)
    return job


def lapse(time) -> None:
    time.advance(settings.VIVAVOCE_LEASE_SECONDS + 1)


def state(job: AnalysisJob) -> str:
    return AnalysisJob.objects.get(pk=job.pk).state


def test_a_claimed_row_is_nobody_elses(waiting):
    job = claim()
    assert (job.pk, job.state, job.attempts) == (waiting.pk, "leased", 1)
    assert jobs.claim(AnalysisJob) == []


def test_rows_are_claimed_oldest_first_and_no_more_than_asked(time):
    ids = []
    for _ in range(3):
        ids.append(AnalysisJob.objects.get(consent=make.submitted()).pk)
        time.advance(1)
    assert [job.pk for job in jobs.claim(AnalysisJob, limit=2)] == ids[:2]
    assert [job.pk for job in jobs.claim(AnalysisJob, limit=2)] == ids[2:]


def test_only_rows_asked_for_are_claimed(waiting):
    assert jobs.claim(AnalysisJob, only=Q(pk="job_other")) == []


def test_a_lease_that_ran_out_is_claimed_again_and_the_old_worker_can_write_nothing(waiting, time):
    dead = claim()
    lapse(time)
    fresh = claim()
    assert (fresh.pk, fresh.attempts) == (dead.pk, 2)
    for late in (lambda: jobs.renew(dead), lambda: jobs.finish(dead), lambda: jobs.fail(dead, "x")):
        with pytest.raises(jobs.LeaseLost):
            late()
    jobs.finish(fresh)
    assert state(fresh) == "done"


def test_a_slow_worker_that_nobody_replaced_may_still_finish(waiting, time):
    job = claim()
    lapse(time)
    jobs.finish(job)
    assert state(job) == "done"


def test_renewing_keeps_the_row(waiting, time):
    job = claim()
    for _ in range(3):
        time.advance(settings.VIVAVOCE_LEASE_SECONDS - 1)
        jobs.renew(job, progress=0.5, note="n" * 500)
    assert jobs.claim(AnalysisJob) == []
    row = AnalysisJob.objects.get(pk=job.pk)
    assert (row.progress, len(row.progress_note)) == (0.5, 120)


def test_giving_back_waits_longer_each_time_and_ends_after_the_last_attempt(waiting, time):
    for attempt in range(1, jobs.MAX_ATTEMPTS + 1):
        job = claim()
        assert job.attempts == attempt
        given = jobs.give_back(job, "busy")
        assert given is (attempt < jobs.MAX_ATTEMPTS)
        if given:
            assert jobs.claim(AnalysisJob) == [], "the backoff is not over"
            time.advance(1.5 * 2**attempt + 1)
    assert state(waiting) == "leased", "the caller decides what becomes of it"


def test_a_row_that_kills_its_workers_is_recognised_as_spent(waiting, time):
    for _ in range(jobs.MAX_ATTEMPTS):
        assert not jobs.spent(claim())
        lapse(time)
    assert jobs.spent(claim())


def test_postponing_is_no_failed_attempt(waiting, time):
    job = claim()
    assert jobs.postpone(job, seconds=5)
    assert jobs.claim(AnalysisJob) == []
    time.advance(6)
    assert claim().attempts == 1
    assert not jobs.postpone(job, seconds=5), "the token is old"


def test_cancelling_ends_a_waiting_row_at_once(waiting):
    assert jobs.cancel(AnalysisJob, Q(pk=waiting.pk)) == 1
    assert state(waiting) == "cancelled"
    assert jobs.claim(AnalysisJob) == []


def test_cancelling_stops_a_running_row_at_its_next_step_and_it_cannot_finish(waiting):
    job = claim()
    stopped = jobs.stop_requested(job)
    assert not stopped()
    jobs.cancel(AnalysisJob, Q(pk=job.pk))
    assert stopped()
    with pytest.raises(jobs.LeaseLost):
        jobs.finish(job)
    assert state(job) == "leased"
    with pytest.raises(jobs.LeaseLost):
        jobs.renew(job)
    assert state(job) == "cancelled"


def test_a_cancelled_row_that_is_given_back_ends_cancelled(waiting):
    job = claim()
    jobs.cancel(AnalysisJob, Q(pk=job.pk))
    assert jobs.give_back(job, "busy")
    assert state(job) == "cancelled"


def test_a_cancelled_row_whose_worker_died_is_buried_not_run_again(waiting, time):
    job = claim()
    jobs.cancel(AnalysisJob, Q(pk=job.pk))
    lapse(time)
    assert jobs.claim(AnalysisJob) == []
    assert state(job) == "cancelled"


def test_what_has_ended_is_not_touched_by_cancelling(waiting):
    job = claim()
    jobs.finish(job)
    assert jobs.cancel(AnalysisJob, Q(pk=job.pk)) == 0
    assert state(job) == "done"


def test_a_failed_row_keeps_its_progress_and_its_code(waiting):
    job = claim()
    jobs.renew(job, progress=0.3)
    jobs.fail(job, "speech_synthetic")
    row = AnalysisJob.objects.get(pk=job.pk)
    assert (row.state, row.error_code, row.progress) == ("failed", "speech_synthetic", 0.3)
    assert row.ended_at is not None


def test_a_lease_is_as_long_as_the_setting_says(waiting, time):
    assert claim().lease_until == time.at + timedelta(seconds=settings.VIVAVOCE_LEASE_SECONDS)


@pytest.mark.django_db(transaction=True)
def test_a_nudge_is_sent_after_the_commit_only_and_a_dead_broker_harms_nothing(monkeypatch):
    sent: list[tuple[str, list[str]]] = []

    def send(name: str, args: list[str]) -> None:
        sent.append((name, args))
        raise ConnectionError("no broker")

    monkeypatch.setattr(jobs.current_app, "send_task", send)
    consent = make.submitted()
    job = AnalysisJob.objects.get(consent=consent)
    assert sent == [("voices.analyse", [job.pk])]
    assert job.state == "pending"
