"""What every connector must pass: subclass `ConnectorContract` and define the fixture `connector`.

    class TestMine(ConnectorContract):
        @pytest.fixture
        def connector(self): ...
        def log(self, connector): ...

Call `pytest.register_assert_rewrite("pack.testing")` in a `conftest.py` for readable failures.
Hooks that have a body need not be overridden; tests that they cannot support are skipped with a
reason.

`TargetContract` and `EventTargetContract`, which every sync target must pass, can be imported from
here too; see `pack.testing.target`.
"""
# The names of test methods say what docstrings would (D102), and asserting is what they are for.
# ruff: noqa: D102, S101

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha1
from typing import Any, Final

import pytest

from pack.connector import Capability, Connector
from pack.errors import (
    AlreadyExists,
    BlobChanged,
    ConnectorError,
    InvalidPath,
    InvalidRequest,
    LimitExceeded,
    NotFound,
    OutcomeUnknown,
    PackError,
    RefusedForSafety,
    RepositoryBusy,
    StagedChange,
    StaleBase,
    UncommittedEdit,
)
from pack.limits import MAX_FILE_BYTES
from pack.log import ChangeKind, FileChange, LogQuery
from pack.model import (
    ABSENT,
    BlobId,
    Change,
    Commit,
    CommitId,
    Delete,
    EntryType,
    Identity,
    MemoryPath,
    Put,
    StoredPut,
)
from pack.rules.exclusion import ExclusionKind

A: Final = MemoryPath("context/a.md")
B: Final = MemoryPath("context/b.md")
INDEX: Final = MemoryPath("index.md")
IGNORES: Final = MemoryPath(".gitignore")
ATTRIBUTES: Final = MemoryPath(".gitattributes")
NO_COMMIT: Final = CommitId("1" * 40)
NO_BLOB: Final = BlobId("2" * 40)

HOSTILE_PATHS: Final = (
    "", "/etc/passwd", "../x.md", "context/../../x.md", "context/./x.md", "context//x.md",
    "context/", ".git/config", ".GIT/config", "context/.git/x.md", ".git\u200c/config",
    "git~1/config", "GIT~1/x", ".git./x", ".git /x", ".git::$INDEX_ALLOCATION/x", "a\\b.md",
    "nul\0.md", "\udcff.md",
)  # fmt: skip
OPTION_LIKE_PATHS: Final = (
    "-n/x.md", "--help", "context/--force.md", ":(glob)**/x.md", ":!x.md", "a:b.md", "@{u}.md",
    "HEAD", "refs/heads/main", "a^{tree}.md", "*.md", "[a].md", "~/x.md", "%s.md", "$HOME.md",
    "a b.md", "a b c.md", "x" * 35 + " b.md",
)  # fmt: skip
EXACT_CONTENTS: Final = {
    "empty": b"",
    "no final newline": b"x",
    "CRLF": b"a\r\nb\r\n",
    "bare CR": b"a\rb\r",
    "BOM": b"\xef\xbb\xbf---\ntopic: x\n---\n",
    "NUL": b"a\0b",
    "not UTF-8": b"\xff\xfe\x80",
    "Unicode": "日本語 é \u202e 🎉\n".encode(),
    "keywords": b"$Id$ $Id: old $\n",
    "rules": b"---\n" * 1000,
    "1 MB": b"0123456789abcde\n" * 65536,
    "as large as a file may be": b"x" * MAX_FILE_BYTES,
}


def git_blob_id(content: bytes) -> BlobId:
    """The blob id that git gives these bytes."""
    return BlobId(sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest())


@dataclass(frozen=True, slots=True)
class LoggedCommit:
    """A commit as the store's own log shows it.

    Attributes:
        id: Its id.
        parents: Ids of the commits it was made on.
        message: As it is stored.
        author: The author it names.
    """

    id: CommitId
    parents: Sequence[CommitId]
    message: str
    author: Identity


class ConnectorHooks:
    """What the tests of a store supply so that its promises can be tested."""

    def log(self, connector: Connector) -> list[LoggedCommit]:
        """All commits reachable from `connector.head()`, newest first."""
        raise NotImplementedError

    def reopen(self, connector: Connector) -> Connector:
        """Another connector to the same store, as another process would have."""
        return connector

    def external_commit(self, connector: Connector, changes: Sequence[Change]) -> CommitId:
        """Make a commit as somebody else, in the way people do on this store."""
        other = self.reopen(connector)
        return other.commit(other.head(), changes, "somebody else").id

    def impatient(self, connector: Connector) -> Connector:
        """Another connector to the same store whose `exclusive` waits only for a moment."""
        pytest.skip(f"{type(connector).__name__} does not wait for other writers")

    def answer_lost(self, connector: Connector) -> AbstractContextManager[None]:
        """A context in which the store carries out a write, but its answer does not arrive."""
        pytest.skip(f"an answer from {type(connector).__name__} cannot get lost")

    def broken(self, connector: Connector) -> AbstractContextManager[None]:
        """A context in which the store can be neither read nor written."""
        pytest.skip(f"{type(connector).__name__} cannot break")

    def unsafe(self, connector: Connector) -> AbstractContextManager[None]:
        """A context in which a write could lose something."""
        pytest.skip(f"a write to {type(connector).__name__} is always safe")

    def edit(self, connector: Connector, path: MemoryPath, content: bytes | None) -> None:
        """Write (`None`: remove) a file by hand, as the user. For `Capability.WORKING_TREE`."""
        raise NotImplementedError

    def stage(self, connector: Connector, path: MemoryPath) -> None:
        """Stage a file as it is, as the user. For `Capability.WORKING_TREE`."""
        raise NotImplementedError

    def link(self, connector: Connector, path: MemoryPath, target: str) -> None:
        """Make a symbolic link as the user. For `Capability.WORKING_TREE`."""
        raise NotImplementedError


def put(connector: Connector, path: MemoryPath, content: bytes) -> Commit:
    """Store a file whatever is there, to prepare a test."""
    try:
        return connector.put_contents(path, content, connector.get_contents(path).sha, "arrange")
    except NotFound:
        return connector.put_contents(path, content, ABSENT, "arrange")


def everything(connector: Connector) -> dict[MemoryPath, bytes]:
    """The bytes of all files that a reader gets, by path."""
    files = [entry.path for entry in connector.get_tree() if entry.type is EntryType.FILE]
    return {path: connector.get_contents(path).content for path in files}


