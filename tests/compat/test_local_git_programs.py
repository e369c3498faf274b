"""No key of a repository's configuration that names a program makes git run it.

Each key that git 2.36 to 2.55 knows (`git help --config`) has a program of its own here, which
leaves its name. All are set at once; each command that PACK starts runs on that repository.

`PACK_TEST_GITS` names further git executables to try it with, separated as in PATH.
"""

from __future__ import annotations

import itertools
import os
import shutil
import subprocess
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest
from pack_connectors.local_git.connector import LocalGit
from pack_connectors.local_git.repository import (
    create_repository,
    open_repository,
    start_maintenance,
)

from pack.errors import NotFound, PackError, RefusedForSafety
from pack.log import LogQuery
from pack.model import BlobId, MemoryPath, blob_id
from tests.compat.local_git_support import A, B, clock, git, put
from tests.compat.remote_support import Machine
from tests.support import Clock

pytestmark = pytest.mark.usefixtures("git_identity")

_PROGRAM = "{program}"
_SHELL = "!{program}"
KEYS = {
    "core.fsmonitor": _PROGRAM,
    "core.sshCommand": _PROGRAM,
    "core.gitProxy": _PROGRAM,
    "core.askPass": _PROGRAM,
    "core.editor": _PROGRAM,
    "sequence.editor": _PROGRAM,
    "core.pager": _PROGRAM,
    "core.alternateRefsCommand": _PROGRAM,
    "credential.helper": _SHELL,
    "credential.https://example.org.helper": _SHELL,
    "diff.external": _PROGRAM,
    "diff.alarm.command": _PROGRAM,
    "diff.alarm.textconv": _PROGRAM,
    "difftool.alarm.cmd": _PROGRAM,
    "diff.tool": "alarm",
    "filter.alarm.clean": _PROGRAM,
    "filter.alarm.smudge": _PROGRAM,
    "filter.slow.process": _PROGRAM,
    "merge.alarm.driver": _PROGRAM,
    "mergetool.alarm.cmd": _PROGRAM,
    "interactive.diffFilter": _PROGRAM,
    "gpg.program": _PROGRAM,
    "gpg.openpgp.program": _PROGRAM,
    "gpg.x509.program": _PROGRAM,
    "gpg.ssh.program": _PROGRAM,
    "gpg.ssh.defaultKeyCommand": _PROGRAM,
    "gc.recentObjectsHook": _PROGRAM,
    "hook.alarm.command": _PROGRAM,
    "remote.origin.uploadpack": _PROGRAM,
    "remote.origin.receivepack": _PROGRAM,
    "remote.far.url": "ext::{program} %S",
    "url.ext::{program} %S/.insteadOf": "/",
    "uploadpack.packObjectsHook": _PROGRAM,
    "submodule.far.update": _SHELL,
    "trailer.alarm.command": _PROGRAM,
    "trailer.alarm.cmd": _PROGRAM,
    "tar.alarm.command": _PROGRAM,
    "man.alarm.cmd": _PROGRAM,
    "browser.alarm.cmd": _PROGRAM,
    "guitool.alarm.cmd": _PROGRAM,
}
"""Keys with programs."""

# What git names in no key, but would run because of these.
SWITCHES = {
    "core.untrackedCache": "true",
    "commit.gpgSign": "true",
    "push.gpgSign": "if-asked",
    "log.showSignature": "true",
    "filter.alarm.required": "true",
    "merge.default": "alarm",
    "protocol.allow": "always",
    "protocol.ext.allow": "always",
    "remote.far.promisor": "true",
    "remote.far.partialCloneFilter": "blob:none",
    "core.repositoryFormatVersion": "1",
    "extensions.partialClone": "far",
    "gc.auto": "1",
}
COMMANDS = frozenset(
    "init config rev-parse cat-file diff-tree diff-index ls-files update-index update-ref rev-list"
    " merge-base log check-ref-format symbolic-ref ls-remote fetch push maintenance".split()
)
"""Those that PACK starts."""
EVENTS = (
    "reference-transaction", "post-index-change", "pre-push", "pre-auto-gc", "pre-commit",
    "post-commit", "commit-msg", "post-merge", "post-checkout", "post-rewrite", "update",
    "pre-receive", "post-receive", "post-update", "push-to-checkout", "proc-receive",
)  # fmt: skip

_GITS = [None, *filter(None, os.environ.get("PACK_TEST_GITS", "").split(os.pathsep))]


