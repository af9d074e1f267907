"""Sealing, look-up, the ring's file, and references that hold a person's number."""

from __future__ import annotations

import stat
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidTag

from data.vault import KeyRing, new_vault, read_vault, write_vault

AT = datetime(2020, 3, 1, tzinfo=UTC)


def test_what_is_sealed_opens_only_with_its_key_and_for_whom_it_was_sealed() -> None:
    vault, content = new_vault(), {"name": "王小明"}
    sealed = vault.seal(content, "W1")
    assert "王小明".encode() not in sealed and sealed != vault.seal(content, "W1")
    assert vault.unseal(sealed, vault.newest, "W1") == content
    with pytest.raises(InvalidTag):
        vault.unseal(sealed, vault.newest, "W2")
    with pytest.raises(InvalidTag):
        vault.unseal(sealed[:-1] + bytes([sealed[-1] ^ 1]), vault.newest, "W1")
    with pytest.raises(KeyError):
        new_vault().unseal(sealed, vault.newest, "W1")


def test_looking_up_needs_the_ring_and_survives_a_change_of_keys() -> None:
    vault = new_vault()
    assert vault.lookup("11010519491231002x") == vault.lookup("11010519491231002X")
    assert vault.lookup("1") != new_vault().lookup("1")
    assert vault.with_new_key(AT).without_old_keys().lookup("1") == vault.lookup("1")


def test_the_rings_file_is_for_its_owner_alone_and_is_read_as_written(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    first = read_vault(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    more = first.with_new_key(AT)
    write_vault(path, more)
    assert read_vault(path) == more and stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_ring_that_is_changed_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    ring = KeyRing(path)
    first = ring.current()
    assert ring.current() is first
    write_vault(path, first.with_new_key(AT))
    assert ring.current().keys.keys() > first.keys.keys()


def test_a_damaged_ring_is_no_new_one(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    path.write_text("{", "utf-8")
    with pytest.raises(ValueError):
        read_vault(path)
    assert path.read_text("utf-8") == "{"


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("1001", True),
        ("E1-2020-0001", True),
        ("W139012345678", True),  # as the registry calls somebody
        ("11010519491231002X", False),
        ("11010519491231002x", False),
        ("110105 19491231 0021", False),
        ("id:110105194912310021", False),
        ("13812345678", False),
        ("王13812345678", False),
        ("138-1234-5678", False),
        ("9913812345678", True),
        ("1101051949123100212", True),
    ],
)
def test_a_reference_with_a_persons_number_is_kept_as_a_hash(given: str, kept: bool) -> None:
    vault = replace(new_vault(), index=b"x" * 32)
    told = vault.reference(given)
    assert (told == given) is kept and vault.reference(given) == told
    assert kept or (given not in told and told.startswith("#"))