class ReadingContract(ConnectorHooks):
    """What the reading operations promise."""

    def test_nothing_differs_from_the_commit_just_made(self, connector: Connector) -> None:
        first = put(connector, A, b"a")
        assert connector.edits(connector.head()) == {}
        put(connector, B, b"b")
        assert connector.edits(connector.head()) == {}
        assert connector.edits(first.id) == {B: git_blob_id(b"b")}
        assert connector.edits(None) == {A: git_blob_id(b"a"), B: git_blob_id(b"b")}
        with pytest.raises(NotFound):
            connector.edits(CommitId("0" * 40))

    def test_notes_at_the_root_may_be_memory(self, connector: Connector) -> None:
        """The core decides whether they are; a file that git or tools own never is."""
        first = put(connector, A, b"a")
        note, owned = MemoryPath("note.md"), MemoryPath("README.md")
        made = connector.commit(
            first.id, [Put(note, b"n", ABSENT), Put(owned, b"r", ABSENT)], "notes"
        )
        assert connector.edits(first.id) == {note: git_blob_id(b"n")}
        changed = {each.path for each in connector.last_changes(first.id, made.id)}
        assert changed == {note}

    def test_the_log_tells_which_commit_changed_a_file_last(self, connector: Connector) -> None:
        first = put(connector, A, b"a")
        second = put(connector, B, b"b")
        changes = [Put(A, b"a2", git_blob_id(b"a")), Put(MemoryPath("index.md"), b"i", ABSENT)]
        third = connector.commit(second.id, changes, "m")
        found = list(connector.last_changes(None, third.id))
        assert [(change.path, change.commit) for change in found] == [
            (A, third.id),
            (B, second.id),
            (A, first.id),
        ]
        assert all(change.at.utcoffset() == timedelta(0) for change in found)
        later = list(connector.last_changes(first.id, third.id))
        assert [change.commit for change in later] == [third.id, second.id]
        assert list(connector.last_changes(third.id, third.id)) == []
        rewritten = list(connector.last_changes(third.id, second.id))
        assert [change.commit for change in rewritten] == [second.id, first.id]
        with pytest.raises(NotFound):
            list(connector.last_changes(None, CommitId("0" * 40)))

    def test_the_log_of_one_file(self, connector: Connector) -> None:
        first = put(connector, A, b"a")
        put(connector, B, b"b")
        third = put(connector, A, b"a3")
        head = self.external_commit(connector, [Put(INDEX, b"i", ABSENT)])
        found = list(connector.last_changes(None, head, A))
        assert [(change.path, change.commit) for change in found] == [(A, third.id), (A, first.id)]
        assert found == [c for c in connector.last_changes(None, head) if c.path == A]
        assert [c.commit for c in connector.last_changes(first.id, head, A)] == [third.id]
        assert list(connector.last_changes(None, head, MemoryPath("context/none.md"))) == []
        with pytest.raises(NotFound):
            list(connector.last_changes(None, NO_COMMIT, A))

    def test_the_log_says_who_did_what_and_when(self, connector: Connector) -> None:
        first = put(connector, A, b"a\n")
        message = "two\n\nWhy.\n\nPack-Origin: user:cli\nPack-Request: r"
        second = connector.commit(first.id, [Put(B, b"b\n", ABSENT)], message)
        newest, oldest = list(connector.log(LogQuery(second.id)))[:2]
        assert [newest.id, oldest.id] == [second.id, first.id]
        assert newest.parents == (first.id,)
        assert newest.message.strip() == message
        assert newest.trailers == {"Pack-Origin": "user:cli", "Pack-Request": "r"}
        assert newest.at.utcoffset() == timedelta(0)
        assert newest.files is None
        assert newest.author is not None
        assert newest.author.name
        with pytest.raises(NotFound):
            list(connector.log(LogQuery(NO_COMMIT)))
        with pytest.raises(NotFound):
            list(connector.log(LogQuery(second.id, since=NO_COMMIT)))

    def test_the_log_says_what_each_commit_changed(self, connector: Connector) -> None:
        text, moved = b"a line\n" * 20, MemoryPath("other/moved to.md")
        first = put(connector, A, text)
        put(connector, B, b"b\n")
        third = put(connector, B, b"c\n")
        changes: list[Change] = [Put(moved, text, ABSENT), Delete(A, git_blob_id(text))]
        fourth = connector.commit(third.id, changes, "move")
        fifth = connector.commit(fourth.id, [Delete(B, git_blob_id(b"c\n"))], "delete")
        found = list(connector.log(LogQuery(fifth.id, since=first.id, with_files=True)))
        assert [commit.files for commit in found] == [
            (FileChange(B, ChangeKind.DELETED),),
            (FileChange(moved, ChangeKind.MOVED, A, git_blob_id(text)),),
            (FileChange(B, ChangeKind.EDITED, None, git_blob_id(b"c\n")),),
            (FileChange(B, ChangeKind.ADDED, None, git_blob_id(b"b\n")),),
        ]
        before = [change.old_sha for commit in found for change in commit.files or ()]
        assert before == [git_blob_id(b"c\n"), git_blob_id(text), git_blob_id(b"b\n"), None]
        of_all = list(connector.log(LogQuery(fifth.id, with_files=True)))
        (oldest,) = [commit.files for commit in of_all if commit.id == first.id]
        assert oldest == (FileChange(A, ChangeKind.ADDED, None, git_blob_id(text)),)

    def test_the_log_can_be_narrowed(self, connector: Connector) -> None:
        first = put(connector, A, b"a")
        second = put(connector, B, b"b")
        third = put(connector, A, b"a3")
        ids = [commit.id for commit in connector.log(LogQuery(third.id, path=A))]
        assert ids == [third.id, first.id]
        assert [one.id for one in connector.log(LogQuery(third.id, limit=1))] == [third.id]
        assert [one.id for one in connector.log(LogQuery(third.id, path=B, limit=5))] == [second.id]
        assert [one.id for one in connector.log(LogQuery(third.id, since=second.id))] == [third.id]
        assert list(connector.log(LogQuery(third.id, since=third.id))) == []
        assert list(connector.log(LogQuery(third.id, path=MemoryPath("context/none.md")))) == []

    def test_the_log_can_be_read_in_parts(self, connector: Connector) -> None:
        made = [put(connector, A, b"%d" % number).id for number in range(4)][::-1]
        parts = [connector.log(LogQuery(made[0], skip=start, limit=2)) for start in (0, 2, 4)]
        assert [[one.id for one in part] for part in parts] == [made[:2], made[2:], []]
        of_path = connector.log(LogQuery(made[0], path=A, skip=1, limit=1))
        assert [one.id for one in of_path] == made[1:2]

    def test_the_log_of_a_time(self, connector: Connector) -> None:
        made = [put(connector, A, b"%d" % number).id for number in range(3)][::-1]
        whole = list(connector.log(LogQuery(made[0])))
        middle, moment = whole[1], timedelta(microseconds=1)

        def found(**asked: Any) -> list[CommitId]:
            return [one.id for one in connector.log(LogQuery(made[0], **asked))]

        late = [one.id for one in whole if one.at >= middle.at]
        early = [one.id for one in whole if one.at <= middle.at]
        assert found(made_from=middle.at) == late
        assert found(made_until=middle.at) == early
        assert found(made_until=middle.at + moment, path=A, with_files=True) == early
        assert found(made_until=middle.at, skip=1, first_parent=True) == early[1:]
        assert found(made_from=middle.at, limit=1) == late[:1]
        assert found(made_from=middle.at, path=A, with_files=True, skip=1) == late[1:]
        assert found(made_from=whole[0].at + timedelta(days=1)) == []
        assert found(made_until=whole[-1].at - timedelta(days=1)) == []
        for year, is_future in ((1, False), (1970, False), (9999, True)):
            far = datetime(year, 1, 1, tzinfo=UTC)
            assert found(made_from=far) == ([] if is_future else made)
            assert found(made_until=far) == (made if is_future else [])

    def test_the_log_says_what_happened_to_one_path_alone(self, connector: Connector) -> None:
        text, moved = b"a line\n" * 20, MemoryPath("other/moved.md")
        first = connector.commit(None, [Put(A, text, ABSENT), Put(B, b"b", ABSENT)], "begin")
        changes: list[Change] = [Put(moved, text, ABSENT), Delete(A, git_blob_id(text))]
        connector.commit(first.id, [*changes, Put(B, b"c", git_blob_id(b"b"))], "move")
        third = put(connector, moved, text + b"more\n")

        def of(path: MemoryPath) -> list[tuple[FileChange, ...] | None]:
            asked = LogQuery(third.id, path=path, with_files=True, only_path=True)
            return [commit.files for commit in connector.log(asked)]

        move = FileChange(moved, ChangeKind.MOVED, A, git_blob_id(text))
        edit = FileChange(moved, ChangeKind.EDITED, None, git_blob_id(text + b"more\n"))
        assert of(moved) == [(edit,), (move,)]
        assert of(A) == [(move,), (FileChange(A, ChangeKind.ADDED, None, git_blob_id(text)),)]

    def test_a_commit_is_found_by_the_beginning_of_its_id(self, connector: Connector) -> None:
        first = put(connector, A, b"1").id
        second = put(connector, A, b"2").id
        assert connector.find_commits(first[:12], second) == [first]
        assert connector.find_commits(second, second) == [second]
        assert connector.find_commits(second, first) == []
        assert connector.find_commits(NO_COMMIT, second) == []
        assert connector.find_commits(first + "0", second) == []
        blob = git_blob_id(b"1")
        assert connector.find_commits(blob[:12], second) == []
        with pytest.raises(NotFound):
            connector.find_commits(first, NO_COMMIT)

    def test_the_line_of_commits_is_told_from_the_oldest_on(self, connector: Connector) -> None:
        first = put(connector, A, b"1\n")
        second = connector.commit(first.id, [Put(B, b"2\n", ABSENT)], "two\n\nWörter\n\nKey: value")
        third = self.external_commit(connector, [Put(A, b"3\n", git_blob_id(b"1\n"))])
        whole = connector.lineage(None, third)
        assert whole is not None
        assert [one.id for one in whole.commits[-3:]] == [first.id, second.id, third]
        assert whole.commits[-1].parents == (second.id,)
        assert whole.commits[0].parents == ()
        assert whole.commits[-2].message.strip() == "two\n\nWörter\n\nKey: value"
        assert all(one.at.tzinfo is UTC for one in whole.commits)
        later = connector.lineage(first.id, third)
        assert later is not None
        assert later.commits == whole.commits[-2:]
        assert not later.is_rewritten
        none = connector.lineage(third, third)
        assert none is not None
        assert none.commits == ()
        assert not none.is_rewritten

    def test_a_line_that_does_not_lead_on_from_a_commit(self, connector: Connector) -> None:
        first = put(connector, A, b"1\n").id
        second = put(connector, A, b"2\n").id
        older = connector.lineage(second, first)
        assert older is not None
        assert older.commits == ()
        assert older.is_rewritten
        assert connector.lineage(NO_COMMIT, second) is None
        with pytest.raises(NotFound):
            connector.lineage(None, NO_COMMIT)

    def test_a_new_store_is_empty(self, connector: Connector) -> None:
        assert connector.head() is None
        assert connector.get_tree() == []
        assert connector.list_dir(None) == []
        with pytest.raises(NotFound):
            connector.get_contents(A)

    def test_location_is_words_for_a_person(self, connector: Connector) -> None:
        assert connector.location.strip()

    @pytest.mark.parametrize("content", EXACT_CONTENTS.values(), ids=list(EXACT_CONTENTS))
    @pytest.mark.contract("C5", "C7")
    def test_contents_are_stored_unchanged(self, connector: Connector, content: bytes) -> None:
        made = connector.put_contents(A, content, ABSENT, "context/a.md: new")
        for reader in (connector, self.reopen(connector)):
            found = reader.get_contents(A)
            assert found.content == content
            assert found.sha == git_blob_id(content) == made.blobs[A]
            assert reader.get_committed(A) == found.sha
        assert dict(connector.read_blobs([found.sha])) == {found.sha: content}

    def test_what_an_older_commit_holds_can_be_asked(self, connector: Connector) -> None:
        first = put(connector, A, b"a").id
        second = put(connector, A, b"a2").id
        third = connector.delete_file(A, git_blob_id(b"a2")).id
        found = [connector.get_committed(A, commit) for commit in (first, second, third)]
        assert found == [git_blob_id(b"a"), git_blob_id(b"a2"), None]
        assert connector.get_committed(B, first) is None
        assert connector.get_committed(MemoryPath("context"), first) is None
        with pytest.raises(NotFound):
            connector.get_committed(A, NO_COMMIT)
        with pytest.raises(InvalidPath):
            connector.get_committed(MemoryPath("../x.md"), first)

    def test_last_modified_is_a_time_in_utc(self, connector: Connector) -> None:
        put(connector, A, b"a")
        modified = connector.get_contents(A).last_modified
        assert modified.tzinfo is not None
        assert modified.utcoffset() == UTC.utcoffset(None) == timedelta(0)

    def test_a_folder_is_not_a_file(self, connector: Connector) -> None:
        put(connector, A, b"a")
        with pytest.raises(NotFound):
            connector.get_contents(MemoryPath("context"))
        with pytest.raises(NotFound):
            connector.get_contents(MemoryPath("context/a.md/b.md"))

    def test_a_listing_has_files_and_folders_sorted_by_name(self, connector: Connector) -> None:
        for path in ("b.md", "a/x.md", "B.md", "a.md", "a-b.md", "a/y/z.md", "ä.md"):
            put(connector, MemoryPath(path), path.encode())
        rows = connector.list_dir(None)
        assert [row.name for row in rows] == sorted(["B.md", "a", "a-b.md", "a.md", "b.md", "ä.md"])
        assert [row.name for row in rows if row.type is EntryType.DIR] == ["a"]
        for row in rows:
            expected = "" if row.type is EntryType.DIR else git_blob_id(row.name.encode())
            assert (row.path, row.sha) == (row.name, expected)
        inner = connector.list_dir(MemoryPath("a"))
        assert [(row.name, row.path, row.type) for row in inner] == [
            ("x.md", "a/x.md", EntryType.FILE),
            ("y", "a/y", EntryType.DIR),
        ]

    def test_a_missing_folder_and_a_file_list_as_empty(self, connector: Connector) -> None:
        put(connector, A, b"a")
        for path in ("nothing", "nothing/below", "context/a.md"):
            assert connector.list_dir(MemoryPath(path)) == []

    def test_a_folder_left_empty_is_gone(self, connector: Connector) -> None:
        made = put(connector, MemoryPath("x/y/z.md"), b"z")
        put(connector, A, b"a")
        connector.delete_file(MemoryPath("x/y/z.md"), made.blobs[MemoryPath("x/y/z.md")])
        assert [row.name for row in connector.list_dir(None)] == ["context"]

    def test_the_tree_has_all_files_sorted_by_path(self, connector: Connector) -> None:
        paths = ["a.md", "a/b.md", "a-b/c.md", "a/b/c.md", "Z/z.md", "日/本.md"]
        for path in paths:
            put(connector, MemoryPath(path), path.encode())
        tree = connector.get_tree()
        assert [entry.path for entry in tree] == sorted(paths)
        assert all(entry.sha == git_blob_id(entry.path.encode()) for entry in tree)
        assert all(entry.name == entry.path.rpartition("/")[2] for entry in tree)
        assert connector.get_tree(connector.head()) == tree

    def test_the_tree_of_a_commit_stays_what_it_was(self, connector: Connector) -> None:
        first = put(connector, A, b"one").id
        before = connector.get_tree(first)
        second = put(connector, A, b"two").id
        put(connector, B, b"b")
        assert connector.get_tree(first) == before
        assert [entry.sha for entry in connector.get_tree(second)] == [git_blob_id(b"two")]

    @pytest.mark.parametrize("commit", [NO_COMMIT, "HEAD", "--help", "", "x\ny", "1" * 39])
    def test_there_is_no_such_commit(self, connector: Connector, commit: str) -> None:
        known = put(connector, A, b"a").id
        with pytest.raises(NotFound):
            connector.get_tree(CommitId(commit))
        with pytest.raises(NotFound):
            connector.changes_between(known, CommitId(commit))
        assert connector.changes_between(CommitId(commit), known) is None

    def test_blobs_come_in_the_order_asked_for(self, connector: Connector) -> None:
        contents = [b"one", b"two", b"three"]
        shas = [put(connector, A, content).blobs[A] for content in contents]
        wanted = [shas[2], shas[0], shas[2], shas[1]]
        found = list(connector.read_blobs(wanted))
        assert found == [(sha, contents[shas.index(sha)]) for sha in wanted]
        assert list(connector.read_blobs([])) == []

    @pytest.mark.parametrize("sha", [NO_BLOB, "HEAD", "HEAD:context/a.md", "-h", "", "x\ny"])
    def test_one_of_the_blobs_is_not_stored(self, connector: Connector, sha: str) -> None:
        known = put(connector, A, b"a").blobs[A]
        with pytest.raises(NotFound):
            list(connector.read_blobs([known, BlobId(sha)]))

    def test_what_differs_between_two_commits(self, connector: Connector) -> None:
        old = put(connector, A, b"a").id
        connector.commit(
            old,
            [
                Put(B, b"b", ABSENT),
                Delete(A, git_blob_id(b"a")),
                Put(MemoryPath("日 本.md"), b"c", ABSENT),
            ],
            "several",
        )
        new = put(connector, INDEX, b"i").id
        assert connector.changes_between(old, new) == [
            (A, None),
            (B, git_blob_id(b"b")),
            (INDEX, git_blob_id(b"i")),
            ("日 本.md", git_blob_id(b"c")),
        ]
        assert connector.changes_between(new, new) == []
        assert connector.changes_between(new, old) == [
            (A, git_blob_id(b"a")),
            (B, None),
            (INDEX, None),
            ("日 本.md", None),
        ]

    @pytest.mark.parametrize("path", HOSTILE_PATHS)
    def test_a_path_stays_in_the_memory(self, connector: Connector, path: str) -> None:
        put(connector, A, b"a")
        head, hostile = connector.head(), MemoryPath(path)
        for call in (
            lambda: connector.get_contents(hostile),
            lambda: connector.list_dir(hostile),
            lambda: connector.put_contents(hostile, b"x", ABSENT, "m"),
            lambda: connector.delete_file(hostile, NO_BLOB),
        ):
            with pytest.raises(InvalidPath):
                call()
        assert connector.head() == head

    @pytest.mark.parametrize("path", ["x" * 256, "x/" * 2048 + "x", "é" * 128])
    def test_a_path_too_long_for_file_systems(self, connector: Connector, path: str) -> None:
        for call in (
            lambda: connector.get_contents(MemoryPath(path)),
            lambda: connector.put_contents(MemoryPath(path), b"x", ABSENT, "m"),
        ):
            with pytest.raises(LimitExceeded):
                call()
        assert connector.head() is None

    @pytest.mark.parametrize("path", OPTION_LIKE_PATHS)
    def test_a_path_is_never_an_option_a_pattern_or_a_revision(
        self, connector: Connector, path: str
    ) -> None:
        put(connector, A, b"a")
        odd = MemoryPath(path)
        made = connector.put_contents(odd, b"odd", ABSENT, "m")
        assert everything(connector) == {A: b"a", odd: b"odd"}
        connector.put_contents(odd, b"odder", made.blobs[odd], "m")
        assert connector.get_committed(odd) == git_blob_id(b"odder")
        connector.delete_file(odd, git_blob_id(b"odder"))
        assert everything(connector) == {A: b"a"}

    def test_a_view_shows_what_was_there_and_what_is_written_in_it(
        self, connector: Connector
    ) -> None:
        put(connector, A, b"a")
        with connector.view():
            base = connector.head()
            assert connector.get_contents(A).content == b"a"
            with connector.view():
                made = connector.commit(base, [Put(A, b"a2", git_blob_id(b"a"))], "inside")
            assert connector.head() == made.id
            assert connector.get_contents(A).content == b"a2"
            assert connector.edits(connector.head()) == {}
        moved = self.external_commit(connector, [Put(B, b"b", ABSENT)])
        assert connector.head() == moved
        assert everything(connector) == {A: b"a2", B: b"b"}

    @pytest.mark.contract("C1")
    def test_a_view_asks_anew_after_a_write_was_refused(self, connector: Connector) -> None:
        base = put(connector, A, b"a").id
        with connector.view():
            assert connector.head() == base
            moved = self.external_commit(connector, [Put(B, b"b", ABSENT)])
            with pytest.raises(StaleBase):
                connector.commit(base, [Put(INDEX, b"i", ABSENT)], "m")
            assert connector.head() == moved
            assert everything(connector) == {A: b"a", B: b"b"}
            connector.commit(moved, [Put(INDEX, b"i", ABSENT)], "m")

    def test_a_view_is_of_its_thread_and_ends_with_an_error_too(self, connector: Connector) -> None:
        put(connector, A, b"a")
        with suppress(NotFound), connector.view():
            connector.head()
            moved = self.external_commit(connector, [Put(B, b"b", ABSENT)])
            with ThreadPoolExecutor(1) as pool:
                assert pool.submit(connector.head).result(timeout=30) == moved
            connector.get_contents(MemoryPath("context/none.md"))
        assert connector.head() == moved

    def test_the_store_cannot_be_read(self, connector: Connector) -> None:
        put(connector, A, b"a")
        with self.broken(connector):
            for call in (connector.head, lambda: connector.get_committed(A)):
                with pytest.raises(ConnectorError):
                    call()
        assert connector.get_contents(A).content == b"a"


