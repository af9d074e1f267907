"""The hash tree of RFC 6962, section 2.1: roots, inclusion and consistency proofs, over SHA-256.

A tree is asked for through ``Subtree``: the hash of a full subtree, by its level (0: a leaf) and its
index among those of the level.  So the same functions work over a list in memory and over stored hashes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from typing import TypeAlias

Subtree: TypeAlias = Callable[[int, int], bytes]

EMPTY_ROOT = hashlib.sha256(b"").digest()


def leaf_hash(content: bytes) -> bytes:
    return hashlib.sha256(b"\x00" + content).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


def subtrees_of(leaves: Sequence[bytes]) -> Subtree:
    """The full subtrees over leaf hashes in memory."""
    levels = [list(leaves)]
    while len(levels[-1]) > 1:
        below = levels[-1]
        levels.append([node_hash(below[i], below[i + 1]) for i in range(0, len(below) - 1, 2)])
    return lambda level, index: levels[level][index]


def root(subtree: Subtree, size: int) -> bytes:
    """The hash of the tree over the first ``size`` leaves."""
    return _range_hash(subtree, 0, size) if size else EMPTY_ROOT


def inclusion_proof(subtree: Subtree, index: int, size: int) -> list[bytes]:
    """The hashes that lead from leaf ``index`` to the root of the first ``size`` leaves.

    Raises:
        ValueError: the tree has no such leaf.
    """
    if not 0 <= index < size:
        raise ValueError(f"no leaf {index} among {size}")
    path: list[bytes] = []
    first, last = 0, size
    while last - first > 1:
        middle = first + _split(last - first)
        if index < middle:
            path.append(_range_hash(subtree, middle, last))
            last = middle
        else:
            path.append(_range_hash(subtree, first, middle))
            first = middle
    return path[::-1]


def consistency_proof(subtree: Subtree, old: int, new: int) -> list[bytes]:
    """The hashes that show that the first ``old`` leaves of the tree of ``new`` leaves are unchanged.

    Raises:
        ValueError: the old tree is larger than the new one.
    """
    if not 0 <= old <= new:
        raise ValueError(f"no tree of {old} within {new} leaves")
    if old in (0, new):
        return []
    path: list[bytes] = []
    first, last, known = 0, new, True  # known: the old root is the hash of the part that is left
    while old - first < last - first:
        middle = first + _split(last - first)
        if old <= middle:
            path.append(_range_hash(subtree, middle, last))
            last = middle
        else:
            path.append(_range_hash(subtree, first, middle))
            first, known = middle, False
    if not known:
        path.append(_range_hash(subtree, first, last))
    return path[::-1]


def inclusion_holds(leaf: bytes, index: int, size: int, path: Sequence[bytes], expected: bytes) -> bool:
    """Whether a leaf hash is leaf ``index`` of the tree with the expected root (RFC 9162, 2.1.3.2)."""
    if not 0 <= index < size:
        return False
    node, last, found = index, size - 1, leaf
    for part in path:
        if last == 0:
            return False
        if node & 1 or node == last:
            found = node_hash(part, found)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            found = node_hash(found, part)
        node, last = node >> 1, last >> 1
    return last == 0 and found == expected


def consistency_holds(old: int, new: int, path: Sequence[bytes], old_root: bytes, new_root: bytes) -> bool:
    """Whether the old tree is the beginning of the new one (RFC 9162, 2.1.4.2)."""
    if not 0 <= old <= new:
        return False
    if old == 0:
        return not path and old_root == EMPTY_ROOT
    if old == new:
        return not path and old_root == new_root
    steps = list(path) if old & (old - 1) else [old_root, *path]
    if not steps:
        return False
    node, last = old - 1, new - 1
    while node & 1:
        node, last = node >> 1, last >> 1
    of_old = of_new = steps[0]
    for part in steps[1:]:
        if last == 0:
            return False
        if node & 1 or node == last:
            of_old, of_new = node_hash(part, of_old), node_hash(part, of_new)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            of_new = node_hash(of_new, part)
        node, last = node >> 1, last >> 1
    return last == 0 and of_old == old_root and of_new == new_root


def _split(size: int) -> int:
    """The largest power of two below ``size``."""
    return 1 << (size - 1).bit_length() - 1


def _range_hash(subtree: Subtree, first: int, last: int) -> bytes:
    """The hash over leaves ``first`` to ``last``, where ``first`` is a multiple of the largest full part."""
    size = last - first
    level = size.bit_length() - 1
    if size == 1 << level:
        return subtree(level, first >> level)
    middle = first + _split(size)
    return node_hash(_range_hash(subtree, first, middle), _range_hash(subtree, middle, last))
