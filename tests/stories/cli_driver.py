"""The `pack` command and real git, as a person uses them: in this process, or in one of its own."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import chdir, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from pack_servers.cli.shell import exit as endings

from tests.stories.prepared import COMMAND, Process, start
from tests.support import loose_head, make_again

CLIENT = {
    "protocolVersion": "2025-06-18",
    "capabilities": {},
    "clientInfo": {"name": "story", "version": "1"},
}


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    status: int
    out: bytes
    err: str

    @property
    def text(self) -> str:
        return self.out.decode("utf-8")

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@dataclass(frozen=True)
class Folder:
    """A folder that is, or becomes, a memory; and what is done to it."""

    path: Path

    def pack(
        self, *words: str | Path, stdin: str | bytes = b"", env: Mapping[str, str] | None = None
    ) -> Ended:
        """Run `pack` with words, on this folder, from beside it."""
        command, *rest = words
        return self._run(
            command, "--local", self.path, *rest, stdin=stdin, env=env, cwd=self.path.parent
        )

    def _run(
        self,
        *words: str | Path,
        stdin: str | bytes,
        env: Mapping[str, str] | None,
        cwd: Path,
    ) -> Ended:
        return run(*words, stdin=stdin, env=env, cwd=cwd)

    def ok(self, *words: str | Path, stdin: str | bytes = b"") -> Ended:
        """As `pack`, for what must succeed."""
        ended = self.pack(*words, stdin=stdin)
        assert ended.status == 0, ended
        return ended

    def json(self, *words: str | Path) -> Any:
        """The answer of a command that succeeds, as JSON."""
        command, *rest = words
        return self.ok(command, "--format", "json", *rest).json

    def sha(self, path: str) -> str:
        return str(self.json("get", path)["sha"])

    def git(self, *words: str) -> str:
        return self.git_bytes(*words).decode("utf-8")

    def git_bytes(self, *words: str) -> bytes:
        command = ["git", *words]
        return subprocess.run(command, cwd=self.path, check=True, capture_output=True).stdout

    def head(self) -> str:
        """The commit that the memory is at; stories ask for it all the time."""
        return loose_head(self.path) or self.git("rev-parse", "HEAD").strip()

    def commits(self) -> int:
        return int(self.git("rev-list", "--count", "HEAD"))

    def state(self) -> tuple[str, str]:
        """Commit, and what is different from it."""
        return self.head(), self.git("status", "--porcelain", "-z")

    def write(self, files: Mapping[str, str | bytes]) -> None:
        """Save files as an editor does."""
        for name, content in files.items():
            file = self.path / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))

    def start(self, files: Mapping[str, str | bytes]) -> None:
        """Make it a git repository whose only commit holds files."""
        self.write(files)
        self.git("init", "--quiet", "--initial-branch=main")
        self.git("add", "--all")
        self.git("-c", "user.name=A", "-c", "user.email=a@example.org", "commit", "-qm", "begin")


@dataclass(frozen=True)
class Installed(Folder):
    """A folder for which the installed command is started each time, as a person does."""

    command: str = COMMAND

    def _run(
        self,
        *words: str | Path,
        stdin: str | bytes,
        env: Mapping[str, str] | None,
        cwd: Path,
    ) -> Ended:
        return run_installed(*words, stdin=stdin, env=env, cwd=cwd, command=self.command)


def run(
    *words: str | Path,
    stdin: str | bytes = b"",
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
) -> Ended:
    """Run a command line in this process: to start one would take most of the time."""
    streams = [io.TextIOWrapper(io.BytesIO(data)) for data in (_as_bytes(stdin), b"", b"")]
    with pytest.MonkeyPatch.context() as patch:
        # It keeps what is there at that moment from ever being collected: good for one command.
        patch.setattr(endings, "importing", nullcontext)
        for name, value in (env or {}).items():
            patch.setenv(name, value)
        if cwd is not None:
            patch.chdir(cwd)
        for name, stream in zip(("stdin", "stdout", "stderr"), streams, strict=True):
            patch.setattr(sys, name, stream)
        status = endings.run([*map(str, words)])
        out, err = (_written(stream) for stream in streams[1:])
    return Ended(status, out, err.decode("utf-8"))


def _as_bytes(stdin: str | bytes) -> bytes:
    return stdin.encode("utf-8") if isinstance(stdin, str) else stdin


def _written(stream: io.TextIOWrapper) -> bytes:
    stream.flush()
    assert isinstance(stream.buffer, io.BytesIO)
    return stream.buffer.getvalue()


def run_installed(
    *words: str | Path,
    stdin: str | bytes = b"",
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    command: str = COMMAND,
) -> Ended:
    """Run the installed command to its end."""
    done = subprocess.run(
        [command, *map(str, words)],
        input=_as_bytes(stdin),
        env={**os.environ, **(env or {})},
        cwd=cwd,
        capture_output=True,
        timeout=60,
        check=False,
    )
    return Ended(done.returncode, done.stdout, done.stderr.decode("utf-8"))


def new_memory(folder: Path) -> Folder:
    """A new memory, as `pack init` makes it."""
    make_again(_init, folder)
    return Folder(folder)


def _init(folder: Path) -> None:
    Folder(folder).ok("init")


class Stdio:
    """A started `pack serve`, spoken to in JSON lines."""

    def __init__(
        self,
        *words: str | Path,
        env: Mapping[str, str] | None = None,
        prefix: Sequence[str] = (),
        cwd: Path | None = None,
        installed: bool = False,
    ) -> None:
        command, pipe = ["serve", *map(str, words)], subprocess.PIPE
        env = {**os.environ, **(env or {})}
        self.process: Process
        with nullcontext() if cwd is None else chdir(cwd):
            if installed or prefix:
                command = [*prefix, COMMAND, *command]
                pipes = {"stdin": pipe, "stdout": pipe, "stderr": pipe}
                self.process = subprocess.Popen(command, env=env, **pipes)
            else:
                self.process = start(command, env=env)
        self._number = 0

    def ask(self, method: str, **params: object) -> Any:
        """The result of a request."""
        self._number += 1
        message = {"jsonrpc": "2.0", "id": self._number, "method": method, "params": params}
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        try:
            self.process.stdin.write(json.dumps(message).encode() + b"\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            pytest.fail(f"the server ended: {self.end()}")
        return json.loads(self.process.stdout.readline())["result"]

    def call(self, tool: str, **arguments: object) -> Any:
        """The structured answer of a tool."""
        answer = self.ask("tools/call", name=tool, arguments=arguments)
        assert not answer.get("isError"), answer
        return answer["structuredContent"]

    def initialize(self) -> Any:
        """What the server says of itself."""
        return self.ask("initialize", **CLIENT)["serverInfo"]

    def end(self) -> tuple[bytes, str]:
        """Close its input; the rest of its output, and what it said."""
        out, err = self.process.communicate(timeout=30)
        return out, err.decode("utf-8")
