"""The platform's interfaces: settings, accounts, API, web console, webhooks, commands."""

# Every process that changes rows nudges workers; without this the default app of Celery would look for a broker of its own.
from vivavoce.celery import app as celery_app

__all__ = ["celery_app"]
