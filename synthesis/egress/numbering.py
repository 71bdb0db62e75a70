"""Which payload a request's clip carries. Stable: however often the work is done again, the number stays."""

from __future__ import annotations

from django.db import transaction

from safeguards.watermark import WatermarkKey, encode_clip_number
from synthesis.models import ClipNumber, SynthesisRequest


def payload_of(request: SynthesisRequest, key: WatermarkKey) -> int:
    """The 32-bit payload of a request under ``key``: a keyed permutation of its clip number, drawn on first use.

    After a change of keys in the middle of the work, the payload is made anew with the new key, from the same number.

    Raises:
        WatermarkError: ``bad_number`` when the numbers of this world are used up.
    """
    with transaction.atomic():
        number, _ = ClipNumber.objects.select_for_update(no_key=True).get_or_create(request=request)
        if number.payload is None or number.key_id != key.key_id:
            number.payload = encode_clip_number(
                number.number, sandbox=request.world == "sandbox", actor=request.voice.is_actor, key=key
            )
            number.key_id = key.key_id
            number.save(update_fields=["payload", "key_id"])
    return number.payload
