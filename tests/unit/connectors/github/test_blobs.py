"""Contents and history on GitHub: many at once, large ones, hostile archives, merges."""

import gzip
import io
import tarfile

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pack_connectors.github.archive import MAX_MEMBER, BadArchive, read_archive

from pack.errors import LimitExceeded, NotFound
from pack.limits import MAX_FILE_BYTES
from pack.model import MemoryPath, blob_id
from tests.github_support import NAME, GithubWorld
from tests.standins.faults import FaultKind

A = MemoryPath("context/a.md")


# --- contents --------------------------------------------------------------------------------


@pytest.mark.parametrize("serves_graphql", [True, False])
def test_every_kind_of_content_comes_unchanged_when_many_are_asked_for(tmp_path, serves_graphql):
    contents = {
        "bom": b"\xef\xbb\xbf# x\n", "crlf": b"a\r\nb\rc\n", "nul": b"a\0b", "latin": b"\xe9\xff",
        "empty": b"", "long": b"0123456789abcde\n" * 80_000, "text": "日本 🎉\n".encode(),
        "cut": "é".encode() * 400_000,
    }  # fmt: skip
    files = {f"context/{name}.md": content for name, content in contents.items()}
    with GithubWorld(tmp_path, files) as world:
        world.service.service.serves_graphql = serves_graphql
        wanted = [blob_id(content) for content in contents.values()]
        connector = world.connect()
        assert list(connector.read_blobs(wanted)) == list(
            zip(wanted, contents.values(), strict=True)
        )
        connector.get_tree()
        elsewhere = world.connect(cache_dir=tmp_path / "elsewhere")
        elsewhere.get_tree()
        assert dict(elsewhere.read_blobs(wanted)) == dict(connector.read_blobs(wanted))


def test_a_file_that_is_too_large_is_refused_unseen(tmp_path):
    large = b"x" * (MAX_FILE_BYTES + 1)
    with GithubWorld(tmp_path, {A: large, "context/b.md": b"b"}) as world:
        connector = world.connect()
        connector.get_tree()
        with world.service.log.counting() as asked, pytest.raises(LimitExceeded):
            connector.get_contents(A)
        assert len(asked) == asked.not_modified == 1
        assert dict(connector.read_blobs([blob_id(large)])) == {blob_id(large): large}


def test_a_file_that_github_does_not_give(tmp_path):
    with GithubWorld(tmp_path, {A: b"12345"}) as world:
        world.service.service.sizes.blob = 4
        with pytest.raises(LimitExceeded):
            world.connect().get_contents(A)


def test_a_download_that_is_cut_goes_on(tmp_path):
    files = {f"context/n{n}.md": b"%d" % n * 900 for n in range(300)}
    for kind in (FaultKind.CUT_IN_BODY, FaultKind.GARBAGE, FaultKind.SERVER_ERROR):
        with GithubWorld(tmp_path / kind.name, files) as world:
            connector = world.connect()
            connector.head()
            wanted = [entry.sha for entry in connector.get_tree()]
            world.service.faults.add(kind, "archive/download")
            with world.service.log.counting() as asked:
                found = dict(connector.read_blobs(wanted))
            assert set(found.values()) == set(files.values())
            assert len(asked) <= 7, asked.operations()


def test_the_archive_is_on_the_server_itself(tmp_path):
    files = {f"context/n{n}.md": b"%d" % n * 5000 for n in range(300)}
    with GithubWorld(tmp_path, files) as world:
        world.service.service.archive_host = world.service.url
        connector = world.connect()
        wanted = [entry.sha for entry in connector.get_tree()]
        with world.service.log.counting() as asked:
            assert len(dict(connector.read_blobs(wanted))) == 300
        assert len(asked) == 2, asked.operations()


@pytest.mark.parametrize("status", [403, 404, 410])
def test_archives_are_not_given(tmp_path, status):
    files = {f"context/n{n}.md": b"%d" % n for n in range(300)}
    with GithubWorld(tmp_path, files) as world:
        archive = "repos/download-tarball-archive"
        world.service.faults.add(FaultKind.NOT_FOUND, archive, status=status, times=9)
        connector = world.connect()
        wanted = [entry.sha for entry in connector.get_tree()]
        assert len(dict(connector.read_blobs(wanted))) == 300


def test_somebody_else_deletes_while_many_are_read(tmp_path):
    files = {f"context/n{n}.md": b"%d" % n for n in range(10)}
    with GithubWorld(tmp_path, files) as world:
        connector = world.connect()
        coming = connector.read_blobs([entry.sha for entry in connector.get_tree()])
        first = next(coming)
        world.service.commit(NAME, dict.fromkeys(files))
        assert dict([first, *coming]) == {blob_id(c): c for c in files.values()}
        with pytest.raises(NotFound):
            connector.get_contents(MemoryPath("context/n1.md"))


# --- archives --------------------------------------------------------------------------------


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


# --- history ---------------------------------------------------------------------------------


def test_the_log_has_what_merges_and_others_did(tmp_path):
    with GithubWorld(tmp_path, {A: b"a"}) as world:
        state, clock = world.service.state, world.service.clock
        base = world.service.head(NAME)
        clock.advance(10)
        world.service.repository(NAME).git.git("branch", "side", base)
        side = state.commit(NAME, {"context/side.md": b"s"}, branch="side")
        main = state.commit(NAME, {"context/b.md": b"b"})
        clock.advance(10)
        repository = world.service.repository(NAME).git
        tree = repository.git("merge-tree", "--write-tree", main, side).decode().strip()
        who = ("-c", "user.name=u", "-c", "user.email=u@example.org")
        merge = repository.git(*who, "commit-tree", "-m", "m", "-p", main, "-p", side, tree)
        repository.git("update-ref", "refs/heads/main", merge.decode().strip())
        head = state.commit(NAME, {"context/b.md": None, "notes.txt": b"n"})
        connector = world.connect()
        found = {(one.path, one.commit) for one in connector.last_changes(None, head)}
        expected = {
            (A, base), ("context/side.md", side), ("context/b.md", main), ("context/b.md", head),
        }  # fmt: skip
        assert found == expected
        since = {(one.path, one.commit) for one in connector.last_changes(main, head)}
        assert since == {("context/side.md", side), ("context/b.md", head)}
        one = list(connector.last_changes(None, head, MemoryPath("context/side.md")))
        assert [(change.path, change.commit) for change in one] == [("context/side.md", side)]


def test_a_log_of_more_than_a_page(tmp_path):
    with GithubWorld(tmp_path, {A: b"0"}) as world:
        commits = [world.service.commit(NAME, {A: b"%d" % n}) for n in range(1, 41)]
        connector = world.connect()
        found = connector.last_changes(None, commits[-1], A)
        assert [one.commit for one in found][:-1] == commits[::-1]
