"""Git as a child process, in an environment where nothing of the user's set-up can run or break.

PACK runs a fixed set of plumbing commands. No caller's text becomes an option, a pathspec or a
revision: paths travel on standard input, ids are checked before they are used.

Sources: git(1) "Environment Variables", git-config(1), git-update-ref(1) "--stdin".
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

from pack.errors import ConnectorError, RepositoryBusy, StaleBase, Unavailable
from pack.model import CommitId

ZERO_ID: Final = "0" * 40
_HEX_ID = re.compile(r"[0-9a-f]{40}")
_TIMEOUT_SECONDS: Final = 120.0
# What `update-ref` says when the ref is not where the caller saw it.
_MOVED: Final = ("but expected", "reference already exists", "unable to resolve")

# What a repository's or a user's configuration could make git run or change during a write.
HARDENED_CONFIG: Final[Mapping[str, str]] = {
    "core.hooksPath": os.devnull,
    "core.fsmonitor": "false",
    "core.untrackedCache": "keep",
    "core.autocrlf": "false",
    "core.attributesFile": os.devnull,
    "core.pager": "cat",
    "core.editor": "false",
    "core.askPass": "",
    "core.sshCommand": "false",
    "core.fsync": "all",
    "core.quotePath": "false",
    "commit.gpgSign": "false",
    "log.showSignature": "false",
    "credential.helper": "",
    "protocol.allow": "never",
    "gc.auto": "0",
    "maintenance.auto": "false",
    "advice.graftFileDeprecated": "false",
}


def config_options(config: Mapping[str, str] = HARDENED_CONFIG) -> list[str]:
    """`-c key=value` for each entry."""
    return [part for key, value in config.items() for part in ("-c", f"{key}={value}")]


def find_git() -> str:
    """Absolute path of the git executable on PATH; never one in the current directory.

    Raises:
        Unavailable: Git is not installed.
    """
    found = shutil.which("git")
    if found is None or Path(found).resolve().parent == Path.cwd():
        raise Unavailable("git was not found on PATH; install git 2.30 or newer")
    return found


def scrubbed_environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment for a git child: ours without any `GIT_*`, in a fixed language."""
    env = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
    env |= {
        "LC_ALL": "C",
        "LANGUAGE": "C",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_NO_REPLACE_OBJECTS": "1",
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_NO_LAZY_FETCH": "1",
        "GIT_ATTR_NOSYSTEM": "1",
    }
    return env | dict(extra or {})


def check_id(text: str) -> str:
    """`text`, proven to be a full object id.

    Raises:
        ConnectorError: It is not 40 hex digits.
    """
    if not _HEX_ID.fullmatch(text):
        raise ConnectorError(f"not an object id: {text[:60]!r}")
    return text


class GitRunner:
    """Runs git commands for one repository."""

    def __init__(self, git_dir: Path, work_tree: Path) -> None:
        self.executable = find_git()
        self.git_dir = git_dir
        self.work_tree = work_tree
        self._prefix = [self.executable, "--literal-pathspecs", *config_options()]
        self._env = scrubbed_environment({"GIT_DIR": str(git_dir), "GIT_WORK_TREE": str(work_tree)})

    def start(
        self,
        args: Sequence[str],
        env: Mapping[str, str] | None = None,
        inherit: Sequence[int] = (),
    ) -> subprocess.Popen[bytes]:
        """Start git with pipes on all three streams, and the open files in `inherit`.

        Raises:
            Unavailable: Git could not be started.
        """
        try:
            return subprocess.Popen(  # noqa: S603 - fixed commands, no shell
                [*self._prefix, *args],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=self._env | dict(env or {}),
                cwd=self.git_dir,
                pass_fds=inherit if os.name == "posix" else (),
            )
        except OSError as error:
            raise Unavailable(f"git could not be started: {error.strerror}") from error

    def run(
        self,
        args: Sequence[str],
        stdin: bytes = b"",
        env: Mapping[str, str] | None = None,
        ok: Sequence[int] = (0,),
    ) -> bytes:
        """Standard output of a git command.

        Raises:
            RepositoryBusy: Git found a lock of somebody else.
            Unavailable: Git could not be started, ran too long, or failed.
        """
        return finish(self.start(args, env), args[0], stdin, ok)


