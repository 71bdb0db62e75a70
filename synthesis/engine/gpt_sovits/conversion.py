"""Voice conversion: what somebody said, in the owner's voice.

Semantic tokens say what was spoken and little of who spoke. Decoded in the owner's style, with the timing of the source,
they are the owner's voice. Where the words are known the phones help the encoder as in synthesis; where they are not, its
cross-attention is left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Final

import numpy as np
import torch

from audiokit import Audio
from audiokit.vad import speech_spans
from synthesis.engine.errors import EngineError
from synthesis.engine.gpt_sovits import recordings
from synthesis.engine.gpt_sovits.pipeline.networks import Networks
from synthesis.engine.gpt_sovits.pipeline.utterance import derived, latent_noise, style_of
from synthesis.engine.gpt_sovits.pipeline.voice import Reference
from synthesis.engine.gpt_sovits.sovits.config import HOP, SAMPLE_RATE

MAX_SECONDS: Final = 600.0
_SHORTEST_S: Final = 0.3
_WINDOW_S: Final = 20.0  # HuBERT's attention grows with the square of the length


def windows(audio: Audio, longest: float = _WINDOW_S) -> list[tuple[float, float]]:
    """Spans that cover a recording, each at most ``longest`` seconds, cut in pauses where there are any."""
    edges = [0.0]
    spans = speech_spans(audio)
    pauses = [(left[1] + right[0]) / 2 for left, right in pairwise(spans)]
    while audio.seconds - edges[-1] > longest:
        within = [pause for pause in pauses if edges[-1] + 1.0 < pause <= edges[-1] + longest]
        edges.append(within[-1] if within else edges[-1] + longest)
    # A rest too short to say anything belongs to the window before it.
    if len(edges) > 1 and audio.seconds - edges[-1] < _SHORTEST_S:
        edges.pop()
    return list(zip(edges, [*edges[1:], audio.seconds], strict=True))


@torch.inference_mode()
def convert(
    networks: Networks,
    reference: Reference,
    audio: Audio,
    *,
    seed: int,
    noise_scale: float,
    phones: Sequence[int] | None = None,
) -> Audio:
    """Say what ``audio`` says in the style of ``reference``.

    Args:
        networks: see ``Networks``.
        reference: whose style.
        audio: speech of anybody, 0.3 s to 10 min.
        seed: of the latent's noise.
        noise_scale: factor on it.
        phones: of what is said, when it is known and ``audio`` fits one window.

    Returns:
        32 kHz, mono, as long as ``audio`` to within 60 ms a window.

    Raises:
        EngineError: ``too_little_speech``, ``audio_too_long``.
    """
    if audio.seconds > MAX_SECONDS:
        raise EngineError("audio_too_long", f"At most {MAX_SECONDS:.0f} seconds are converted at once.")
    if audio.seconds < _SHORTEST_S or not speech_spans(audio):
        raise EngineError("too_little_speech", "There is no speech in this recording.")
    spans = windows(audio)
    parts = []
    for number, (start, end) in enumerate(spans):
        known = phones if len(spans) == 1 else None
        piece = recordings.cut(audio, start, end)
        parts.append(_window(networks, reference, piece, derived(seed, number), noise_scale, known))
    return Audio.mono(np.concatenate(parts), SAMPLE_RATE)


def _window(
    networks: Networks, reference: Reference, audio: Audio, seed: int, noise_scale: float, phones: Sequence[int] | None
) -> recordings.Floats:
    model, style = networks.sovits, style_of(networks, [reference])
    tokens = networks.tokens(audio, tail=False)[None]
    if phones:
        prior = model.prior(tokens, torch.tensor([list(phones)], device=networks.device), style)
    else:
        content = model.content(tokens)
        prior = model.enc_p.unread(content, torch.ones_like(content[:, :1]), style.narrow)
    noise = latent_noise(networks, seed)(prior.mean.shape[-1]) if noise_scale else None
    sound = model.sound(prior, style, None if noise is None else noise.to(networks.device, networks.dtype), noise_scale)
    # HuBERT drops up to two frames at the end, the tokens' stride one more.
    wanted = round(audio.seconds * SAMPLE_RATE)
    made = sound[0, 0].float().cpu().numpy()[:wanted]
    return np.asarray(np.pad(made, (0, min(wanted - len(made), 3 * HOP))), np.float32)
