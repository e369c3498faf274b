"""Git as a child process, in which nothing that a folder or a user set up runs or interferes.

PACK runs a fixed set of plumbing commands. No caller's text becomes an option, a pathspec or a
revision: paths travel on standard input, ids are checked before they are used.

Git does not read the repository's own configuration (`own_config`), and, for most commands, none
but ours. `HARDENED_CONFIG` overrules on top of that each key that names a program of what we run,
for a system on which there is no other way. `git config` alone is shown everything: it prints
values, and runs nothing.

Sources: git(1) "Environment Variables", git-config(1), git-update-ref(1) "--stdin".
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from pack.errors import ConnectorError, LimitExceeded, RepositoryBusy, StaleBase, Unavailable
from pack.model import CommitId
from pack_connectors.system.child_process import Child

if TYPE_CHECKING:
    from pack_connectors.local_git.repository import Repository

ZERO_ID: Final = "0" * 40
_HEX_ID = re.compile(r"[0-9a-f]{40}")
_TIMEOUT_SECONDS: Final = 120.0
MOST_LISTED: Final = 32 * 1024 * 1024
"""Bytes of a list of files; those of some hundred thousand."""
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
    # Hooks that the configuration names, which git knows since 2.54; these are the events of what
    # PACK runs. `core.hooksPath` says nothing about them.
    "hook.reference-transaction.enabled": "false",
    "hook.post-index-change.enabled": "false",
    "hook.pre-auto-gc.enabled": "false",
    "hook.pre-push.enabled": "false",
}
# Commands that look at what the system and the user configured, too.
_WITH_THEIR_CONFIG: Final = ("config", "check-ignore", "check-attr")
# Commands that list files as long as somebody's trees go on; two million are no more than this.
_LISTING: Final = ("diff-tree", "log", "ls-tree")
_MOST_MEMORY: Final = 1024**3
_NO_PROTOCOL: Final = ":"
"""A list of protocols without any; an empty variable is none on some systems."""


def config_options(config: Mapping[str, str] = HARDENED_CONFIG) -> list[str]:
    """`-c key=value` for each entry."""
    return [part for key, value in config.items() for part in ("-c", f"{key}={value}")]


def find_git() -> str:
    """Absolute path of the git executable on PATH; never one in the current directory.

    Raises:
        Unavailable: Git is not installed.
    """
    here = _current_folder()
    path = os.environ.get("PATH")
    if here is None:  # it was deleted, and nothing in it can be found
        parts = (path or "").split(os.pathsep)
        path = os.pathsep.join(part for part in parts if Path(part).is_absolute())
    found = shutil.which("git", path=path)
    if found is None or Path(found).resolve().parent == here:
        raise Unavailable("git was not found on PATH; install git 2.30 or newer")
    return str(Path(found).absolute())


def _current_folder() -> Path | None:
    """Where this process is; `None` if that folder was deleted."""
    try:
        return Path.cwd()
    except OSError:
        return None


def scrubbed_environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment for a git child: ours without any `GIT_*`, in a fixed language."""
    env = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
    env |= {
        "LC_ALL": "C",
        "LANGUAGE": "C",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_NO_REPLACE_OBJECTS": "1",
        "GIT_GRAFT_FILE": f"{os.devnull}/none",  # git warns of one that is there
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_NO_LAZY_FETCH": "1",
        "GIT_ATTR_NOSYSTEM": "1",
        # It outranks what a configuration allows; before git 2.44, this alone stops the fetch of
        # missing objects.
        "GIT_ALLOW_PROTOCOL": _NO_PROTOCOL,
    }
    return env | dict(extra or {})


def isolated_environment(repository: Repository) -> dict[str, str]:
    """The environment for a git child that works on a repository without its configuration."""
    return scrubbed_environment(
        {
            "GIT_DIR": str(repository.git_dir),
            "GIT_WORK_TREE": str(repository.work_tree),
            "GIT_COMMON_DIR": str(repository.own.find()),
            "GIT_OBJECT_DIRECTORY": str(repository.common_dir / "objects"),
        }
    )


def is_id(text: str) -> bool:
    """Whether `text` is a full object id."""
    return _HEX_ID.fullmatch(text) is not None


