"""Commits that take another way than the usual one: odd messages, the first and the last file."""

import pytest
from pack_connectors.github.commit.method import WriteMethod

from pack.model import ABSENT, Delete, MemoryPath, Put, blob_id
from tests.github_support import NAME, GithubWorld, memory_of

A = MemoryPath("context/a.md")


# --- writing what the usual way cannot -------------------------------------------------------


@pytest.mark.parametrize("method", [None, WriteMethod.GIT_DATA])
def test_a_message_that_graphql_cannot_say_is_said_all_the_same(tmp_path, method):
    messages = [
        "plain",
        "a\n\nb\n\nc: d",
        "two\nlines",
        "a\r\nb",
        "a\n\n\nb",
        " a",
        "a \n\nb",
        "a\n\nb\n",
    ]
    with GithubWorld(tmp_path, memory_of({}), method) as world:
        connector = world.connect()
        for number, message in enumerate(messages):
            connector.put_contents(MemoryPath(f"context/n{number}.md"), b"x", ABSENT, message)
        assert world.service.messages(NAME)[:-1] == messages[::-1]


@pytest.mark.parametrize("method", WriteMethod)
def test_the_last_file_goes(tmp_path, method):
    with GithubWorld(tmp_path, {A: b"a"}, method) as world:
        connector = world.connect()
        connector.delete_file(A, blob_id(b"a"))
        assert connector.get_tree() == world.connect(cache_dir=None).get_tree() == []
        connector.put_contents(A, b"b", ABSENT, "m")
        assert world.service.files(NAME) == {A: b"b"}


def test_many_changes_at_once(tmp_path):
    files = {f"context/n{n}.md": b"%d" % n for n in range(30)}
    with GithubWorld(tmp_path, files) as world:
        connector = world.connect()
        base = connector.head()
        changes = [Delete(MemoryPath(p), blob_id(c)) for p, c in list(files.items())[:20]]
        changes += [Put(MemoryPath(f"x/{n}.md"), b"%d" % n, ABSENT) for n in range(30)]
        connector.commit(base, changes, "m")
        assert set(world.service.files(NAME)) == {c.path for c in changes[20:]} | set(
            list(files)[20:]
        )