class WritingContract(ConnectorHooks):
    """What `commit` and the operations built on it promise."""

    @pytest.mark.contract("C9")
    def test_one_write_is_one_commit(self, connector: Connector) -> None:
        base = put(connector, A, b"a").id
        before = self.log(connector)
        made = connector.commit(base, [Put(A, b"a2", git_blob_id(b"a")), Put(INDEX, b"i", ABSENT)],
                                "context/a.md: change\n\nwhy\n\nPack-Origin: user")  # fmt: skip
        after = self.log(connector)
        assert after[1:] == before
        assert (after[0].id, list(after[0].parents)) == (made.id, [base])
        assert after[0].message.rstrip("\n") == "context/a.md: change\n\nwhy\n\nPack-Origin: user"
        assert connector.head() == made.id
        assert made.blobs == {A: git_blob_id(b"a2"), INDEX: git_blob_id(b"i")}

    @pytest.mark.contract("C9")
    def test_a_commit_without_any_difference_is_made_too(self, connector: Connector) -> None:
        first = put(connector, A, b"a")
        second = connector.put_contents(A, b"a", first.blobs[A], "again")
        assert second.id != first.id
        assert [commit.id for commit in self.log(connector)] == [second.id, first.id]
        assert connector.changes_between(first.id, second.id) == []

    def test_the_author_is_whom_the_writer_names(self, connector: Connector) -> None:
        if Capability.AUTHOR not in connector.capabilities:
            pytest.skip(f"{type(connector).__name__} names the account it is used by")
        named = Identity("An agent", "agent@example.org")
        connector.commit(None, [Put(A, b"a", ABSENT)], "m", author=named)
        put(connector, A, b"b")
        mine, agents = self.log(connector)
        assert agents.author == named
        assert mine.author != named

    @pytest.mark.parametrize(
        "message", ["ö 日本 🎉", "a\r\nb", "-m x", "s\n\n# no comment\n\n\n\nend", "a\nb\n\nT: v"]
    )
    def test_a_message_is_kept(self, connector: Connector, message: str) -> None:
        connector.put_contents(A, b"a", ABSENT, message)
        assert self.log(connector)[0].message.rstrip("\n") == message

    def test_delete_names_the_path_in_its_message(self, connector: Connector) -> None:
        made = put(connector, A, b"a")
        connector.delete_file(A, made.blobs[A])
        assert A in self.log(connector)[0].message
        assert everything(connector) == {}
        with pytest.raises(NotFound):
            connector.get_contents(A)

    def test_delete_then_create(self, connector: Connector) -> None:
        made = put(connector, A, b"a")
        gone = connector.delete_file(A, made.blobs[A])
        with pytest.raises(BlobChanged):
            connector.put_contents(A, b"b", made.blobs[A], "m")
        assert connector.head() == gone.id
        connector.put_contents(A, b"b", ABSENT, "m")
        assert everything(connector) == {A: b"b"}

    def test_a_move_is_one_commit_and_the_old_bytes_stay_in_history(
        self, connector: Connector
    ) -> None:
        old = put(connector, A, b"a")
        new = connector.commit(
            old.id, [Delete(A, old.blobs[A]), Put(B, b"a", ABSENT)], "context/b.md: move"
        )
        assert everything(connector) == {B: b"a"}
        assert connector.changes_between(old.id, new.id) == [(A, None), (B, git_blob_id(b"a"))]
        assert [entry.path for entry in connector.get_tree(old.id)] == [A]

    def test_paths_that_differ_in_case_only_are_two_files_or_a_refusal(
        self, connector: Connector
    ) -> None:
        put(connector, A, b"lower")
        upper = MemoryPath("context/A.md")
        try:
            connector.put_contents(upper, b"upper", ABSENT, "m")
        except PackError:
            assert everything(connector) == {A: b"lower"}
        else:
            assert everything(connector) == {A: b"lower", upper: b"upper"}

    @pytest.mark.contract("C1")
    def test_the_branch_is_not_at_base_any_more(self, connector: Connector) -> None:
        base = put(connector, A, b"a").id
        moved = self.external_commit(connector, [Put(B, b"b", ABSENT)])
        with pytest.raises(StaleBase) as caught:
            connector.commit(base, [Put(INDEX, b"i", ABSENT)], "m")
        assert caught.value.retryable
        assert connector.head() == moved
        assert everything(connector) == {A: b"a", B: b"b"}

    @pytest.mark.parametrize("base", [None, NO_COMMIT])
    def test_a_base_that_never_was(self, connector: Connector, base: CommitId | None) -> None:
        head = put(connector, A, b"a").id
        with pytest.raises(StaleBase):
            connector.commit(base, [Put(B, b"b", ABSENT)], "m")
        assert (connector.head(), everything(connector)) == (head, {A: b"a"})

    def test_an_empty_store_is_not_at_any_commit(self, connector: Connector) -> None:
        with pytest.raises(StaleBase):
            connector.commit(NO_COMMIT, [Put(B, b"b", ABSENT)], "m")
        assert (connector.head(), everything(connector)) == (None, {})

    @pytest.mark.contract("C1")
    def test_a_path_does_not_hold_what_its_change_expects(self, connector: Connector) -> None:
        base = put(connector, A, b"a").id
        for change in (
            Put(A, b"x", NO_BLOB),
            Put(B, b"x", git_blob_id(b"a")),
            Delete(A, NO_BLOB),
            Delete(B, git_blob_id(b"a")),
        ):
            with pytest.raises(BlobChanged) as caught:
                connector.commit(base, [Put(INDEX, b"i", ABSENT), change], "m")
            assert not isinstance(caught.value, AlreadyExists)
            assert caught.value.path == change.path
            assert caught.value.expected == change.expect
            assert caught.value.actual == (git_blob_id(b"a") if change.path == A else None)
            assert caught.value.content in (None, b"a")
            assert (connector.head(), everything(connector)) == (base, {A: b"a"})

    @pytest.mark.contract("C1")
    def test_a_path_expected_to_be_absent_is_not(self, connector: Connector) -> None:
        base = put(connector, A, b"a").id
        for content in (b"x", b"a"):
            with pytest.raises(AlreadyExists) as caught:
                connector.commit(base, [Put(B, b"b", ABSENT), Put(A, content, ABSENT)], "m")
            assert (caught.value.path, caught.value.actual) == (A, git_blob_id(b"a"))
            assert (connector.head(), everything(connector)) == (base, {A: b"a"})

    @pytest.mark.contract("C1")
    def test_two_writers_from_one_base(self, connector: Connector) -> None:
        base, other = put(connector, A, b"a").id, self.reopen(connector)
        won = other.commit(base, [Put(A, b"theirs", git_blob_id(b"a"))], "theirs")
        with pytest.raises(StaleBase):
            connector.commit(base, [Put(A, b"mine", git_blob_id(b"a"))], "mine")
        with pytest.raises(BlobChanged):
            connector.put_contents(A, b"mine", git_blob_id(b"a"), "mine")
        assert (connector.head(), everything(connector)) == (won.id, {A: b"theirs"})

    @pytest.mark.contract("C9")
    def test_put_and_delete_do_not_mind_a_moved_branch(self, connector: Connector) -> None:
        made = put(connector, A, b"a")
        self.external_commit(connector, [Put(B, b"b", ABSENT)])
        connector.put_contents(A, b"a2", made.blobs[A], "m")
        self.external_commit(connector, [Put(INDEX, b"i", ABSENT)])
        connector.delete_file(A, git_blob_id(b"a2"))
        assert everything(connector) == {B: b"b", INDEX: b"i"}
        assert len(self.log(connector)) == 5

    @pytest.mark.parametrize(
        ("changes", "message"),
        [
            ([], "m"),
            ([Put(A, b"a", ABSENT), Put(A, b"b", ABSENT)], "m"),
            ([Put(A, b"a", ABSENT)], ""),
            ([Put(A, b"a", ABSENT)], " \n "),
            ([Put(A, b"a", ABSENT)], "a\0b"),
        ],
        ids=["no change", "a path twice", "no message", "blank message", "NUL"],
    )
    def test_a_request_that_is_none(
        self, connector: Connector, changes: list[Change], message: str
    ) -> None:
        with pytest.raises(InvalidRequest):
            connector.commit(None, changes, message)
        assert (connector.head(), everything(connector)) == (None, {})

    def test_a_content_is_larger_than_get_contents_would_serve(self, connector: Connector) -> None:
        with pytest.raises(LimitExceeded):
            connector.put_contents(A, b"x" * (MAX_FILE_BYTES + 1), ABSENT, "m")
        assert (connector.head(), everything(connector)) == (None, {})

    @pytest.mark.parametrize(
        "paths", [["context"], ["context/a.md/b.md"], ["x", "x/y.md"], ["x/y.md", "x"]]
    )
    def test_a_path_is_a_folder_or_leads_through_a_file(
        self, connector: Connector, paths: list[str]
    ) -> None:
        base = put(connector, A, b"a").id
        with pytest.raises(RefusedForSafety):
            connector.commit(base, [Put(MemoryPath(path), b"x", ABSENT) for path in paths], "m")
        assert (connector.head(), everything(connector)) == (base, {A: b"a"})

    def test_the_store_is_in_a_state_in_which_a_write_could_lose_something(
        self, connector: Connector
    ) -> None:
        base = put(connector, A, b"a").id
        with self.unsafe(connector):
            with pytest.raises(RefusedForSafety):
                connector.commit(base, [Put(B, b"b", ABSENT)], "m")
            assert connector.get_contents(A).content == b"a"
        assert (connector.head(), everything(connector)) == (base, {A: b"a"})
        connector.commit(base, [Put(B, b"b", ABSENT)], "m")

    def test_the_store_failed(self, connector: Connector) -> None:
        base = put(connector, A, b"a").id
        with self.broken(connector), pytest.raises(ConnectorError):
            connector.commit(base, [Put(B, b"b", ABSENT)], "m")
        assert (connector.head(), everything(connector)) == (base, {A: b"a"})
        connector.commit(base, [Put(B, b"b", ABSENT)], "m")

    @pytest.mark.contract("C1", "C9")
    def test_a_write_whose_answer_is_lost(self, connector: Connector) -> None:
        base = put(connector, A, b"a").id
        # `OutcomeUnknown` is allowed: the caller then reads, as its remedy says.
        with self.answer_lost(connector), suppress(OutcomeUnknown):
            connector.commit(base, [Put(A, b"a2", git_blob_id(b"a"))], "lost")
        assert connector.get_contents(A).content == b"a2"
        assert connector.get_committed(A) == git_blob_id(b"a2")
        assert len(self.log(connector)) == 2
        connector.put_contents(A, b"a3", git_blob_id(b"a2"), "next")

    @pytest.mark.contract("C1")
    def test_what_was_acknowledged_stays_reachable(self, connector: Connector) -> None:
        made = [put(connector, path, b"%d" % number).id for number, path in enumerate([A, B] * 5)]
        logged = [commit.id for commit in self.log(connector)]
        assert logged == made[::-1]
        assert len(set(made)) == len(made)


