"""The tree against the vectors of the Certificate Transparency reference implementation and against its own definition."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import pytest

from safeguards.audit import merkle

# certificate-transparency: cpp/merkletree/merkle_tree_test.cc, kInputs, kExpectedRoots, paths and proofs.
LEAVES = [
    bytes.fromhex(text)
    for text in ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
]
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
A = "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7"
B = "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e"
C = "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4"
D = "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b"
E = "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0"
F = "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a"
PATHS = [(0, 8, [A, B, C]), (5, 8, [D, E, ROOTS[3]]), (2, 3, [ROOTS[1]]), (1, 5, [ROOTS[0], B, D]), (0, 1, [])]
PROOFS = [(1, 1, []), (1, 8, [A, B, C]), (6, 8, [F, E, ROOTS[3]]), (2, 5, [B, D])]


def definition(leaves: Sequence[bytes]) -> bytes:
    """MTH word for word as in RFC 6962 §2.1, independent of the code under test."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return hashlib.sha256(b"\x00" + leaves[0]).digest()
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return hashlib.sha256(b"\x01" + definition(leaves[:k]) + definition(leaves[k:])).digest()


def hexes(values: Sequence[bytes]) -> list[str]:
    return [value.hex() for value in values]


def prove(leaves: Sequence[bytes], ranges: Sequence[merkle.Range]) -> list[bytes]:
    return [definition(leaves[lo:hi]) for lo, hi in ranges]


@pytest.mark.parametrize("size", range(1, 9))
def test_roots_of_the_reference_tree(size: int) -> None:
    frontier = merkle.Frontier()
    for leaf in LEAVES[:size]:
        frontier.append(merkle.leaf_hash(leaf))
    assert frontier.root().hex() == ROOTS[size - 1] == definition(LEAVES[:size]).hex()


def test_the_empty_tree_has_the_hash_of_nothing() -> None:
    assert merkle.Frontier().root().hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


@pytest.mark.parametrize(("index", "size", "path"), PATHS)
def test_inclusion_paths_of_the_reference_tree(index: int, size: int, path: list[str]) -> None:
    proof = prove(LEAVES, merkle.inclusion_ranges(index, size))
    assert hexes(proof) == path
    merkle.verify_inclusion(index, size, merkle.leaf_hash(LEAVES[index]), proof, bytes.fromhex(ROOTS[size - 1]))


@pytest.mark.parametrize(("old", "new", "path"), PROOFS)
def test_consistency_proofs_of_the_reference_tree(old: int, new: int, path: list[str]) -> None:
    proof = prove(LEAVES, merkle.consistency_ranges(old, new))
    assert hexes(proof) == path
    merkle.verify_consistency(old, new, proof, bytes.fromhex(ROOTS[old - 1]), bytes.fromhex(ROOTS[new - 1]))


def test_every_proof_in_trees_up_to_33_leaves_verifies_and_fits_no_other_place() -> None:
    leaves = [bytes([index]) for index in range(33)]
    roots = [definition(leaves[:size]) for size in range(34)]
    for size in range(1, 34):
        for index in range(size):
            proof = prove(leaves, merkle.inclusion_ranges(index, size))
            leaf = merkle.leaf_hash(leaves[index])
            merkle.verify_inclusion(index, size, leaf, proof, roots[size])
            for wrong_index in {index - 1, index + 1, index ^ 1, size} - {index}:
                with pytest.raises(merkle.ProofInvalid):
                    merkle.verify_inclusion(wrong_index, size, leaf, proof, roots[size])
            with pytest.raises(merkle.ProofInvalid):
                merkle.verify_inclusion(index, size, leaf, [*proof, leaf], roots[size])


def test_every_consistency_proof_up_to_33_leaves_verifies_and_no_changed_one_does() -> None:
    leaves = [bytes([index]) for index in range(33)]
    roots = [definition(leaves[:size]) for size in range(34)]
    for new in range(34):
        for old in range(new + 1):
            proof = prove(leaves, merkle.consistency_ranges(old, new))
            merkle.verify_consistency(old, new, proof, roots[old], roots[new])
            with pytest.raises(merkle.ProofInvalid):
                merkle.verify_consistency(old, new, [*proof, roots[1]], roots[old], roots[new])
            with pytest.raises(merkle.ProofInvalid):
                merkle.verify_consistency(old, new, proof, roots[old][::-1], roots[new])
            if 0 < old < new:
                with pytest.raises(merkle.ProofInvalid):
                    merkle.verify_consistency(old, new, proof, roots[old], roots[new][::-1])
                for position in range(len(proof)):
                    changed = [item if at != position else bytes(32) for at, item in enumerate(proof)]
                    with pytest.raises(merkle.ProofInvalid):
                        merkle.verify_consistency(old, new, changed, roots[old], roots[new])


def test_ranges_are_made_of_stored_subtrees() -> None:
    leaves = [bytes([index]) for index in range(29)]
    stored: dict[merkle.Node, bytes] = {}
    for index, leaf in enumerate(leaves):
        stored[0, index] = merkle.leaf_hash(leaf)
        for level, place in merkle.new_nodes(index):
            stored[level, place] = merkle.node_hash(stored[level - 1, place * 2], stored[level - 1, place * 2 + 1])
    for size in range(30):
        assert merkle.range_hash(0, size, stored.__getitem__) == definition(leaves[:size])
        for lo, hi in [span for index in range(size) for span in merkle.inclusion_ranges(index, size)]:
            assert merkle.range_hash(lo, hi, stored.__getitem__) == definition(leaves[lo:hi])


def test_a_proof_in_a_tree_of_a_million_touches_few_nodes() -> None:
    size = 1_000_000
    names = {name for span in merkle.inclusion_ranges(123_456, size) for name in merkle.complete_subtrees(*span)}
    assert len(merkle.inclusion_ranges(123_456, size)) == 20
    assert len(names) <= 2 * 20


@pytest.mark.parametrize(("index", "size"), [(-1, 3), (3, 3), (0, 0)])
def test_a_leaf_outside_the_tree_has_no_path(index: int, size: int) -> None:
    with pytest.raises(ValueError, match="not in a tree"):
        merkle.inclusion_ranges(index, size)


@pytest.mark.parametrize(("old", "new"), [(-1, 3), (4, 3)])
def test_a_tree_is_not_consistent_with_a_smaller_one(old: int, new: int) -> None:
    with pytest.raises(ValueError, match="no consistency proof"):
        merkle.consistency_ranges(old, new)
    with pytest.raises(merkle.ProofInvalid):
        merkle.verify_consistency(old, new, [], bytes(32), bytes(32))


def test_a_frontier_needs_one_peak_per_set_bit() -> None:
    with pytest.raises(ValueError, match="2 peaks"):
        merkle.Frontier(5, [bytes(32)])