def finish(
    process: subprocess.Popen[bytes], command: str, stdin: bytes = b"", ok: Sequence[int] = (0,)
) -> bytes:
    """Standard output of a started command, once it has ended.

    Raises:
        As `GitRunner.run`.
    """
    try:
        out, err = process.communicate(stdin, timeout=_TIMEOUT_SECONDS)
    except subprocess.TimeoutExpired as error:
        process.kill()
        process.communicate()
        raise Unavailable(f"git {command} did not end in {_TIMEOUT_SECONDS:.0f} s") from error
    if process.returncode not in ok:
        raise failure(command, err.decode("utf-8", "replace"))
    return out


def failure(command: str, stderr: str) -> ConnectorError:
    """The error for what git said when it failed."""
    said = stderr.strip().splitlines()
    reason = said[0] if said else "no reason given"
    if ".lock" in stderr and "File exists" in stderr:
        return RepositoryBusy(f"another git process holds a lock: {reason}")
    return Unavailable(f"git {command} failed: {reason}")


class RefUpdater:
    """Compare-and-swap of refs through one long-lived `git update-ref --stdin`.

    A spawned `update-ref` costs four times as much. The child is started on first use and again
    after it died; git honours its own locks, the reflog and every ref storage.
    """

    def __init__(self, runner: GitRunner, lock_descriptor: Callable[[], int]) -> None:
        self._runner = runner
        self._lock_descriptor = lock_descriptor
        self._process: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()

    def swap(self, ref: str, new: CommitId, old: CommitId | None) -> None:
        """Move `ref` from `old` (`None`: it does not exist) to `new`, durably, or not at all.

        Raises:
            StaleBase: The ref is not at `old`.
            RepositoryBusy: Somebody else holds its lock.
            Unavailable: Git failed; the ref was not moved.
        """
        request = (
            f"start\nupdate {ref} {check_id(new)} {check_id(old or ZERO_ID)}\nprepare\ncommit\n"
        )
        with self._lock:
            process = self._alive()
            answers = self._exchange(process, request.encode())
            if answers != [b"start: ok", b"prepare: ok", b"commit: ok"]:
                raise self._died(process, old)

    def _alive(self) -> subprocess.Popen[bytes]:
        if self._process is None or self._process.poll() is not None:
            self.close()
            self._process = self._runner.start(
                ["update-ref", "-m", "pack: write", "--create-reflog", "--stdin"],
                inherit=[self._lock_descriptor()],
            )
        return self._process

    @staticmethod
    def _exchange(process: subprocess.Popen[bytes], request: bytes) -> list[bytes]:
        assert process.stdin is not None  # noqa: S101 - pipes were asked for
        assert process.stdout is not None  # noqa: S101
        try:
            process.stdin.write(request)
            process.stdin.flush()
        except BrokenPipeError:
            return []
        answers = []
        for _ in range(3):
            line = process.stdout.readline()
            if not line:
                break
            answers.append(line.rstrip(b"\n"))
        return answers

    def _died(self, process: subprocess.Popen[bytes], old: CommitId | None) -> Exception:
        self._process = None
        _, err = process.communicate(timeout=_TIMEOUT_SECONDS)
        said = err.decode("utf-8", "replace")
        if any(words in said for words in _MOVED):
            return StaleBase(old, None)
        return failure("update-ref", said)

    def close(self) -> None:
        """End the child, if there is one."""
        process, self._process = self._process, None
        if process is not None:
            try:
                process.communicate(timeout=5)
            except (subprocess.TimeoutExpired, ValueError):
                process.kill()
                process.wait()
