"""The people of the story: accounts, an organisation and keys, made on the command line as an operator would."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from vivavoce.demo.client import Client
from vivavoce.demo.server import Server

PERSON_SCOPES = "owner,organisations,verify,keys"
APP_SCOPES = "voices,grants,synthesis,clips,verify,webhooks"


@dataclass(frozen=True)
class Cast:
    """Clients of each person and app, in both worlds where the story needs them."""

    owner: Client
    owner_live: Client
    app: Client
    app_live: Client
    auditor: Client
    public: Client


def assemble(server: Server) -> Cast:
    """Make everybody and their keys."""
    owner = _json(server, "user", "create", "owner@example.org")["id"]
    auditor = _json(server, "user", "create", "auditor@example.org", "--auditor")["id"]
    organisation = _json(server, "organisations", "create", "Example App", "--manager", owner)["id"]

    def key(holder: str, value: str, world: str, scopes: str) -> Client:
        made = _json(server, "keys", "create", holder, value, "--world", world, "--scopes", scopes, "--name", "demo")
        return Client(server.url, made["key"])

    return Cast(
        owner=key("--account", owner, "sandbox", PERSON_SCOPES),
        owner_live=key("--account", owner, "live", PERSON_SCOPES),
        app=key("--organisation", organisation, "sandbox", APP_SCOPES),
        app_live=key("--organisation", organisation, "live", APP_SCOPES),
        auditor=key("--account", auditor, "live", "audit,verify"),
        public=Client(server.url),
    )


def _json(server: Server, *arguments: str) -> dict[str, Any]:
    made: dict[str, Any] = json.loads(server.command(*arguments, "--json").stdout)
    return made
