"""`pack` processes that cost no start-up: forked from one that has imported everything.

Starting Python and importing what a server needs takes more than most stories do with it. So the
first that asks starts a process which imports all of that once (`prepared_main.py`); each further
one is a fork of it, with pipes, folder, environment and signals of its own. What a process does
from its first line on, and how it dies, is the same. What happens before is the subject of
`test_cli_process.py`, `test_cli_serve.py` and others that start the installed command; and so does
everything in `make soak`.

What starts a command by its name, as a shell or an official client does, gets a small program
(`prepared_command.py`) that hands its streams, folder and environment on to such a process, and
ends as that does.
"""

from __future__ import annotations

import atexit
import functools
import json
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from functools import partial
from pathlib import Path
from typing import IO, Any

from tests.support import is_soak

COMMAND = str(Path(sys.executable).with_name("pack"))
_PROGRAM = Path(__file__).with_name("prepared_main.py")
_HANDS_ON = Path(__file__).with_name("prepared_command.py")


class Prepared:
    """What `subprocess.Popen` is for a process, as far as the stories use that."""

    returncode: int | None = None
    stdin: IO[Any] | None
    stdout: IO[Any] | None
    stderr: IO[Any] | None

    def __init__(
        self,
        words: Sequence[str],
        *,
        program: str | None = None,
        stdin: int = subprocess.PIPE,
        stderr: int | IO[Any] = subprocess.PIPE,
        env: Mapping[str, str] | None = None,
        text: bool = False,
        start_new_session: bool = False,
        terminal: int | None = None,
    ) -> None:
        asked = {
            "words": [*words],
            "program": program,
            "cwd": str(Path.cwd()),
            "env": {**(os.environ if env is None else env)},
            "session": start_new_session,
            "terminal": terminal is not None,
        }
        self.stdin = self.stdout = self.stderr = None
        with ExitStack() as theirs:
            if terminal is None:
                streams = self._pipes(theirs, stdin, stderr, "" if text else "b")
            else:
                streams = [terminal] * 3
            self._status, told = _pipe_from(theirs, "rb")
            _source().ask(asked, [*streams, told])
        self.pid = int(self._status.readline())

    def _pipes(self, theirs: ExitStack, stdin: int, stderr: int | IO[Any], kind: str) -> list[int]:
        """Make our ends of the three streams; the others."""
        has_input = stdin == subprocess.PIPE
        self.stdin, read = _pipe_to(theirs, f"w{kind}") if has_input else _nothing(theirs)
        self.stdout, written = _pipe_from(theirs, f"r{kind}")
        if not isinstance(stderr, int):
            return [read, written, stderr.fileno()]
        self.stderr, errors = _pipe_from(theirs, "rb")
        return [read, written, errors]

    def __enter__(self) -> Prepared:
        return self

    def __exit__(self, *_: object) -> None:
        for pipe in (self.stdout, self.stderr, self.stdin):
            if pipe:
                pipe.close()
        self.wait()

    def wait(self, timeout: float | None = None) -> int:
        if self.returncode is None:
            if not select.select([self._status], [], [], timeout)[0]:
                raise subprocess.TimeoutExpired("pack", timeout or 0)
            self.returncode = int(self._status.readline())
            self._status.close()
        return self.returncode

    def poll(self) -> int | None:
        try:
            return self.wait(0)
        except subprocess.TimeoutExpired:
            return None

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            with suppress(ProcessLookupError):  # it has ended since
                os.kill(self.pid, number)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def communicate(self, timeout: float | None = None) -> tuple[Any, Any]:
        """Close its input; the rest of what it says."""
        if self.stdin:
            self.stdin.close()
        outputs = [self.stdout, self.stderr]
        with ThreadPoolExecutor(2) as readers:
            texts = [readers.submit(pipe.read) for pipe in outputs if pipe]
            try:
                found = [text.result(timeout) for text in texts]
            except TimeoutError:
                self.kill()  # so that the readers end
                raise
        for pipe in outputs:
            if pipe:
                pipe.close()
        self.wait(timeout)
        return found[0], found[1] if self.stderr else None


_TEMPORARY = tempfile.gettempdir()  # not that of the test which starts it


class _Source:
    """The process that the others are forks of; it ends with this one."""

    def __init__(self) -> None:
        self._turn = threading.Lock()
        self._folder = Path(tempfile.mkdtemp(prefix="pack-command-", dir=_TEMPORARY))
        self.command = _command_in(self._folder)
        self._channel, theirs = socket.socketpair()
        with theirs, socket.socket(socket.AF_UNIX) as door:
            door.bind(str(self._folder / "door"))
            door.listen(100)
            self._process = subprocess.Popen(
                [sys.executable, _PROGRAM, str(theirs.fileno()), str(door.fileno())],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                pass_fds=[theirs.fileno(), door.fileno()],
                cwd="/",
            )
        atexit.register(self.close)
        # Nobody who looks at a clock waits for that.
        assert self._channel.recv(1), "the process that the others are forks of did not start"

    def ask(self, asked: Mapping[str, object], files: Sequence[int]) -> None:
        message = json.dumps(asked).encode()
        with self._turn:
            socket.send_fds(self._channel, [b"%d\n" % len(message)], files)
            self._channel.sendall(message)

    def close(self) -> None:
        self._channel.close()
        self._process.wait()
        shutil.rmtree(self._folder)


_source = functools.cache(_Source)


def _command_in(folder: Path) -> Path:
    """A program named `pack`; without the modules of the environment, it starts at once."""
    command = folder / "pack"
    text = _HANDS_ON.read_text(encoding="utf-8")
    command.write_text(f"#!{sys.executable} -IS\n{text}", encoding="utf-8")
    command.chmod(0o755)
    return command


def _pipe_to(theirs: ExitStack, mode: str) -> tuple[IO[Any], int]:
    read, written = os.pipe()
    theirs.callback(os.close, read)
    return os.fdopen(written, mode, encoding=None if "b" in mode else "utf-8"), read


def _pipe_from(theirs: ExitStack, mode: str) -> tuple[IO[Any], int]:
    read, written = os.pipe()
    theirs.callback(os.close, written)
    return os.fdopen(read, mode, encoding=None if "b" in mode else "utf-8"), written


def _nothing(theirs: ExitStack) -> tuple[None, int]:
    file = os.open(os.devnull, os.O_RDONLY)
    theirs.callback(os.close, file)
    return None, file


Process = subprocess.Popen[Any] | Prepared


def _is_possible() -> bool:
    return hasattr(os, "fork") and not is_soak()


def pack_command() -> str:
    """The `pack` command, for those that start it themselves: prepared where that is possible."""
    return str(_source().command) if _is_possible() else COMMAND


def start(
    words: Sequence[str],
    *,
    program: str | None = None,
    terminal: int | None = None,
    **options: Any,
) -> Process:
    """A `pack` process with pipes, or one of a Python program: prepared where that is possible.

    With a terminal, that is all its streams, and what it asks the person at.
    """
    if _is_possible():
        return Prepared(words, program=program, terminal=terminal, **options)
    command = [sys.executable, "-c", program, *words] if program else [COMMAND, *words]
    if terminal is not None:
        take = partial(os.login_tty, terminal)
        return subprocess.Popen(command, preexec_fn=take, **options)  # noqa: PLW1509
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    encoding = "utf-8" if options.get("text") else None
    return subprocess.Popen(command, encoding=encoding, **{**pipes, **options})
