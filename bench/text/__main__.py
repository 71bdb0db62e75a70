"""``python -m bench.text [--json OUT] [--markdown OUT]``: phones equal to upstream's, and every difference.

Needs ``../shared/gpt_sovits/fixtures/text_frontend.json``. The comparison with upstream's faults imitated needs the group
``bench`` for English (wordsegment, g2p-en), the extra ``languages`` for Japanese and Cantonese.
"""

from __future__ import annotations

import argparse
import difflib
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.text.judgements import judge
from synthesis.engine.gpt_sovits.text.front_end import phones, speak
from synthesis.engine.gpt_sovits.text.symbols import Version

SHARED = Path(os.environ.get("VIVAVOCE_SHARED", Path(__file__).parents[2] / ".." / "shared"))
SETS = ("zh_g2pw_branch_with_pypinyin", "zh_pypinyin_branch", "zh_v1", "en", "en_v1", "ja", "ko", "yue", "mixed")


@dataclass(frozen=True)
class Difference:
    """Where two sequences of phones part."""

    text: str
    tag: str
    theirs: str
    ours: str


@dataclass(frozen=True)
class Outcome:
    """One set, one way of speaking."""

    same: int
    phones: int
    sentences: int
    equal_sentences: int
    differences: tuple[Difference, ...]


def compare(name: str, items: list[dict[str, Any]], *, imitate: bool) -> Outcome:
    """Phones of a set against upstream's, aligned by longest common blocks."""
    same = total = equal = 0
    found: list[Difference] = []
    for item in items:
        theirs, ours = item["phones"], _ours(name, item, imitate=imitate)
        matcher = difflib.SequenceMatcher(a=theirs, b=ours, autojunk=False)
        same += sum(block.size for block in matcher.get_matching_blocks())
        total += max(len(theirs), len(ours))
        equal += theirs == ours
        found.extend(_differences(item, name, matcher, theirs, ours))
    return Outcome(same, total, len(items), equal, tuple(found))


def _ours(name: str, item: dict[str, Any], *, imitate: bool) -> list[str]:
    version: Version = "v1" if name.endswith("_v1") else "v2"
    if name == "mixed":
        return [each for part in speak(item["text"], item["lang"], imitate=imitate) for each in part.names]
    return list(phones(item["text"], name.split("_")[0], version=version, imitate=imitate).names)


def _differences(
    item: dict[str, Any], name: str, matcher: difflib.SequenceMatcher[str], theirs: list[str], ours: list[str]
) -> Iterator[Difference]:
    for kind, a, b, c, d in matcher.get_opcodes():
        if kind != "equal":
            tag = item["lang"] if name == "mixed" else name.split("_")[0]
            yield Difference(item["text"], tag, " ".join(theirs[a:b]) or "–", " ".join(ours[c:d]) or "–")


def main() -> None:
    """Print the table, and write JSON and the list of differences where asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--markdown", type=Path)
    parser.add_argument("--quick", action="store_true", help="accepted for likeness with the other benches")
    options = parser.parse_args()
    expected = json.loads((SHARED / "gpt_sovits" / "fixtures" / "text_frontend.json").read_text("utf-8"))
    outcomes = {
        (name, imitate): compare(name, expected[name], imitate=imitate) for name in SETS for imitate in (True, False)
    }
    table = [
        "| set | sentences | phones | equal, faults imitated | equal, as spoken by default | or ours is right | or either is |",
        "|---|---|---|---|---|---|---|",
    ]
    for name in SETS:
        theirs, ours = outcomes[name, True], outcomes[name, False]
        table.append(
            f"| `{name}` | {theirs.sentences} | {theirs.phones} | {theirs.same / theirs.phones:.2%} "
            f"| {ours.same / ours.phones:.2%} | {_where_not(ours, 'ours'):.2%} | {_where_not(ours, 'ours', 'either'):.2%} |"
        )
    print("\n".join(table))
    if options.json:
        figures = {
            f"{name}{'_imitated' if imitate else ''}": {"same": o.same, "phones": o.phones, "sentences": o.sentences}
            for (name, imitate), o in outcomes.items()
        }
        options.json.write_text(json.dumps(figures, indent=1), "utf-8")
    if options.markdown:
        options.markdown.write_text("\n".join([*table, "", *_list(outcomes)]) + "\n", "utf-8")


def _where_not(outcome: Outcome, *verdicts: str) -> float:
    """Share of phones outside the differences that have another verdict."""
    other = (each for each in outcome.differences if not judge(each.text, each.tag, imitate=False).startswith(verdicts))
    return 1 - sum(max(_count(each.theirs), _count(each.ours)) for each in other) / outcome.phones


def _count(names: str) -> int:
    return 0 if names == "–" else len(names.split())


def _list(outcomes: dict[tuple[str, bool], Outcome]) -> list[str]:
    lines = ["| text | tag | upstream | ours | who is right |", "|---|---|---|---|---|"]
    seen: set[tuple[str, str, str]] = set()
    for name in SETS:
        for imitate in (True, False):
            for difference in outcomes[name, imitate].differences:
                key = (difference.text, difference.theirs, difference.ours)
                if key in seen:
                    continue
                seen.add(key)
                verdict = judge(difference.text, difference.tag, imitate=imitate)
                short = difference.text if len(difference.text) <= 40 else difference.text[:39] + "…"
                cells = (short.replace("|", "/"), difference.tag, difference.theirs, difference.ours, verdict)
                lines.append("| " + " | ".join(cells) + " |")
    return lines


if __name__ == "__main__":
    main()
