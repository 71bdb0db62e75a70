"""The log to look through: entries, checkpoints, and proofs that the page checks by itself."""

from __future__ import annotations

import json
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from safeguards.audit import logkeys, tree
from safeguards.audit.checkpoints import checkpoint_latest
from safeguards.audit.events import EventType
from safeguards.audit.models import Checkpoint, Entry
from vivavoce.web.roles import auditor_page
from voices.states import World

PAGE = 50
CHECKPOINTS = 40


@require_GET
@auditor_page
def log(request: HttpRequest) -> HttpResponse:
    """Entries, newest first; narrowed by subject, event or world."""
    size = tree.size()
    rows = Entry.objects.order_by("-index")
    wanted = {name: request.GET.get(name, "").strip() for name in ("subject", "event", "world")}
    if wanted["subject"]:
        rows = rows.filter(subject__in=_subjects(wanted["subject"]))
    if wanted["event"].isdecimal():
        rows = rows.filter(type=int(wanted["event"][:6]))
    if wanted["world"] in World.values:
        rows = rows.filter(world=wanted["world"])
    before = _number(request.GET.get("before"), size)
    page = list(rows.filter(index__lt=before)[: PAGE + 1])
    newer = list(rows.filter(index__gte=before).reverse()[:PAGE]) if before < size else []
    return render(
        request,
        "web/auditor/log.html",
        {
            "size": size,
            "latest": checkpoint_latest(),
            "origin": logkeys.origin(),
            "entries": [_entry(row) for row in page[:PAGE]],
            "older": page[PAGE - 1].index if len(page) > PAGE else None,
            "newer": newer[-1].index + 1 if newer else None,
            "wanted": wanted,
            "events": [(str(int(event)), _event(int(event))) for event in EventType],
            "narrowed": any(wanted.values()),
        },
    )


@require_GET
@auditor_page
def entry(request: HttpRequest, index: str) -> HttpResponse:
    """One entry as it is hashed, with its place in the tree."""
    row = Entry.objects.filter(pk=_number(index, -1)).first()
    if row is None:
        raise Http404
    size, latest = tree.size(), checkpoint_latest()
    return render(
        request,
        "web/auditor/entry.html",
        {
            "entry": _entry(row),
            "body": json.dumps(row.body, indent=1, ensure_ascii=False),
            "leaf": bytes(row.leaf).decode(),
            "hash": bytes(row.leaf_hash).hex(),
            "previous": row.index - 1 if row.index else None,
            "next": row.index + 1 if row.index + 1 < size else None,
            "signed": latest is not None and row.index < latest.size,
            "about": Entry.objects.filter(subject=row.subject).count(),
        },
    )


@require_GET
@auditor_page
def checkpoints(request: HttpRequest) -> HttpResponse:
    """Signed tree heads, newest first; two of them can be compared."""
    before = _number(request.GET.get("before"), tree.size() + 1)
    rows = list(Checkpoint.objects.filter(size__lt=before).order_by("-size")[: CHECKPOINTS + 1])
    shown = rows[:CHECKPOINTS]
    old, new = (request.GET.get(name, "") for name in ("old", "new"))
    if not (old and new) and len(shown) > 1:
        old, new = str(shown[-1].size), str(shown[0].size)
    return render(
        request,
        "web/auditor/checkpoints.html",
        {
            "checkpoints": [
                {"size": row.size, "at": row.at, "root": bytes(row.root).hex(), "note": row.note} for row in shown
            ],
            "older": shown[-1].size if len(rows) > CHECKPOINTS else None,
            "old": old,
            "new": new,
            "keys": logkeys.published(),
        },
    )


@require_GET
def proof_check(request: HttpRequest) -> HttpResponse:
    """A bundle is checked in the page, by anybody; the file never leaves the browser."""
    return render(request, "web/auditor/proof_check.html")


def _entry(row: Entry) -> dict[str, Any]:
    return {
        "index": row.index,
        "event": _event(row.type),
        "number": row.type,
        "at": row.at,
        "actor": row.actor,
        "subject": row.subject,
        "world": row.world,
    }


def _event(number: int) -> str:
    try:
        return EventType(number).name.lower()
    except ValueError:
        return str(number)


def _subjects(text: str) -> list[str]:
    """A subject as the log writes it, or the bare id of an object: ``con_…`` is ``consent:con_…``."""
    prefix = text.partition("_")[0]
    kinds = {
        "con": "consent",
        "req": "request",
        "cli": "clip",
        "gra": "grant",
        "voi": "voice",
        "ver": "question",
        "enr": "enrolment",
    }
    return [text, f"{kinds[prefix]}:{text}"] if ":" not in text and prefix in kinds else [text]


def _number(text: str | None, default: int) -> int:
    return int(text) if text and text.isascii() and text.isdecimal() and len(text) < 18 else default
