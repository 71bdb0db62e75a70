"""A released clip whose chain goes all the way to a consent: ``python -m tests.browser.chained CLIP``; writes the clip, prints its request's id.

Voice, consent, enrolment and grant are made by the real services with evidence that passes; the voice speaks with the sandbox actor's model,
so that nothing need be trained. The running system renders, marks and releases the clip as any other.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

PATIENCE = 90.0


def main() -> None:
    """Make it, wait for it, write it."""
    import os

    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "vivavoce.settings")

    django.setup()
    from django.db import transaction

    from audiokit.clock import now
    from audiokit.ids import new_id
    from synthesis.egress import delivery
    from synthesis.engine.parametric.actors import sandbox_actor
    from synthesis.models import Clip, SynthesisRequest, TrainingJob
    from synthesis.services import request_accept
    from synthesis.states import TERMINAL
    from tests.factories import voices
    from vivavoce.accounts.models import Organisation, User
    from voices.models import SpeakerTemplate, VoiceModel

    voices.MODEL = sandbox_actor(1).to_bytes()
    with transaction.atomic():  # one commit: the system's workers must not take a job in between
        account = User.objects.create_user(f"{new_id('owner')}@example.org")
        organisation = Organisation.objects.create(name="An app")
        voice = voices.ready_voice(of=voices.owner(world="live", account=account), world="live")
        grant = voices.active_grant(voice, by=organisation)
        VoiceModel.objects.filter(voice=voice).update(engine="parametric")
        TrainingJob.objects.filter(enrolment__voice=voice).update(state="cancelled", ended_at=now())
        SpeakerTemplate.objects.filter(voice=voice).delete()  # made up; the checks of others would meet it
        request = request_accept(
            organisation_id=organisation.pk,
            api_key_id="",
            world="live",
            voice_id=voice.pk,
            text="Good morning. This clip leads back to a spoken consent.",
            purpose="narration",
            format="wav",
            grant_id=grant.pk,
        )
    until = time.monotonic() + PATIENCE
    state = request.state
    while state not in TERMINAL and time.monotonic() < until:
        time.sleep(0.3)
        state = SynthesisRequest.objects.values_list("state", flat=True).get(pk=request.pk)
    clip = Clip.objects.get(request=request)
    with delivery.open_clip(clip_id=clip.pk, organisation_id=organisation.pk, world="live") as file:
        Path(sys.argv[1]).write_bytes(file.read(0, file.size))
    sys.stdout.write(request.pk)


if __name__ == "__main__":
    main()
