"""``vivavoce user|organisations|keys|voices``."""

from __future__ import annotations

import argparse
from datetime import datetime
from importlib import import_module
from pathlib import Path
from typing import Any

from vivavoce.cli.output import Failed, Result, table

Commands = Any  # argparse keeps the type of its subparsers to itself


def register(commands: Commands) -> None:
    """Add the subcommands."""
    _users(commands)
    _organisations(commands)
    _keys(commands)
    _voices(commands)


def _users(commands: Commands) -> None:
    users = commands.add_parser("user", help="make accounts").add_subparsers(required=True, metavar="ACTION")
    create = _action(
        users, "create", user_create, "make an account; without a password it works by key and passkey only"
    )
    create.add_argument("email")
    create.add_argument("--auditor", action="store_true")
    create.add_argument("--operator", action="store_true")
    create.add_argument("--password-file", type=Path, help="file with the password in its first line")


def _organisations(commands: Commands) -> None:
    group = commands.add_parser("organisations", help="make and list organisations")
    actions = group.add_subparsers(required=True, metavar="ACTION")
    create = _action(actions, "create", organisation_create, "found an organisation")
    create.add_argument("name")
    create.add_argument("--manager", metavar="ACCOUNT", help="account id or e-mail address of its first manager")
    _action(actions, "list", organisation_list, "list organisations")


def _keys(commands: Commands) -> None:
    actions = commands.add_parser("keys", help="handle API keys").add_subparsers(required=True, metavar="ACTION")
    create = _action(actions, "create", key_create, "make an API key; it is shown once")
    holder = create.add_mutually_exclusive_group(required=True)
    holder.add_argument("--organisation", metavar="ID")
    holder.add_argument("--account", metavar="ID", help="account id or e-mail address")
    create.add_argument("--world", choices=["live", "sandbox"], required=True)
    create.add_argument("--scopes", required=True, help="comma-separated")
    create.add_argument("--name", default="made on the command line")
    create.add_argument(
        "--ip", action="append", default=[], metavar="CIDR", help="repeatable; any address when left out"
    )
    create.add_argument("--expires", type=datetime.fromisoformat, metavar="TIME", help="ISO 8601 with offset")
    listing = _action(actions, "list", key_list, "list API keys")
    listing.add_argument("--organisation", metavar="ID")
    rotate = _action(actions, "rotate", key_rotate, "make a key's successor")
    rotate.add_argument("id")
    rotate.add_argument(
        "--overlap", type=int, default=86_400, metavar="SECONDS", help="how long the old key still works"
    )
    _action(actions, "revoke", key_revoke, "end a key at once").add_argument("id")


def _voices(commands: Commands) -> None:
    actions = commands.add_parser("voices", help="list voices; protect voices").add_subparsers(
        required=True, metavar="ACTION"
    )
    _action(actions, "list", voice_list, "list voices").add_argument("--world", choices=["live", "sandbox"])
    protect = _action(actions, "protect", voice_protect, "put a voice on the list that nobody may enrol")
    protect.add_argument("file", type=Path, help="a recording of the voice")
    protect.add_argument("--label", required=True)
    protect.add_argument(
        "--operator", required=True, metavar="ACCOUNT", help="account id or e-mail address of the operator who decides"
    )


def _action(actions: Commands, name: str, run: object, text: str) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = actions.add_parser(name, help=text, description=text)
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.set_defaults(run=run)
    return parser


def user_create(options: argparse.Namespace) -> Result:
    """``vivavoce user create``."""
    from vivavoce.accounts import services
    from vivavoce.accounts.principals import SystemPrincipal

    password = options.password_file.read_text().splitlines()[0] if options.password_file else None
    user = services.user_create(
        by=SystemPrincipal(),
        email=options.email,
        password=password,
        auditor=options.auditor,
        operator=options.operator,
    )
    return Result({"id": user.pk, "email": user.email}, [f"{user.pk}  {user.email}"])


def organisation_create(options: argparse.Namespace) -> Result:
    """``vivavoce organisations create``."""
    from vivavoce.accounts import services
    from vivavoce.accounts.principals import SystemPrincipal

    manager = _account(options.manager) if options.manager else None
    made = services.organisation_create(by=SystemPrincipal(), name=options.name, manager_id=manager)
    return Result({"id": made.pk, "name": made.name}, [f"{made.pk}  {made.name}"])


