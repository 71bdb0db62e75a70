"""Actors and the base model, made once."""

from __future__ import annotations

import pytest

from synthesis.engine.parametric.actors import sandbox_actor
from synthesis.engine.parametric.base import BaseModel, base_model
from synthesis.engine.voice_model import VoiceModel


@pytest.fixture(scope="session")
def base() -> BaseModel:
    return base_model()


@pytest.fixture(scope="session")
def anna() -> VoiceModel:
    return sandbox_actor(1)


@pytest.fixture(scope="session")
def bert() -> VoiceModel:
    return sandbox_actor(2)
