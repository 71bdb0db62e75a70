"""Eight writers at once: one dense, linked, provable history, on SQLite and on PostgreSQL."""

from __future__ import annotations

import collections
import io
import json
import os
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from django.db import close_old_connections, connection, connections, transaction

from safeguards.audit import bundle, checkpoints, log, tree
from safeguards.audit.checkpoint import SignedHead
from safeguards.audit.events import EventType
from safeguards.audit.note import parse_keys
from safeguards.audit.verdict import Assurance
from safeguards.audit.verify import verify_bundle

ROOT = Path(__file__).resolve().parents[3]
SERVER = os.environ.get("VIVAVOCE_TEST_POSTGRES", "postgresql://root@127.0.0.1:5432/postgres")
WRITERS = 8
EACH = 15
EXPORT = (
    "import django; django.setup()\n"
    "import sys\n"
    "from safeguards.audit import bundle, checkpoints\n"
    "checkpoints.checkpoint_create()\n"
    "open(sys.argv[2], 'w').write(bundle.key_file())\n"
    "bundle.export_log(open(sys.argv[1], 'w'))\n"
)


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """A SQLite file of its own."""
    return f"sqlite://{tmp_path}/log.sqlite3"


@pytest.fixture
def postgres_url() -> Iterator[str]:
    """A PostgreSQL database of its own, dropped afterwards."""
    name = f"vivavoce_log_{uuid.uuid4().hex[:12]}"
    try:
        psycopg.connect(SERVER, connect_timeout=3).close()
    except psycopg.OperationalError:
        pytest.skip(f"no PostgreSQL server at {SERVER}; CI runs these")
    with psycopg.connect(SERVER, autocommit=True) as server:
        server.execute(f'CREATE DATABASE "{name}"')
    yield SERVER.rpartition("/")[0] + "/" + name
    with psycopg.connect(SERVER, autocommit=True) as server:
        server.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def environment(url: str, home: Path) -> dict[str, str]:
    return os.environ | {
        "DJANGO_SETTINGS_MODULE": "tests.integration.audit.log_settings",
        "PYTHONPATH": f"{ROOT / 'platform'}:{ROOT}",
        "LOG_TEST_HOME": str(home),
        "LOG_TEST_DATABASE": url,
    }


def run(url: str, home: Path) -> None:
    env = environment(url, home)
    subprocess.run([sys.executable, "-m", "django", "migrate", "-v0"], cwd=ROOT, env=env, check=True)
    command = [sys.executable, "-m", "tests.integration.audit.writer"]
    writers = [
        subprocess.Popen([*command, str(number), str(EACH)], cwd=ROOT, env=env, stderr=subprocess.PIPE, text=True)
        for number in range(WRITERS)
    ]
    while len(list(home.glob("ready-*"))) < WRITERS and all(writer.poll() is None for writer in writers):
        time.sleep(0.01)
    (home / "go").touch()
    for writer in writers:
        _, errors = writer.communicate(timeout=120)
        assert writer.returncode == 0, errors


def check(url: str, home: Path) -> None:
    file, keys = home / "bundle.json", home / "log.vkey"
    command = [sys.executable, "-c", EXPORT, str(file), str(keys)]
    subprocess.run(command, cwd=ROOT, env=environment(url, home), check=True)
    rows = [json.loads(row["leaf"]) for row in json.loads(file.read_text())["entries"]]
    assert [row["index"] for row in rows] == list(range(WRITERS * EACH))
    assert collections.Counter(row["actor"] for row in rows) == {f"worker:{n}": EACH for n in range(WRITERS)}
    for number in range(WRITERS):
        own = [row["body"]["n"] for row in rows if row["actor"] == f"worker:{number}"]
        assert own == sorted(own)
    assert all(row["subject"] != "challenge:gone" for row in rows)
    anchors = [SignedHead.parse(path.read_bytes()) for path in (home / "checkpoints").glob("*.checkpoint")]
    assert len(anchors) >= WRITERS * EACH // 40
    with file.open() as text:
        report = verify_bundle(text, keys=parse_keys(keys.read_text()), anchors=anchors)
    assert report.ok, report.as_text()
    assert report.coverage[Assurance.ANCHORED] == WRITERS * EACH


