"""The log of a repository on GitHub, and what is read from it."""

from pack.log import LogQuery
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


def test_a_log_since_a_commit_that_was_rewritten_is_the_whole_log(tmp_path):
    with GithubWorld(tmp_path, {A: b"0"}) as world:
        base = world.service.head(NAME)
        old = world.service.commit(NAME, {A: b"1"})
        world.service.repository(NAME).git.git("update-ref", "refs/heads/main", base)
        head = world.service.commit(NAME, {A: b"2"})
        connector = world.connect()
        for path in (None, A):
            found = connector.last_changes(old, head, path)
            assert [one.commit for one in found] == [head, base]
            found = connector.last_changes(base, head, path)
            assert [one.commit for one in found] == [head]


def raw_commit(repository, tree, parents, seconds):
    """A commit whose clock says `seconds`, whatever the clocks of its parents said."""
    who = b"u <u@example.org> %d +0000\n" % seconds
    lines = [b"tree %s\n" % tree, *(b"parent %s\n" % one for one in parents)]
    content = b"".join(lines) + b"author " + who + b"committer " + who + b"\nm\n"
    return repository.git("hash-object", "-t", "commit", "-w", "--stdin", stdin=content).strip()


def test_first_parents_are_followed_though_clocks_disagree(tmp_path):
    with GithubWorld(tmp_path, {A: b"a"}) as world:
        repository = world.service.repository(NAME).git
        tree = repository.git("rev-parse", "main^{tree}").strip()
        first = raw_commit(repository, tree, [], 1_000_000_000)
        slow = raw_commit(repository, tree, [first], 500_000_000)
        side = raw_commit(repository, tree, [first], 1_200_000_000)
        merge = raw_commit(repository, tree, [slow, side], 1_300_000_000)
        repository.git("update-ref", "refs/heads/main", merge.decode())
        log = repository.git("log", "--format=%H", "main").split()
        assert log.index(first) < log.index(slow)  # a parent before its child
        connector = world.connect()
        expected = [one.decode() for one in (merge, slow, first)]
        line = connector.log(LogQuery(connector.head(), first_parent=True))
        assert [one.id for one in line] == expected
        lineage = connector.lineage(None, connector.head())
        assert [one.id for one in lineage.commits] == expected[::-1]
