"""From an entry of the log to a signed message at the endpoint."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from audiokit.clock import frozen, now
from safeguards.audit.models import Entry
from tests.factories import accounts
from tests.factories import voices as people
from tests.functional.driver import release
from vivavoce.accounts.errors import Conflict, Invalid, NotFound
from vivavoce.accounts.models import Organisation
from vivavoce.accounts.principals import AppPrincipal
from vivavoce.webhooks import delivery, events, feed, services
from vivavoce.webhooks.models import Attempt, Delivery, Endpoint, Message
from voices import services as voice_services

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("private_allowed")]


@pytest.fixture
def private_allowed(settings: Any) -> None:
    """The operator's word for loopback."""
    settings.VIVAVOCE_WEBHOOK_ALLOW_PRIVATE = True


class Receiver:
    """An endpoint that keeps what it gets and answers ``status``."""

    def __init__(self) -> None:
        self.status = 200
        self.got: list[tuple[dict[str, str], bytes]] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                outer.got.append(({k.lower(): v for k, v in self.headers.items()}, body))
                self.send_response(outer.status)
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- the parent names it
                """Quiet."""

        self._server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/hook"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop."""
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A listening endpoint."""
    made = Receiver()
    yield made
    made.close()


def caller(organisation: Organisation | None = None, world: str = "sandbox") -> AppPrincipal:
    """An app's key."""
    held = organisation or accounts.organisation()
    return AppPrincipal(held.pk, world, "key", frozenset({"webhooks"}))


def run() -> int:
    """One sweep with its deliveries."""
    feed.take_in()
    return sum(delivery.deliver(one) for one in delivery.due())


def listen(app: AppPrincipal, receiver: Receiver, *types: str) -> services.IssuedEndpoint:
    """An endpoint at the receiver."""
    return services.endpoint_add(app=app, url=receiver.url, types=types or events.TYPES)


def test_a_released_clip_is_told_in_a_message_that_the_standard_library_verifies(receiver: Receiver) -> None:
    grant = people.active_grant()
    app = caller(grant.organisation)
    issued = listen(app, receiver, "clip.released")
    from synthesis.services import request_accept

    spoken = request_accept(
        organisation_id=app.organisation_id, api_key_id="k", world="sandbox", voice_id=grant.voice_id,
        text="Hi.", purpose="narration", format="wav",
    )  # fmt: skip
    clip = release(spoken.pk)
    assert run() == 1
    [(headers, body)] = receiver.got
    message = Webhook(issued.secret).verify(body, headers)
    assert message["type"] == "clip.released"
    assert message["data"]["clip_id"] == clip.pk
    assert message["data"]["synthesis_id"] == spoken.pk
    assert headers["webhook-id"] == Message.objects.get().pk
    assert len(body) < 20_000
    assert b"Hi." not in body
    with pytest.raises(WebhookVerificationError):
        Webhook(issued.secret).verify(body.replace(b"clip.released", b"clip.deleted"), headers)
    assert run() == 0


def test_each_entry_is_told_once_however_often_the_feed_is_read(receiver: Receiver) -> None:
    grant = people.requested_grant()
    listen(caller(grant.organisation), receiver)
    voice_services.grant_approve(account_id=people.account_of(grant.voice), grant_id=grant.pk)
    assert [feed.take_in(), feed.take_in()] == [1, 0]
    assert Message.objects.get().type == "grant.approved"


def test_revoking_a_voice_is_told_to_everybody_with_a_grant_and_to_nobody_else(receiver: Receiver) -> None:
    voice = people.ready_voice()
    holders = [accounts.organisation(), accounts.organisation()]
    for holder in holders:
        people.active_grant(voice, by=holder)
        listen(caller(holder), receiver, "voice.revoked")
    waiting = people.requested_grant(voice)
    listen(caller(waiting.organisation), receiver, "voice.revoked")
    listen(caller(), receiver, "voice.revoked")
    listen(caller(holders[0], world="live"), receiver, "voice.revoked")
    voice_services.voice_revoke(account_id=people.account_of(voice), voice_id=voice.pk)
    feed.take_in()
    told = set(Message.objects.values_list("organisation_id", flat=True))
    assert told == {holder.pk for holder in holders}
    assert set(Endpoint.objects.filter(deliveries__isnull=False).values_list("world", flat=True)) == {"sandbox"}


def test_what_happened_before_an_endpoint_was_added_is_not_told(receiver: Receiver) -> None:
    grant = people.active_grant()
    listen(caller(grant.organisation), receiver)
    assert feed.take_in() == 0


def test_a_failed_delivery_is_tried_again_on_the_schedule_and_its_tries_are_kept(receiver: Receiver) -> None:
    app = caller()
    issued = listen(app, receiver)
    with frozen(now() + timedelta(seconds=1)) as clock:
        made = services.test_send(app=app, endpoint_id=issued.endpoint.pk)
        receiver.status = 500
        assert run() == 1
        assert run() == 0
        clock.advance(6)
        receiver.status = 200
        assert run() == 1
    made.refresh_from_db()
    assert made.state == "done"
    assert list(Attempt.objects.order_by("pk").values_list("status", flat=True)) == [500, 200]
    assert len({headers["webhook-id"] for headers, _ in receiver.got}) == 1
    assert Endpoint.objects.get().failing_since is None


