"""What the tests of the local git connector share: a memory, git beside it, and what must hold."""

import io
import itertools
import os
import subprocess
import sys
import tarfile
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from pack_connectors.local_git import atomic_rename as file_exchange
from pack_connectors.local_git.connector import LocalGit
from pack_connectors.local_git.process import RefUpdater

from pack.errors import NotFound
from pack.model import ABSENT, EntryType, MemoryPath

A = MemoryPath("context/a.md")
B = MemoryPath("context/b.md")
D = MemoryPath("projects/x/d.md")
INDEX = MemoryPath("index.md")
_START = datetime(2026, 1, 2, tzinfo=UTC)


def clock():
    seconds = itertools.count()
    return lambda: _START + timedelta(seconds=next(seconds))


def open_memory(folder, **options):
    return LocalGit(Path(folder), clock(), **options)


def git(folder, *args, ok=(0,), **options):
    done = subprocess.run(
        ["git", "-C", folder, *args], capture_output=True, check=False, encoding="utf-8", **options
    )
    assert done.returncode in ok, (args, done.returncode, done.stdout, done.stderr)
    return done.stdout


def put(connector, path, content, message="m"):
    path = MemoryPath(path)
    try:
        sha = connector.get_contents(path).sha
    except NotFound:
        sha = ABSENT
    return connector.put_contents(path, content, sha, message)


def files(connector):
    paths = [entry.path for entry in connector.get_tree() if entry.type is EntryType.FILE]
    return {path: connector.get_contents(path).content for path in paths}


def committed_files(folder, commit="HEAD"):
    archive = subprocess.run(
        ["git", "-C", folder, "archive", "--format=tar", commit], capture_output=True, check=True
    ).stdout
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        return {row.name: tar.extractfile(row).read() for row in tar if row.isfile()}


def log(folder):
    """Commit ids, the newest first; it fails if history is not linear."""
    rows = [row.split() for row in git(folder, "rev-list", "--parents", "HEAD").splitlines()]
    for (_, *parents), (expected, *_) in itertools.pairwise(rows):
        assert parents == [expected]
    assert len(rows[-1]) == 1
    return [row[0] for row in rows]


def left_overs(folder):
    """Locks, journals and temporary files that nobody is using any more.

    Not git's `tmp_obj_*`, which it removes itself when they are old.
    """
    git_dir = Path(folder, ".git")
    found = [*git_dir.rglob("*.lock"), *git_dir.glob("pack/work/*"), *git_dir.glob("pack/*.json*")]
    return [str(file.relative_to(git_dir)) for file in (*found, *git_dir.glob("pack/displaced/*"))]


def assert_sound(folder, status="", *, fsck=True):
    """The repository is valid, shows the expected changes only, and nothing is left over."""
    if fsck:
        assert git(folder, "fsck", "--strict", "--no-dangling") == ""
    shown = git(folder, "status", "--porcelain")
    assert shown == status, shown
    found = left_overs(folder)
    assert found == [], found


class Steps:
    """Counts the steps of what runs inside `watched()` and acts at one of them.

    A step is an operation of the process on files or children: all that Python announces to audit
    hooks, fsync, the native rename, and each message to and from `git update-ref`.
    """

    EVENTS = frozenset(
        ("open", "os.rename", "os.link", "os.remove", "os.mkdir", "os.rmdir", "os.chmod",
         "os.utime", "os.scandir", "os.listdir", "subprocess.Popen", "tempfile.mkstemp")
    )  # fmt: skip

    def __init__(self):
        self.count = 0
        self.act_at = 0
        self.act = None
        self.sticky = False
        self.names = []
        self._active = False
        sys.addaudithook(self._hook)

    def _hook(self, event, args):
        if self._active and event in self.EVENTS:
            self.step(f"{event} {args[:1]}")

    def step(self, name):
        if not self._active:
            return
        self.count += 1
        self.names.append(name)
        if self.count == self.act_at or (self.sticky and self.count > self.act_at):
            self.act(name)

    @contextmanager
    def watched(self, monkeypatch, act_at, act, *, sticky=False):
        with monkeypatch.context() as patch:
            self._patch(patch)
            self.count, self.names = 0, []
            self.act_at, self.act, self.sticky = act_at, act, sticky
            self._active = True
            try:
                yield self
            finally:
                self._active = False

    def _patch(self, patch):
        fsync, native = os.fsync, file_exchange._native_rename()
        exchange = RefUpdater._exchange

        def stepped_fsync(descriptor):
            self.step("fsync")
            fsync(descriptor)
            self.step("fsynced")

        def stepped_rename(*args):
            self.step("native rename")
            result = native(*args)
            if result == 0:
                self.step("native rename done")
            return result

        def stepped_exchange(process, request, lines):
            self.step(f"update-ref {request[:6]!r}")
            answers = exchange(process, request, lines)
            self.step(f"update-ref answered {answers}")
            return answers

        patch.setattr(os, "fsync", stepped_fsync)
        patch.setattr(file_exchange, "_native_rename", lambda: native and stepped_rename)
        patch.setattr(RefUpdater, "_exchange", staticmethod(stepped_exchange))
