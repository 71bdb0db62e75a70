"""Columns that several rows share."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.db import models

from audiokit.ids import new_id
from voices.states import World


def id_field(prefix: str) -> models.CharField[str, str]:
    """Primary key ``<prefix>_<time-ordered 128 bits>``: unguessable, and says what it names."""
    return models.CharField(primary_key=True, max_length=40, default=partial(new_id, prefix), editable=False)


def world_field() -> models.CharField[str, str]:
    """Live or sandbox. Never changed after the row is made."""
    return models.CharField(max_length=8, choices=World.choices)


def state_check(name: str, states: Any) -> models.CheckConstraint:
    """The column ``state`` holds one of ``states``, whoever writes."""
    return models.CheckConstraint(name=name, condition=models.Q(state__in=[str(value) for value in states.values]))
