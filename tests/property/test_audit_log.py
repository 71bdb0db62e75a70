"""Any single change of a byte, an entry or the order of entries is found, wherever it falls."""

from __future__ import annotations

import io
from copy import deepcopy

from hypothesis import given, settings
from hypothesis import strategies as st

from safeguards.audit import merkle
from safeguards.audit.leaf import parse_leaf
from safeguards.audit.verify import verify_bundle
from safeguards.crypto.canonical import canonical_bytes, parse_canonical
from tests.fakes.log_operator import LogOperator, make_row

# Odd sizes keep the limits off powers of two, where the right edge of the tree is easy.
LOG = LogOperator().grow(23, checkpoint_every=7)
LOG.checkpoint()
BUNDLE = LOG.bundle()
ROWS = st.integers(0, len(LOG.rows) - 1)
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner),
    max_leaves=20,
)


def attacked() -> LogOperator:
    return deepcopy(LOG)


def test_the_log_before_any_attack_verifies() -> None:
    assert LOG.verify().ok


@given(place=ROWS, data=st.data())
@settings(max_examples=150, deadline=None)
def test_any_changed_character_of_a_leaf_is_named(place: int, data: st.DataObject) -> None:
    log = attacked()
    leaf = log.rows[place]["leaf"]
    at = data.draw(st.integers(0, len(leaf) - 1))
    other = data.draw(st.characters(exclude_categories=["Cs"]).filter(lambda character: character != leaf[at]))
    log.rows[place]["leaf"] = leaf[:at] + other + leaf[at + 1 :]
    assert log.verify().first_bad == place
    assert log.verify(keys=()).first_bad == place


@given(place=ROWS, data=st.data())
@settings(max_examples=60, deadline=None)
def test_a_leaf_changed_together_with_its_hash_is_found_at_its_index_or_in_its_checkpoint(
    place: int, data: st.DataObject
) -> None:
    log = attacked()
    field = data.draw(st.sampled_from(["actor", "subject", "type", "world", "body", "at"]))
    values = {
        "actor": "account:zz",
        "subject": "x:y",
        "type": 999,
        "world": "sandbox",
        "body": {"forged": True},
        "at": "2020-01-01T00:00:00.000000Z",
    }
    log.rewrite(place, **{field: values[field]})
    problem = log.verify().problems[0]
    assert problem.first is not None
    assert problem.first <= place <= (problem.first if problem.last is None else problem.last)
    if place < len(log.rows) - 2:
        assert problem.first == place


@given(places=st.lists(ROWS, min_size=2, max_size=2, unique=True))
@settings(max_examples=60, deadline=None)
def test_any_two_swapped_rows_are_named(places: list[int]) -> None:
    log = attacked()
    one, two = sorted(places)
    log.rows[one], log.rows[two] = log.rows[two], log.rows[one]
    assert log.verify().first_bad == one


@given(place=ROWS, count=st.integers(1, 5))
@settings(max_examples=60, deadline=None)
def test_any_deleted_run_is_named(place: int, count: int) -> None:
    log = attacked()
    del log.rows[place : place + count]
    assert log.verify().first_bad == place


@given(place=ROWS, copied=ROWS)
@settings(max_examples=60, deadline=None)
def test_any_repeated_row_is_named(place: int, copied: int) -> None:
    log = attacked()
    log.rows.insert(place, log.rows[copied])
    found = log.verify().first_bad
    assert found is not None
    # Two equal rows side by side are told apart only by place.
    assert place - 1 <= found <= place + 1


@given(at=st.integers(0, len(BUNDLE) - 1), character=st.characters(exclude_categories=["Cs"]))
@settings(max_examples=300, deadline=None)
def test_no_changed_character_of_the_file_passes_unless_it_says_the_same(at: int, character: str) -> None:
    changed = BUNDLE[:at] + character + BUNDLE[at + 1 :]
    report = verify_bundle(io.StringIO(changed), keys=[LOG.note_key])
    # Nothing else is signed: the list of keys is for information, the claimed size may be smaller than the truth,
    # upper-case hexadecimal is the same hash, and a changed checkpoint of an unknown key says nothing.
    if report.ok:
        assert report.entries == len(LOG.rows)
        assert report.coverage["signed"] == len(LOG.rows)


@given(value=VALUES)
@settings(max_examples=150, deadline=None)
def test_canonical_bytes_read_back_to_the_same_value(value: object) -> None:
    data = canonical_bytes(value)
    assert parse_canonical(data) == value
    assert canonical_bytes(parse_canonical(data)) == data


@given(data=st.binary(max_size=300))
@settings(max_examples=150, deadline=None)
def test_arbitrary_bytes_are_no_leaf(data: bytes) -> None:
    try:
        parse_leaf(data)
    except ValueError:
        return
    raise AssertionError("random bytes passed as a record")


@given(size=st.integers(1, 300), data=st.data())
@settings(max_examples=60, deadline=None)
def test_a_proof_verifies_for_its_leaf_and_no_other(size: int, data: st.DataObject) -> None:
    leaves = [merkle.leaf_hash(bytes([number % 256, number // 256])) for number in range(size)]
    nodes = {(0, number): leaf for number, leaf in enumerate(leaves)}
    frontier = merkle.Frontier()
    for number, leaf in enumerate(leaves):
        frontier.append(leaf)
        for level, place in merkle.new_nodes(number):
            nodes[level, place] = merkle.node_hash(nodes[level - 1, 2 * place], nodes[level - 1, 2 * place + 1])
    index = data.draw(st.integers(0, size - 1))
    proof = [merkle.range_hash(lo, hi, nodes.__getitem__) for lo, hi in merkle.inclusion_ranges(index, size)]
    merkle.verify_inclusion(index, size, leaves[index], proof, frontier.root())
    other = data.draw(st.integers(0, size - 1).filter(lambda number: number != index)) if size > 1 else None
    if other is not None:
        for place, leaf in ((other, leaves[index]), (index, leaves[other])):
            try:
                merkle.verify_inclusion(place, size, leaf, proof, frontier.root())
            except merkle.ProofInvalid:
                continue
            raise AssertionError("a proof fits another place")


def test_make_row_hashes_as_the_log_does() -> None:
    assert make_row(b"x")["hash"] == merkle.leaf_hash(b"x").hex()
