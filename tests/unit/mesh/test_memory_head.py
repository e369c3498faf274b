"""The memory of a peer, over a real one: heads of others come in as those of a remote do."""

import pytest
from pack_connectors.local_git.remote.peer_head import PeerHead

from pack.core.truths import TruthMode
from pack.log import LogQuery
from pack.provenance import Origin, Source
from tests.support import git

USER = ("-c", "user.name=x", "-c", "user.email=x@example.org")


@pytest.fixture
def local(git_world):
    git_world.init()
    return git_world.connector


@pytest.fixture
def head(git_world, local):
    return git_world.memory.as_peer(local, lambda commit, label: PeerHead(local, commit, label))


def by_another(folder, path, text, message="theirs"):
    """A commit of another peer on top of what is here, to which no branch leads."""
    git(folder, "checkout", "-q", "--detach")
    (folder / path).write_text(text)
    git(folder, "add", path)
    git(folder, *USER, "commit", "-q", "-m", message)
    commit = git(folder, "rev-parse", "HEAD").decode().strip()
    git(folder, "checkout", "-q", "-")
    return commit


def test_it_knows_where_it_is(git_world, local, head):
    first = head.head()
    git_world.memory.notes.update("context/a.md", "# A\n\none\n")
    second = head.head()
    assert (head.height(first), head.height(second)) == (1, 2)
    assert (head.contains(first, second), head.contains(second, first)) == (True, False)
    assert (head.count(second, first), head.count(first, second)) == (1, 0)
    tree = git(local.repository.work_tree, "rev-parse", f"{second}^{{tree}}").decode().strip()
    assert head.tree(second) == tree
    assert head.refuse_outgoing(second, None) == ""


def test_heights_are_counted_on_from_the_last_one_and_are_those_of_git(git_world, local, head):
    folder = local.repository.work_tree
    first = head.head()
    assert head.height(first) == 1
    aside = by_another(folder, "context/b.md", "# B\n")
    for number in range(3):
        git_world.memory.notes.update(f"context/{number}.md", "# N\n")
    git(folder, *USER, "merge", "-q", "-m", "by hand", aside)
    for commit in (head.head(), aside, first, head.head()):
        assert head.height(commit) == int(git(folder, "rev-list", "--count", commit))


def test_a_head_that_goes_on_from_here_is_taken_as_it_is(local, head):
    theirs = by_another(local.repository.work_tree, "context/b.md", "# B\n\ntheirs\n")
    assert head.take_in(theirs, "desk") == ""
    assert head.head() == theirs
    assert head.take_in(theirs, "desk") == ""


def test_what_both_wrote_is_merged_in_a_commit_that_can_be_computed_again(git_world, local, head):
    theirs = by_another(local.repository.work_tree, "context/b.md", "# B\n\ntheirs\n")
    git_world.memory.notes.update("context/a.md", "# A\n\nmine\n")
    ours = head.head()
    assert head.take_in(theirs, "desk") == ""
    merged = head.head()
    assert head.contains(ours, merged)
    assert head.contains(theirs, merged)
    assert "theirs" in git_world.memory.notes.get("context/b.md").content
    check = git_world.memory.merge_check(local)
    assert check(next(iter(local.log(LogQuery(merged)))))


def test_it_knows_what_is_in_no_other_head_and_no_merge(git_world, local, head):
    theirs = by_another(local.repository.work_tree, "context/b.md", "# B\n\ntheirs\n")
    git_world.memory.notes.update("context/a.md", "# A\n\nmine\n")
    ours = head.head()
    head.take_in(theirs, "desk")
    merged = head.head()
    assert [one.id for one in head.own(merged, [theirs])] == [ours]
    assert list(head.own(merged, [theirs, ours])) == []
    assert list(head.own(ours, [theirs, merged])) == []
    assert {one.id for one in head.own(merged, [])} > {ours, theirs}


def test_a_merge_that_the_memory_is_not_at_is_the_one_that_it_would_make(git_world, local, head):
    folder = local.repository.work_tree
    git_world.memory.notes.update("context/a.md", "# A\n\none\n")
    theirs = by_another(folder, "context/b.md", "# B\n\ntheirs\n")
    changed = by_another(folder, "context/a.md", "# A\n\none\ntwo\n")
    before = head.head()
    aside = [head.merged(theirs, changed), head.merged(changed, theirs)]
    assert head.head() == before
    assert head.take_in(theirs, "desk") == head.take_in(changed, "desk") == ""
    assert aside == [head.head()] * 2


def test_a_machines_change_of_the_persons_text_waits_on_every_peer(git_world, local, head):
    """On the one that merges and on the one that goes forward to the merge."""
    folder, agent = (
        local.repository.work_tree,
        "x\n\nCo-authored-by: Claude <noreply@anthropic.com>",
    )
    person = git_world.memory.written_by(Origin(Source.USER, "cli"))
    person.notes.update("context/a.md", "# A\n\nNever push.\n")
    theirs = by_another(folder, "context/a.md", "# A\n\nAlways push.\n", agent)
    person.notes.update("context/b.md", "# B\n\nmine\n")
    before = head.head()
    assert head.take_in(theirs, "desk") == ""
    merged, made = head.head(), local.side_refs("proposals")
    assert len(made) == 1
    assert "Never" in git_world.memory.notes.get("context/a.md").content
    assert git_world.memory.merge_check(local)(next(iter(local.log(LogQuery(merged)))))
    git(folder, "reset", "-q", "--hard", before)  # as another peer that has its own head
    git(folder, "update-ref", "-d", f"refs/pack/proposals/{next(iter(made))}")
    again = git_world.open(truth=TruthMode.OFF)
    git_world.catalog.clear()
    other = again.as_peer(
        git_world.connector, lambda commit, label: PeerHead(git_world.connector, commit, label)
    )
    assert other.take_in(merged, "laptop") == ""
    assert (other.head(), git_world.connector.side_refs("proposals")) == (merged, made)


def test_a_head_of_another_history_waits_for_a_person(local, head):
    folder, before = local.repository.work_tree, head.head()
    tree = git(folder, "mktree").decode().strip()
    foreign = git(folder, *USER, "commit-tree", "-m", "elsewhere", tree).decode().strip()
    why = head.take_in(foreign, "desk")
    assert why.startswith("desk: ")
    assert head.head() == before


def test_a_merge_that_says_what_it_is_not_is_found(git_world, local):
    folder = local.repository.work_tree
    theirs = by_another(folder, "context/b.md", "# B\n\ntheirs\n")
    git_world.memory.notes.update("context/a.md", "# A\n\nmine\n")
    forged = git(
        folder, *USER, "commit-tree", "-m", "merge\n\nPack-Merge: 1", "-p", "HEAD", "-p", theirs,
        f"{theirs}^{{tree}}",
    ).decode().strip()  # fmt: skip
    assert not git_world.memory.merge_check(local)(next(iter(local.log(LogQuery(forged)))))
