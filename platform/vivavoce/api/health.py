"""Is the process up, and can it work?"""

from __future__ import annotations

from django.db import DatabaseError, connection
from django.http import HttpRequest, JsonResponse

from safeguards.audit.models import Entry


def healthz(_request: HttpRequest) -> JsonResponse:
    """The process answers."""
    return JsonResponse({"status": "ok"})


def readyz(_request: HttpRequest) -> JsonResponse:
    """The database answers and has our tables."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        Entry.objects.order_by("-index").values_list("index", flat=True).first()
    except DatabaseError:
        return JsonResponse({"status": "database_unavailable"}, status=503)
    return JsonResponse({"status": "ok"})
