"""A connector for a bare repository on this machine: no working tree, no remote, only commits.

It is as simple as it can be: git is asked for everything, in a process of its own each time, but
for what a name leads to. That is asked for more often than all the rest, and of one process.
"""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from dataclasses import replace
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from pack_connectors.preconditions import (
    check_aside,
    check_message,
    check_path,
    check_side_ref,
    check_write,
    folders_above,
)
from pack_connectors.system.process_lock import ProcessLock

from pack.catalog.row import is_catalogued
from pack.connector import Capability
from pack.errors import (
    AlreadyExists,
    BlobChanged,
    LimitExceeded,
    NotFound,
    RefusedForSafety,
    RepositoryBusy,
    StaleBase,
    Unavailable,
)
from pack.limits import MAX_FILE_BYTES
from pack.log import CommitFacts, FileChange, Lineage, LogQuery, compare_trees
from pack.model import (
    ABSENT,
    BlobId,
    Change,
    Commit,
    CommitId,
    Contents,
    Delete,
    Entry,
    EntryType,
    Expectation,
    Identity,
    LastChange,
    MemoryPath,
    Put,
)
from pack.rules.exclusion import CommittedRules, Exclusion

_USER = Identity("PACK user", "user@localhost")
_NOTES = "refs/notes/pack-truth"
_NO_ID = "0" * 40
_FORMAT = "--format=%H%x00%P%x00%ct%x00%at%x00%an%x00%ae%x00%B%x00%x01"
_TYPES = {"120000": EntryType.SYMLINK, "160000": EntryType.SUBMODULE}


def create_bare(git_dir: Path) -> None:
    """Make a new, empty bare repository."""
    git_dir.mkdir(parents=True, exist_ok=True)
    _run(git_dir, "init", "--quiet", "--bare", "--template=", "--initial-branch=main")


class _Row(NamedTuple):
    """A file, link or submodule of a commit."""

    mode: str
    sha: BlobId

    @property
    def type(self) -> EntryType:
        return _TYPES.get(self.mode, EntryType.FILE)


_Rows = Mapping[MemoryPath, _Row]


class _Object(NamedTuple):
    """What a name leads to."""

    id: str
    kind: str
    content: bytes


class _Objects:
    """One `git cat-file` that says what names lead to, as long as it lives."""

    def __init__(self, git_dir: Path) -> None:
        self._command = [*_command(git_dir), "cat-file", "--batch"]
        self._process: subprocess.Popen[bytes] | None = None
        self._turn = threading.Lock()

    def find(self, name: str) -> _Object | None:
        with self._turn:
            if self._process is None:
                pipe, nothing = subprocess.PIPE, subprocess.DEVNULL
                self._process = subprocess.Popen(
                    self._command, stdin=pipe, stdout=pipe, stderr=nothing
                )
            asked, answers = self._process.stdin, self._process.stdout
            assert asked is not None
            assert answers is not None
            try:
                asked.write(f"{name}\n".encode())
                asked.flush()
                said = answers.readline().decode().split()
            except BrokenPipeError:
                said = []
            if said[-1:] == ["missing"]:
                return None
            if len(said) != 3:
                self._end()
                raise Unavailable("git cat-file ended")
            content = answers.read(int(said[2]) + 1)
            return _Object(said[0], said[1], content[:-1])

    def close(self) -> None:
        with self._turn:
            self._end()

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.communicate()


