"""Archives of a repository: hostile ones cost nothing, and their files are known by their bytes."""

import gzip
import io
import tarfile

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pack_connectors.github.archive import MAX_MEMBER, BadArchive, read_archive

from pack.model import blob_id


def tarball(*members: tuple[str, bytes, bytes]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for name, content, kind in members:
            info = tarfile.TarInfo(name)
            info.size, info.type = len(content), kind
            info.linkname = "/etc/passwd" if kind != tarfile.REGTYPE else ""
            tar.addfile(info, io.BytesIO(content))
    return out.getvalue()


def pieces(data: bytes, size: int = 1000):
    return (data[at : at + size] for at in range(0, len(data), size))


WANTED = {blob_id(b"one"), blob_id(b""), blob_id(b"x" * 5000)}


def test_files_are_known_by_their_bytes_wherever_they_lie():
    tar = tarball(
        ("../../../etc/passwd", b"one", tarfile.REGTYPE),
        ("/absolute", b"", tarfile.REGTYPE),
        ("a/link", b"", tarfile.SYMTYPE),
        ("a/device", b"", tarfile.CHRTYPE),
        ("a/" + "long name " * 30, b"x" * 5000, tarfile.REGTYPE),
        ("a/unwanted", b"two", tarfile.REGTYPE),
    )
    for size in (1, 7, 512, 100_000):
        found = dict(read_archive(pieces(gzip.compress(tar), size), WANTED, 10**6))
        assert found.keys() == WANTED
        assert all(blob_id(content) == sha for sha, content in found.items())


def test_a_bomb_is_left_early():
    bomb = gzip.compress(tarball(("a", b"\0" * 30_000_000, tarfile.REGTYPE)))
    with pytest.raises(BadArchive, match="larger"):
        list(read_archive(pieces(bomb), WANTED, 1_000_000))


def test_a_member_that_is_too_large_is_passed_over():
    tar = tarball(
        ("large", b"\0" * (MAX_MEMBER + 1), tarfile.REGTYPE), ("small", b"one", tarfile.REGTYPE)
    )
    assert dict(read_archive(pieces(gzip.compress(tar)), WANTED, 10**8)) == {
        blob_id(b"one"): b"one"
    }


def test_a_header_that_claims_the_world():
    header = bytearray(tarball(("a", b"one", tarfile.REGTYPE))[:512])
    for claim in (b"\x80" + b"\xff" * 11, b"77777777777\0", b"not a number"):
        header[124:136] = claim
        with pytest.raises(BadArchive):
            list(read_archive(pieces(gzip.compress(bytes(header) + b"one")), WANTED, 10**6))


@given(st.binary(max_size=3000), st.integers(0, 3000))
def test_whatever_comes_is_files_or_an_error(noise, cut):
    whole = gzip.compress(tarball(("a", b"one", tarfile.REGTYPE)))
    for data in (noise, whole[:cut], whole[:cut] + noise, gzip.compress(noise)):
        try:
            found = list(read_archive([data], WANTED, 100_000))
        except BadArchive:
            continue
        assert all(blob_id(content) == sha for sha, content in found)
