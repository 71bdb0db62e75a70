"""The front end against upstream's output, with the faults of upstream imitated."""

from __future__ import annotations

import difflib
import json
from collections.abc import Sequence
from typing import Any

import pytest

from synthesis.engine.gpt_sovits.text import symbols
from synthesis.engine.gpt_sovits.text.front_end import phones, speak
from synthesis.engine.gpt_sovits.text.segments import segments
from synthesis.engine.gpt_sovits.text.split import pieces, squeeze
from tests.unit.gpt_sovits.upstream import FIXTURES

pytestmark = pytest.mark.shared


@pytest.fixture(scope="module")
def expected() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((FIXTURES / "text_frontend.json").read_text("utf-8"))
    return found


def _equal(theirs: Sequence[str], ours: Sequence[str]) -> tuple[int, int]:
    matcher = difflib.SequenceMatcher(a=list(theirs), b=list(ours), autojunk=False)
    return sum(block.size for block in matcher.get_matching_blocks()), max(len(theirs), len(ours))


def _share(items: list[dict[str, Any]], language: str, version: symbols.Version, *, imitate: bool = True) -> float:
    same = total = 0
    for item in items:
        found = phones(item["text"], language, version=version, imitate=imitate)
        equal, count = _equal(item["phones"], found.names)
        same, total = same + equal, total + count
    return same / total


def test_symbols_are_upstreams_in_order(expected: dict[str, Any]) -> None:
    assert list(symbols.SYMBOLS_V1) == expected["symbols_v1"]
    assert list(symbols.SYMBOLS_V2) == expected["symbols_v2"]


@pytest.mark.parametrize("name", ["zh_g2pw_branch_with_pypinyin", "zh_pypinyin_branch", "zh_v1"])
def test_mandarin_equals_upstream_in_every_phone(expected: dict[str, Any], name: str) -> None:
    for item in expected[name]:
        found = phones(item["text"], "zh", version="v1" if name == "zh_v1" else "v2", imitate=True)
        assert (found.names, list(found.ids)) == (tuple(item["phones"]), item["ids"]), item["text"]
        assert list(found.word2ph or ()) == item["word2ph"]
        assert found.norm == item["norm"]


def test_mandarin_as_it_is_spoken_by_default_is_nearly_upstreams(expected: dict[str, Any]) -> None:
    assert _share(expected["zh_g2pw_branch_with_pypinyin"], "zh", "v2", imitate=False) >= 0.985


@pytest.mark.parametrize(("name", "version"), [("en", "v2"), ("en_v1", "v1")])
def test_english_equals_upstream_but_for_its_faults(
    expected: dict[str, Any], name: str, version: symbols.Version
) -> None:
    from synthesis.engine.gpt_sovits.text.en.imitated_network import network

    # Without upstream's own network and word list for unknown words, those words are ours.
    least = 0.99 if network() is not None and _has("wordsegment") else 0.975
    assert _share(expected[name], "en", version) >= least


def _has(module: str) -> bool:
    from importlib.util import find_spec

    return find_spec(module) is not None


def test_korean_equals_upstream(expected: dict[str, Any]) -> None:
    assert _share(expected["ko"], "ko", "v2") == 1.0


def test_cantonese_equals_upstream(expected: dict[str, Any]) -> None:
    pytest.importorskip("ToJyutping")
    assert _share(expected["yue"], "yue", "v2") == 1.0


def test_japanese_differs_only_where_the_dictionaries_do(expected: dict[str, Any]) -> None:
    pytest.importorskip("pyopenjtalk")
    assert _share(expected["ja"], "ja", "v2") >= 0.92


def test_mixed_text_equals_upstream_where_its_detector_is_right(expected: dict[str, Any]) -> None:
    differing = [
        (item["lang"], item["text"])
        for item in expected["mixed"]
        if item["lang"] not in ("ja", "all_ja")
        and not (item["lang"] == "auto" and any(span[0] == "ja" for span in item["segments"] or ()))
        and [number for part in speak(item["text"], item["lang"], imitate=True) for number in part.ids] != item["ids"]
    ]
    assert differing == []


def test_spans_of_tagged_text_equal_upstreams(expected: dict[str, Any]) -> None:
    for item in expected["mixed"]:
        if item["lang"] == "all_zh":
            assert [[s.language, s.text] for s in segments(item["text"], "all_zh")] == item["segments"]


def test_pieces_equal_upstreams(expected: dict[str, Any]) -> None:
    for item in expected["pre_seg"]:
        assert pieces(item["text"], item["lang"], item["method"], imitate=True) == item["segments"]
    for text, squeezed in expected["get_consecutive"]:
        assert squeeze(text) == squeezed