class BareGit:
    """A memory in a bare git repository; see `Connector` for every method."""

    capabilities = frozenset({Capability.AUTHOR, Capability.LOG, Capability.NOTES})

    def __init__(
        self, git_dir: Path, clock: Callable[[], datetime], *, lock_seconds: float = 60.0
    ) -> None:
        self.git_dir = git_dir
        self.state_dir = git_dir / "pack"
        self._clock = clock
        self._lock = ProcessLock(self.state_dir / "lock", lock_seconds)
        self._objects = _Objects(git_dir)
        # What a commit holds never changes.
        self._rows_of = lru_cache(256)(self._read_rows)
        self._commits: set[CommitId] = set()

    def close(self) -> None:
        self._objects.close()
        self._lock.close()

    @property
    def location(self) -> str:
        return str(self.git_dir)

    # --- reading -------------------------------------------------------------------------------

    def head(self) -> CommitId | None:
        found = self._objects.find("HEAD")
        return CommitId(found.id) if found else None

    def get_contents(self, path: MemoryPath) -> Contents:
        check_path(path)
        head = self.head()
        row = self._rows(head).get(path)
        if head is None or row is None or row.type is not EntryType.FILE:
            raise NotFound(path)
        if self._rules().is_managed(path):
            raise NotFound(path)
        ((sha, content),) = self.read_blobs([row.sha])
        if len(content) > MAX_FILE_BYTES:
            raise LimitExceeded(path, MAX_FILE_BYTES)
        (last,) = self.log(LogQuery(head, path=path, limit=1))
        return Contents(content, sha, last.at)

    def get_committed(self, path: MemoryPath, at: CommitId | None = None) -> BlobId | None:
        check_path(path)
        return _blobs(self._rows(self._known(at) if at else self.head())).get(path)

    def list_dir(self, dir_path: MemoryPath | None) -> list[Entry]:
        if dir_path is not None:
            check_path(dir_path)
        prefix = f"{dir_path}/" if dir_path else ""
        found: dict[str, Entry] = {}
        for path, row in self._rows(self.head()).items():
            if path.startswith(prefix):
                name, slash, _ = path.removeprefix(prefix).partition("/")
                kind = EntryType.DIR if slash else row.type
                sha = row.sha if kind is EntryType.FILE else BlobId("")
                found[name] = Entry(name, MemoryPath(prefix + name), kind, sha)
        return self._rules().shown(found[name] for name in sorted(found))

    def get_tree(self, at: CommitId | None = None) -> list[Entry]:
        rows = self._rows(self.head() if at is None else self._known(at))
        found = [
            Entry(
                path.rpartition("/")[2],
                path,
                row.type,
                row.sha if row.type is EntryType.FILE else BlobId(""),
            )
            for path, row in sorted(rows.items())
        ]
        return found if at else self._rules().shown(found)

    def edits(self, at: CommitId | None) -> Mapping[MemoryPath, BlobId | None]:
        seen = _blobs(self._rows(self.head()))
        held = _blobs(self._rows(self._known(at) if at else None))
        found = {path: sha for path, sha in _differences(held, seen) if is_catalogued(path)}
        return self._rules().edits(found, filter(is_catalogued, held), seen)

    def exclusion(self, path: MemoryPath) -> Exclusion | None:
        check_path(path)
        return self._rules().exclusion(path)

    def _rules(self) -> CommittedRules:
        def read(blob: BlobId) -> bytes:
            ((_, content),) = self.read_blobs([blob])
            return content

        return CommittedRules(_blobs(self._rows(self.head())).get, read)

    def read_blobs(self, shas: Iterable[BlobId]) -> Iterator[tuple[BlobId, bytes]]:
        wanted = list(shas)
        if not all(map(_is_id, wanted)):
            raise NotFound("what was asked for by something that is no id")
        for sha in wanted:
            found = self._objects.find(sha)
            if found is None:
                raise NotFound(f"object {sha}")
            yield sha, found.content

    def changes_between(
        self, old: CommitId, new: CommitId
    ) -> list[tuple[MemoryPath, BlobId | None]] | None:
        after = _blobs(self._rows(self._known(new)))
        if not self._is_commit(old):
            return None
        return list(_differences(_blobs(self._rows(old)), after))

    def last_changes(
        self, since: CommitId | None, head: CommitId, path: MemoryPath | None = None
    ) -> Iterator[LastChange]:
        known = since if since and self._is_commit(since) and self._leads_to(since, head) else None
        for commit in self.log(LogQuery(head, known, with_files=True)):
            for change in commit.files or ():
                for changed in (change.old_path, change.path):
                    if changed and path in (None, changed) and is_catalogued(changed):
                        yield LastChange(changed, commit.id, commit.at)

    def log(self, query: LogQuery) -> Iterator[CommitFacts]:
        options = ["--first-parent"] if query.first_parent else []
        known = [f"^{self._known(query.since)}"] if query.since else []
        revisions = [self._known(query.head), *known]
        paths = [query.path] if query.path else []
        options += ["--full-history"] if query.path else []
        out = self._git("log", "--topo-order", _FORMAT, *options, *revisions, "--", *paths)
        records = out.decode("utf-8", "replace").split("\0\1")[:-1]
        found = (_facts(record.lstrip("\n").split("\0")) for record in records)
        for commit in query.part(one for one in found if query.is_in_time(one.at)):
            sides = commit.parents[:1] if query.first_parent else commit.parents
            files = query.shown_files(self._changed(commit.id, sides)) if query.with_files else None
            yield replace(commit, files=files)

    def find_commits(self, beginning: str, head: CommitId) -> list[CommitId]:
        out = self._git("rev-list", self._known(head), "--").decode().split()
        return sorted(CommitId(one) for one in out if one.startswith(beginning))

    def _changed(self, commit: CommitId, parents: Sequence[CommitId]) -> tuple[FileChange, ...]:
        """What a commit changed against its parent; a merge, against all of them."""
        after = _blobs(self._rows(commit))
        sides = [compare_trees(_blobs(self._rows(one)), after) for one in parents or [None]]
        old = [{change.path: change.old_sha for change in side} for side in sides]
        return tuple(
            replace(change, old_shas=tuple(side[change.path] for side in old))
            for change in sides[0]
            if all(change.path in side for side in old)
        )

    def lineage(self, since: CommitId | None, head: CommitId) -> Lineage | None:
        self._known(head)
        if since is not None and not self._is_commit(since):
            return None
        found = list(self.log(LogQuery(head, since, first_parent=True)))
        is_rewritten = since is not None and not self._leads_to(since, head)
        return Lineage(tuple(reversed(found)), is_rewritten)

    def _rows(self, commit: CommitId | None) -> _Rows:
        return self._rows_of(commit) if commit else {}

    def _read_rows(self, commit: CommitId) -> _Rows:
        out = self._git("ls-tree", "-r", "-z", commit).decode("utf-8", "surrogateescape")
        rows: dict[MemoryPath, _Row] = {}
        for line in out.split("\0")[:-1]:
            facts, _, path = line.partition("\t")
            mode, _, sha = facts.split(" ")
            rows[MemoryPath(path)] = _Row(mode, BlobId(sha))
        return rows

    def _known(self, commit: CommitId) -> CommitId:
        if not self._is_commit(commit):
            raise NotFound(f"commit {commit[:60]!r}")
        return commit

    def _is_commit(self, commit: CommitId) -> bool:
        is_new = commit not in self._commits and _is_id(commit)
        if is_new and self._objects.find(f"{commit}^{{commit}}"):
            self._commits.add(commit)
        return commit in self._commits

    def _leads_to(self, since: CommitId, head: CommitId) -> bool:
        return not self._git("rev-list", "-1", since, f"^{head}", "--")

    # --- writing -------------------------------------------------------------------------------

    def put_contents(
        self, path: MemoryPath, content: bytes, sha: Expectation, message: str
    ) -> Commit:
        return self._commit_on_head([Put(path, content, sha)], message)

    def delete_file(self, path: MemoryPath, sha: BlobId) -> Commit:
        return self._commit_on_head([Delete(path, sha)], f"{path}: delete")

    def _commit_on_head(self, changes: Sequence[Change], message: str) -> Commit:
        for _ in range(20):
            # With the lock held, only somebody who pushes can move the branch meanwhile.
            with suppress(StaleBase), self.exclusive():
                return self.commit(self.head(), changes, message)
        raise RepositoryBusy("the branch moves faster than a write can be made")

    def commit(
        self,
        base: CommitId | None,
        changes: Sequence[Change],
        message: str,
        *,
        author: Identity | None = None,
    ) -> Commit:
        check_write(changes, message)
        with self.exclusive():
            head = self.head()
            if head != base:
                raise StaleBase(base, head)
            rows = self._rows(head)
            for change in changes:
                _check(change, rows)
            blobs = {
                change.path: self._write_blob(change.content)
                for change in changes
                if isinstance(change, Put)
            }
            tree = self._write_tree(
                base, {change.path: blobs.get(change.path) for change in changes}
            )
            new = self._write_commit(base, tree, message, author or _USER)
            self._swap(base, new)
        return Commit(new, None, blobs)

    def _write_blob(self, content: bytes) -> BlobId:
        out = self._git("hash-object", "-w", "--stdin", stdin=content)
        return BlobId(out.decode().strip())

    def _write_tree(
        self, base: CommitId | None, changes: Mapping[MemoryPath, BlobId | None]
    ) -> str:
        rows = self._rows(base)
        lines = []
        for path, sha in sorted(changes.items(), key=lambda change: change[1] is not None):
            mode = (rows[path].mode if path in rows else "100644") if sha else "0"
            lines.append(f"{mode} {sha or _NO_ID}\t{path}\0")
        with tempfile.TemporaryDirectory() as temporary:
            env = {"GIT_INDEX_FILE": str(Path(temporary, "index"))}
            self._git("read-tree", base or "--empty", env=env)
            stdin = "".join(lines).encode("utf-8", "surrogateescape")
            self._git("update-index", "-z", "--index-info", stdin=stdin, env=env)
            return self._git("write-tree", env=env).decode().strip()

    def _write_commit(
        self, base: CommitId | None, tree: str, message: str, author: Identity
    ) -> CommitId:
        date = f"{int(self._clock().timestamp())} +0000"
        env = {
            "GIT_AUTHOR_NAME": author.name,
            "GIT_AUTHOR_EMAIL": author.email,
            "GIT_AUTHOR_DATE": date,
            "GIT_COMMITTER_NAME": _USER.name,
            "GIT_COMMITTER_EMAIL": _USER.email,
            "GIT_COMMITTER_DATE": date,
        }
        parents = ["-p", base] if base else []
        text = message.encode()
        out = self._git("commit-tree", *parents, "-F", "-", tree, stdin=text, env=env)
        return CommitId(out.decode().strip())

    def _swap(self, base: CommitId | None, new: CommitId) -> None:
        try:
            self._git("update-ref", "--create-reflog", "HEAD", new, base or _NO_ID)
        except Unavailable as error:
            head = self.head()
            if head == base:
                raise
            raise StaleBase(base, head) from error

    def side_refs(self, folder: str) -> dict[str, CommitId]:
        prefix = f"refs/pack/{folder}/"
        out = self._git("for-each-ref", "--format=%(objectname) %(refname)", prefix).decode()
        rows = (line.split() for line in out.splitlines())
        return {name.removeprefix(prefix): CommitId(commit) for commit, name in rows}

    def commit_aside(
        self,
        ref: str,
        expected: CommitId | None,
        base: CommitId | None,
        changes: Sequence[Change],
        message: str,
        *,
        author: Identity | None = None,
    ) -> CommitId:
        check_aside(ref, changes, message)
        rows = self._rows(self._known(base) if base else None)
        kept = {path: row for path, row in rows.items() if path not in {c.path for c in changes}}
        for change in changes:
            if isinstance(change, Put):
                _refuse_folders(change.path, kept)
        tree = self._write_tree(
            base,
            {
                change.path: self._write_blob(change.content) if isinstance(change, Put) else None
                for change in changes
                if isinstance(change, Put) or change.path in rows
            },
        )
        new = self._write_commit(base, tree, message, author or _USER)
        self._swap_aside(f"update {_aside(ref)} {new} {expected or _NO_ID}\n", ref, expected)
        return new

    def move_aside(self, ref: str, new_ref: str | None, expected: CommitId) -> None:
        lines = f"delete {_aside(ref)} {expected}\n"
        if new_ref is not None:
            check_side_ref(new_ref)
            lines += f"create {_aside(new_ref)} {expected}\n"
        self._swap_aside(lines, ref, expected)

    def _swap_aside(self, lines: str, ref: str, expected: CommitId | None) -> None:
        try:
            self._git("update-ref", "--stdin", stdin=lines.encode())
        except Unavailable as error:
            folder, _, name = ref.partition("/")
            actual = self.side_refs(folder).get(name)
            if actual == expected:
                raise
            raise StaleBase(expected, actual) from error

    def notes_head(self) -> CommitId | None:
        found = self._objects.find(_NOTES)
        return CommitId(found.id) if found else None

    def read_notes(self, at: CommitId) -> dict[CommitId, str]:
        out = self._git("ls-tree", "-r", "--name-only", self._known(at)).decode()
        return {
            CommitId(path.replace("/", "")): self._git("show", f"{at}:{path}").decode()
            for path in out.split()
        }

    def write_notes(
        self, base: CommitId | None, notes: Mapping[CommitId, str | None], message: str
    ) -> CommitId:
        check_message(message)
        now = self.notes_head()
        if now != base:
            raise StaleBase(base, now)
        for commit in notes:
            self._known(commit)
        env = {"GIT_INDEX_FILE": str(self.state_dir / "no-index")}
        env |= {f"GIT_{who}_NAME": _USER.name for who in ("AUTHOR", "COMMITTER")}
        env |= {f"GIT_{who}_EMAIL": _USER.email for who in ("AUTHOR", "COMMITTER")}
        for commit, text in notes.items():
            words = ("add", "-f", "-F", "-") if text is not None else ("remove", "--ignore-missing")
            self._git(
                *("notes", "--ref", _NOTES, *words, commit), stdin=(text or "").encode(), env=env
            )
        made = self.notes_head()
        assert made is not None
        return made

    def view(self) -> AbstractContextManager[None]:
        return nullcontext()

    @contextmanager
    def exclusive(self) -> Iterator[None]:
        try:
            self.state_dir.mkdir(exist_ok=True)
        except OSError as error:
            raise Unavailable(f"{self.state_dir}: {error.strerror}") from error
        with self._lock:
            yield

    def _git(self, *words: str, stdin: bytes = b"", env: Mapping[str, str] | None = None) -> bytes:
        return _run(self.git_dir, *words, stdin=stdin, env=env)