@pytest.fixture(params=_GITS, ids=lambda git: git or "this git", autouse=True)
def commands(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[[], set[str]]:
    """Puts a git first on PATH that writes down its command; returns those that were run."""
    real, seen = request.param or shutil.which("git"), tmp_path / "commands"
    shim = tmp_path / "bin" / "git"
    shim.parent.mkdir()
    shim.write_text(f'#!/bin/sh\nprintf "%s\\n" "$*" >> "{seen}"\nexec "{real}" "$@"\n')
    shim.chmod(0o755)
    monkeypatch.setenv("PATH", f"{shim.parent}{os.pathsep}{os.environ['PATH']}")

    def found() -> set[str]:
        return {_command_of(line) for line in seen.read_text().splitlines()}

    return found


def _command_of(line: str) -> str:
    words = iter(line.split(" "))
    for word in words:
        if word in ("-c", "-C"):
            next(words)
        elif not word.startswith("-"):
            return word
    return line


def _line(key: str, value: str) -> str:
    section, _, rest = key.partition(".")
    subsection, _, name = rest.rpartition(".")
    head = f'{section} "{subsection}"' if subsection else section
    return f'[{head}]\n\t{name} = "{value}"\n'


class Traps:
    """Programs that leave their names."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        (folder / "programs").mkdir(parents=True)

    def program(self, name: str) -> Path:
        safe = "".join(c if c.isalnum() else "-" for c in name)
        script = self._folder / "programs" / safe
        script.write_text(f'#!/bin/sh\ntouch "{self._folder}/ran-{safe}"\nexit 1\n')
        script.chmod(0o755)
        return script

    def set(self, folder: Path, keys: Iterable[tuple[str, str]]) -> None:
        """Write keys to a repository's configuration, each with a program of its own."""
        with (folder / ".git/config").open("a", encoding="utf-8") as config:
            for key, value in keys:
                program = str(self.program(key))
                config.write(_line(key.format(program=program), value.format(program=program)))

    def lay(self, folder: Path) -> None:
        """Have everything in a repository that can name a program name one."""
        included = self._folder / "included"
        included.write_text(f"[core]\n\tfsmonitor = {self.program('included')}\n")
        # Notes with a filter would be left alone; these lie beside the notes.
        (folder / ".gitattributes").write_text(
            "*.md diff=alarm merge=alarm\n*.secret filter=alarm\n"
        )
        (folder / ".git/info").mkdir(exist_ok=True)
        (folder / ".git/info/attributes").write_text("*.large filter=slow\n")
        (folder / ".git/hooks").mkdir(exist_ok=True)
        for event in EVENTS:
            shutil.copy(self.program(f"hooks/{event}"), folder / ".git/hooks" / event)
        self.set(folder, [("hook.alarm.event", event) for event in EVENTS])
        self.set(folder, [(f"alias.{command}", _SHELL) for command in COMMANDS])
        self.set(folder, [(f"pager.{command}", _PROGRAM) for command in COMMANDS])
        self.set(folder, [*KEYS.items(), *SWITCHES.items(), ("include.path", str(included))])

    def ran(self) -> list[str]:
        return sorted(file.name for file in self._folder.glob("ran-*"))


@pytest.fixture
def traps(tmp_path: Path) -> Traps:
    return Traps(tmp_path / "traps")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    create_repository(tmp_path / "memory")
    return tmp_path / "memory"


@pytest.fixture
def memory(folder: Path, traps: Traps) -> Iterator[LocalGit]:
    """A memory with two notes, and then with all traps."""
    before = LocalGit(folder, clock())
    put(before, A, b"one\n")
    put(before, B, b"b\n")
    before.close()
    for name in ("x.secret", "x.large"):
        (folder / name).write_text("x\n")
        git(folder, "add", name)
    git(folder, "commit", "--quiet", "-m", "beside the notes")
    traps.lay(folder)
    opened = LocalGit(folder, clock())
    yield opened
    opened.close()


def make_racy(folder: Path) -> None:
    """Let the index be as old as the files in it: git compares their contents then."""
    files = (A, B, "x.secret", "x.large")
    newest = max((folder / path).stat().st_mtime_ns for path in files)
    os.utime(folder / "x.secret", ns=(newest, newest))
    os.utime(folder / "x.large", ns=(newest, newest))
    os.utime(folder / ".git/index", ns=(newest, newest))


def test_the_programs_would_run(folder: Path, traps: Traps) -> None:
    """What follows proves nothing otherwise."""
    traps.set(folder, [("core.fsmonitor", _PROGRAM), ("core.hooksPath", str(folder))])
    (folder / "post-commit").write_bytes(traps.program("post-commit").read_bytes())
    (folder / "post-commit").chmod(0o755)
    git(folder, "commit", "--allow-empty", "-m", "x")
    git(folder, "status")
    assert traps.ran() == ["ran-core-fsmonitor", "ran-post-commit"]


def test_writing_and_reading_run_none(folder: Path, memory: LocalGit, traps: Traps) -> None:
    make_racy(folder)
    put(memory, A, b"two\n")
    make_racy(folder)
    memory.delete_file(B, memory.get_contents(B).sha)
    head = memory.head()
    assert head is not None
    found = list(memory.log(LogQuery(head, path=A, with_files=True)))
    assert memory.changes_between(found[-1].id, head) is not None
    assert memory.lineage(found[-1].id, head) is not None
    assert list(memory.last_changes(None, head))
    assert memory.edits(head) is not None
    assert traps.ran() == []
    assert git(folder, "cat-file", "blob", f"HEAD:{A}") == "two\n"


def test_an_object_that_is_missing_is_not_fetched(
    folder: Path, memory: LocalGit, traps: Traps
) -> None:
    blob = memory.get_contents(B).sha
    (folder / f".git/objects/{blob[:2]}/{blob[2:]}").unlink()
    assert list(memory.read_blobs([blob])) == [(blob, b"b\n")]  # from the folder
    (folder / B).unlink()
    with pytest.raises(NotFound):
        list(memory.read_blobs([blob]))
    with pytest.raises(NotFound):
        list(memory.read_blobs([BlobId("1" * 40)]))
    with pytest.raises(RefusedForSafety, match="partial clone"):
        put(memory, A, b"two\n")
    assert traps.ran() == []


def test_housekeeping_runs_none(folder: Path, memory: LocalGit, traps: Traps) -> None:
    # Where objects can be fetched from a remote, PACK leaves housekeeping to git.
    config = folder / ".git/config"
    kept = [line for line in config.read_text().splitlines() if "partialClone" not in line]
    config.write_text("\n".join(line for line in kept if "promisor" not in line))
    put(memory, A, b"two\n")

    def popen(command: list[str], **options: object) -> subprocess.Popen[bytes]:
        here = [word.replace("autoDetach=true", "autoDetach=false") for word in command]
        return subprocess.Popen(here, **options)  # type: ignore[call-overload,no-any-return]

    # One more than `gc.auto` asks for, in the folder that git looks at.
    contents = (b"%d" % number for number in itertools.count())
    for content in itertools.islice((c for c in contents if blob_id(c).startswith("17")), 2):
        git(folder, "hash-object", "-w", "--stdin", input=content.decode())
    assert start_maintenance(open_repository(folder), popen).wait(60) == 0
    assert list(folder.glob(".git/objects/pack/*.pack"))
    assert traps.ran() == []


def test_a_folder_that_was_packed_with_a_configuration_for_git_in_it_runs_none(
    folder: Path, traps: Traps
) -> None:
    traps.lay(folder)
    ours = folder / ".git/pack/git"
    ours.mkdir(parents=True)
    theirs = folder / ".git/config"
    status = theirs.stat()
    first = f"# 1 {status.st_ino} 0 {status.st_mtime_ns} {status.st_size}\n"
    (ours / "config").write_text(first + theirs.read_text())
    shutil.copytree(folder / ".git/hooks", ours / "hooks")
    memory = LocalGit(folder, clock())
    put(memory, A, b"one\n")
    memory.close()
    assert traps.ran() == []
    assert (ours / "hooks").is_dir()  # it is not ours to remove


def test_an_exchange_runs_none(folder: Path, tmp_path: Path, traps: Traps) -> None:
    bare = tmp_path / "bare.git"
    git(tmp_path, "init", "--quiet", "--bare", "--initial-branch=main", str(bare))
    git(folder, "remote", "add", "origin", str(bare))
    here = Machine(folder, Clock())
    put(here.local, A, b"one\n")
    assert here.outcome() == "sent"
    git(tmp_path, "clone", "--quiet", str(bare), "other")
    (tmp_path / "other/x.md").write_text("x\n")
    git(tmp_path / "other", "add", "x.md")
    git(tmp_path / "other", "commit", "--quiet", "-m", "x")
    git(tmp_path / "other", "push", "--quiet")
    traps.lay(folder)
    put(here.local, B, b"b\n")
    assert here.outcome() == "merged"
    put(here.local, A, b"two\n")
    git(folder, "config", "remote.origin.url", "ssh://example.invalid/x")
    with pytest.raises(PackError):
        here.exchange()
    here.close()
    assert traps.ran() == []


def test_every_command_is_tried(
    folder: Path, memory: LocalGit, traps: Traps, commands: Callable[[], set[str]]
) -> None:
    """A command that is new here belongs into `COMMANDS`, and into a test above."""
    put(memory, MemoryPath("context/c.md"), b"c\n")
    assert commands() - {"remote", "add", "commit", "status"} <= COMMANDS
    assert traps.ran() == []
