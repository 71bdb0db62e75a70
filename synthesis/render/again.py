"""Speak a sandbox request once more, for a picture of what the mark changes. The sound stays inside this process."""

from __future__ import annotations

from audiokit import Audio
from synthesis.engine import registry
from synthesis.engine.protocol import RenderItem
from synthesis.errors import RequestInvalid
from synthesis.models import SynthesisRequest
from synthesis.render.preparation import voice_model
from synthesis.selectors import request_text
from voices.states import World


def render_again(request: SynthesisRequest) -> Audio:
    """The same text with the same seed, unmarked. Only in the sandbox, where no living person's voice is heard.

    Raises:
        RequestInvalid: ``sandbox_only``, ``text_erased``.
    """
    if request.world != World.SANDBOX:
        raise RequestInvalid("sandbox_only", "Only clips of the sandbox can be compared with their unmarked rendering.")
    text = request_text(request)
    if text is None:
        raise RequestInvalid("text_erased", "The text of this clip was erased.")
    model = voice_model(request.voice)
    item = RenderItem(
        voice=model,
        text=text,
        seed=request.seed,
        speed=request.speed,
        pitch=request.pitch,
        emotion=request.emotion or None,
        language=request.language,
    )
    return registry.get(model.engine).render_batch([item])[0]
