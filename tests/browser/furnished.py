"""Rows for a page of every kind: ``python -m tests.browser.furnished RECORDING OWNER DEVELOPER``; prints their ids by kind as JSON, in the last line.

OWNER and DEVELOPER are ids of accounts. Everything is made by the real services and the real gate, with evidence that passes, refuses or is borderline;
jobs are finished, or leased for a day, so that the running system's workers leave them as they are. One clip is rendered by those workers.
"""

from __future__ import annotations

import json
import sys
import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vivavoce.accounts.models import Organisation
    from voices.models import Voice

DAY = timedelta(days=1)
PATIENCE = 120.0


def main() -> None:
    """Make them."""
    import os

    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "vivavoce.settings")
    django.setup()
    from django.db import transaction

    from synthesis.models import SynthesisRequest
    from synthesis.states import TERMINAL

    recording, owner_id, developer_id = Path(sys.argv[1]).read_bytes(), sys.argv[2], sys.argv[3]
    with transaction.atomic():  # one commit: the running workers must not take a job in between
        organisation = _founded(developer_id)
        found = _owners_rooms(recording, owner_id, organisation)
        request_id = _asked(found["ready"], organisation)
        found |= _webhooks(organisation) | {"app": organisation.pk, "request": request_id, "key": _key(organisation)}
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        if SynthesisRequest.objects.values_list("state", flat=True).get(pk=request_id) in TERMINAL:
            break
        time.sleep(0.2)
    sys.stdout.write(f"\n{json.dumps(found)}\n")


def _founded(developer_id: str) -> Organisation:
    from vivavoce.accounts import services
    from vivavoce.accounts.models import Membership, User
    from vivavoce.accounts.principals import SystemPrincipal

    by = SystemPrincipal()
    made = services.organisation_create(by=by, name="A reading app with a long name")
    Membership.objects.create(user=User.objects.get(pk=developer_id), organisation=made, role="manager")
    services.key_create(
        by=by, organisation_id=made.pk, world="sandbox", name="A server", scopes=["voices", "synthesis"]
    )
    return made