def check_id(text: str) -> str:
    """`text`, proven to be a full object id.

    Raises:
        ConnectorError: It is not 40 hex digits.
    """
    if not is_id(text):
        raise ConnectorError(f"not an object id: {text[:60]!r}")
    return text


class GitRunner:
    """Runs git commands for one repository.

    Args:
        repository: The repository.
        objects: Its object directory, if not the repository's own; that can be its alternate.
    """

    def __init__(self, repository: Repository, objects: Path | None = None) -> None:
        self.executable = find_git()
        self.repository = repository
        self.git_dir = repository.git_dir
        self.work_tree = repository.work_tree
        self._options = ["--literal-pathspecs", *config_options()]
        self._env = isolated_environment(repository)
        self.objects = objects or repository.common_dir / "objects"
        self._env["GIT_OBJECT_DIRECTORY"] = str(self.objects)

    def _options_of(self, command: str) -> list[str]:
        return [] if command == "config" else self._options  # it shows what is set

    def environment(self, command: str) -> dict[str, str]:
        """The environment that a command runs in."""
        env = self._env | {"GIT_COMMON_DIR": str(self.repository.own.find())}
        if command == "config":
            env["GIT_COMMON_DIR"] = str(self.repository.common_dir)
        if command not in _WITH_THEIR_CONFIG:
            env |= {"GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": os.devnull}
        return env

    def start(
        self,
        args: Sequence[str],
        env: Mapping[str, str] | None = None,
        inherit: Sequence[int] = (),
        cwd: Path | None = None,
    ) -> subprocess.Popen[bytes]:
        """Start git with pipes on all three streams, and the open files in `inherit`.

        It runs in the git directory, or in `cwd`.

        Raises:
            Unavailable: Git could not be started.
        """
        try:
            child = Child(
                [self.executable, *self._options_of(args[0]), *args],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=self.environment(args[0]) | dict(env or {}),
                cwd=cwd or self.git_dir,
                pass_fds=inherit if os.name == "posix" else (),
            )
            if args[0] in _LISTING:
                child.limit_memory(_MOST_MEMORY)
            return child
        except OSError as error:
            raise Unavailable(f"git could not be started: {error.strerror}") from error

    def run(
        self,
        args: Sequence[str],
        stdin: bytes = b"",
        env: Mapping[str, str] | None = None,
        ok: Sequence[int] = (0,),
        cwd: Path | None = None,
    ) -> bytes:
        """Standard output of a git command.

        Raises:
            RepositoryBusy: Git found a lock of somebody else.
            Unavailable: Git could not be started, ran too long, or failed.
        """
        return finish(self.start(args, env, cwd=cwd), args[0], stdin, ok)

    def run_listing(self, args: Sequence[str], ok: Sequence[int] = (0,)) -> bytes:
        """As `run`, for a list of the files in a tree that somebody else made.

        A few small trees can name each other so often that no memory holds the list.

        Raises:
            LimitExceeded: It is too long.
            Unavailable: As `run`.
        """
        process = self.start(args)
        ended = threading.Timer(_TIMEOUT_SECONDS, process.kill)
        ended.start()
        try:
            assert process.stdout is not None  # noqa: S101 - pipes were asked for
            out = process.stdout.read(MOST_LISTED + 1)
            if len(out) > MOST_LISTED:
                process.kill()
                process.communicate()
                raise LimitExceeded("the list of files", MOST_LISTED)
            finish(process, args[0], ok=ok)
            return out
        finally:
            ended.cancel()


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
        raise Unavailable(f"git {command} did not finish in {_TIMEOUT_SECONDS:.0f} s") from error
    if process.returncode not in ok:
        raise failure(command, err.decode("utf-8", "replace"))
    return out


def failure(command: str, stderr: str) -> ConnectorError:
    """The error for what git said when it failed."""
    lines = [line.strip() for line in stderr.splitlines() if line.strip()]
    telling = [line for line in lines if line.startswith(("fatal:", "error:"))] or lines
    reason = telling[0].removeprefix("fatal: ") if telling else "no reason given"
    if ".lock" in stderr and "File exists" in stderr:
        return RepositoryBusy(f"another git process holds a lock: {reason}")
    said = f"git {command} failed: {reason}"
    if (trust := trusting_command(stderr)) is not None:
        return ConnectorError(said, f"If you trust what is in that folder, run `{trust}`.")
    return Unavailable(said)


