"""Kits in archives: what is whole is the same in each form; what was made to do harm is not."""

import io
import stat
import struct
import tarfile
import zipfile

import pytest
from pack_connectors.kit_sources import archive as archives
from pack_connectors.kit_sources.archive import ArchiveSource, is_archive

from pack.errors import (
    InvalidRequest,
    LimitExceeded,
    NotFound,
    PackError,
    RefusedForSafety,
    UnusableInput,
)
from pack.kits.address import KitAddress
from pack.kits.shipment import unpack
from pack.limits import MAX_FILE_BYTES

MANIFEST = b"schema: 1\nname: observer\nversion: 1.0.0\n"
FILES = {"kit.yaml": MANIFEST, "a.md": b"# A\r\n", "sub/b.md": b"no newline"}
FORMS = ["zip", "tar", "tar.gz", "tar.bz2", "tar.xz"]


def zipped(file, entries, compression=zipfile.ZIP_DEFLATED):
    """A zip file; an entry's mode stands beside its content."""
    with zipfile.ZipFile(file, "w", compression) as made:
        for name, content, mode in entries:
            info = zipfile.ZipInfo(name)
            info.compress_type = compression
            info.external_attr = mode << 16
            made.writestr(info, content)


def tarred(file, entries, packed=""):
    with tarfile.open(file, f"w:{packed}") as made:
        for name, content, mode in entries:
            info = tarfile.TarInfo(name)
            info.type = {
                stat.S_IFLNK: tarfile.SYMTYPE,
                stat.S_IFDIR: tarfile.DIRTYPE,
                stat.S_IFIFO: tarfile.FIFOTYPE,
                stat.S_IFCHR: tarfile.CHRTYPE,
            }.get(stat.S_IFMT(mode), tarfile.REGTYPE)
            info.mode, info.linkname = stat.S_IMODE(mode), "/etc/passwd"
            info.size = len(content) if info.isreg() else 0
            made.addfile(info, io.BytesIO(content))


def made(folder, form, entries, name="kits-1.0.0"):
    file = folder / f"{name}.{form}"
    rows = [(*entry, 0o100644)[:3] for entry in entries]
    if form == "zip":
        zipped(file, rows)
    else:
        tarred(file, rows, form.partition(".")[2])
    return file


def shipped(file, folder=""):
    assert is_archive(file)
    return ArchiveSource(file, KitAddress(str(file), None, folder)).ship()


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    ("above", "folder"),
    [
        ("", ""),
        ("top-1/", ""),
        ("top/observer/", "observer"),
        ("observer/", "observer"),
        ("./", ""),
    ],
)
def test_a_kit_is_the_same_in_every_archive(tmp_path, form, above, folder):
    file = made(tmp_path, form, [(above + name, content) for name, content in FILES.items()])
    shipment = shipped(file, folder)
    assert {path: one.content for path, one in shipment.files.items()} == FILES
    assert unpack(shipment).name == "observer"
    assert (shipment.commit, shipment.ref) == (None, None)
    assert shipment.source == (f"{file}#{folder}" if folder else str(file))


@pytest.mark.parametrize("form", FORMS)
def test_links_are_left_out_and_devices_are_nothing(tmp_path, form):
    file = made(
        tmp_path,
        form,
        [
            *FILES.items(),
            ("link.md", b"/etc/passwd", stat.S_IFLNK | 0o777),
            ("pipe.md", b"", stat.S_IFIFO | 0o644),
            ("null.md", b"", stat.S_IFCHR | 0o644),
            ("dir/", b"", stat.S_IFDIR | 0o755),
            ("run.md", b"x", stat.S_IFREG | 0o755),
            ("big.md", b"\0" * (MAX_FILE_BYTES + 1)),
        ],
    )
    kit = unpack(shipped(file))
    assert set(kit.files) == {*FILES, "run.md"}
    assert kit.shipped["run.md"].mode == "100755"
    assert {one.path: one.reason[:6] for one in kit.left_out} == {
        "link.md": "a link",
        "big.md": "it is ",
    }


