"""Contents and history on GitHub: many at once, large ones, hostile archives, merges."""

import pytest

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