def _owners_rooms(recording: bytes, owner_id: str, organisation: Organisation) -> dict[str, str]:
    from audiokit.clock import now
    from safeguards.errors import Refusal
    from safeguards.gate import LIVE, NeedsReview, permit_consent, permit_training, policy_for
    from synthesis.engine.parametric.actors import sandbox_actor
    from synthesis.models import TrainingJob
    from tests.factories import evidence
    from tests.factories import voices as make
    from vivavoce.accounts.models import User
    from voices import selectors, services
    from voices.evidence_json import to_json
    from voices.models import Challenge, SpeakerTemplate, VoiceModel

    make.sound = lambda *_: recording
    make.MODEL = sandbox_actor(1).to_bytes()
    owner = make.owner(account=User.objects.get(pk=owner_id), name="Alex Example")

    def voice(label: str) -> Voice:
        return make.voice(of=owner, label=label)

    found: dict[str, str] = {}
    found["pending"] = voice("Not yet").pk
    drafted = make.draft(voice("Drafted"))
    found |= {"record": drafted.voice_id, "draft": drafted.pk}
    asked, challenge = make.challenged(voice("Asked"))
    Challenge.objects.filter(pk=challenge.pk).update(expires_at=now() + DAY)
    found["asked"] = asked.pk

    refused, job = make.verifying(voice("Refused"))
    facts = evidence.consent_evidence(refused.pk, "sandbox", facts=make.asked(refused))
    first, *others = facts.challenge.words
    misread = replace(facts.challenge, words=(replace(first, llr=-4.0, ok=False), *others), passed=False)
    services.consent_reject(
        consent_id=refused.pk,
        refusal=Refusal("challenge_wrong", f"The word “{first.word}” was not heard."),
        evidence={"evidence": to_json(replace(facts, challenge=misread)), "policy": to_json(policy_for("sandbox"))},
        job=job,
    )
    found["refused"] = refused.pk

    living = make.owner(world="live", account=User.objects.get(pk=owner_id), name="Alex Example")
    held, job = make.verifying(make.voice(of=living, label="Borderline"), world="live")
    passing = evidence.consent_evidence(held.pk, "live", facts=make.asked(held))
    unsure = replace(passing.liveness, p_synthetic=(LIVE.synthetic_pass + LIVE.synthetic_review) / 2)
    borderline = replace(passing, liveness=unsure)
    review = permit_consent(borderline, LIVE, now())
    assert isinstance(review, NeedsReview)
    stored = {"evidence": to_json(borderline), "policy": to_json(LIVE), "review": list(review.codes)}
    found["review"] = services.consent_hold(consent_id=held.pk, review=review, evidence=stored, job=job).pk

    agreed = make.active_consent(voice("To be read"))
    found |= {"enrol": agreed.voice_id, "agreed": agreed.pk}
    reading = make.enrolment(voice("Half read"))
    for _ in range(3):
        make.accepted_take(reading)
    found |= {"read": reading.voice_id, "reading": reading.pk}

    training = make.queued_enrolment(voice("In training"))
    services.enrolment_train(
        enrolment_id=training.pk, permit=permit_training(selectors.training_facts(enrolment_id=training.pk), now())
    )
    services.enrolment_progress(enrolment_id=training.pk, progress=0.4)
    TrainingJob.objects.update(
        state="leased", lease_until=now() + DAY, lease_token="t", progress=0.4, progress_note="adapting"
    )
    found |= {"train": training.voice_id, "training": training.pk}

    ready = make.ready_voice(of=owner)
    make.trained(ready)  # a second version beside the first
    make.requested_grant(ready, by=organisation, message="May our stories be read in your voice?")
    services.grant_revoke(account_id=owner_id, grant_id=make.active_grant(ready, by=organisation).pk)
    make.active_grant(ready, by=organisation, formats=["wav"])
    spare = make.ready_voice(of=owner)
    found |= {"spare": spare.pk, "spare_grant": make.active_grant(spare, by=organisation).pk}
    paused = make.ready_voice(of=owner)
    services.voice_suspend(account_id=owner_id, voice_id=paused.pk)
    ended, gone = (make.ready_voice(of=owner) for _ in range(2))
    services.voice_revoke(account_id=owner_id, voice_id=ended.pk)
    services.voice_revoke(account_id=owner_id, voice_id=gone.pk)
    services.voice_erase(account_id=owner_id, voice_id=gone.pk)
    found |= {"ready": ready.pk, "paused": paused.pk, "ended": ended.pk, "erased": gone.pk}
    VoiceModel.objects.filter(engine="sine").update(engine="parametric")
    TrainingJob.objects.exclude(enrolment=training).update(state="cancelled", ended_at=now())
    SpeakerTemplate.objects.all().delete()  # made up; the checks of others would meet them
    return found


def _asked(voice_id: str, organisation: Organisation) -> str:
    from synthesis.services import request_accept
    from voices.models import Grant

    return request_accept(
        organisation_id=organisation.pk,
        api_key_id="",
        world="sandbox",
        voice_id=voice_id,
        text="This clip is on a page of every kind.",
        purpose="narration",
        format="wav",
        grant_id=Grant.objects.get(voice_id=voice_id, state="active").pk,
    ).pk


def _key(organisation: Organisation) -> str:
    from vivavoce.accounts.principals import SystemPrincipal
    from vivavoce.accounts.services import key_create
    from vivavoce.demo.people import APP_SCOPES

    scopes = APP_SCOPES.split(",")
    by = SystemPrincipal()
    return key_create(by=by, organisation_id=organisation.pk, world="sandbox", name="A server", scopes=scopes).token


def _webhooks(organisation: Organisation) -> dict[str, str]:
    from vivavoce.accounts.principals import AppPrincipal
    from vivavoce.webhooks import services

    app = AppPrincipal(organisation.pk, "sandbox", "key", frozenset())
    made = services.endpoint_add(app=app, url="http://127.0.0.1:9/nobody/answers/here", types=["clip.released"])
    services.test_send(app=app, endpoint_id=made.endpoint.pk)
    return {"endpoint": made.endpoint.pk}


if __name__ == "__main__":
    main()
