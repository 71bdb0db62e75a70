"""Inside a process with Django: make what the load needs, or take one request apart. Orders come as the first argument; answers are one JSON line.

``prepare``  tables, an owner with a trained voice, a grant, a key
``shares N`` N requests by Django's test client, with the time spent in gate, log and database
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import django

django.setup()

from django.core.management import call_command  # noqa: E402 (Django must be set up first)
from django.db import connection  # noqa: E402
from django.test import Client  # noqa: E402

import safeguards.audit.log  # noqa: E402
import synthesis.permits  # noqa: E402
import voices.jobs  # noqa: E402
from bench.api.request import body_for  # noqa: E402
from vivavoce.accounts import services  # noqa: E402
from vivavoce.accounts.principals import SystemPrincipal  # noqa: E402
from voices.models import Grant  # noqa: E402


def prepare() -> dict[str, Any]:
    """Rows as consent, enrolment, training and approval leave them; a key with every scope it needs."""
    from tests.fakes.world import make_world

    call_command("migrate", interactive=False, verbosity=0)
    world = make_world()
    Grant.objects.update(quota_characters=2_000_000_000)
    issued = services.key_create(
        by=SystemPrincipal("bench"),
        organisation_id=world.organisation.pk,
        world="live",
        name="bench",
        scopes=["synthesis"],
    )
    return {"key": issued.token, "voice": world.voice.pk}


class Stopwatch:
    """Seconds per part. A part that runs inside another is taken off the outer one."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @contextmanager
    def part(self, name: str) -> Iterator[None]:
        """Measure the block as ``name``."""
        started, inner_before = time.perf_counter(), sum(self.seconds.values())
        try:
            yield
        finally:
            inner = sum(self.seconds.values()) - inner_before
            self.seconds[name] = self.seconds.get(name, 0.0) + time.perf_counter() - started - inner

    def around(self, function: Callable[..., Any], name: str) -> Callable[..., Any]:
        """The function, measured."""

        def measured(*arguments: Any, **named: Any) -> Any:
            with self.part(name):
                return function(*arguments, **named)

        return measured


def shares(count: int, key: str, voice: str) -> dict[str, Any]:
    """Mean milliseconds of one request: gate (pure), log (its own statements included), nudge, other statements, commit, and the rest."""
    watch = Stopwatch()
    inside_log = False

    def statement(execute: Callable[..., Any], *arguments: Any) -> Any:
        if inside_log:
            return execute(*arguments)
        with watch.part("database"):
            return execute(*arguments)

    append = safeguards.audit.log.append

    def logged(*arguments: Any, **named: Any) -> Any:
        nonlocal inside_log
        inside_log = True
        try:
            with watch.part("log"):
                return append(*arguments, **named)
        finally:
            inside_log = False

    safeguards.audit.log.append = logged
    synthesis.permits.permit_synthesis = watch.around(synthesis.permits.permit_synthesis, "gate")
    voices.jobs._send = watch.around(voices.jobs._send, "nudge")
    connection.ensure_connection()
    connection._commit = watch.around(connection._commit, "commit")  # type: ignore[method-assign]
    client = Client()
    headers = {"Authorization": f"Bearer {key}"}
    body = json.dumps(body_for(voice))

    def ask() -> float:
        started = time.perf_counter()
        answer = client.post("/v1/synthesis", body, content_type="application/json", headers=headers)
        if answer.status_code != 202:
            raise SystemExit(answer.content.decode())
        return time.perf_counter() - started

    for _ in range(5):
        ask()
    watch.seconds.clear()
    with connection.execute_wrapper(statement):
        whole = sum(ask() for _ in range(count))
    parts = {name: 1000 * seconds / count for name, seconds in watch.seconds.items()}
    total = 1000 * whole / count
    return {"n": count, "total_ms": total, **parts, "rest": total - sum(parts.values())}


def main() -> None:
    """One order."""
    order, *arguments = sys.argv[1:]
    answer = prepare() if order == "prepare" else shares(int(arguments[0]), *arguments[1:])
    sys.stdout.write(json.dumps(answer) + "\n")


main()