def test_a_whole_schedule_of_failures_switches_the_endpoint_off(receiver: Receiver) -> None:
    app = caller()
    issued = listen(app, receiver)
    receiver.status = 503
    with frozen(now() + timedelta(seconds=1)) as clock:
        made = services.test_send(app=app, endpoint_id=issued.endpoint.pk)
        for wait in (*delivery.SCHEDULE, timedelta()):
            assert run() == 1
            clock.advance(wait.total_seconds() * 1.2 + 1)
        assert run() == 0
    made.refresh_from_db()
    assert made.state == "failed"
    endpoint = Endpoint.objects.get()
    assert (endpoint.enabled, endpoint.disabled_reason) == (False, "failing")
    with pytest.raises(Conflict):
        services.test_send(app=app, endpoint_id=endpoint.pk)
    assert services.endpoint_change(app=app, endpoint_id=endpoint.pk, enabled=True).enabled
    services.delivery_replay(app=app, endpoint_id=endpoint.pk, delivery_id=made.pk)
    receiver.status = 200
    assert run() == 1


def test_gone_switches_the_endpoint_off_at_once(receiver: Receiver) -> None:
    app = caller()
    issued = listen(app, receiver)
    receiver.status = 410
    services.test_send(app=app, endpoint_id=issued.endpoint.pk)
    run()
    assert Endpoint.objects.get().disabled_reason == "gone"


def test_two_signatures_while_the_secret_is_rotated_and_one_after(receiver: Receiver) -> None:
    app = caller()
    old = listen(app, receiver)
    new = services.secret_rotate(app=app, endpoint_id=old.endpoint.pk)
    services.test_send(app=app, endpoint_id=old.endpoint.pk)
    run()
    headers, body = receiver.got[-1]
    for secret in (old.secret, new.secret):
        assert Webhook(secret).verify(body, headers)
    Endpoint.objects.update(old_secret_until=now() - timedelta(seconds=1))
    services.test_send(app=app, endpoint_id=old.endpoint.pk)
    run()
    headers, body = receiver.got[-1]
    assert Webhook(new.secret).verify(body, headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(old.secret).verify(body, headers)


def test_a_delivery_taken_by_a_worker_that_died_is_taken_again(receiver: Receiver, settings: Any) -> None:
    app = caller()
    issued = listen(app, receiver)
    made = services.test_send(app=app, endpoint_id=issued.endpoint.pk)
    from voices import jobs

    assert jobs.claim(Delivery)
    assert run() == 0
    with frozen(now() + timedelta(seconds=settings.VIVAVOCE_LEASE_SECONDS + 1)):
        assert run() == 1
    made.refresh_from_db()
    assert made.state == "done"


def test_an_address_that_turned_inward_since_is_not_reached(receiver: Receiver) -> None:
    app = caller()
    issued = listen(app, receiver)
    services.test_send(app=app, endpoint_id=issued.endpoint.pk)
    [one] = delivery.due()
    assert delivery.deliver(one, resolver=lambda host, port: ["169.254.169.254"])
    assert receiver.got == []
    assert Attempt.objects.get().error_code == "address_refused"


def test_strangers_do_not_reach_an_endpoint(receiver: Receiver) -> None:
    issued = listen(caller(), receiver)
    for call in (services.endpoint_get, services.endpoint_remove, services.secret_rotate, services.test_send):
        with pytest.raises(NotFound):
            call(app=caller(), endpoint_id=issued.endpoint.pk)  # type: ignore[operator]


def test_secrets_are_sealed_and_gone_with_the_endpoint(receiver: Receiver) -> None:
    app = caller()
    issued = listen(app, receiver)
    row = Endpoint.objects.get()
    assert issued.secret.encode() not in bytes(row.secret_sealed)
    key = row.data_key
    services.endpoint_remove(app=app, endpoint_id=row.pk)
    key.refresh_from_db()
    assert key.destroyed_at is not None
    kinds = list(Entry.objects.filter(subject=f"webhook:{row.pk}").values_list("type", flat=True))
    assert kinds == [811, 812]


@pytest.mark.parametrize(
    ("url", "types", "code"),
    [
        ("https://hooks.example.org/", ["clip.stolen"], "event_unknown"),
        ("https://hooks.example.org/", [], "events_empty"),
        ("https://169.254.169.254/latest/meta-data", ["clip.released"], "address_refused"),
    ],
)
def test_what_makes_no_sense_is_refused(url: str, types: list[str], code: str) -> None:
    with pytest.raises(Invalid) as refused:
        services.endpoint_add(app=caller(), url=url, types=types)
    assert refused.value.code == code


def test_every_told_event_has_a_documented_name() -> None:
    assert all(json.dumps(name) and name.count(".") == 1 for name in events.TYPES)
