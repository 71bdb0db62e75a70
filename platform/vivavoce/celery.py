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
        "vivavoce.*": {"queue": "analysis"},
    },
)
app.autodiscover_tasks()
