"""The ``vivavoce`` command: parse, call, print, exit status."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from safeguards.audit.checkpoints import checkpoint_create
from tests.factories import accounts
from vivavoce.accounts import authenticate
from vivavoce.accounts.models import User
from vivavoce.cli import main
from vivavoce.cli.output import table


def run(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, str]:
    """Exit status, output, complaints."""
    with pytest.raises(SystemExit) as left:
        main([str(argument) for argument in arguments])
    told = capsys.readouterr()
    return int(left.value.code or 0), told.out, told.err


def run_json(capsys: pytest.CaptureFixture[str], *arguments: object) -> Any:
    """The document of a command that succeeds."""
    status, out, complaints = run(capsys, *arguments, "--json")
    assert status == 0, complaints
    return json.loads(out)


@pytest.mark.parametrize(
    "arguments", [[], ["nonsense"], ["keys"], ["keys", "create", "--world", "live"], ["worker", "--queues", "x,y"]]
)
def test_a_command_that_makes_no_sense_ends_in_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    status, _, complaints = run(capsys, *arguments)
    assert status == 2
    assert complaints


@pytest.mark.django_db
def test_people_organisations_and_keys_are_made_and_the_key_works(capsys: pytest.CaptureFixture[str]) -> None:
    person = run_json(capsys, "user", "create", "auditor@example.org", "--auditor")
    assert User.objects.get(pk=person["id"]).is_auditor
    organisation = run_json(capsys, "organisations", "create", "Readers", "--manager", "auditor@example.org")
    assert [row["id"] for row in run_json(capsys, "organisations", "list")] == [organisation["id"]]
    made = run_json(
        capsys, "keys", "create", "--organisation", organisation["id"], "--world", "sandbox", "--scopes", "clips,voices"
    )
    assert authenticate.by_key(made["key"], address="").scopes == {"clips", "voices"}
    [listed] = run_json(capsys, "keys", "list", "--organisation", organisation["id"])
    assert listed["id"] == made["id"]
    assert made["key"] not in json.dumps(listed)
    rotated = run_json(capsys, "keys", "rotate", made["id"], "--overlap", "0")
    assert rotated["key"] != made["key"]
    assert run_json(capsys, "keys", "revoke", rotated["id"])["revoked_at"]


@pytest.mark.django_db
def test_a_refusal_is_one_sentence_with_its_code_and_ends_in_2(capsys: pytest.CaptureFixture[str]) -> None:
    person = accounts.user()
    status, out, complaints = run(
        capsys, "keys", "create", "--account", person.email, "--world", "live", "--scopes", "operate"
    )
    assert (status, out) == (2, "")
    assert "(role_missing)" in complaints
    assert "Traceback" not in complaints


@pytest.mark.django_db
def test_voices_are_listed_without_names(capsys: pytest.CaptureFixture[str]) -> None:
    from tests.factories import voices as people

    voice = people.voice(label="Grandmother")
    status, out, _ = run(capsys, "voices", "list", "--world", "sandbox")
    assert status == 0
    assert voice.pk in out
    assert "Grandmother" not in out


@pytest.mark.django_db
def test_the_log_is_exported_and_verified_and_a_changed_copy_is_found(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from safeguards.audit.bundle import key_file

    run_json(capsys, "organisations", "create", "Readers")
    run_json(capsys, "organisations", "create", "Writers")
    checkpoint_create()
    bundle, keys, forged = tmp_path / "log.json", tmp_path / "keys.txt", tmp_path / "forged.json"
    assert run_json(capsys, "log", "export", "--out", bundle)["entries"] >= 2
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == ["log.json"]
    keys.write_text(key_file())
    assert run(capsys, "log", "verify", bundle, "--key", keys)[0] == 0
    forged.write_text(bundle.read_text().replace("operator:cli", "operator:cla", 1))
    status, out, _ = run(capsys, "log", "verify", forged, "--key", keys)
    assert status == 1
    assert "0" in out
    assert run(capsys, "log", "verify", tmp_path / "nothing.json", "--key", keys)[0] == 2


@pytest.mark.django_db
def test_retention_can_be_rehearsed(capsys: pytest.CaptureFixture[str]) -> None:
    report = run_json(capsys, "retention", "run", "--dry-run")
    assert report["dry_run"] is True
    assert all(count == 0 for name, count in report.items() if name != "dry_run")


def test_a_mark_is_embedded_with_a_key_of_ones_own_and_found_with_that_key_only(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rng = np.random.default_rng(1)
    time = np.arange(16_000 * 4) / 16_000
    buzz = np.sin(2 * np.pi * 140 * time * (1 + 0.05 * np.sin(time))) * (0.6 + 0.4 * np.sin(2 * np.pi * 3 * time))
    soundfile.write(tmp_path / "in.wav", 0.2 * buzz + 0.02 * rng.normal(size=len(time)), 16_000)
    for name in ("own.key", "other.key"):
        run_json(capsys, "watermark", "key", tmp_path / name)
    assert (tmp_path / "own.key").stat().st_mode & 0o077 == 0
    marked, own, other = tmp_path / "out.wav", tmp_path / "own.key", tmp_path / "other.key"
    made = run_json(capsys, "watermark", "embed", tmp_path / "in.wav", marked, "--payload", "0xBEEF", "--key", own)
    assert made["payload"] == 0xBEEF
    found = run_json(capsys, "watermark", "detect", marked, "--key", own)
    assert found["payload"] == 0xBEEF
    assert run(capsys, "watermark", "detect", marked, "--key", other)[0] == 1
    assert run(capsys, "watermark", "detect", tmp_path / "in.wav", "--key", own)[0] == 1
    assert run(capsys, "watermark", "key", own)[0] == 2
    assert run(capsys, "watermark", "embed", marked, tmp_path / "x.txt", "--payload", "1", "--key", own)[0] == 2
    assert run(capsys, "watermark", "embed", marked, tmp_path / "x.wav", "--payload", "-1", "--key", own)[0] == 2


def test_the_platforms_own_key_marks_nothing_from_the_command_line(
    tmp_path: Path, settings: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    stolen = tmp_path / "stolen.key"
    stolen.write_text(settings.VIVAVOCE_WATERMARK_KEYS[0])
    soundfile.write(tmp_path / "in.wav", np.zeros(16_000), 16_000)
    status, _, complaints = run(
        capsys, "watermark", "embed", tmp_path / "in.wav", tmp_path / "out.wav", "--payload", "1", "--key", stolen
    )
    assert status == 2
    assert "its own exit" in complaints
    assert not (tmp_path / "out.wav").exists()


def test_a_file_that_is_no_sound_is_refused_with_audiokits_code(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "x.wav").write_bytes(b"#!/bin/sh\n")
    run_json(capsys, "watermark", "key", tmp_path / "k")
    status, _, complaints = run(capsys, "watermark", "detect", tmp_path / "x.wav", "--key", tmp_path / "k")
    assert status == 2
    assert "(unsupported_format)" in complaints


def test_a_table_is_as_wide_as_its_widest_cell() -> None:
    assert table([{"a": 1, "b": None}, {"a": "long", "b": 2}], ["a", "b"]) == ["a     b", "1     -", "long  2"]
    assert table([], ["a", "b"]) == ["a  b"]
