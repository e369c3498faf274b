"""Machines that share a memory through a bare repository on disk."""

from __future__ import annotations

import itertools
import shutil
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from pack_connectors.catalog.catalog import SqliteCatalog
from pack_connectors.local_git.connector import LocalGit
from pack_connectors.local_git.remote.clone import clone_repository
from pack_connectors.local_git.remote.remote import GitRemote
from pack_connectors.local_git.remote.remotes import GitRemotes

from pack.core.truths import TruthMode
from pack.memory import Memory
from pack.provenance import Origin, Source
from pack.remote.decision import Permission
from pack.remote.remote import Exchange, RemoteStatus
from tests.support import SCAFFOLD, Clock, loose_head

_NUMBERS = itertools.count(1)


def git(folder: Path, *args: str, stdin: bytes = b"", env: Mapping[str, str] | None = None) -> str:
    done = subprocess.run(
        ["git", "-C", str(folder), *args], input=stdin, capture_output=True, check=False, env=env
    )
    assert done.returncode == 0, (args, done.stderr.decode())
    return done.stdout.decode("utf-8", "surrogateescape").strip()


class Machine:
    """One machine: a clone, and PACK in it."""

    def __init__(
        self,
        folder: Path,
        clock: Clock,
        is_cancelled: Callable[[], bool] = lambda: False,
        truth: TruthMode = TruthMode.OFF,
    ) -> None:
        self.folder = folder
        self.clock = clock
        self.local = LocalGit(folder, clock)
        self.catalog = SqliteCatalog(None)
        self.remotes = GitRemotes(self.local, seconds=60, is_cancelled=is_cancelled)
        self.memory = Memory.over(
            self.local,
            self.catalog,
            clock=clock,
            origin=Origin(Source.AI_CLOUD, folder.name),
            new_request=lambda: f"request-{next(_NUMBERS)}",
            remotes=self.remotes.find,
            truth=truth,
        )

    def close(self) -> None:
        self.catalog.close()
        self.remotes.close()
        self.local.close()

    def git(self, *args: str, stdin: bytes = b"") -> str:
        return git(self.folder, *args, stdin=stdin)

    def write(self, path: str, text: str) -> None:
        """Store a file whatever is there."""
        file = self.folder / path
        sha = self.memory.notes.get(path).sha if file.exists() else None
        self.memory.notes.update(path, text, sha)

    def text(self, path: str) -> str:
        return (self.folder / path).read_text(encoding="utf-8")

    def body(self, path: str) -> str:
        """The text of a file without its frontmatter."""
        text = self.text(path)
        return text.split("---\n", 2)[2].lstrip("\n") if text.startswith("---\n") else text

    @property
    def remote(self) -> GitRemote:
        """The default remote."""
        return self.remotes.find()[0]

    @property
    def status(self) -> RemoteStatus:
        """Of the only remote."""
        (status,) = self.memory.remotes.statuses()
        return status

    def exchange(self, name: str | None = None, **allowed: bool) -> Exchange:
        return self.memory.remotes.sync(name, Permission(**allowed))

    def outcome(self, name: str | None = None, **allowed: bool) -> str:
        return str(self.exchange(name, **allowed).outcome)

    def head(self) -> str:
        return loose_head(self.folder) or self.git("rev-parse", "HEAD")

    def files(self) -> dict[str, bytes]:
        """What the working tree holds."""
        return {
            file.relative_to(self.folder).as_posix(): file.read_bytes()
            for file in sorted(self.folder.rglob("*"))
            if file.is_file() and ".git" not in file.relative_to(self.folder).parts
        }

    def assert_sound(self, status: str = "") -> None:
        """Git finds no fault; what is committed, staged and in the folder is the same."""
        assert self.git("fsck", "--strict", "--no-dangling") == ""
        assert self.git("status", "--porcelain") == status
        left = [*Path(self.folder, ".git").glob("*.lock"), *self.folder.glob(".git/pack/work/*")]
        assert left == [], left
        assert not (self.folder / ".git/pack/journal.json").exists()


class Net:
    """A bare repository, and the machines that share it."""

    def __init__(self, folder: Path, *, is_there: bool = False) -> None:
        self.folder = folder
        self.clock = Clock()
        self.bare = folder / "remote.git"
        self.machines: list[Machine] = []
        if not is_there:
            git(folder, "init", "--quiet", "--bare", "--initial-branch=main", str(self.bare))

    def begin(self) -> Machine:
        """The first machine: a memory that it has pushed."""
        first = self.clone("one")
        first.memory.lifecycle.init(SCAFFOLD)
        assert first.outcome() == "sent"
        return first

    def clone(self, name: str) -> Machine:
        folder = self.folder / name
        clone_repository(str(self.bare), folder)
        return self.open(folder)

    def open(
        self,
        folder: Path,
        is_cancelled: Callable[[], bool] = lambda: False,
        truth: TruthMode = TruthMode.OFF,
    ) -> Machine:
        machine = Machine(folder, self.clock, is_cancelled, truth)
        self.machines.append(machine)
        return machine

    def git(self, *args: str, stdin: bytes = b"") -> str:
        return git(self.bare, *args, stdin=stdin)

    def head(self) -> str:
        return self.git("rev-parse", "refs/heads/main")

    def copy_to(self, folder: Path) -> Net:
        """The same net elsewhere; quicker than to begin one."""
        shutil.copytree(self.folder, folder, symlinks=True)
        net = Net(folder, is_there=True)
        for name in ("one", "two"):
            config = folder / name / ".git" / "config"
            text = config.read_text(encoding="utf-8")
            config.write_text(text.replace(str(self.bare), str(net.bare)), encoding="utf-8")
        return net

    def close(self) -> None:
        for machine in self.machines:
            machine.close()


def make_template(folder: Path) -> Net:
    """Two machines that agree: `one`, which has pushed a memory, and `two`, a clone of it."""
    net = Net(folder)
    net.begin()
    net.clone("two")
    net.close()
    return net


def with_remote(memory: Memory, remote: GitRemote) -> Memory:
    """The same memory, exchanged with another remote."""
    session = memory._session
    return Memory(replace(session, core=replace(session.core, remotes=lambda: [remote])))
