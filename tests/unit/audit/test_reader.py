"""Streaming JSON: the same content in any layout and any piece size, and nothing else."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest

from safeguards.audit import reader
from safeguards.audit.reader import BundleMalformed, BundleReader

CONTENT: dict[str, Any] = {
    "format": "x",
    "size": 123456,
    "list": ["a\nb", {"c": [1, None]}],
    "entries": [{"leaf": 'é"\\', "hash": "00"}, {"n": 12}, {}],
}


def read(text: str) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    found = BundleReader(io.StringIO(text))
    return found.header, list(found.entries())


@pytest.mark.parametrize("piece", [1, 2, 7, 1 << 16])
@pytest.mark.parametrize("indent", [None, 2])
def test_any_layout_reads_the_same(piece: int, indent: int | None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "_PIECE", piece)
    header, entries = read(json.dumps(CONTENT, indent=indent))
    assert {**header, "entries": entries} == CONTENT


def test_an_empty_list_of_entries_is_read() -> None:
    assert read('{"a":1,"entries":[]}') == ({"a": 1}, [])


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"a":1}',
        '{"a":1,"a":2,"entries":[]}',
        '{"a":{"b":1,"b":2},"entries":[]}',
        '{"entries":[{}',
        '{"entries":[{},]}',
        '{"entries":[{}]',
        '{"entries":[{}],"later":1}',
        '{"entries":[{}]} x',
        '{"entries":[1]}',
        '{"entries":{}}',
        '{1:2,"entries":[]}',
        '{"a" 1,"entries":[]}',
        '{"entries":[{"a":}]}',
        '{"a":' + "[" * 50_000,
    ],
)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(BundleMalformed):
        read(text)


def test_a_value_without_end_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "MAX_VALUE", 100)
    monkeypatch.setattr(reader, "_PIECE", 10)

    class Endless(io.StringIO):
        def read(self, size: int | None = -1, /) -> str:
            return "x" * 10 if self.tell() else super().read(size)

    with pytest.raises(BundleMalformed):
        BundleReader(Endless('{"a":"xxxx'))
