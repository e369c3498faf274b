import io
import stat
import struct
import zipfile
from pathlib import Path

import pytest
from pack_connectors.import_sources import zips
from pack_connectors.import_sources.opening import open_source
from pack_connectors.import_sources.zips import with_archives

from pack.errors import LimitExceeded, UnusableInput


def _zip(files: dict[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", compression) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return made.getvalue()


def _written(folder: Path, content: bytes) -> Path:
    file = folder / "export.zip"
    file.write_bytes(content)
    return file


@pytest.mark.parametrize(
    "name",
    [
        "../out.json",
        "a/../../out.json",
        "/etc/out.json",
        "C:/out.json",
        "C:out.json",
        "..\\out.json",
        "C:\\out.json",
        "\\\\server\\share\\out.json",
    ],
)
def test_a_name_that_leads_out_of_the_zip_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(UnusableInput, match="leads out of it"):
        open_source(_written(tmp_path, _zip({"a.json": b"[]", name: b"[]"})))
    assert [one.name for one in tmp_path.iterdir()] == ["export.zip"]


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR])
def test_a_link_or_a_device_in_a_zip_is_refused(tmp_path: Path, kind: int) -> None:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        entry = zipfile.ZipInfo("conversations.json")
        entry.external_attr = (kind | 0o644) << 16
        archive.writestr(entry, "/etc/passwd")
    with pytest.raises(UnusableInput, match="link or a device"):
        open_source(_written(tmp_path, made.getvalue()))


def test_a_file_that_would_become_far_larger_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnusableInput, match="times larger"):
        open_source(_written(tmp_path, _zip({"conversations.json": bytes(20_000_000)})))


def test_a_zip_bomb_in_a_zip_is_refused(tmp_path: Path) -> None:
    bomb = _zip({"conversations.json": bytes(20_000_000)})
    with (
        open_source(_written(tmp_path, _zip({"in.zip": bomb}))) as source,
        pytest.raises(UnusableInput, match="times larger"),
    ):
        with_archives(source)


def test_zips_are_opened_in_zips_but_not_for_ever(tmp_path: Path) -> None:
    content = _zip({"conversations.json": b"[]"})
    for _ in range(2):
        content = _zip({"in.zip": content})
    with open_source(_written(tmp_path, content)) as source:
        opened = with_archives(source)
        assert [one.path for one in opened.files] == ["in.zip/in.zip/conversations.json"]
        assert opened.read(opened.files[0], 10) == b"[]"
    for _ in range(3):
        content = _zip({"in.zip": content})
    with (
        open_source(_written(tmp_path, content)) as source,
        pytest.raises(LimitExceeded, match="levels"),
    ):
        with_archives(source)


def test_entries_that_overlap_are_refused(tmp_path: Path) -> None:
    content = bytearray(_zip({"a.json": b"[1]", "b.json": b"[1]"}, zipfile.ZIP_STORED))
    second = content.rfind(b"PK\x01\x02")
    content[second + 42 : second + 46] = struct.pack("<I", 0)
    with pytest.raises(UnusableInput, match="overlap"):
        open_source(_written(tmp_path, bytes(content)))


def test_too_many_files_are_refused_before_they_are_listed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(zips, "MOST_ENTRIES", 2)
    with pytest.raises(LimitExceeded, match="2 files"):
        open_source(_written(tmp_path, _zip({f"{n}.json": b"" for n in range(3)})))


def test_an_encrypted_zip_is_named_as_such(tmp_path: Path) -> None:
    content = bytearray(_zip({"a.json": b"[1]"}))
    content[content.rfind(b"PK\x01\x02") + 8] |= 1
    with pytest.raises(UnusableInput, match="encrypted"):
        open_source(_written(tmp_path, bytes(content)))


def test_what_systems_put_beside_files_is_left_out_and_named(tmp_path: Path) -> None:
    files = {"__MACOSX/._a.md": b"x", "a.md": b"A", ".DS_Store": b"x", "b/._c.md": b"x"}
    with open_source(_written(tmp_path, _zip(files))) as source:
        assert [one.path for one in source.files] == ["a.md"]
        assert {one.what for one in source.left_out} == {*files} - {"a.md"}


def test_a_torn_zip_says_so(tmp_path: Path) -> None:
    content = _zip({"a.json": b"[1]" * 1000})
    with pytest.raises(UnusableInput, match="cannot be read"):
        open_source(_written(tmp_path, content[:-30]))


def test_a_damaged_file_says_which_one(tmp_path: Path) -> None:
    content = bytearray(_zip({"a.json": b"[1]" * 1000}, zipfile.ZIP_STORED))
    content[100] ^= 255
    with (
        open_source(_written(tmp_path, bytes(content))) as source,
        pytest.raises(UnusableInput, match=r"a\.json"),
    ):
        source.read(source.files[0], 10_000)


def test_a_zip_made_on_windows_has_the_same_paths(tmp_path: Path) -> None:
    with open_source(_written(tmp_path, _zip({"projects\\a.json": b"{}"}))) as source:
        assert [one.path for one in source.files] == ["projects/a.json"]
