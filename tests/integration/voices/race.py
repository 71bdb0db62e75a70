"""Races, told to one database by threads that start together. Run as a program: prints what came of each race as JSON.

A process of its own, because the database must be the one under test and its transactions must really commit.
"""

from __future__ import annotations

import json
import sys
import threading
from collections import Counter
from collections.abc import Callable, Sequence

import django

django.setup()

from django.db import close_old_connections, connection, transaction  # noqa: E402

from audiokit.clock import now  # noqa: E402
from safeguards.audit import log  # noqa: E402
from safeguards.audit.events import EventType  # noqa: E402
from safeguards.audit.models import Entry  # noqa: E402
from safeguards.gate import ReleaseFacts, RequestFacts, permit_consent, permit_release, policy_for  # noqa: E402
from tests.factories import accounts, evidence  # noqa: E402
from tests.factories import voices as make  # noqa: E402
from voices import jobs, selectors, services  # noqa: E402
from voices.models import AnalysisJob, Challenge, Consent, Grant, Owner, Recording, Voice  # noqa: E402

Call = Callable[[], object]


def together(calls: Sequence[Call]) -> list[str]:
    """Run all at the same moment; ``ok``, or the code or type of what each raised."""
    barrier = threading.Barrier(len(calls))
    outcomes: list[str] = [""] * len(calls)

    def one(place: int, call: Call) -> None:
        close_old_connections()
        barrier.wait()
        try:
            call()
            outcomes[place] = "ok"
        except Exception as error:  # noqa: BLE001 -- every outcome is reported; the test knows which may be
            outcomes[place] = getattr(error, "code", None) or type(error).__name__
        finally:
            connection.close()

    threads = [threading.Thread(target=one, args=item) for item in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes


def one_challenge_many_answers() -> dict[str, object]:
    consent, challenge = make.challenged()
    uploads = [make.sound() for _ in range(6)]
    outcomes = together(
        [
            lambda data=data: services.consent_submit(
                account_id=consent.owner.account_id, consent_id=consent.pk, challenge_id=challenge.pk, data=data
            )
            for data in uploads
        ]
    )
    return {
        "outcomes": Counter(outcomes),
        "recordings": Recording.objects.filter(owner=consent.owner).count(),
        "jobs": AnalysisJob.objects.filter(consent=consent).count(),
        "state": Challenge.objects.get(pk=challenge.pk).state,
        "consumed_entries": Entry.objects.filter(
            subject=f"challenge:{challenge.pk}", type=EventType.CHALLENGE_CONSUMED
        ).count(),
    }


def one_quota_many_requests() -> dict[str, object]:
    grant = make.active_grant(quota_characters=100)
    outcomes = together([lambda: services.grant_reserve(grant_id=grant.pk, characters=30)] * 8)
    return {"outcomes": Counter(outcomes), "used": Grant.objects.get(pk=grant.pk).used_characters}


def revocation_against_release() -> dict[str, object]:
    """Whichever commits first: no release stands after a withdrawal in the log."""
    found: Counter[str] = Counter()
    voice = make.ready_voice()
    for round_number in range(6):
        subject = voice if round_number == 0 else make.ready_voice(of=voice.owner)
        grant = make.active_grant(subject)
        consent = Consent.objects.get(voice=subject, state="active")
        request_id = f"req_{round_number}"

        def release(grant: Grant = grant, request_id: str = request_id) -> None:
            request = RequestFacts(request_id, grant.organisation_id, grant.world, "narration", "en", "mp3", 5, True)
            with transaction.atomic():
                facts = selectors.synthesis_facts(
                    voice_id=grant.voice_id, grant_id=grant.pk, request=request, lock=True
                )
                permit_release(ReleaseFacts(facts, True, True, "mp3", "0" * 64), now())
                log.append(EventType.REQUEST_RELEASED, actor="test", subject=f"request:{request_id}", world="sandbox")

        def withdraw(consent: Consent = consent) -> None:
            services.consent_withdraw(account_id=consent.owner.account_id, consent_id=consent.pk)

        outcomes = together([release, withdraw] if round_number % 2 else [withdraw, release])
        released = Entry.objects.filter(subject=f"request:{request_id}").first()
        withdrawn = Entry.objects.get(subject=f"consent:{consent.pk}", type=EventType.CONSENT_WITHDRAWN)
        found["released_after_withdrawal"] += bool(released and released.index > withdrawn.index)
        found["released"] += bool(released)
        found["withdrawn"] += Consent.objects.get(pk=consent.pk).state == "withdrawn"
        found["strange"] += len(set(outcomes) - {"ok", "voice_revoked"})
    return dict(found)


def many_claimers() -> dict[str, object]:
    AnalysisJob.objects.exclude(state="done").update(state="done")
    wanted = {AnalysisJob.objects.get(consent=make.submitted()).pk for _ in range(8)}
    claimed: list[str] = []

    def claim() -> None:
        while rows := jobs.claim(AnalysisJob, limit=2):
            claimed.extend(row.pk for row in rows)

    outcomes = together([claim] * 5)
    return {"outcomes": Counter(outcomes), "each_once": Counter(claimed) == Counter(wanted)}


def withdrawal_against_activation() -> dict[str, object]:
    found: Counter[str] = Counter()
    for _ in range(4):
        consent, job = make.verifying()
        facts = evidence.consent_evidence(consent.pk, "sandbox", facts=make.asked(consent))
        permit = permit_consent(facts, policy_for("sandbox"), now())
        together(
            [
                lambda consent=consent, permit=permit, job=job: services.consent_activate(
                    consent_id=consent.pk, permit=permit, evidence={"a": 1}, job=job
                ),
                lambda consent=consent: services.consent_withdraw(
                    account_id=consent.owner.account_id, consent_id=consent.pk
                ),
            ]
        )
        found[Consent.objects.get(pk=consent.pk).state] += 1
    return dict(found)


def one_row_many_makers() -> dict[str, object]:
    person, voice = accounts.user(), make.voice()
    make.active_consent(voice)
    owners = together([lambda: services.owner_register(account_id=person.pk, world="live", name="Ada")] * 4)
    actors = together([lambda: services.actor_ensure(seed=77)] * 4)
    enrolments = together([lambda: services.enrolment_start(account_id=make.account_of(voice), voice_id=voice.pk)] * 4)
    return {
        "owners": Counter(owners),
        "owner_rows": Owner.objects.filter(account=person).count(),
        "actors": Counter(actors),
        "actor_rows": Voice.objects.filter(actor_seed=77).count(),
        "enrolments": Counter(enrolments),
    }


def the_log_stayed_dense() -> dict[str, object]:
    indexes = list(Entry.objects.order_by("index").values_list("index", flat=True))
    return {"dense": indexes == list(range(len(indexes))), "some": len(indexes) > 100}


RACES = (
    one_challenge_many_answers,
    one_quota_many_requests,
    revocation_against_release,
    many_claimers,
    withdrawal_against_activation,
    one_row_many_makers,
    the_log_stayed_dense,
)

if __name__ == "__main__":
    json.dump({race.__name__: race() for race in RACES}, sys.stdout)
