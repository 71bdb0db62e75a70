"""Whom to tell when a request ends. Interfaces above this room register here, since this room may not import them.

Each function is called inside the transaction that ends the request, before its audit entry, with the request as it stands in
that transaction; it may write rows (an outbox), and must not do anything that a rollback could not undo. If it raises, the
request does not end.
"""

from __future__ import annotations

from collections.abc import Callable

from synthesis.models import SynthesisRequest

Ended = Callable[[SynthesisRequest], None]
_ended: list[Ended] = []


def on_request_ended(function: Ended) -> None:
    """Have ``function`` called for each request that is released, refused, failed or cancelled. Registering twice changes nothing."""
    if function not in _ended:
        _ended.append(function)


def request_ended(request_id: str) -> None:
    """Tell all. For the services of this room."""
    if _ended:
        request = SynthesisRequest.objects.get(pk=request_id)
        for function in _ended:
            function(request)
