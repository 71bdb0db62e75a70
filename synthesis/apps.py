"""Django application."""

from django.apps import AppConfig


class SynthesisConfig(AppConfig):
    """The room of what is spoken."""

    name = "synthesis"
