"""Sandbox actors are nobody, and not each other."""

from __future__ import annotations

import numpy as np

from safeguards.speaker.encoder import embed
from synthesis.engine import parametric
from synthesis.engine.parametric.actors import CLEAR_SPEED, sandbox_actor
from synthesis.engine.parametric.engine import aligner
from synthesis.engine.voice_model import VoiceModel


def test_an_actor_is_the_same_person_each_time(anna: VoiceModel) -> None:
    assert sandbox_actor(1) == anna
    assert sandbox_actor(3) != anna
    assert len(anna.to_bytes()) < 20_000


def test_two_actors_are_told_apart_by_the_speaker_encoder(anna: VoiceModel, bert: VoiceModel) -> None:
    texts = ("We have received your order.", "The kitchen was full of smoke, so she opened a window.")
    spoken = [[embed(parametric.render(actor, text, seed=1)) for text in texts] for actor in (anna, bert)]
    same = min(float(np.dot(*spoken[0])), float(np.dot(*spoken[1])))
    across = max(float(a @ b) for a in spoken[0] for b in spoken[1])
    assert same > across


def test_what_an_actor_reads_is_found_by_forced_alignment(anna: VoiceModel) -> None:
    words = ["copper", "window", "garden", "silver"]
    audio = parametric.render(anna, ", ".join(words) + ".", seed=4, speed=CLEAR_SPEED)
    aligned = aligner().align(audio.to_mono(), words)
    assert aligned is not None
    starts = [next(phone.start for phone in aligned.phones if phone.word == index) for index in range(4)]
    assert starts == sorted(starts)
    assert starts[-1] > 1.0
