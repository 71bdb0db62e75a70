"""Django application."""

from django.apps import AppConfig


class SynthesisConfig(AppConfig):
    """The room of what is spoken."""

    name = "synthesis"

    def ready(self) -> None:
        """Hang this room's part of revocation, erasure and enrolment into the voices room."""
        from synthesis.services import lifecycle

        lifecycle.register()