def _command(git_dir: Path) -> list[str]:
    return ["git", "--git-dir", str(git_dir), "--literal-pathspecs"]


def _run(
    git_dir: Path, *words: str, stdin: bytes = b"", env: Mapping[str, str] | None = None
) -> bytes:
    command = [*_command(git_dir), *words]
    done = subprocess.run(
        command, input=stdin, env={**os.environ, **(env or {})}, capture_output=True, check=False
    )
    if done.returncode != 0:
        said = done.stderr.decode("utf-8", "replace").strip().partition("\n")[0]
        raise Unavailable(f"git {words[0]} failed: {said or 'no reason given'}")
    return done.stdout


def _facts(fields: list[str]) -> CommitFacts:
    commit, parents, at, authored, name, email, message = fields
    ids = tuple(map(CommitId, parents.split()))
    times = [datetime.fromtimestamp(int(seconds), UTC) for seconds in (at, authored)]
    author = Identity(name, email)
    return CommitFacts(CommitId(commit), ids, message, times[0], None, author, times[1], None)


def _is_id(text: str) -> bool:
    return re.fullmatch("[0-9a-f]{40}", text) is not None


def _blobs(rows: _Rows) -> dict[MemoryPath, BlobId]:
    return {path: row.sha for path, row in rows.items() if row.type is EntryType.FILE}


