"""Whom a webhook may reach."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from vivavoce.webhooks import guard

PUBLIC = "93.184.215.14"


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("http://example.org/hook", "url_scheme"),
        ("ftp://example.org/hook", "url_scheme"),
        ("file:///etc/passwd", "url_malformed"),
        ("gopher://example.org/", "url_scheme"),
        ("//example.org/hook", "url_scheme"),
        ("https://", "url_malformed"),
        ("https://user:secret@example.org/", "url_credentials"),
        ("https://example.org@169.254.169.254/", "url_credentials"),
        ("https://example.org:99999/", "url_malformed"),
        ("https://exa mple.org/", "url_malformed"),
        ("https://example.org/\r\nHost: evil", "url_malformed"),
        ("https://example.org\\@127.0.0.1/", "url_malformed"),
        ("https://exämple.org/", "url_malformed"),
        ("https://example.org/" + "a" * 600, "url_malformed"),
    ],
)
def test_an_address_of_another_form_is_refused(url: str, code: str) -> None:
    with pytest.raises(guard.TargetRefused) as refused:
        guard.parse(url)
    assert refused.value.code == code


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "127.8.8.8",
        "0.0.0.0",
        "10.0.0.1",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.100.100.200",
        "168.63.129.16",
        "192.0.0.192",
        "198.18.0.1",
        "203.0.113.5",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "::1",
        "::",
        "::ffff:127.0.0.1",
        "::ffff:169.254.169.254",
        "::127.0.0.1",
        "fe80::1",
        "fe80::1%eth0",
        "fd00:ec2::254",
        "ff02::1",
        "64:ff9b::a9fe:a9fe",
        "2002:7f00:1::",
        "2001:0:7f00:1::",
        "2001:db8::1",
        "not an address",
    ],
)
def test_a_name_that_leads_inside_is_refused(address: str) -> None:
    target = guard.parse("https://hooks.example.org/")
    with pytest.raises(guard.TargetRefused) as refused:
        guard.resolve(target, lambda host, port: [address])
    assert refused.value.code == "address_refused"


def test_one_bad_address_among_several_refuses_the_name() -> None:
    target = guard.parse("https://hooks.example.org/")
    with pytest.raises(guard.TargetRefused):
        guard.resolve(target, lambda host, port: [PUBLIC, "10.0.0.1"])
    assert guard.resolve(target, lambda host, port: [PUBLIC, "2606:4700::1111"]) == PUBLIC


@pytest.mark.parametrize("host", ["127.0.0.1", "2130706433", "0x7f000001", "0177.0.0.1", "127.1", "[::1]", "localhost"])
def test_a_number_in_any_spelling_is_refused(host: str) -> None:
    with pytest.raises(guard.TargetRefused):
        guard.resolve(guard.parse(f"https://{host}/"))


def test_a_name_without_address_is_refused() -> None:
    def nothing(host: str, port: int) -> list[str]:
        raise socket.gaierror

    with pytest.raises(guard.TargetRefused) as refused:
        guard.resolve(guard.parse("https://hooks.example.org/"), nothing)
    assert refused.value.code == "host_unknown"


def test_plain_http_and_loopback_need_the_operators_word(settings: object) -> None:
    settings.VIVAVOCE_WEBHOOK_ALLOW_PRIVATE = True  # type: ignore[attr-defined]
    assert guard.resolve(guard.parse("http://127.0.0.1:8000/x")) == "127.0.0.1"
    for address in ("10.0.0.1", "169.254.169.254", PUBLIC):
        with pytest.raises(guard.TargetRefused):
            guard.resolve(guard.parse("http://hooks.example.org/"), lambda host, port, found=address: [found])


@contextmanager
def listener(answer: bytes, *, drip: float = 0.0) -> Iterator[tuple[int, list[bytes]]]:
    """A server that answers each connection with the same bytes; yields its port and what it was sent."""
    server = socket.create_server(("127.0.0.1", 0))
    heard: list[bytes] = []
    stop = threading.Event()

    def serve() -> None:
        while not stop.is_set():
            try:
                client, _ = server.accept()
            except OSError:
                return
            with client:
                heard.append(client.recv(65_536))
                try:
                    if drip:
                        for byte in answer:
                            client.sendall(bytes([byte]))
                            if stop.wait(drip):
                                return
                    else:
                        client.sendall(answer)
                except OSError:
                    continue

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield server.getsockname()[1], heard
    finally:
        stop.set()
        server.shutdown(socket.SHUT_RDWR)
        server.close()
        thread.join(2)


def post(port: int, *, host: str = "localhost") -> int:
    """To the listener."""
    return guard.post(f"http://{host}:{port}/hook?x=1", b"{}", {"X-Test": "1"}, resolver=lambda h, p: ["127.0.0.1"])


@pytest.fixture
def private_allowed(settings: object) -> None:
    """The operator's word for loopback."""
    settings.VIVAVOCE_WEBHOOK_ALLOW_PRIVATE = True  # type: ignore[attr-defined]


