"""Lay a borderline consent before the reviewers of a running system: ``python -m tests.browser.borderline RECORDING``; prints its id.

Everything is made by the real services, with a recording that can be heard; only the checks' scores are set, in the middle between passing and
refusing, because no recording stays borderline from one version of a model to the next.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path


def main() -> None:
    """Make it."""
    import os

    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "vivavoce.settings")

    django.setup()
    from django.db import transaction

    from audiokit.clock import now
    from audiokit.ids import new_id
    from safeguards.gate import LIVE, NeedsReview, permit_consent
    from tests.factories import evidence, voices
    from vivavoce.accounts.models import User
    from voices import services
    from voices.evidence_json import to_json

    recording = Path(sys.argv[1]).read_bytes()
    voices.sound = lambda *_: recording
    with transaction.atomic():  # one commit: the system's own worker must not take the job in between
        account = User.objects.create_user(f"{new_id('owner')}@example.org")
        subject = voices.voice(of=voices.owner(world="live", account=account))
        consent, job = voices.verifying(subject, world="live")
        asked = voices.asked(consent)
        passing = evidence.consent_evidence(consent.pk, "live", facts=asked)
        found = replace(
            passing,
            liveness=replace(passing.liveness, p_synthetic=(LIVE.synthetic_pass + LIVE.synthetic_review) / 2),
            quality=replace(passing.quality, snr_db=(LIVE.snr_pass + LIVE.snr_review) / 2),
        )
        review = permit_consent(found, LIVE, now())
        if not isinstance(review, NeedsReview):
            raise SystemExit("this evidence is not borderline any more")
        stored = {"evidence": to_json(found), "policy": to_json(LIVE), "review": list(review.codes)}
        services.consent_hold(consent_id=consent.pk, review=review, evidence=stored, job=job)
    sys.stdout.write(consent.pk)


if __name__ == "__main__":
    main()