def _differences(
    before: Mapping[MemoryPath, BlobId], after: Mapping[MemoryPath, BlobId]
) -> Iterator[tuple[MemoryPath, BlobId | None]]:
    for path in sorted(before.keys() | after.keys()):
        if before.get(path) != after.get(path):
            yield path, after.get(path)


def _check(change: Change, rows: _Rows) -> None:
    """Do nothing if a path holds what its change expects, and can hold a file."""
    row = rows.get(change.path)
    if row is not None and row.type is not EntryType.FILE:
        raise RefusedForSafety(f"{change.path} is not a file")
    actual = row.sha if row else None
    if change.expect is ABSENT:
        if actual is not None:
            raise AlreadyExists(change.path, None, actual, None)
    elif actual != change.expect:
        raise BlobChanged(change.path, change.expect, actual, None)
    _refuse_folders(change.path, rows)


def _refuse_folders(wanted: MemoryPath, rows: _Rows) -> None:
    if any(path.startswith(f"{wanted}/") for path in rows):
        raise RefusedForSafety(f"{wanted} is a folder, not a file")
    if above := next((path for path in folders_above(wanted) if path in rows), None):
        raise RefusedForSafety(f"{above} on the way to {wanted} is a file")


def _aside(ref: str) -> str:
    return f"refs/pack/{ref}"