@pytest.mark.parametrize("form", ["zip", "tar", "tar.gz"])
@pytest.mark.parametrize("name", ["../a.md", "/etc/a.md", "x/../../a.md", "C:/a.md", "a\\..\\b.md"])
def test_a_name_that_leads_out_refuses_all_of_it(tmp_path, form, name):
    file = made(tmp_path, form, [*FILES.items(), (name, b"x")])
    with pytest.raises(RefusedForSafety, match="leads out"):
        shipped(file)


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("form", ["zip", "tar"])
def test_a_name_that_is_there_twice_is_refused(tmp_path, form):
    file = made(tmp_path, form, [*FILES.items(), ("./a.md", b"other")])
    with pytest.raises(RefusedForSafety, match="twice"):
        shipped(file)


@pytest.mark.parametrize("form", ["zip", "tar.gz", "tar.bz2", "tar.xz"])
def test_a_bomb_is_refused_before_it_goes_off(tmp_path, form):
    one = b"\0" * MAX_FILE_BYTES
    file = made(tmp_path, form, [*FILES.items(), *((f"{n}.md", one) for n in range(8))])
    assert file.stat().st_size < archives.MOST_TIMES * 1024
    with pytest.raises(LimitExceeded, match="comes out"):
        shipped(file)


@pytest.mark.parametrize("form", ["zip", "tar"])
def test_too_many_entries_are_refused(tmp_path, monkeypatch, form):
    monkeypatch.setattr(archives, "MOST_ENTRIES", 10)
    file = made(tmp_path, form, [*FILES.items(), *((f"{n}/", b"", 0o40755) for n in range(8))])
    with pytest.raises(LimitExceeded, match="10 entries"):
        shipped(file)
    monkeypatch.setattr(archives, "MOST_BYTES", 100)
    with pytest.raises(LimitExceeded, match="200"):
        shipped(file)


def test_a_zip_that_lies_about_itself(tmp_path):
    file = made(tmp_path, "zip", FILES.items())
    data = bytearray(file.read_bytes())
    at = data.rfind(b"PK\x05\x06")
    file.write_bytes(data[: at + 12] + b"\xff\xff\xff\xff" + data[at + 16 :])
    with pytest.raises(LimitExceeded):
        shipped(file)
    # A size in the directory that is not what comes out.
    at = data.find(b"PK\x01\x02")
    data[at + 24 : at + 28] = struct.pack("<I", 5)
    file.write_bytes(data)
    with pytest.raises(PackError):
        shipped(file)
    # ... and an entry that is said to be encrypted.
    file = made(tmp_path, "zip", FILES.items(), "other")
    data = bytearray(file.read_bytes())
    at = data.find(b"PK\x01\x02")
    data[at + 8] |= 1
    file.write_bytes(data)
    with pytest.raises(UnusableInput, match="encrypted"):
        shipped(file)


@pytest.mark.parametrize("form", FORMS)
def test_what_is_damaged_is_refused_wherever_it_ends(tmp_path, form):
    file = made(tmp_path, form, FILES.items())
    data = file.read_bytes()
    for end in range(0, min(len(data), 1200), 37):
        file.write_bytes(data[:end])
        if is_archive(file):
            with pytest.raises(PackError):
                unpack(shipped(file))


def test_an_archive_has_no_refs_and_a_folder_must_be_there(tmp_path):
    file = made(tmp_path, "zip", FILES.items())
    source = ArchiveSource(file, KitAddress(str(file)))
    assert (source.refs(), source.is_near) == ([], True)
    with pytest.raises(InvalidRequest, match="no git repository"):
        source.ship("v1")
    with pytest.raises(NotFound, match="nothing-here"):
        shipped(file, "nothing-here")
    for content in (b"", b"# v2 git bundle\n", b"text"):
        (tmp_path / "x").write_bytes(content)
        assert not is_archive(tmp_path / "x")
