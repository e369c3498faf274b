"""Reading many blobs at once."""

import threading

import pytest
from pack_connectors.local_git.blob_stream import stream_blobs
from pack_connectors.local_git.process import GitRunner

from pack.errors import ConnectorError, NotFound, Unavailable
from pack.model import BlobId, blob_id
from tests.support import git


@pytest.fixture
def runner(tmp_path):
    git(tmp_path, "init", "--quiet")
    return GitRunner(tmp_path / ".git", tmp_path)


def stored(runner, contents):
    return [
        BlobId(git(runner.work_tree, "hash-object", "-w", "--stdin", stdin=c).decode().strip())
        for c in contents
    ]


CONTENTS = [b"", b"one", b"line\nline\n", b"missing\n", b"\0\xff" * 500_000, "é\r\n".encode()]


def test_blobs_come_in_the_order_asked_for(runner):
    wanted = stored(runner, CONTENTS)
    asked = [*wanted, *reversed(wanted), wanted[1]]
    by_id = dict(zip(wanted, CONTENTS, strict=True))
    assert list(stream_blobs(runner, asked)) == [(blob, by_id[blob]) for blob in asked]
    assert list(stream_blobs(runner, [])) == []


def test_more_questions_than_a_pipe_holds(runner):
    (one,) = stored(runner, [b"x" * 100])
    found = list(stream_blobs(runner, [one] * 30_000))
    assert len(found) == 30_000
    assert set(found) == {(one, b"x" * 100)}


def test_what_is_missing_or_no_blob_is_not_found(runner):
    (one,) = stored(runner, [b"one"])
    tree = BlobId(
        git(runner.work_tree, "hash-object", "-t", "tree", "-w", "--stdin").decode().strip()
    )
    for other in (blob_id(b"never stored"), tree):
        stream = stream_blobs(runner, [one, other])
        assert next(stream) == (one, b"one")
        with pytest.raises(NotFound, match=other):
            next(stream)


def test_only_ids_are_asked_for(runner):
    with pytest.raises(ConnectorError):
        list(stream_blobs(runner, [BlobId("HEAD:a.md")]))


def test_a_stream_that_is_left_ends_its_process_and_its_thread(runner):
    (one,) = stored(runner, [b"x" * 100_000])
    before = threading.active_count()
    stream = stream_blobs(runner, [one] * 20_000)
    next(stream)
    stream.close()
    assert threading.active_count() == before


def test_a_repository_that_is_gone_is_unavailable(runner, tmp_path):
    (one,) = stored(runner, [b"one"])
    (tmp_path / ".git" / "HEAD").unlink()
    with pytest.raises(Unavailable):
        list(stream_blobs(runner, [one]))
