"""The hash tree, against the words of RFC 6962 written down once more."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import pytest

from workforce.merkle import (
    EMPTY_ROOT,
    consistency_holds,
    consistency_proof,
    inclusion_holds,
    inclusion_proof,
    leaf_hash,
    node_hash,
    root,
    subtrees_of,
)

# Inputs and roots as the reference implementations of certificate transparency test with.
INPUTS = [
    bytes.fromhex(text)
    for text in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
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


def by_definition(leaves: Sequence[bytes]) -> bytes:
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    k = 1
    while 2 * k < len(leaves):
        k *= 2
    return node_hash(by_definition(leaves[:k]), by_definition(leaves[k:]))


def test_known_roots() -> None:
    leaves = [leaf_hash(content) for content in INPUTS]
    assert [root(subtrees_of(leaves), n).hex() for n in range(1, 9)] == ROOTS
    assert root(subtrees_of(leaves), 0) == EMPTY_ROOT


LEAVES = [leaf_hash(bytes([i])) for i in range(40)]
TREE = subtrees_of(LEAVES)


@pytest.mark.parametrize("size", range(1, 41))
def test_every_leaf_is_proved_and_no_other(size: int) -> None:
    whole = by_definition(LEAVES[:size])
    assert root(TREE, size) == whole
    for i in range(size):
        path = inclusion_proof(TREE, i, size)
        assert inclusion_holds(LEAVES[i], i, size, path, whole)
        assert not inclusion_holds(LEAVES[(i + 1) % 40], i, size, path, whole)
        assert size == 1 or not inclusion_holds(LEAVES[i], (i + 1) % size, size, path, whole)
        assert not inclusion_holds(LEAVES[i], i, size, [*path, EMPTY_ROOT], whole)
        assert not path or not inclusion_holds(LEAVES[i], i, size, path[:-1], whole)


@pytest.mark.parametrize("new", range(41))
def test_every_older_tree_is_proved_to_be_the_beginning(new: int) -> None:
    after = by_definition(LEAVES[:new])
    for old in range(new + 1):
        before, path = by_definition(LEAVES[:old]), consistency_proof(TREE, old, new)
        assert consistency_holds(old, new, path, before, after)
        if 0 < old < new:
            assert not consistency_holds(old, new, path, leaf_hash(b"other"), after)
            assert not consistency_holds(old, new, path, before, leaf_hash(b"other"))
            assert not consistency_holds(old, new, path[:-1], before, after)


def test_what_is_not_in_the_tree_is_refused() -> None:
    with pytest.raises(ValueError):
        inclusion_proof(TREE, 3, 3)
    with pytest.raises(ValueError):
        consistency_proof(TREE, 4, 3)
