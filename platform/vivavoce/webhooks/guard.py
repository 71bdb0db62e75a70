"""Whom a webhook may reach: public addresses over https, and nothing of ours.

The name is resolved once, every address it has must be public, and the connection goes to the address that was checked (DNS rebinding gets
no second answer). No redirects, no proxies from the environment, one deadline for the whole exchange.
"""

from __future__ import annotations

import http.client
import socket
import ssl
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from urllib.parse import urlsplit

import httpx
from django.conf import settings

CONNECT_SECONDS = 4.0
DEADLINE_SECONDS = 10.0
MAX_ANSWER_BYTES = 16 * 1024
MAX_URL_CHARACTERS = 500

Resolver = Callable[[str, int], list[str]]

# Public by registration, yet inside some cloud's wall, or a way to write a private IPv4 address as IPv6.
_REFUSED_NETWORKS = [
    ip_network(block)
    for block in (
        "192.0.0.0/24",  # IETF protocol assignments (RFC 6890); Oracle's metadata server lies in it
        "168.63.129.16/32",  # Azure's metadata and wire server
        "64:ff9b::/96",  # NAT64 (RFC 6052)
        "64:ff9b:1::/48",  # NAT64, local use (RFC 8215)
        "2002::/16",  # 6to4 (RFC 3056)
        "2001::/32",  # Teredo (RFC 4380)
        "::/96",  # IPv4-compatible (RFC 4291 §2.5.5.1)
    )
]


class TargetRefused(Exception):
    """The address may not be reached.

    Attributes:
        code: stable reason.
        sentence: English, for the endpoint's owner.
    """

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(f"{code}: {sentence}")
        self.code = code
        self.sentence = sentence


class DeliveryFailed(Exception):
    """The exchange did not come to an HTTP status.

    Attributes:
        code: ``connect_failed``, ``tls_failed``, ``timeout`` or ``answer_malformed``.
    """

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Target:
    """An address taken apart: what is said (host, path) and how (scheme, port)."""

    scheme: str
    host: str
    port: int
    path: str


def parse(url: str) -> Target:
    """Check the written form; nothing is resolved yet.

    Raises:
        TargetRefused: ``url_malformed``, ``url_scheme``, ``url_credentials``, ``url_port``.
    """
    if len(url) > MAX_URL_CHARACTERS or not url.isascii() or any(c.isspace() or ord(c) < 33 or c == "\\" for c in url):
        raise TargetRefused("url_malformed", f"The URL must be plain ASCII of at most {MAX_URL_CHARACTERS} characters.")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise TargetRefused("url_malformed", "The URL cannot be read.") from error
    host = parts.hostname or ""
    if not host:
        raise TargetRefused("url_malformed", "The URL names no host.")
    if parts.username is not None or parts.password is not None:
        raise TargetRefused("url_credentials", "The URL must not carry a user name or password.")
    if parts.scheme != "https" and not (parts.scheme == "http" and settings.VIVAVOCE_WEBHOOK_ALLOW_PRIVATE):
        raise TargetRefused("url_scheme", "The URL must start with https://.")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(parts.scheme, host, port or (443 if parts.scheme == "https" else 80), path)


def system_resolver(host: str, port: int) -> list[str]:
    """All addresses of a name."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def resolve(target: Target, resolver: Resolver = system_resolver) -> str:
    """The address to connect to, after all of the name's addresses were found fit.

    Raises:
        TargetRefused: ``host_unknown``, ``address_refused``.
    """
    try:
        addresses = resolver(target.host, target.port)
    except (OSError, UnicodeError) as error:
        raise TargetRefused("host_unknown", "The host's name has no address.") from error
    if not addresses:
        raise TargetRefused("host_unknown", "The host's name has no address.")
    for address in addresses:
        if not _fit(address, target.scheme):
            raise TargetRefused("address_refused", "The host lies at an address that webhooks may not reach.")
    return addresses[0]


def _fit(text: str, scheme: str) -> bool:
    try:
        address = _unmapped(ip_address(text.partition("%")[0]))
    except ValueError:
        return False
    if settings.VIVAVOCE_WEBHOOK_ALLOW_PRIVATE and address.is_loopback:
        return True
    if scheme != "https":
        return False
    refused = any(address in network for network in _REFUSED_NETWORKS if network.version == address.version)
    return address.is_global and not address.is_multicast and not address.is_reserved and not refused


def _unmapped(address: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    return (address.ipv4_mapped or address) if isinstance(address, IPv6Address) else address


def post(url: str, body: bytes, headers: Mapping[str, str], *, resolver: Resolver = system_resolver) -> int:
    """POST to a checked address and return the HTTP status. The answer's body is read up to a limit and dropped.

    Raises:
        TargetRefused: the address may not be reached.
        DeliveryFailed: no HTTP status came.
    """
    target = parse(url)
    address = resolve(target, resolver)
    try:
        raw = socket.create_connection((address, target.port), timeout=CONNECT_SECONDS)
    except OSError as error:
        raise DeliveryFailed("timeout" if isinstance(error, TimeoutError) else "connect_failed") from error
    late = threading.Event()
    timer = threading.Timer(DEADLINE_SECONDS, _cut, (raw, late))
    timer.daemon = True
    timer.start()
    try:
        return _exchange(target, raw, body, headers)
    except ssl.SSLError as error:
        raise DeliveryFailed("tls_failed") from error
    except OSError as error:
        raise DeliveryFailed(
            "timeout" if late.is_set() or isinstance(error, TimeoutError) else "connect_failed"
        ) from error
    except (http.client.HTTPException, ValueError) as error:
        raise DeliveryFailed("timeout" if late.is_set() else "answer_malformed") from error
    finally:
        timer.cancel()
        raw.close()


def _exchange(target: Target, raw: socket.socket, body: bytes, headers: Mapping[str, str]) -> int:
    sock: socket.socket = raw
    if target.scheme == "https":
        # The certificate must be the named host's, although we dial a number.
        sock = httpx.create_ssl_context(trust_env=False).wrap_socket(raw, server_hostname=target.host)
    connection = http.client.HTTPConnection(target.host, target.port)
    connection.sock = sock
    try:
        connection.request("POST", target.path, body=body, headers={**headers, "Connection": "close"})
        answer = connection.getresponse()
        answer.read(MAX_ANSWER_BYTES)
        return answer.status
    finally:
        connection.close()


def _cut(sock: socket.socket, late: threading.Event) -> None:
    """End an exchange that drips: a read that waits is woken by the shutdown."""
    late.set()
    try:
        sock.shutdown(socket.SHUT_RDWR)
    except OSError:
        return
