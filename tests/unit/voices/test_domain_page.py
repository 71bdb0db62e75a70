"""docs/domain.md draws the state tables as they are."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from synthesis.states import REQUEST
from voices import states

PAGE = Path(__file__).resolve().parents[3] / "docs" / "domain.md"
TABLES = {
    "CHALLENGE": (states.CHALLENGE, states.ChallengeState.ISSUED),
    "CONSENT": (states.CONSENT, states.ConsentState.DRAFT),
    "ENROLMENT": (states.ENROLMENT, states.EnrolmentState.COLLECTING),
    "VOICE": (states.VOICE, states.VoiceState.PENDING),
    "GRANT": (states.GRANT, states.GrantState.REQUESTED),
    "REQUEST": (REQUEST, "accepted"),
}


def diagram(table: Mapping[str, frozenset[str]], first: str) -> str:
    """The table as Mermaid draws states."""
    lines = ["```mermaid", "stateDiagram-v2", f"    [*] --> {first}"]
    lines += [f"    {state} --> {target}" for state, targets in table.items() for target in sorted(targets)]
    ends = sorted({target for targets in table.values() for target in targets} - set(table))
    lines += [f"    {state} --> [*]" for state in ends]
    return "\n".join([*lines, "```"])


@pytest.mark.parametrize("name", TABLES)
def test_each_diagram_is_the_table(name):
    drawn = re.search(rf"<!-- table: {name} -->\n(```mermaid\n.*?\n```)\n", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert drawn is not None
    assert drawn[1] == diagram(*TABLES[name])


@pytest.mark.parametrize("name", [name for name in TABLES if name != "REQUEST"])
def test_every_state_is_reached_from_the_first(name):
    table, first = TABLES[name]
    seen, front = {str(first)}, [str(first)]
    while front:
        for state in table.get(front.pop(), frozenset()):
            if str(state) not in seen:
                seen.add(str(state))
                front.append(str(state))
    assert seen == {str(state) for state in set(table) | {one for targets in table.values() for one in targets}}


def test_the_page_says_what_the_services_keep():
    from voices.services import challenges, retention

    text = PAGE.read_text(encoding="utf-8")
    assert (challenges.SECONDS, challenges.TRIES, challenges.BITS, challenges.MOST_PER_HOUR) == (120, 3, 48, 20)
    assert "120 seconds; three tries" in text
    days = (retention.REFUSED_KEPT, retention.EXPIRED_GRACE, retention.REVOKED_KEPT, retention.CHALLENGE_KEPT)
    assert [kept.days for kept in days] == [30, 30, 30, 7]