def test_eight_processes_write_one_history_on_sqlite(sqlite_url: str, tmp_path: Path) -> None:
    run(sqlite_url, tmp_path)
    check(sqlite_url, tmp_path)


@pytest.mark.postgres
def test_eight_processes_write_one_history_on_postgresql(postgres_url: str, tmp_path: Path) -> None:
    run(postgres_url, tmp_path)
    check(postgres_url, tmp_path)


@pytest.mark.django_db(transaction=True)
def test_eight_threads_write_one_history() -> None:
    failures: list[BaseException] = []
    start = threading.Barrier(WRITERS)

    def work(name: int) -> None:
        try:
            start.wait(timeout=30)
            for number in range(8):
                with transaction.atomic():
                    log.append(
                        EventType.CHALLENGE_ISSUED, actor=f"worker:{name}", subject="challenge:1", body={"n": number}
                    )
        except BaseException as error:  # noqa: BLE001 (handed to the main thread)
            failures.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work, args=(name,)) for name in range(WRITERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=120)
    close_old_connections()
    assert failures == []
    assert tree.size() == WRITERS * 8
    checkpoints.checkpoint_create()
    out = io.StringIO()
    bundle.export_log(out)
    report = verify_bundle(io.StringIO(out.getvalue()), keys=parse_keys(bundle.key_file()))
    assert report.ok, report.as_text()
    assert connection.in_atomic_block is False


@pytest.mark.postgres
def test_the_application_role_can_add_and_read_and_nothing_else(postgres_url: str, tmp_path: Path) -> None:
    role = f"vivavoce_app_{uuid.uuid4().hex[:8]}"
    env = environment(postgres_url, tmp_path)
    manage = [sys.executable, "-m", "django"]
    with psycopg.connect(SERVER, autocommit=True) as server:
        server.execute(f'CREATE ROLE "{role}"')
    try:
        subprocess.run([*manage, "migrate", "-v0"], cwd=ROOT, env=env, check=True)
        grant = [*manage, "audit_grants", "--app", role, "--audit", f"{role}_audit"]
        printed = subprocess.run(grant, cwd=ROOT, env=env, check=True, capture_output=True, text=True).stdout
        assert f'GRANT "{role}_audit" TO "{role}";' in printed
        for _ in range(2):
            subprocess.run([*grant, "--apply"], cwd=ROOT, env=env, check=True, capture_output=True)
        with psycopg.connect(postgres_url, autocommit=True) as session:
            session.execute(f'SET ROLE "{role}"')
            session.execute(
                'INSERT INTO audit_entry ("index", type, at, actor, subject, world, leaf, leaf_hash) '
                "VALUES (0, 1, now(), 'a', 's', 'live', '', '')"
            )
            session.execute("INSERT INTO audit_logkey (vkey, from_size, added_at) VALUES ('k', 0, now())")
            assert session.execute("SELECT count(*) FROM audit_entry").fetchone() == (1,)
            for sql in (
                "UPDATE audit_entry SET actor = 'b'",
                "DELETE FROM audit_entry",
                "TRUNCATE audit_entry",
                "ALTER TABLE audit_entry DISABLE TRIGGER ALL",
                "DROP TRIGGER audit_entry_no_change ON audit_entry",
                "DROP TABLE audit_entry CASCADE",
                "CREATE OR REPLACE FUNCTION audit_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$",
                "SET session_replication_role = replica",
            ):
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    session.execute(sql)
    finally:
        with psycopg.connect(postgres_url, autocommit=True) as session:
            for name in (role, f"{role}_audit"):
                session.execute(f'DROP OWNED BY "{name}"')
                session.execute(f'DROP ROLE "{name}"')