class ConcurrencyContract(ConnectorHooks):
    """What is promised to several threads and several connectors."""

    @pytest.mark.contract("C1", "C9")
    def test_threads_share_a_connector(self, connector: Connector) -> None:
        def work(number: int) -> list[CommitId]:
            path, made = MemoryPath(f"t/{number}.md"), []
            for turn in range(5):
                made.append(put(connector, path, b"%d %d" % (number, turn)).id)
                found = connector.get_contents(path)
                assert found.content == b"%d %d" % (number, turn)
                assert dict(connector.read_blobs([found.sha])) == {found.sha: found.content}
            return made

        made = _in_threads(work, 4)
        assert sorted(made) == sorted(commit.id for commit in self.log(connector))
        assert everything(connector) == {f"t/{n}.md": b"%d 4" % n for n in range(4)}

    @pytest.mark.contract("C1")
    def test_appends_of_many_writers_with_retry_lose_nothing(self, connector: Connector) -> None:
        put(connector, A, b"")

        def work(number: int) -> list[CommitId]:
            mine = self.reopen(connector)
            return [_append(mine, A, b"%d.%d\n" % (number, turn)) for turn in range(4)]

        made = _in_threads(work, 3)
        lines = connector.get_contents(A).content.decode().split()
        assert sorted(lines) == [f"{n}.{turn}" for n in range(3) for turn in range(4)]
        assert len(self.log(connector)) == len(made) + 1

    def test_exclusive_is_reentrant_for_its_thread(self, connector: Connector) -> None:
        with connector.exclusive(), connector.exclusive():
            put(connector, A, b"a")
            base = connector.head()
            connector.commit(base, [Put(B, b"b", ABSENT)], "m")
        assert everything(connector) == {A: b"a", B: b"b"}

    def test_exclusive_holds_off_other_writers(self, connector: Connector) -> None:
        put(connector, A, b"0")
        began = threading.Event()

        def work() -> None:
            theirs = self.reopen(connector)
            began.set()
            with theirs.exclusive():
                put(theirs, A, b"theirs")

        with ThreadPoolExecutor(1) as pool:
            with connector.exclusive():
                other = pool.submit(work)
                assert began.wait(30)
                base = connector.head()
                connector.commit(base, [Put(A, b"mine", git_blob_id(b"0"))], "m")
                assert connector.get_contents(A).content == b"mine"
            other.result(timeout=30)
        assert everything(connector) == {A: b"theirs"}

    def test_another_writer_kept_it_for_too_long(self, connector: Connector) -> None:
        put(connector, A, b"a")
        other = self.impatient(connector)

        def work() -> None:
            with pytest.raises(RepositoryBusy), other.exclusive():
                pytest.fail("two threads hold it")

        with ThreadPoolExecutor(1) as pool, connector.exclusive():
            pool.submit(work).result(timeout=30)
        put(other, A, b"b")


