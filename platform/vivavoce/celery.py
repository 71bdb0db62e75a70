"""The Celery application. A message only nudges: the job is a row, and a sweep finds what a lost message missed (DESIGN 2.4)."""

from __future__ import annotations

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "vivavoce.settings")

app = Celery("vivavoce")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.conf.update(
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    task_ignore_result=True,
    task_serializer="json",
    accept_content=["json"],
    worker_prefetch_multiplier=1,
    worker_hijack_root_logger=False,
    broker_connection_retry_on_startup=True,
    task_default_queue="analysis",
    task_routes={
        "voices.*": {"queue": "analysis"},
        "synthesis.verify": {"queue": "analysis"},
        "synthesis.train": {"queue": "train"},
        "synthesis.render": {"queue": "render"},
        "synthesis.egress": {"queue": "egress"},
        "synthesis.sweep": {"queue": "analysis"},
        "vivavoce.*": {"queue": "analysis"},
    },
)
app.autodiscover_tasks()


@app.on_after_finalize.connect
def schedule(sender: Celery, **_: object) -> None:
    """What one process with ``--beat`` nudges, over and over. A nudge that nobody took in time is dropped: the next one says the same."""
    from django.conf import settings

    often, hourly = float(settings.VIVAVOCE_SWEEP_SECONDS), 3600.0
    periods = {
        "voices.sweep": often,
        "synthesis.sweep": often,
        "vivavoce.webhooks.sweep": often,
        "vivavoce.checkpoint": often,
        "voices.retention": hourly,
        "synthesis.forget": hourly,
        "vivavoce.forget": hourly,
    }
    sender.conf.beat_schedule = {
        name: {"task": name, "schedule": period, "options": {"expires": period}} for name, period in periods.items()
    }
