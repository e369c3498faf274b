"""A memory for a test: a clock to set, request ids that count, a look behind the scenes."""

from __future__ import annotations

import functools
import importlib
import itertools
import os
import socket
import subprocess
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import yaml
from hypothesis import settings
from pack_connectors.catalog.catalog import SqliteCatalog
from pack_connectors.in_memory import InMemoryConnector
from pack_connectors.local_git.connector import LocalGit
from pack_connectors.local_git.repository import create_repository

from pack.catalog.refresh import bring_up
from pack.catalog.row import describe, is_catalogued
from pack.core.index_update import plan_index_update
from pack.core.reader import Reader
from pack.core.truths import TruthMode
from pack.files.note import Note
from pack.index.format import read_head
from pack.limits import MAX_FILE_BYTES
from pack.memory import Memory
from pack.model import ABSENT, Change, Delete, MemoryPath, Put, blob_id
from pack.paths import INDEX, is_memory_file
from pack.provenance import Origin, Source

START = datetime(2026, 3, 1, 12, tzinfo=UTC)
AGENT = Origin(Source.AI_CLOUD, "test client")
SCAFFOLD = {"context/general.md": "---\ntopic: General\ncreated: {today}\n---\n\n# General\n"}


def is_soak() -> bool:
    """Whether this is `make soak`, whose profile has thousands of examples."""
    return settings().max_examples >= 1000


def examples(usual: int, soak: int = 1000) -> int:
    """How many examples a property gets of which each costs more than a few milliseconds.

    The usual run has the same few each time; `make soak` has many, and others each time.
    """
    return soak if is_soak() else usual


_WORKER: Final = int((os.environ.get("PYTEST_XDIST_WORKER") or "gw0").removeprefix("gw"))
_PORTS: Final = itertools.count(20_000 + _WORKER % 12 * 1000)


def free_port() -> int:
    """A port of loopback that nothing uses, which is not given out twice.

    It is below those that a system gives to outgoing connections: one of theirs could be taken
    again before a server begins to listen.
    """
    for port in _PORTS:
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise AssertionError("the numbers never end")


class Later:
    """A module that is imported when something in it is first asked for.

    Every worker collects all tests, and so imports whatever their files begin with: this is for
    what takes seconds to import, and few tests need.

    It has nothing whose name begins with `_`: pytest asks whatever a file of tests holds for such
    names, to find fixtures, and that must import nothing.
    """

    def __init__(self, module: str) -> None:
        self._module = module

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return getattr(importlib.import_module(self._module), name)


