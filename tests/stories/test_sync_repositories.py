"""Webhooks of repositories that are not whole, not where they are looked for, or cannot be written.

The installed command and real git; what cannot be stored is never delivered again and again.
"""

from __future__ import annotations

import json
import os
import shutil
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.standins.receiver import SECRET, Receiver
from tests.stories.cli_driver import COMMAND, Folder, Stdio
from tests.stories.prepared import start

pytestmark = pytest.mark.contract("C1", "C9")
FILE = ("-c", "protocol.file.allow=always")


@pytest.fixture
def receiver(monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    with Receiver() as found:
        monkeypatch.setenv("PACK_WEBHOOK_URL", found.url("/hook"))
        monkeypatch.setenv("PACK_WEBHOOK_ALLOW", "127.0.0.1")
        monkeypatch.setenv("PACK_WEBHOOK_SECRET", SECRET)
        yield found
    assert found.unverified == []


@pytest.fixture
def memory(tmp_path: Path, git_identity: None) -> Folder:
    found = Folder(tmp_path / "memory")
    found.ok("init")
    return found


def commit(memory: Folder, name: str) -> str:
    """The id of a commit by hand."""
    memory.write({f"context/{name}.md": f"{name}\n"})
    memory.git("add", "--all")
    memory.git("commit", "-qm", f"add {name}")
    return memory.head()


def clone_of(memory: Folder, folder: Path, *options: str) -> Folder:
    words = ["git", "clone", "--quiet", *options, f"file://{memory.path}", str(folder)]
    subprocess.run(words, check=True, capture_output=True)
    return Folder(folder)


def keys(receiver: Receiver) -> list[str]:
    return [call.key for call in receiver.calls]


def test_a_shallow_clone_that_becomes_whole(memory, receiver, tmp_path):
    for name in "abc":
        commit(memory, name)
    clone = clone_of(memory, tmp_path / "clone", "--depth=1")
    assert "begins with the next commit" in clone.ok("sync").text
    first = commit(clone, "d")
    clone.ok("sync")
    clone.git("fetch", "--quiet", "--unshallow")
    assert "up to date" in clone.ok("sync").text
    second = commit(clone, "e")
    clone.ok("sync")
    assert keys(receiver) == [first, second]
    assert [json.loads(call.body)["path"] for call in receiver.calls] == [
        "context/d.md",
        "context/e.md",
    ]


def test_a_shallow_clone_that_is_moved_on_without_what_is_between(memory, receiver, tmp_path):
    clone = clone_of(memory, tmp_path / "clone", "--depth=1")
    clone.ok("sync")
    last = [commit(memory, name) for name in "abc"][-1]
    clone.git("fetch", "--quiet", "--depth=1", "origin")
    clone.git("reset", "--quiet", "--hard", "origin/HEAD")
    assert clone.head() == last
    # The oldest commit that is left seems to have made all the files; it has not.
    assert "the history does not connect" in clone.ok("sync").err
    assert "the history does not connect" in clone.ok("status").text
    more = commit(clone, "d")
    clone.ok("sync")
    assert keys(receiver) == [more]


@pytest.mark.parametrize("kind", ["worktree", "submodule"])
def test_a_repository_whose_git_directory_is_elsewhere(memory, receiver, tmp_path, kind):
    if kind == "worktree":
        memory.git("worktree", "add", "--quiet", "-b", "other", str(tmp_path / "other"))
        other = Folder(tmp_path / "other")
    else:
        above = Folder(tmp_path / "above")
        above.start({"README": "x\n"})
        above.git(*FILE, "submodule", "--quiet", "add", str(memory.path), "memory")
        other = Folder(above.path / "memory")
    assert (other.path / ".git").is_file()
    other.ok("sync")
    made = [commit(other, "a")]
    other.ok("update", "context/b.md", stdin="b\n")
    made.append(other.head())
    commit(memory, "c")  # of the other working tree, on another branch
    assert other.json("sync")["targets"][0]["commits"] == 2
    assert keys(receiver) == made
    assert memory.json("sync")["targets"][0]["standing"] == "started"  # a place of its own


# --- what cannot be written -----------------------------------------------------------------


def unwritable(folder: Path) -> None:
    for place in (folder, *folder.rglob("*")):
        if place.is_dir():
            place.chmod(place.stat().st_mode & ~0o222)


def writable(folder: Path) -> None:
    for place in (folder, *folder.rglob("*")):
        if place.is_dir():
            place.chmod(place.stat().st_mode | stat.S_IWUSR)


def as_anybody() -> list[str]:
    """Words before a command that let permissions count for root too."""
    if os.geteuid() != 0:
        return []
    if shutil.which("setpriv") is None:
        pytest.skip("root may write everything, and there is no setpriv")
    return ["setpriv", "--bounding-set=-dac_override"]


def read_only(memory: Folder, command: str, *words: str) -> tuple[int, str]:
    """Status and words of a command for which permissions count."""
    words = (*as_anybody(), COMMAND, command, "--local", str(memory.path), *words)
    done = subprocess.run(words, capture_output=True, text=True, timeout=60, check=False)
    return done.returncode, done.stdout + done.stderr


FULL = """
import resource
from pack_servers.cli import main
resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
main()
"""


def full(memory: Folder, command: str, *words: str) -> tuple[int, str]:
    """Status and words of a command for which no file may grow, as if there were no space left."""
    with start([command, "--local", str(memory.path), *words], program=FULL) as process:
        out, err = process.communicate(timeout=60)
    return process.returncode, (out + err).decode()


@pytest.mark.parametrize("is_begun", [True, False])
@pytest.mark.parametrize("restricted", [read_only, full])
def test_a_git_directory_that_cannot_be_written(memory, receiver, restricted, is_begun):
    if is_begun:
        memory.ok("sync")
    waiting = commit(memory, "a")
    git = memory.path / ".git"
    if restricted is read_only:
        unwritable(git)
    try:
        code, said = restricted(memory, "sync")
        assert (code, "WAITING" in said, "Traceback" in said) == (1, True, False), said
        code, said = restricted(memory, "sync", "--dry-run")
        assert (code, ("1 commit behind" in said) == is_begun) == (0, True), said
    finally:
        writable(git)
    assert receiver.calls == []
    memory.ok("sync")
    assert keys(receiver) == ([waiting] if is_begun else [])


def test_a_server_on_a_read_only_directory_reads_and_says_it_once(memory, receiver):
    git = memory.path / ".git"
    prefix = as_anybody()
    unwritable(git)
    try:
        server = Stdio("--local", str(memory.path), prefix=prefix)
        server.initialize()
        text = server.call("memory_get", path="context/general.md")["content"]
        _, said = server.end()
    finally:
        writable(git)
    assert "General" in text
    # The exchange with a remote says it too, if it comes to that before the end.
    told = [line for line in said.splitlines() if "Permission denied" in line]
    assert sum("webhook:127.0.0.1" in line for line in told) == 1, said
    assert len(told) == len(set(told)), said
