"""Django application."""

from django.apps import AppConfig


class VoicesConfig(AppConfig):
    """The room of the voice owners."""

    name = "voices"
