"""Django application."""

from django.apps import AppConfig


class WebhooksConfig(AppConfig):
    """Tells apps what happened to what is theirs."""

    name = "vivavoce.webhooks"
    label = "webhooks"

    def ready(self) -> None:
        """Listen to the log, so that a delivery need not wait for the next sweep."""
        from django.db.models.signals import post_save

        from safeguards.audit.models import Entry
        from vivavoce.webhooks.feed import nudge_on_entry

        post_save.connect(nudge_on_entry, sender=Entry, dispatch_uid="vivavoce.webhooks")
