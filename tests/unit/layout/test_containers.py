"""The container files against the settings: what a service is given is what its role asks for, and nothing more."""

from __future__ import annotations

import base64
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[3]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker" / "compose.yaml").read_text(encoding="utf-8"))
SERVICES: dict[str, Any] = COMPOSE["services"]
OURS = ["web", "analysis", "engine", "egress"]
EGRESS_SECRETS = {"watermark_keys", "egress_private_key", "c2pa_chain", "c2pa_key", "log_signing_keys"}


def test_every_secret_a_service_names_is_declared_and_mounted() -> None:
    for name, service in SERVICES.items():
        given = set(service.get("secrets", []))
        assert given <= set(COMPOSE["secrets"]), name
        for variable, value in service.get("environment", {}).items():
            if str(value).startswith("/run/secrets/"):
                assert str(value).removeprefix("/run/secrets/") in given, f"{name}: {variable}"


def test_the_engine_holds_no_watermark_signing_or_delivery_key_and_has_no_way_out() -> None:
    assert EGRESS_SECRETS.isdisjoint(SERVICES["engine"]["secrets"])
    assert SERVICES["engine"]["networks"] == ["inside"]
    assert COMPOSE["networks"]["inside"]["internal"] is True


def test_only_egress_can_open_raw_audio_and_sign() -> None:
    holders = {name for name, service in SERVICES.items() if "egress_private_key" in service.get("secrets", [])}
    assert holders == {"egress"}


@pytest.fixture(scope="module")
def secrets(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    folder = tmp_path_factory.mktemp("secrets")
    done = subprocess.run(
        [sys.executable, str(ROOT / "docker" / "make_secrets.py"), str(folder)],
        capture_output=True,
        text=True,
        check=True,
    )
    return folder, done.stdout.strip().split("=", 1)[1]


def test_made_secrets_are_private_and_kept(secrets: tuple[Path, str]) -> None:
    folder, public = secrets
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert set(before) == set(COMPOSE["secrets"])
    assert all(path.stat().st_mode & 0o077 == 0 for path in folder.iterdir())
    again = subprocess.run(
        [sys.executable, str(ROOT / "docker" / "make_secrets.py"), str(folder)],
        capture_output=True,
        text=True,
        check=True,
    )
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    assert again.stdout.strip().endswith(public)
    assert len(base64.b64decode(public)) == 32


@pytest.mark.parametrize("name", OURS)
def test_settings_of_each_role_start_with_exactly_what_compose_gives(
    name: str, secrets: tuple[Path, str], tmp_path: Path
) -> None:
    folder, public = secrets
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": f"{ROOT / 'platform'}:{ROOT}"}
    for variable, value in SERVICES[name]["environment"].items():
        text = str(value).replace("/run/secrets", str(folder))
        if text.startswith("${"):
            text = "" if ":-" in text else "x.example"
        environment[variable] = text
    database = tmp_path / "database_url"
    database.write_text("postgresql://vivavoce:secret@database/vivavoce", encoding="utf-8")
    environment |= {
        "VIVAVOCE_DATABASE_URL_FILE": str(database),
        "VIVAVOCE_EGRESS_PUBLIC_KEY": public,
        "VIVAVOCE_HOME": str(tmp_path),
    }
    code = (
        "from vivavoce import settings as s; "
        "print(s.ROLE, len(s.VIVAVOCE_WATERMARK_KEYS), len(s.VIVAVOCE_EGRESS_PRIVATE_KEY), len(s.VIVAVOCE_KEY_PEPPER))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-800:]
    expected = {"web": "web 0 0 1", "analysis": "analysis 1 0 0", "engine": "engine 0 0 0", "egress": "egress 1 1 0"}
    assert done.stdout.strip() == expected[name]


@pytest.mark.parametrize(
    "missing", ["VIVAVOCE_SECRET_KEY", "VIVAVOCE_KEKS", "VIVAVOCE_DATABASE_URL", "VIVAVOCE_PUBLIC_URL"]
)
def test_at_scale_nothing_starts_without_its_secrets(missing: str, tmp_path: Path) -> None:
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": f"{ROOT / 'platform'}:{ROOT}",
        "VIVAVOCE_SHAPE": "scale",
        "VIVAVOCE_HOME": str(tmp_path),
        "VIVAVOCE_SECRET_KEY": "s",
        "VIVAVOCE_KEKS": "k",
        "VIVAVOCE_LOG_SIGNING_KEYS": "l",
        "VIVAVOCE_WATERMARK_KEYS": "w",
        "VIVAVOCE_EGRESS_PRIVATE_KEY": "e",
        "VIVAVOCE_KEY_PEPPER": "p",
        "VIVAVOCE_LOG_ORIGIN": "o",
        "VIVAVOCE_ALLOWED_HOSTS": "h",
        "VIVAVOCE_PUBLIC_URL": "https://x",
        "VIVAVOCE_DATABASE_URL": "postgresql://d/d",
        "VIVAVOCE_BROKER_URL": "redis://r",
    }
    del environment[missing]
    done = subprocess.run(
        [sys.executable, "-c", "from vivavoce import settings"],
        env=environment,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode != 0
    assert missing in done.stderr
