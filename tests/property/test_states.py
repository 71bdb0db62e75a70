"""No service, in whatever order, makes a transition outside the tables of ``voices.states``.

A random story of calls is told on one voice; after each call every row's state is compared with the one before. The tables say which
pairs there may be. Calls that the state does not allow must raise, and change nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest
from django.db import transaction
from django.db.models import Q
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from audiokit import clock
from safeguards.audit.models import Entry
from safeguards.errors import Refusal
from tests.factories import accounts
from tests.factories import voices as make
from voices import jobs, services, states
from voices.errors import VoicesError
from voices.models import AnalysisJob, Challenge, Consent, Enrolment, Grant, Voice
from voices.services.transitions import sources

pytestmark = pytest.mark.django_db(transaction=False)
TABLES: Mapping[type, Mapping[str, frozenset[str]]] = {
    Challenge: states.CHALLENGE,
    Consent: states.CONSENT,
    Enrolment: states.ENROLMENT,
    Voice: states.VOICE,
    Grant: states.GRANT,
}
NO = Refusal("speech_synthetic", "Speak yourself.")


class Story:
    """One voice, its owner, an app, and whatever became of them."""

    def __init__(self) -> None:
        self.voice = make.voice()
        self.account = make.account_of(self.voice)
        self.app = accounts.organisation()

    def latest(self, model: type):
        return model.objects.order_by("-created_at" if model is not Challenge else "-issued_at").first()

    def draft(self) -> None:
        make.draft(self.voice)

    def challenge(self) -> None:
        services.challenge_issue(account_id=self.account, consent_id=self.latest(Consent).pk)

    def submit(self) -> None:
        challenge = self.latest(Challenge)
        services.consent_submit(
            account_id=self.account, consent_id=challenge.consent_id, challenge_id=challenge.pk, data=make.sound(0.1)
        )

    def verify(self) -> None:
        services.consent_verify(consent_id=self.latest(Consent).pk)

    def reject(self) -> None:
        services.consent_reject(consent_id=self.latest(Consent).pk, refusal=NO, evidence=None)

    def consent(self) -> None:
        make.active_consent(self.voice)

    def renew(self) -> None:
        services.consent_renew(account_id=self.account, consent_id=self.latest(Consent).pk)

    def withdraw(self) -> None:
        services.consent_withdraw(account_id=self.account, consent_id=self.latest(Consent).pk)

    def enrol(self) -> None:
        services.enrolment_start(account_id=self.account, voice_id=self.voice.pk)

    def hand_in(self) -> None:
        services.enrolment_submit(account_id=self.account, enrolment_id=self.latest(Enrolment).pk)

    def send_back(self) -> None:
        [job] = jobs.claim(AnalysisJob, only=Q(enrolment=self.latest(Enrolment))) or [AnalysisJob()]
        services.enrolment_send_back(enrolment_id=self.latest(Enrolment).pk, refusal=NO, job=job)

    def abort(self) -> None:
        services.enrolment_abort(account_id=self.account, enrolment_id=self.latest(Enrolment).pk)

    def fail(self) -> None:
        services.enrolment_fail(enrolment_id=self.latest(Enrolment).pk, problem="x")

    def train(self) -> None:
        make.trained(self.voice)

    def suspend(self) -> None:
        services.voice_suspend(account_id=self.account, voice_id=self.voice.pk)

    def resume(self) -> None:
        services.voice_resume(account_id=self.account, voice_id=self.voice.pk)

    def revoke(self) -> None:
        services.voice_revoke(account_id=self.account, voice_id=self.voice.pk)

    def erase(self) -> None:
        services.voice_erase(account_id=self.account, voice_id=self.voice.pk)

    def ask(self) -> None:
        make.requested_grant(self.voice, by=self.app, quota_characters=10)

    def approve(self) -> None:
        services.grant_approve(account_id=self.account, grant_id=self.latest(Grant).pk)

    def decline(self) -> None:
        services.grant_decline(account_id=self.account, grant_id=self.latest(Grant).pk)

    def end_grant(self) -> None:
        services.grant_revoke(account_id=self.account, grant_id=self.latest(Grant).pk)

    def use_up(self) -> None:
        grant = self.latest(Grant)
        services.grant_reserve(grant_id=grant.pk, characters=10)
        services.grant_settle(grant_id=grant.pk)

    def expire(self) -> None:
        services.challenges_expire_due()
        services.grants_expire_due()
        services.consents_expire_due()

    def retain(self) -> None:
        services.retention_run()


CALLS = sorted(name for name in vars(Story) if not name.startswith("_") and name != "latest")


def rows() -> dict[tuple[type, str], str]:
    return {(model, row.pk): row.state for model in TABLES for row in model.objects.only("state")}


def steps(table: Mapping[str, frozenset[str]], start: str, end: str) -> bool:
    """Whether ``end`` can be reached from ``start``: one call may make several steps, each in the table."""
    seen, front = {start}, [start]
    while front:
        for state in table.get(front.pop(), frozenset()):
            if state not in seen:
                seen.add(state)
                front.append(state)
    return end in seen


STARTS = ((), ("consent",), ("consent", "ask"), ("train", "ask"), ("train", "ask", "approve"))


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    start=st.sampled_from(STARTS),
    told=st.lists(st.tuples(st.sampled_from(CALLS), st.sampled_from([0, 0, 0, 130, 40 * 86_400])), max_size=12),
)
def test_no_order_of_calls_makes_a_transition_outside_the_tables(db, start, told):
    with transaction.atomic(), clock.frozen(clock.system()) as time:
        story = Story()
        for name, seconds in [*((name, 0) for name in start), *told]:
            time.advance(seconds + 1)
            before, entries = rows(), Entry.objects.count()
            call: Callable[[], None] = getattr(story, name)
            try:
                with transaction.atomic():
                    call()
            except (VoicesError, Refusal, jobs.LeaseLost, AttributeError, AssertionError, ValueError, RuntimeError):
                assert {key: state for key, state in rows().items() if key in before} == before
                continue
            after = rows()
            moved = {key: (before[key], after[key]) for key in before if before[key] != after[key]}
            for (model, _), (old, new) in moved.items():
                assert steps(TABLES[model], old, new), f"{name}: {model.__name__} went from {old} to {new}"
            assert not moved or Entry.objects.count() > entries, f"{name} moved {moved} without an entry"
        transaction.set_rollback(True)


@pytest.mark.parametrize("model", list(TABLES), ids=lambda model: model.__name__)
def test_a_terminal_state_is_left_by_no_service(model):
    """Every service goes through ``move``; from a state without a row in the table nothing is reached."""
    table = TABLES[model]
    states_of = set(table) | {state for targets in table.values() for state in targets}
    terminal = states_of - set(table)
    assert terminal
    for target in states_of:
        assert not set(sources(table, target)) & {str(state) for state in terminal}