def organisation_list(_options: argparse.Namespace) -> Result:
    """``vivavoce organisations list``."""
    from vivavoce.accounts.models import Organisation

    rows = [{"id": row.pk, "name": row.name} for row in Organisation.objects.order_by("pk")]
    return Result(rows, table(rows, ["id", "name"]))


def key_create(options: argparse.Namespace) -> Result:
    """``vivavoce keys create``."""
    from vivavoce.accounts import services
    from vivavoce.accounts.principals import SystemPrincipal

    if options.expires is not None and options.expires.tzinfo is None:
        raise Failed("write --expires with its offset from UTC, such as 2027-01-01T00:00:00+00:00")
    issued = services.key_create(
        by=SystemPrincipal(),
        organisation_id=options.organisation,
        account_id=_account(options.account) if options.account else None,
        world=options.world,
        name=options.name,
        scopes=[scope.strip() for scope in options.scopes.split(",") if scope.strip()],
        ip_list=options.ip,
        expires_at=options.expires,
    )
    return _issued(issued.key.pk, issued.token)


def key_list(options: argparse.Namespace) -> Result:
    """``vivavoce keys list``."""
    from vivavoce.accounts import selectors
    from vivavoce.accounts.principals import SystemPrincipal

    found = selectors.keys_of(by=SystemPrincipal())
    if options.organisation:
        found = found.filter(organisation_id=options.organisation)
    rows: list[dict[str, object]] = [
        {
            "id": key.pk,
            "world": key.world,
            "holder": key.organisation_id or key.user_id,
            "name": key.name,
            "scopes": ",".join(key.scopes),
            "expires": key.expires_at,
            "revoked": key.revoked_at,
            "used": key.last_used_at,
        }
        for key in found
    ]
    return Result(rows, table(rows, ["id", "world", "holder", "name", "scopes", "expires", "revoked", "used"]))


def key_rotate(options: argparse.Namespace) -> Result:
    """``vivavoce keys rotate``."""
    from vivavoce.accounts import services
    from vivavoce.accounts.principals import SystemPrincipal

    issued = services.key_rotate(by=SystemPrincipal(), key_id=options.id, overlap_seconds=options.overlap)
    return _issued(issued.key.pk, issued.token)


def key_revoke(options: argparse.Namespace) -> Result:
    """``vivavoce keys revoke``."""
    from vivavoce.accounts import services
    from vivavoce.accounts.principals import SystemPrincipal

    key = services.key_revoke(by=SystemPrincipal(), key_id=options.id)
    return Result({"id": key.pk, "revoked_at": key.revoked_at}, [f"{key.pk} revoked"])


def voice_list(options: argparse.Namespace) -> Result:
    """``vivavoce voices list``: ids and states; labels and names stay with their owners."""
    from voices.models import Voice

    found = Voice.objects.order_by("pk")
    if options.world:
        found = found.filter(world=options.world)
    rows: list[dict[str, object]] = [
        {"id": row.pk, "world": row.world, "state": row.state, "language": row.language, "actor": row.is_actor}
        for row in found
    ]
    return Result(rows, table(rows, ["id", "world", "state", "language", "actor"]))


def voice_protect(options: argparse.Namespace) -> Result:
    """``vivavoce voices protect``."""
    from audiokit import read
    from voices.services import protected_voice_add

    # Named, not imported: nothing of this package may lead to torch, and the encoder does.
    speaker = import_module("safeguards.speaker")
    sound = read(options.file, max_seconds=600.0, max_bytes=50 * 2**20)
    row = protected_voice_add(
        operator_id=_account(options.operator),
        label=options.label,
        embedding=speaker.template(sound).astype("<f4").tobytes(),
        version=import_module("safeguards.speaker.calibration").calibration().version,
    )
    return Result({"id": row.pk}, [f"{row.pk} protected"])


def _issued(key_id: str, token: str) -> Result:
    return Result({"id": key_id, "key": token}, [token, "Keep it now: it is not shown again."])


def _account(name: str) -> str:
    """An account's id, from itself or from the e-mail address."""
    from vivavoce.accounts.models import User

    column = "email" if "@" in name else "pk"
    found = User.objects.filter(**{column: name.lower() if "@" in name else name}).values_list("pk", flat=True).first()
    if found is None:
        raise Failed(f"there is no account {name}")
    return found