def _append(connector: Connector, path: MemoryPath, line: bytes) -> CommitId:
    while True:
        found = connector.get_contents(path)
        try:
            return connector.put_contents(path, found.content + line, found.sha, "append").id
        except (BlobChanged, UncommittedEdit):
            continue  # another write is under way or has been made, so read again


def _in_threads(work: Callable[[int], list[CommitId]], count: int) -> list[CommitId]:
    with ThreadPoolExecutor(count) as pool:
        return [commit for made in pool.map(work, range(count)) for commit in made]


class RulesContract(ConnectorHooks):
    """What the rules of the person's git keep out: what it ignores, and what it converts."""

    def test_an_ignored_path_is_told_with_its_rule(self, connector: Connector) -> None:
        put(connector, IGNORES, b"# mine\n*.md\n!a.md\n/private/\n")
        assert connector.exclusion(MemoryPath("notes/a.md")) is None
        assert _why(connector, B) == (ExclusionKind.IGNORED, ".gitignore:2", "*.md")
        secret = MemoryPath("private/deep/a.md")
        assert _why(connector, secret) == (ExclusionKind.IGNORED, ".gitignore:4", "/private/")
        put(connector, MemoryPath("context/.gitignore"), b"!b.md\n")
        assert connector.exclusion(B) is None

    def test_a_file_that_is_tracked_is_never_ignored(self, connector: Connector) -> None:
        put(connector, A, b"a")
        put(connector, IGNORES, b"context/\n")
        assert connector.exclusion(A) is None
        assert connector.get_contents(A).content == b"a"
        assert A in {entry.path for entry in connector.get_tree()}
        assert connector.edits(connector.head()) == {}
        assert connector.exclusion(B) is not None
        connector.delete_file(A, git_blob_id(b"a"))
        assert connector.exclusion(A) is not None

    @pytest.mark.parametrize(
        "attribute", ["filter=crypt", "filter=lfs -text", "ident", "working-tree-encoding=UTF-16"]
    )
    def test_a_managed_file_is_listed_and_never_read(
        self, connector: Connector, attribute: str
    ) -> None:
        put(connector, A, b"hidden")
        put(connector, B, b"shown")
        put(connector, ATTRIBUTES, f"# mine\n**/a.md {attribute}\n".encode())
        kind, place, rule = _why(connector, A)
        assert (kind, place) == (ExclusionKind.MANAGED, ".gitattributes:2")
        assert rule == attribute.split(" ", maxsplit=1)[0]
        assert connector.exclusion(B) is None
        with pytest.raises(NotFound):
            connector.get_contents(A)
        shas = {entry.path: entry.sha for entry in connector.get_tree()}
        assert (shas[A], shas[B]) == ("", git_blob_id(b"shown"))
        assert {row.path: row.sha for row in connector.list_dir(MemoryPath("context"))}[A] == ""
        head = connector.head()
        assert connector.edits(head) == {A: None}
        committed = {entry.path: entry.sha for entry in connector.get_tree(head)}
        assert committed[A] == connector.get_committed(A) == git_blob_id(b"hidden")

    @pytest.mark.parametrize("attribute", ["-filter", "!filter", "filter", "text", "-ident"])
    def test_other_attributes_manage_nothing(self, connector: Connector, attribute: str) -> None:
        put(connector, A, b"a\n")
        put(connector, ATTRIBUTES, f"*.md {attribute}\n".encode())
        assert connector.exclusion(A) is None
        assert connector.get_contents(A).content == b"a\n"

    @pytest.mark.parametrize("path", ["../x.md", ".git/config", "a//b.md"])
    def test_a_path_that_leads_out_is_refused_here_too(
        self, connector: Connector, path: str
    ) -> None:
        with pytest.raises(InvalidPath):
            connector.exclusion(MemoryPath(path))