@pytest.mark.usefixtures("private_allowed")
def test_the_connection_goes_to_the_checked_address_under_the_given_name() -> None:
    with listener(b"HTTP/1.1 204 No Content\r\n\r\n") as (port, heard):
        assert post(port, host="rebind.example.org") == 204
    [request] = heard
    assert request.startswith(b"POST /hook?x=1 HTTP/1.1\r\n")
    assert f"Host: rebind.example.org:{port}".encode() in request


@pytest.mark.usefixtures("private_allowed")
def test_a_name_is_resolved_once_so_that_a_second_answer_changes_nothing() -> None:
    answers = [["127.0.0.1"], ["169.254.169.254"]]
    asked: list[str] = []

    def rebinding(host: str, port: int) -> list[str]:
        asked.append(host)
        return answers[len(asked) - 1]

    with listener(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n") as (port, _):
        assert guard.post(f"http://rebind.example.org:{port}/", b"{}", {}, resolver=rebinding) == 200
    assert len(asked) == 1


@pytest.mark.usefixtures("private_allowed")
def test_a_redirect_is_an_answer_and_is_not_followed() -> None:
    with listener(b"HTTP/1.1 307 Moved\r\nLocation: http://169.254.169.254/\r\nContent-Length: 0\r\n\r\n") as (
        port,
        heard,
    ):
        assert post(port) == 307
    assert len(heard) == 1


@pytest.mark.usefixtures("private_allowed")
def test_an_endless_answer_is_read_to_the_limit_only() -> None:
    with listener(b"HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n" + b"a" * 200_000) as (port, _):
        assert post(port) == 200


@pytest.mark.usefixtures("private_allowed")
def test_an_answer_that_drips_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard, "DEADLINE_SECONDS", 0.3)
    with (
        listener(b"HTTP/1.1 200 OK\r\n" + b"X-Slow: 1\r\n" * 100, drip=0.05) as (port, _),
        pytest.raises(guard.DeliveryFailed) as failed,
    ):
        post(port)
    assert failed.value.code == "timeout"


@pytest.mark.usefixtures("private_allowed")
@pytest.mark.parametrize(
    "answer", [b"", b"SSH-2.0-OpenSSH\r\n", b"HTTP/1.1 abc\r\n\r\n", b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 200]
)
def test_an_answer_that_is_no_http_is_a_failed_delivery(answer: bytes) -> None:
    with listener(answer) as (port, _), pytest.raises(guard.DeliveryFailed) as failed:
        post(port)
    assert failed.value.code in {"answer_malformed", "connect_failed"}


@pytest.mark.usefixtures("private_allowed")
def test_nobody_listening_is_a_failed_delivery() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with pytest.raises(guard.DeliveryFailed) as failed:
        post(port)
    assert failed.value.code == "connect_failed"


def test_a_host_without_a_fitting_certificate_is_a_failed_delivery(settings: object) -> None:
    settings.VIVAVOCE_WEBHOOK_ALLOW_PRIVATE = True  # type: ignore[attr-defined]
    with listener(b"this is no TLS") as (port, _), pytest.raises(guard.DeliveryFailed) as failed:
        guard.post(f"https://localhost:{port}/", b"{}", {}, resolver=lambda h, p: ["127.0.0.1"])
    assert failed.value.code == "tls_failed"
