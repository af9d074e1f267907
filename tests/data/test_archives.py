"""Zips from outside: measured, kept inside their folder, refused with a reason."""

from __future__ import annotations

import io
import struct
import zipfile
from pathlib import Path

import pytest

import data.archives
from data.archives import measured, packed, unpacked, unzip_foreign, zipped
from tests.builders import make_plan
from workforce.faults import Unusable


def zip_with(**files: bytes) -> bytes:
    return named_zip(*((name.replace("__", "/"), content) for name, content in files.items()))


def named_zip(*files: tuple[str, bytes], attributes: int = 0) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files:
            entry = zipfile.ZipInfo(name)
            entry.external_attr = attributes
            archive.writestr(entry, content, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def refused(content: bytes, folder: Path) -> str:
    with pytest.raises(Unusable) as caught:
        unzip_foreign(content, folder)
    assert list(folder.iterdir()) == []  # nothing is written before all is known
    (fault,) = caught.value.faults
    return fault.code


def test_the_same_files_are_the_same_bytes() -> None:
    assert zipped({"a": b"1", "b": b"2"}) == zipped({"b": b"2", "a": b"1"})


def test_a_plan_is_read_back_as_it_was() -> None:
    content = packed(make_plan())
    assert packed(unpacked(content)) == content
    assert unpacked(content).summary == make_plan().summary


def test_a_single_folder_inside_is_the_folder(tmp_path: Path) -> None:
    found = unzip_foreign(zip_with(**{"wuhai__policy.toml": b"x", "wuhai__a.csv": b"y"}), tmp_path)
    assert found.name == "wuhai" and (found / "policy.toml").read_bytes() == b"x"


@pytest.mark.parametrize(
    "name", ["../a.csv", "/etc/a.csv", "a/../../b.csv", "C:\\a.csv", "..\\a.csv", "a/..\\..\\b.csv"]
)
def test_a_name_that_leads_out_is_refused(name: str, tmp_path: Path) -> None:
    assert refused(named_zip((name, b"x")), tmp_path) == "zip_path"


def test_a_link_is_refused(tmp_path: Path) -> None:
    assert refused(named_zip(("a", b"/etc/passwd"), attributes=0o120777 << 16), tmp_path) == "zip_path"


def test_a_bomb_is_refused_by_what_it_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(data.archives, "MOST_BYTES", 1000)
    assert refused(zip_with(a=bytes(600), b=bytes(600)), tmp_path) == "zip_too_large"
    monkeypatch.setattr(data.archives, "MOST_FILES", 1)
    assert refused(zip_with(a=b"1", b=b"2"), tmp_path) == "zip_too_large"


def test_a_bomb_that_lies_about_its_size_is_refused(tmp_path: Path) -> None:
    content = bytearray(zip_with(a=bytes(100_000)))
    at = content.index(b"PK\x01\x02")
    content[at + 24 : at + 28] = struct.pack("<L", 10)  # the size unpacked, in the directory
    assert refused(bytes(content), tmp_path) == "zip_damaged"


def test_what_is_measured_is_what_is_read() -> None:
    content = zip_with(a=b"1" * 1000)
    with zipfile.ZipFile(io.BytesIO(measured(content))) as archive:
        assert archive.read("a") == b"1" * 1000


@pytest.mark.parametrize("content", [b"", b"no zip", zip_with(a=bytes(5000))[:60]])
def test_what_is_no_zip_is_refused(content: bytes, tmp_path: Path) -> None:
    assert refused(content, tmp_path) == "zip_damaged"


def test_a_flipped_byte_is_found(tmp_path: Path) -> None:
    content = bytearray(named_zip(("a", bytes(range(256)) * 20)))
    content[60] ^= 0xFF
    assert refused(bytes(content), tmp_path) == "zip_damaged"


def test_a_file_and_a_folder_of_one_name_are_refused(tmp_path: Path) -> None:
    with pytest.raises(Unusable):
        unzip_foreign(named_zip(("a", b"1"), ("a/b", b"2")), tmp_path)


def test_a_locked_zip_is_refused(tmp_path: Path) -> None:
    content = bytearray(zip_with(a=b"secret"))
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(mark) + offset] |= 1
    assert refused(bytes(content), tmp_path) == "zip_encrypted"