def _why(connector: Connector, path: MemoryPath) -> tuple[ExclusionKind, str, str]:
    found = connector.exclusion(path)
    assert found is not None
    return found.kind, found.place, found.rule


class AsideContract(ConnectorHooks):
    """What commits beside the branch promise."""

    def test_a_commit_beside_the_branch_moves_nothing(self, connector: Connector) -> None:
        base = put(connector, A, b"a").id
        before = everything(connector)
        assert connector.side_refs("proposals") == {}
        made = connector.commit_aside(
            "proposals/one",
            None,
            base,
            [Put(A, b"other", git_blob_id(b"a")), Put(B, b"\xff", ABSENT)],
            "context/a.md: propose\n\nPack-Origin: ai-cloud:x",
            author=Identity("An agent", "agent@example.org"),
        )
        assert (connector.head(), everything(connector)) == (base, before)
        assert connector.side_refs("proposals") == {"one": made}
        assert connector.side_refs("rejected") == {}
        (facts,) = connector.log(LogQuery(made, limit=1))
        assert list(facts.parents) == [base]
        assert facts.message.rstrip("\n").endswith("Pack-Origin: ai-cloud:x")
        assert connector.changes_between(base, made) == [
            (A, git_blob_id(b"other")),
            (B, git_blob_id(b"\xff")),
        ]
        assert dict(connector.read_blobs([git_blob_id(b"other")])).popitem()[1] == b"other"
        assert self.reopen(connector).side_refs("proposals") == {"one": made}
        assert all(commit.id != made for commit in self.log(connector))

    def test_one_may_remove_a_file_or_change_nothing(self, connector: Connector) -> None:
        put(connector, A, b"a")
        base = put(connector, B, b"b").id
        gone = connector.commit_aside(
            "proposals/one", None, base, [Delete(A, git_blob_id(b"a"))], "m"
        )
        assert connector.changes_between(base, gone) == [(A, None)]
        same = connector.commit_aside("proposals/one", gone, gone, [], "why")
        assert connector.changes_between(gone, same) == []
        assert connector.side_refs("proposals") == {"one": same}

    def test_one_may_have_no_parent(self, connector: Connector) -> None:
        head = put(connector, A, b"a").id
        first = connector.commit_aside(
            "kits/a-kit", None, None, [Put(B, b"b", ABSENT)], "one\n\nPack-Kit-Version: 1.0.0"
        )
        (facts,) = connector.log(LogQuery(first))
        assert (facts.parents, facts.trailers) == ((), {"Pack-Kit-Version": "1.0.0"})
        assert [entry.path for entry in connector.get_tree(first)] == [B]
        second = connector.commit_aside(
            "kits/a-kit", first, first, [Delete(B, git_blob_id(b"b"))], "two"
        )
        assert connector.get_tree(second) == []
        assert connector.side_refs("kits") == {"a-kit": second}
        assert connector.head() == head

    def test_a_blob_that_is_kept_there_can_be_put_without_its_bytes(
        self, connector: Connector
    ) -> None:
        head = put(connector, A, b"a").id
        connector.commit_aside("imports/a-tool", None, None, [Put(B, b"b\n", ABSENT)], "one")

        def read(blob: BlobId) -> bytes:
            ((_, content),) = connector.read_blobs([blob])
            return content

        blob = git_blob_id(b"b\n")
        made = connector.commit(head, [StoredPut(B, blob, ABSENT, read)], "two")
        assert made.blobs == {B: blob}
        assert connector.get_contents(B).content == b"b\n"
        assert connector.get_committed(B) == blob

    def test_a_ref_moves_only_from_where_it_is_expected(self, connector: Connector) -> None:
        base = put(connector, A, b"a").id
        first = connector.commit_aside("proposals/one", None, base, [], "first")
        for expected in (None, base):
            with pytest.raises(StaleBase):
                connector.commit_aside("proposals/one", expected, base, [], "second")
            assert connector.side_refs("proposals") == {"one": first}
        second = connector.commit_aside("proposals/one", first, base, [], "second")
        assert connector.side_refs("proposals") == {"one": second}
        with pytest.raises(StaleBase):
            connector.move_aside("proposals/one", None, first)
        with pytest.raises(StaleBase):
            connector.move_aside("proposals/none", None, second)
        with pytest.raises(StaleBase):
            connector.commit_aside("proposals/none", second, base, [], "m")

    def test_a_ref_gets_another_name_or_goes(self, connector: Connector) -> None:
        base = put(connector, A, b"a").id
        made = connector.commit_aside("proposals/one", None, base, [], "m")
        connector.move_aside("proposals/one", "rejected/one", made)
        assert connector.side_refs("proposals") == {}
        assert connector.side_refs("rejected") == {"one": made}
        connector.move_aside("rejected/one", None, made)
        assert connector.side_refs("rejected") == {}

    def test_what_no_commit_can_be_is_refused(self, connector: Connector) -> None:
        base = put(connector, A, b"a").id
        for ref in ("one", "heads/one", "proposals/../x", "proposals/", "proposals/A b"):
            with pytest.raises(InvalidRequest):
                connector.commit_aside(ref, None, base, [], "m")
        with pytest.raises(InvalidPath):
            connector.commit_aside(
                "proposals/one", None, base, [Put(MemoryPath("../x.md"), b"x", ABSENT)], "m"
            )
        with pytest.raises(RefusedForSafety):
            connector.commit_aside(
                "proposals/one", None, base, [Put(MemoryPath(f"{A}/x.md"), b"x", ABSENT)], "m"
            )
        with pytest.raises(NotFound):
            connector.commit_aside("proposals/one", None, NO_COMMIT, [], "m")
        assert connector.side_refs("proposals") == {}