def trusting_command(stderr: str) -> str | None:
    """What git says to run where a repository belongs to another user; `None` if it does not.

    Source: git's setup.c (ensure_valid_ownership), git-config(1) "safe.directory".
    """
    found = re.search(r"^\s*(git config --global --add safe\.directory .*)$", stderr, re.MULTILINE)
    return found.group(1).strip() if found else None


class RefUpdater:
    """Compare-and-swap of refs through one long-lived `git update-ref --stdin`.

    A new `update-ref` for each write costs four times as much. The child is started on first use,
    and again after it died; git honours its own locks, the reflog and every ref storage.
    """

    def __init__(self, runner: GitRunner, lock_descriptor: Callable[[], int]) -> None:
        self._runner = runner
        self._lock_descriptor = lock_descriptor
        self._process: subprocess.Popen[bytes] | None = None
        self._inherited: os.stat_result | None = None
        self._lock = threading.Lock()

    def swap(
        self, ref: str, new: CommitId, old: CommitId | None, check: Callable[[], object]
    ) -> None:
        """Move `ref` from `old` (`None`: it does not exist) to `new`, durably, or not at all.

        Args:
            ref: A branch.
            new: Where it goes.
            old: Where it must be.
            check: Called while git holds the locks of the ref and of a HEAD that points to it; an
                error it raises is passed on, and the ref stays where it is.

        Raises:
            StaleBase: The ref is not at `old`.
            RepositoryBusy: Somebody else holds its lock.
            Unavailable: Git failed; it may or may not have moved the ref.
        """
        update = f"start\nupdate {ref} {check_id(new)} {check_id(old or ZERO_ID)}\nprepare\n"
        with self._lock:
            try:
                self._prepare(update.encode(), old)
                try:
                    check()
                except BaseException:
                    self._expect(b"abort\n", [b"abort: ok"], old)
                    raise
                self._expect(b"commit\n", [b"commit: ok"], old)
            except BaseException:
                # Let it finish whatever it is doing before anybody looks at the ref.
                self.close()
                raise

    def _prepare(self, update: bytes, old: CommitId | None) -> None:
        answers = self._exchange(self._alive(), update, 2)
        if not answers:  # it died before it began (a Ctrl-C reaches it too): start a new one
            self._died(old)
            answers = self._exchange(self._alive(), update, 2)
        if answers != [b"start: ok", b"prepare: ok"]:
            raise self._died(old)

    def _expect(self, request: bytes, expected: list[bytes], old: CommitId | None) -> None:
        process = self._process
        if process is None or self._exchange(process, request, len(expected)) != expected:
            raise self._died(old)

    def _alive(self) -> subprocess.Popen[bytes]:
        descriptor = self._lock_descriptor()
        status = os.fstat(descriptor)
        known = self._inherited is not None and os.path.samestat(status, self._inherited)
        if self._process is None or self._process.poll() is not None or not known:
            self.close()
            self._process = self._runner.start(
                ["update-ref", "-m", "pack: write", "--create-reflog", "--stdin"],
                inherit=[descriptor],
            )
            self._inherited = status
        return self._process

    @staticmethod
    def _exchange(process: subprocess.Popen[bytes], request: bytes, lines: int) -> list[bytes]:
        assert process.stdin is not None  # noqa: S101 - pipes were asked for
        assert process.stdout is not None  # noqa: S101
        try:
            process.stdin.write(request)
            process.stdin.flush()
        except BrokenPipeError:
            return []
        answers = [process.stdout.readline() for _ in range(lines)]
        return [line.rstrip(b"\n") for line in answers if line]

    def _died(self, old: CommitId | None) -> Exception:
        """The error for what the child said last; the child is gone afterwards."""
        said = self.close()
        if any(words in said for words in _MOVED):
            return StaleBase(old, None)
        return failure("update-ref", said)

    def close(self) -> str:
        """End the child, if there is one, and wait for it; returns what it said last."""
        process, self._process = self._process, None
        if process is None:
            return ""
        with suppress(BrokenPipeError):
            assert process.stdin is not None  # noqa: S101 - pipes were asked for
            process.stdin.close()
        process.stdin = None
        try:
            _, err = process.communicate(timeout=_TIMEOUT_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            _, err = process.communicate()
        return err.decode("utf-8", "replace")
