"""Text that a commit took from one file to another."""

import pytest

from pack.log import ChangeKind, CommitFacts, FileChange
from pack.model import BlobId, CommitId, MemoryPath
from pack.truth.elsewhere import TakenFrom, may_have_taken, splits_v1, taken_by, taken_from_v1
from tests.support import START

PARENT = CommitId("0" * 40)
LONG, OTHER = "a line that is long enough", "another line, also long"


def commit(files):
    """A commit, and how to read it; given each path with its lines before and after."""
    blobs, changes = {None: ()}, []
    for path, (old, new) in files.items():
        ids = [
            BlobId(f"{path} {name}") if lines is not None else None
            for name, lines in (("old", old), ("new", new))
        ]
        blobs |= dict(zip(ids, (old, new), strict=True))
        changes.append(FileChange(MemoryPath(path), ChangeKind.EDITED, None, ids[1], (ids[0],)))
    blobs[None] = ()
    facts = CommitFacts(CommitId("1" * 40), (PARENT,), "x", START, files=tuple(changes))
    return facts, blobs.__getitem__


def source(path):
    return TakenFrom(PARENT, MemoryPath(path), BlobId(f"{path} old"))


def test_a_line_that_left_a_file_is_found_in_another():
    facts, keys = commit(
        {"a/x.md": ([LONG, "stays"], ["stays"]), "a/y.md": (None, ["# " + LONG, "new"])}
    )
    assert taken_by(facts, keys)["a/y.md"] == {0: (source("a/x.md"), 0)}


@pytest.mark.parametrize(
    "files",
    [
        {"a/x.md": ([LONG], [LONG]), "a/y.md": (None, [LONG])},
        {"a/x.md": (["short"], []), "a/y.md": (None, ["short"])},
        {"a/x.md": ([LONG], []), "index.md": (None, [LONG])},
    ],
)
def test_a_copy_a_short_line_or_a_generated_file_is_no_move(files):
    facts, keys = commit(files)
    assert not any(taken_by(facts, keys).values())


def test_a_line_goes_to_one_place_only():
    facts, keys = commit(
        {"a/x.md": ([LONG], []), "b/1.md": (None, [LONG, LONG]), "b/2.md": (None, [LONG])}
    )
    found = taken_by(facts, keys)
    assert sum(map(len, found.values())) == 1


def test_a_commit_that_is_too_large_to_compare_and_takes_text_from_a_file():
    new = {f"n/{number}.md": (None, [str(number)]) for number in range(1000)}
    large, keys = commit({"a/x.md": ([LONG], []), "b/y.md": (None, [LONG]), **new})
    assert may_have_taken(large)
    assert taken_by(large, keys) == {}
    assert not may_have_taken(commit({"a/x.md": ([LONG], []), "b/y.md": (None, [LONG])})[0])
    assert not may_have_taken(commit({**new, "a/x.md": (None, [LONG])})[0])


def test_two_files_that_were_joined():
    facts, keys = commit({"a/x.md": ([LONG], None), "a/y.md": ([OTHER], [OTHER, LONG])})
    assert taken_by(facts, keys)["a/y.md"] == {1: (source("a/x.md"), 0)}


def test_a_migration_takes_all_of_the_single_file():
    facts, keys = commit({"legacy/MEMORY.md": (None, ["tea"]), "a/y.md": (None, ["tea"])})
    v1 = MemoryPath("MEMORY.md")
    assert splits_v1(facts, v1)
    found = taken_from_v1(facts, v1, BlobId("legacy/MEMORY.md new"), keys)
    assert found["a/y.md"] == {0: (TakenFrom(PARENT, v1, BlobId("legacy/MEMORY.md new")), 0)}
    assert taken_from_v1(facts, v1, None, keys) == {}
