"""Which model a training goes on from when an owner adds recordings."""

from __future__ import annotations

from synthesis.engine.protocol import VoiceModel
from synthesis.render.preparation import stored_model
from voices.models import Enrolment


def model_to_go_on_from(enrolment: Enrolment) -> VoiceModel | None:
    """The voice's active model, where it was trained under the same consent as this enrolment; None begins anew.

    What was learned under another consent must not live on in new weights; and a version that the owner rolled back from is
    not gone on from.
    """
    row = enrolment.voice.active_model
    if row is None or not row.weights_blob or row.enrolment.consent_id != enrolment.consent_id:
        return None
    return stored_model(row)
