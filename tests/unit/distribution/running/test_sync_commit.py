"""Commits of a distribution: the same values make the same one, and ours are known again."""

from dataclasses import replace
from datetime import UTC, datetime

from pack.distribution.ports import DownstreamCommit, DownstreamEntry
from pack.distribution.running.sync_commit import (
    SYNC_IDENTITY,
    SyncMark,
    is_ours,
    mark_of,
    sync_commit,
)
from pack.distribution.running.trees import tree_after, tree_id
from pack.distribution.values import Release
from pack.model import CommitId, Identity, blob_id

RELEASE = Release("v1.0.0", CommitId("c" * 40), datetime(2026, 1, 30, tzinfo=UTC))
MARK = SyncMark("guides", "v1.0.0", "c" * 40)
FILES = {"README.md": DownstreamEntry("100644", blob_id(b"here\n"))}
BASE = (CommitId("b" * 40), FILES)
WRITES = {"docs/a.md": b"A\n"}


def made(subject="sync(notes): Update guides from v1.0.0"):
    return sync_commit(subject, MARK, BASE, (WRITES, ()), RELEASE)


def as_stored(wanted):
    tree = tree_id(tree_after(FILES, wanted.writes, wanted.removes))
    parents = [wanted.parent]
    identity = wanted.identity
    parts = (CommitId("d" * 40), parents, tree, wanted.message, identity, identity, wanted.at)
    return DownstreamCommit(*parts)


def test_the_same_values_make_the_same_commit():
    assert made() == made()
    assert made().at == RELEASE.at
    assert made().identity == SYNC_IDENTITY


def test_a_commit_says_what_it_brought():
    assert mark_of(made().message) == MARK
    assert made("two\nlines").message.splitlines()[0] == "two lines"


def test_ours_is_known_again():
    assert is_ours(as_stored(made()))


def test_what_somebody_amended_is_theirs():
    ours = as_stored(made())
    human = Identity("A", "a@example.org")
    assert not is_ours(replace(ours, committer=human))
    assert not is_ours(replace(ours, author=human))
    assert not is_ours(replace(ours, tree="e" * 40))
    assert not is_ours(replace(ours, message="no trailers\n"))


def test_a_squashed_message_still_says_it():
    squashed = f"Update the guides (#12)\n\n* {made().message}\nCo-authored-by: A <a@example.org>\n"
    assert mark_of(squashed) == MARK
    assert mark_of("Update the guides (#12)\n") is None
