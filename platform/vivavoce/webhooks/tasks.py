"""Celery's side: load, call, done. Retrying is the rows' business."""

from __future__ import annotations

from celery import current_app, shared_task

from vivavoce.webhooks import delivery, feed
from vivavoce.webhooks.services import DELIVER


@shared_task(name=feed.SWEEP)
def sweep() -> None:
    """Turn new log entries into deliveries, and nudge for each that is due."""
    feed.take_in()
    for delivery_id in delivery.due():
        current_app.send_task(DELIVER, args=[delivery_id])


@shared_task(name=DELIVER)
def deliver(delivery_id: str) -> None:
    """Try one delivery once."""
    delivery.deliver(delivery_id)
