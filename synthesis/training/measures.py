"""How much a model sounds like its owner, and how well it can be understood, on readings that it has not heard.

Figures for the owner to compare versions by; they decide nothing. The sound is made in memory and dropped.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence

import numpy as np

from audiokit import Audio
from safeguards import challenge, speaker
from safeguards.speaker import NoSpeechError
from synthesis.engine.protocol import Engine, EngineError, RenderItem, VoiceModel
from synthesis.training.readings import Reading

logger = logging.getLogger(__name__)


def measure(engine: Engine, model: VoiceModel, held_back: Sequence[Reading], language: str) -> Mapping[str, float]:
    """Similarity and intelligibility of a model; empty where nothing was held back or could be measured.

    ``similarity`` is the mean cosine of speaker embeddings between a held-back reading and the model saying the same;
    ``intelligibility`` the share of words that the recogniser of challenges finds in what the model says, and
    ``intelligibility_owner`` the same for the owner's reading, which bounds it; ``readings`` how many there were.
    """
    if not held_back:
        return {}
    items = [RenderItem(model, text, seed=index, language=language) for index, (_, text) in enumerate(held_back)]
    try:
        spoken = engine.render_batch(items)
        similar = [_cosine(own, copy) for (own, _), copy in zip(held_back, spoken, strict=True)]
    except (EngineError, NoSpeechError) as error:
        logger.warning("a new model could not be measured: %s", error)
        return {}
    found = {"similarity": _rounded(similar), "readings": float(len(held_back))}
    copies = [_words_held(copy, text, language) for copy, (_, text) in zip(spoken, held_back, strict=True)]
    owners = [_words_held(own, text, language) for own, text in held_back]
    if all(share is not None for share in (*copies, *owners)):
        found["intelligibility"] = _rounded([share for share in copies if share is not None])
        found["intelligibility_owner"] = _rounded([share for share in owners if share is not None])
    return found


def _cosine(first: Audio, second: Audio) -> float:
    return float(np.dot(speaker.embed(first), speaker.embed(second)))


def _words_held(audio: Audio, text: str, language: str) -> float | None:
    try:
        return challenge.text_check(audio, text, language).held
    except challenge.UnsupportedLanguageError:
        return None


def _rounded(values: Sequence[float]) -> float:
    return round(float(np.mean(values)), 3)
