"""The file-system broker: whole messages, and no harm from a broken one."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from kombu import Connection


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[Connection]:
    options = {
        "data_folder_in": str(tmp_path),
        "data_folder_out": str(tmp_path),
        "control_folder": str(tmp_path / "control"),
    }
    with Connection("localhost", transport="vivavoce.broker:Transport", transport_options=options) as opened:
        yield opened


def test_a_message_arrives_and_leaves_nothing_behind(connection: Connection, tmp_path: Path) -> None:
    queue = connection.SimpleQueue("nudges")
    queue.put({"job": "job_1"})
    assert queue.get(timeout=2).payload == {"job": "job_1"}
    assert list(tmp_path.glob("*.msg")) == []
    assert list(tmp_path.glob(".*.part")) == []
    queue.close()


@pytest.mark.parametrize("content", [b"", b'{"body": "', b"\xff\xfe"])
def test_a_damaged_message_is_dropped_and_the_next_one_read(
    connection: Connection, tmp_path: Path, content: bytes
) -> None:
    # Kombu remembers declared queues per process, so each connection of this test has a queue of its own.
    name = f"nudges{len(content)}"
    queue = connection.SimpleQueue(name)
    (tmp_path / f"0_damaged.{name}.msg").write_bytes(content)
    queue.put({"job": "job_2"})
    assert queue.get(timeout=2).payload == {"job": "job_2"}
    queue.close()


def test_questions_that_a_worker_left_unread_go_when_the_next_one_is_put(
    connection: Connection, tmp_path: Path
) -> None:
    queue = connection.SimpleQueue("analysis-1.celery.pidbox")
    queue.put({"who": "is there"})
    (unread,) = tmp_path.glob("*.pidbox.msg")
    os.utime(unread, (1.0, 1.0))
    queue.put({"who": "is there"})
    assert len(list(tmp_path.glob("*.pidbox.msg"))) == 1
    assert not unread.exists()
    queue.close()