class NotesContract(ConnectorHooks):
    """What `Capability.NOTES` adds: notes beside commits, none of which changes."""

    @pytest.fixture
    def noted(self, connector: Connector) -> Connector:
        """A store that can have notes."""
        if Capability.NOTES not in connector.capabilities:
            base = put(connector, A, b"a").id
            assert connector.notes_head() is None
            with pytest.raises(InvalidRequest):
                connector.write_notes(None, {base: "text\n"}, "why")
            pytest.skip(f"{type(connector).__name__} has no notes")
        return connector

    def test_notes_are_written_read_and_taken_away(self, noted: Connector) -> None:
        one, two = put(noted, A, b"a").id, put(noted, B, b"b").id
        before = everything(noted)
        assert noted.notes_head() is None
        first = noted.write_notes(None, {one: "Level: 5\nOther: ä\n", two: "x\n"}, "why")
        assert noted.notes_head() == first
        assert noted.read_notes(first) == {one: "Level: 5\nOther: ä\n", two: "x\n"}
        second = noted.write_notes(first, {one: None, two: "y\n"}, "again")
        assert noted.read_notes(second) == {two: "y\n"}
        assert len(noted.read_notes(first)) == 2
        assert (noted.head(), everything(noted)) == (two, before)
        reopened = self.reopen(noted)
        assert reopened.read_notes(reopened.notes_head() or NO_COMMIT) == {two: "y\n"}

    def test_they_move_only_from_where_they_are_expected(self, noted: Connector) -> None:
        made = put(noted, A, b"a").id
        with pytest.raises(StaleBase):
            noted.write_notes(made, {made: "x\n"}, "why")
        first = noted.write_notes(None, {made: "x\n"}, "why")
        with pytest.raises(StaleBase):
            noted.write_notes(None, {made: "y\n"}, "why")
        with pytest.raises(NotFound):
            noted.write_notes(first, {NO_COMMIT: "y\n"}, "why")
        with pytest.raises(NotFound):
            noted.read_notes(NO_COMMIT)
        assert noted.notes_head() == first
        assert noted.read_notes(first) == {made: "x\n"}


