"""What follows from what the techniques say."""

from __future__ import annotations

from itertools import product

import pytest

from synthesis.verification.findings import Conflict, Outcome, Technique, Verdict, judge

F, N, U = Outcome.FOUND, Outcome.NOT_FOUND, Outcome.INCONCLUSIVE


def _said(
    *,
    mark: Outcome = N,
    printed: Outcome = N,
    exact: Outcome = N,
    manifest: Outcome = N,
    missing: bool = False,
    mark_names: str | None = "req_1",
    manifest_names: str = "req_1",
) -> list[Technique]:
    def named(outcome: Outcome, request_id: str = "req_1") -> str | None:
        return request_id if outcome is F else None

    return [
        Technique("manifest", manifest, "v", named(manifest, manifest_names)),
        Technique("watermark", mark, "v", named(mark) and mark_names),
        Technique("exact_hash", exact, "v", named(exact)),
        Technique("fingerprint", printed, "v", named(printed), detail={"expected_missing": missing}),
    ]


def test_nothing_found_is_not_detected() -> None:
    assert judge(_said()).verdict is Verdict.NOT_DETECTED


def test_a_technique_that_could_not_judge_makes_silence_inconclusive() -> None:
    assert judge(_said(mark=U)).verdict is Verdict.INCONCLUSIVE


@pytest.mark.parametrize("technique", ["mark", "printed", "exact", "manifest"])
def test_one_technique_is_enough(technique: str) -> None:
    judgement = judge(_said(**{technique: F}))  # type: ignore[arg-type]

    assert (judgement.verdict, judgement.request_id) == (Verdict.GENERATED_HERE, "req_1")


def test_a_mark_on_sound_that_is_not_the_clip_it_names_is_copied() -> None:
    judgement = judge(_said(mark=F, missing=True))

    assert judgement.conflicts == (Conflict.MARK_COPIED,)
    assert (judgement.verdict, judgement.request_id) == (Verdict.INCONCLUSIVE, None)


@pytest.mark.parametrize(("printed", "conflicts"), [(N, (Conflict.MARK_UNPLACED,)), (U, ())])
def test_a_mark_that_names_no_clip_is_not_enough(printed: Outcome, conflicts: tuple[Conflict, ...]) -> None:
    judgement = judge(_said(mark=F, mark_names=None, printed=printed))

    assert judgement.conflicts == conflicts
    assert (judgement.verdict, judgement.request_id) == (Verdict.INCONCLUSIVE, None)


@pytest.mark.parametrize("technique", ["printed", "exact"])
def test_a_mark_that_names_no_clip_does_not_speak_against_the_clip_itself(technique: str) -> None:
    judgement = judge(_said(mark=F, mark_names=None, **{technique: F}))  # type: ignore[arg-type]

    assert (judgement.verdict, judgement.request_id) == (Verdict.GENERATED_HERE, "req_1")


def test_a_clip_without_its_mark_is_still_ours() -> None:
    judgement = judge(_said(printed=F))

    assert judgement.conflicts == (Conflict.MARK_REMOVED,)
    assert judgement.verdict is Verdict.GENERATED_HERE


def test_a_manifest_of_another_clip_is_not_believed_against_the_sound() -> None:
    judgement = judge(_said(mark=F, printed=F, manifest=F, manifest_names="req_2"))

    assert judgement.conflicts == (Conflict.MANIFEST_COPIED,)
    assert judgement.request_id == "req_1"


def test_generated_here_always_rests_on_something_found_and_nothing_else_does() -> None:
    for mark, printed, exact, manifest, missing in product((F, N, U), (F, N, U), (F, N), (F, N), (True, False)):
        said = _said(mark=mark, printed=printed, exact=exact, manifest=manifest, missing=missing)
        judgement = judge(said)
        found = any(technique.outcome is F for technique in said)
        if judgement.verdict is Verdict.GENERATED_HERE:
            assert found
        if judgement.verdict is Verdict.NOT_DETECTED:
            assert not found
            assert judgement.conflicts == ()