class Clock:
    """Tells the time that it was set to."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **period: float) -> None:
        self.now += timedelta(**period)


def git(folder: Path, *args: str, stdin: bytes = b"", check: bool = True) -> bytes:
    command = ["git", "-C", str(folder), *args]
    return subprocess.run(command, input=stdin, capture_output=True, check=check).stdout


def loose_head(folder: Path) -> str | None:
    """The commit of a branch that is a loose ref, as its file says; `None` where git has to say."""
    try:
        head = (folder / ".git/HEAD").read_text("ascii").strip()
        branch = head.removeprefix("ref: ")
        commit = (folder / ".git" / branch).read_text("ascii").strip()
    except (OSError, ValueError):
        return None
    return commit if head.startswith("ref: refs/") and len(commit) == 40 else None


class Template:
    """A folder as it was at a moment, to be made again without the work that it took."""

    def __init__(self, folder: Path) -> None:
        found = [(path.relative_to(folder), path) for path in sorted(folder.rglob("*"))]
        self._links = [(place, path.readlink()) for place, path in found if path.is_symlink()]
        real = [(place, path) for place, path in found if not path.is_symlink()]
        self._folders = [place for place, path in real if path.is_dir()]
        self._files = [
            (place, path.read_bytes(), path.stat().st_mode)
            for place, path in real
            if path.is_file()
        ]

    def copy_to(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        for place in self._folders:
            (folder / place).mkdir()
        for place, content, mode in self._files:
            (folder / place).write_bytes(content)
            (folder / place).chmod(mode)
        for place, target in self._links:
            (folder / place).symlink_to(target)


def make_again(make: Callable[[Path], object], folder: Path) -> None:
    """What `make` makes of a folder: made once for each git user and each day, then copied."""
    user = Path(os.environ["GIT_CONFIG_GLOBAL"]).read_bytes()
    _template(make, user, datetime.now(UTC).date()).copy_to(folder)


@functools.cache
def _template(make: Callable[[Path], object], _user: bytes, _day: date) -> Template:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "memory"
        make(folder)
        return Template(folder)


class World:
    """A memory, and everything around it that a test needs."""

    def __init__(self, folder: Path | None, v1_path: str = "MEMORY.md") -> None:
        self.folder = folder
        self.clock = Clock()
        self.v1_path = v1_path
        self._numbers = itertools.count(1)
        self._opened: list[LocalGit] = []
        self._catalogs: list[SqliteCatalog] = []
        if folder is not None:
            make_again(create_repository, folder)
        self._store = InMemoryConnector(self.clock)
        self.open()

    def open(self, catalog_file: Path | None = None, truth: TruthMode = TruthMode.OFF) -> Memory:
        """A memory as a new process would have it, with nothing known of the files."""
        self.catalog = SqliteCatalog(catalog_file)
        self._catalogs.append(self.catalog)
        self.connector: LocalGit | InMemoryConnector = self._store
        if self.folder is not None:
            self.connector = LocalGit(self.folder, self.clock)
            self._opened.append(self.connector)
        self.truth = truth
        self.memory = Memory.over(
            self.connector,
            self.catalog,
            clock=self.clock,
            origin=AGENT,
            new_request=lambda: f"request-{next(self._numbers)}",
            v1_path=self.v1_path,
            truth=truth,
        )
        return self.memory

    def close(self) -> None:
        for catalog in self._catalogs:
            catalog.close()
        for connector in self._opened:
            connector.close()

    def init(self) -> Memory:
        self.memory.lifecycle.init(SCAFFOLD)
        return self.memory

    # --- looking -------------------------------------------------------------------------------

    def messages(self) -> list[str]:
        """The messages of all commits, the newest first."""
        if self.folder is None:
            return [commit.message for commit in self._store.snapshots()]
        if self.connector.head() is None:
            return []
        out = git(self.folder, "log", "-z", "--format=%B").decode()
        return [message.rstrip("\n") for message in out.rstrip("\0").split("\0")]

    def files(self) -> dict[str, bytes]:
        """All files of the current commit."""
        head = self.connector.head()
        entries = self.connector.get_tree(head) if head else []
        blobs = self.connector.read_blobs([entry.sha for entry in entries if entry.sha])
        paths = [str(entry.path) for entry in entries if entry.sha]
        return {path: content for path, (_, content) in zip(paths, blobs, strict=True)}

    def listed(self) -> list[str]:
        return [file.path for file in self.memory.notes.list(limit=100_000).files]

    # --- acting as somebody else ---------------------------------------------------------------

    def commit(self, files: Mapping[str, bytes | str | None], message: str = "by hand") -> None:
        """A commit that PACK did not make; `None` removes a file."""
        contents = {p: c.encode() if isinstance(c, str) else c for p, c in files.items()}
        if self.folder is None:
            self._commit_in_memory(contents, message)
            return
        for path, content in contents.items():
            self.edit(path, content)
        paths = "\0".join(contents).encode()
        options = ("--all", "--pathspec-from-file=-", "--pathspec-file-nul")
        if contents:
            git(self.folder, "--literal-pathspecs", "add", *options, stdin=paths)
        git(self.folder, "commit", "--quiet", "--allow-empty", "--message", message)

    def _commit_in_memory(self, contents: Mapping[str, bytes | None], message: str) -> None:
        now = self.files()
        changes: list[Change] = []
        for name, content in contents.items():
            path = MemoryPath(name)
            if content is None:
                changes.append(Delete(path, blob_id(now[path])))
            else:
                expect = blob_id(now[path]) if path in now else ABSENT
                changes.append(Put(path, content, expect))
        self._store.commit(self._store.head(), changes, message)

    def edit(self, path: str, content: bytes | str | None) -> None:
        """A hand edit that is not committed."""
        assert self.folder is not None
        file = self.folder / path
        if content is None:
            file.unlink()
            return
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content.encode() if isinstance(content, str) else content)


def note(number: int, **fields: object) -> str:
    head = "".join(f"{key}: {value}\n" for key, value in fields.items())
    return f"---\n{head}---\n\n# Note {number}\n" if head else f"# Note {number}\n"


# --- C10: an index is what a rebuild gives ------------------------------------------------------


def generated(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """The index files among the files of a commit."""
    return {
        path: content
        for path, content in files.items()
        if path == INDEX
        or (
            is_memory_file(path)
            and describe(Note.stored(MemoryPath(path), blob_id(b""), content)) is None
        )
    }


def rebuilt(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """The index files made anew from a commit, of which only the `sync_order` is known."""
    head = read_head(files[INDEX].decode())
    fields: dict[str, object] = {"version": 2, "sync_order": list(head.sync_order)}
    if head.sharded:
        fields["layout"] = "folders"
    ours = generated(files)
    seed = f"---\n{yaml.safe_dump(fields, allow_unicode=True)}---\n".encode()
    # A store takes no file that is too large; its description is at its beginning.
    kept = {p: content[:MAX_FILE_BYTES] for p, content in files.items() if p not in ours}
    store = InMemoryConnector(lambda: START)
    puts = [Put(MemoryPath(p), c, ABSENT) for p, c in {**kept, INDEX: seed}.items()]
    store.commit(None, puts, "rebuild")
    catalog = SqliteCatalog(None)
    reader = Reader(store, catalog, MemoryPath("MEMORY.md"))
    bring_up(catalog, store, store.head())
    plan = plan_index_update(catalog, reader, (), (), {}, check_all=True)
    catalog.close()
    assert not [change for change in plan.changes if isinstance(change, Delete)]
    made = {str(put.path): put.content for put in plan.changes if isinstance(put, Put)}
    return {INDEX: seed, **made}


def assert_true_index(world: World) -> None:
    """The index files of the current commit are those that a rebuild gives (C10)."""
    files = {p: c for p, c in world.files().items() if not is_memory_file(p) or is_catalogued(p)}
    expected, actual = rebuilt(files), generated(files)
    assert actual.keys() == expected.keys()
    for path in expected:
        assert actual[path].decode() == expected[path].decode(), path


def drift(found: Sequence[object]) -> list[object]:
    return [f for f in found if getattr(f, "code", "").startswith("index_")]
