"""The log of a memory on GitHub: merges, commits of others, several pages."""

from pack.model import MemoryPath
from tests.github_support import NAME, GithubWorld

A = MemoryPath("context/a.md")


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