class WorkingTreeContract(ConnectorHooks):
    """What `Capability.WORKING_TREE` adds: people edit files without PACK, and lose nothing."""

    @pytest.fixture
    def edited(self, connector: Connector) -> Iterator[Connector]:
        """A store with one committed file, A, which the user has edited."""
        if Capability.WORKING_TREE not in connector.capabilities:
            pytest.skip(f"{type(connector).__name__} has no working tree")
        put(connector, A, b"committed")
        self.edit(connector, A, b"by hand")
        yield connector
        assert self.reopen(connector).get_tree() == connector.get_tree()

    @pytest.mark.contract("C1")
    def test_readers_see_an_uncommitted_edit(self, edited: Connector) -> None:
        found = edited.get_contents(A)
        assert (found.content, found.sha) == (b"by hand", git_blob_id(b"by hand"))
        assert edited.get_committed(A) == git_blob_id(b"committed")
        assert [entry.sha for entry in edited.get_tree()] == [git_blob_id(b"by hand")]
        assert [row.sha for row in edited.list_dir(MemoryPath("context"))] == [found.sha]
        head = edited.head()
        assert [entry.sha for entry in edited.get_tree(head)] == [edited.get_committed(A)]

    def test_an_ignored_file_is_not_shown_until_it_is_tracked(self, edited: Connector) -> None:
        put(edited, IGNORES, b"context/b.md\nprivate/\n")
        secret = MemoryPath("private/deep/s.md")
        for path in (B, secret):
            self.edit(edited, path, b"mine")
            with pytest.raises(NotFound):
                edited.get_contents(path)
        assert {entry.path for entry in edited.get_tree()} == {A, IGNORES}
        assert [row.name for row in edited.list_dir(None)] == [".gitignore", "context"]
        assert [row.path for row in edited.list_dir(MemoryPath("context"))] == [A]
        assert edited.edits(edited.head()).keys() == {A}
        put(edited, IGNORES, b"")
        assert edited.edits(edited.head()).keys() == {A, B, secret}
        assert edited.get_contents(secret).content == b"mine"

    def test_an_edit_is_told_from_what_is_committed(self, edited: Connector) -> None:
        head = edited.head()
        put(edited, B, b"b")
        assert edited.edits(edited.head()) == {A: git_blob_id(b"by hand")}
        self.edit(edited, B, None)
        assert edited.edits(edited.head()) == {A: git_blob_id(b"by hand"), B: None}
        assert edited.edits(head) == {A: git_blob_id(b"by hand")}
        self.edit(edited, A, b"committed")
        assert edited.edits(edited.head()) == {B: None}

    @pytest.mark.contract("C1")
    def test_a_writer_that_has_not_read_an_edit_gets_a_conflict(self, edited: Connector) -> None:
        head = edited.head()
        with pytest.raises(BlobChanged) as caught:
            edited.put_contents(A, b"x", git_blob_id(b"committed"), "m")
        assert caught.value.actual == git_blob_id(b"by hand")
        with pytest.raises(BlobChanged):
            edited.delete_file(A, git_blob_id(b"committed"))
        assert (edited.head(), everything(edited)) == (head, {A: b"by hand"})

    @pytest.mark.contract("C1")
    def test_an_edit_that_is_in_no_commit_is_not_replaced(self, edited: Connector) -> None:
        head = edited.head()
        with pytest.raises(UncommittedEdit):
            edited.put_contents(A, b"x", git_blob_id(b"by hand"), "m")
        with pytest.raises(UncommittedEdit):
            edited.delete_file(A, git_blob_id(b"by hand"))
        assert (edited.head(), everything(edited)) == (head, {A: b"by hand"})

    @pytest.mark.contract("C1", "C9")
    def test_a_put_of_the_bytes_that_are_there_records_the_edit(self, edited: Connector) -> None:
        sha = git_blob_id(b"by hand")
        edited.put_contents(A, b"by hand", sha, "by hand")
        assert edited.get_committed(A) == sha
        edited.put_contents(A, b"x", sha, "m")
        assert sha in [entry.sha for entry in edited.get_tree(self.log(edited)[1].id)]

    def test_a_new_file_of_the_user_is_recorded_in_the_same_way(self, edited: Connector) -> None:
        self.edit(edited, B, b"new by hand")
        sha = git_blob_id(b"new by hand")
        assert edited.get_committed(B) is None
        with pytest.raises(AlreadyExists):
            edited.put_contents(B, b"x", ABSENT, "m")
        with pytest.raises(UncommittedEdit):
            edited.put_contents(B, b"x", sha, "m")
        edited.put_contents(B, b"new by hand", sha, "m")
        assert edited.get_committed(B) == sha

    @pytest.mark.contract("C1", "C9")
    def test_edits_of_other_files_are_in_no_commit_of_ours(self, edited: Connector) -> None:
        self.edit(edited, INDEX, b"new by hand")
        made = edited.put_contents(B, b"b", ABSENT, "m")
        assert edited.changes_between(self.log(edited)[1].id, made.id) == [(B, git_blob_id(b"b"))]
        assert everything(edited) == {A: b"by hand", B: b"b", INDEX: b"new by hand"}
        assert edited.get_committed(A) == git_blob_id(b"committed")

    def test_a_file_the_user_removed_is_absent(self, edited: Connector) -> None:
        put(edited, B, b"b")
        self.edit(edited, A, None)
        with pytest.raises(NotFound):
            edited.get_contents(A)
        with pytest.raises(BlobChanged):
            edited.put_contents(A, b"x", git_blob_id(b"committed"), "m")
        edited.put_contents(A, b"again", ABSENT, "m")
        assert everything(edited) == {A: b"again", B: b"b"}

    @pytest.mark.contract("C1")
    def test_a_version_that_somebody_staged_is_not_replaced(self, edited: Connector) -> None:
        self.stage(edited, A)
        self.edit(edited, A, b"later edit")
        head = edited.head()
        with pytest.raises(StagedChange):
            edited.put_contents(A, b"later edit", git_blob_id(b"later edit"), "m")
        assert (edited.head(), everything(edited)) == (head, {A: b"later edit"})

    def test_a_file_larger_than_a_memory_file_may_be(self, edited: Connector) -> None:
        self.edit(edited, B, b"x" * (MAX_FILE_BYTES + 1))
        with pytest.raises(LimitExceeded):
            edited.get_contents(B)
        assert edited.get_contents(A).content == b"by hand"
        assert [entry.path for entry in edited.get_tree()] == [A, B]

    def test_a_link_is_not_a_file_and_leads_nowhere(self, edited: Connector) -> None:
        self.link(edited, MemoryPath("link.md"), A)
        self.link(edited, MemoryPath("folder"), "context")
        kinds = {entry.path: entry.type for entry in edited.get_tree()}
        assert kinds == {A: EntryType.FILE, "folder": EntryType.SYMLINK,
                         "link.md": EntryType.SYMLINK}  # fmt: skip
        assert edited.list_dir(MemoryPath("folder")) == []
        for path in ("link.md", "folder/a.md", "folder"):
            with pytest.raises(NotFound):
                edited.get_contents(MemoryPath(path))
        for path in ("link.md", "folder/new.md", "folder/x/new.md", "folder"):
            with pytest.raises(RefusedForSafety):
                edited.put_contents(MemoryPath(path), b"x", ABSENT, "m")
        assert everything(edited) == {A: b"by hand"}


class ConnectorContract(
    ReadingContract,
    WritingContract,
    ConcurrencyContract,
    RulesContract,
    AsideContract,
    NotesContract,
    WorkingTreeContract,
):
    """The whole suite. A connector is finished when all of it passes."""
