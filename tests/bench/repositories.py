"""The memory that is measured, and its twins in which a person does the same with git by hand."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.bench.client import ServerFailed, pack_command
from tests.bench.corpus import Note

# With this, git waits for the disk as PACK does; by default it does not (git-config, core.fsync).
FSYNC = ("-c", "core.fsync=all")


def clean_environment(home: Path) -> dict[str, str]:
    """The environment for servers and for git: nothing of the machine's settings.

    `home` gets a git identity.
    """
    dropped = ("GIT_", "PACK_", "GITHUB_", "NOTION_", "GOOGLE_", "MCP_", "XDG_", "PYTHON")
    env = {key: value for key, value in os.environ.items() if not key.startswith(dropped)}
    (home / ".gitconfig").write_text(
        "[user]\n\tname = Bench\n\temail = bench@example.org\n[init]\n\tdefaultBranch = main\n",
        encoding="utf-8",
    )
    env |= {"HOME": str(home), "USERPROFILE": str(home), "GIT_CONFIG_NOSYSTEM": "1"}
    return env | {"PACK_CLIENT_SOURCE": "user"}  # the notes are of nobody whom a write must spare


@dataclass(frozen=True)
class Repository:
    """A git repository with a working tree.

    Attributes:
        directory: Its working tree.
        env: The environment git runs in.
    """

    directory: Path
    env: Mapping[str, str]

    def git(self, *arguments: str) -> bytes:
        """Standard output of a git command that succeeds."""
        command = ["git", *arguments]
        result = subprocess.run(
            command, cwd=self.directory, env=self.env, check=True, stdout=subprocess.PIPE
        )
        return result.stdout

    def resolve(self, revision: str) -> str:
        """The commit a revision names."""
        return self.git("rev-parse", revision).decode().strip()

    def changed_files(self) -> dict[str, bytes]:
        """What the newest commit holds of the files it changed."""
        listing = self.git("diff-tree", "-r", "-z", "--no-commit-id", "--name-only", "HEAD")
        paths = listing.decode().split("\0")[:-1]
        return {path: self.git("cat-file", "blob", f"HEAD:{path}") for path in paths}

    def commit_by_hand(self, files: Mapping[str, bytes], options: Sequence[str] = ()) -> float:
        """Seconds that `git add` and `git commit` take for `files`; saving them is not counted."""
        settle()
        for path, content in files.items():
            (self.directory / path).write_bytes(content)
        start = time.perf_counter()
        self.git(*options, "add", "--", *files)
        self.git(*options, "commit", "--quiet", "-m", f"Update {next(iter(files))}")
        return time.perf_counter() - start

    def loose_bytes(self) -> int:
        """Bytes of all loose objects, as they lie on the disk."""
        objects = self.directory / ".git" / "objects"
        folders = (folder for folder in objects.iterdir() if len(folder.name) == 2)
        return sum(file.stat().st_size for folder in folders for file in folder.iterdir())

    def copy(self, name: str) -> Repository:
        """A twin beside it, whose index knows the copied files."""
        directory = self.directory.with_name(name)
        shutil.copytree(self.directory, directory, symlinks=True)
        twin = Repository(directory, self.env)
        twin.git("update-index", "-q", "--refresh")
        return twin


def settle() -> None:
    """Wait for what earlier writes left to the disk: an fsync would pay for all of it."""
    if hasattr(os, "sync"):
        os.sync()


def make_memory(directory: Path, notes: Iterable[Note], env: Mapping[str, str]) -> Repository:
    """A packed repository with `notes` that `pack init` made a memory of."""
    directory.mkdir()
    for note in notes:
        file = directory / note.path
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(note.text.encode())
    memory = Repository(directory, env)
    memory.git("init", "--quiet")
    memory.git("add", "--all")
    # Packed here and in the foreground: ten thousand loose objects would start git's housekeeping
    # in the middle of a measurement.
    memory.git("-c", "gc.auto=0", "commit", "--quiet", "-m", "Notes")
    memory.git("gc", "--quiet")
    command = pack_command("init", "--yes", "--local", directory)
    made = subprocess.run(command, env=env, cwd=directory.parent, capture_output=True, check=False)
    if made.returncode != 0:
        raise ServerFailed(f"pack init failed: {made.stderr.decode('utf-8', 'replace')}")
    return memory
