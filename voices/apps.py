"""Django application."""

from pathlib import Path

from django.apps import AppConfig
from django.conf import settings


class VoicesConfig(AppConfig):
    """The room of the voice owners."""

    name = "voices"

    def ready(self) -> None:
        """Make the models that the operator brought known to the checks; a file that is wrong stops the start."""
        if settings.VIVAVOCE_CHECK_MODELS:
            # Loads the checks' numerics, which a process without such a file need not.
            from safeguards import installed

            installed.register(installed.read(Path(settings.VIVAVOCE_CHECK_MODELS)))
