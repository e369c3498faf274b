"""Git talking to a remote: the only commands that use the network and the user's git set-up.

What may take part, and why:

- The user's credential helpers and `core.sshCommand` as the system and the user configured them
  (`/etc/gitconfig`, `~/.gitconfig`): without them there is no private remote. The repository's own
  `config` is not read, but for what `own_config` takes over: a folder may have been unpacked from
  somebody else's archive, and PACK runs no command that such a folder names, nor does it believe
  it where a name leads or whose certificate is good. (A clone takes no config along, and what the
  user sets with `git config` belongs into theirs.)
- https, ssh and paths. `GIT_ALLOW_PROTOCOL` outranks every configuration.
- No hooks of this repository, no submodules, no tags, no prompts: git asks nobody, ssh runs in
  batch mode, and both are in a session without a terminal. Hooks of a remote that is a path are
  the remote's own; git refuses a repository that belongs to another user (safe.directory).
- What is received is checked as `git fsck` does before it is used.
- Names and passwords in the address of an https remote reach git through its credential helper
  protocol and the environment of this one child; they are in no argument list.

Sources: git-config(1) "protocol.allow", "include.path", "fetch.fsckObjects"; git(1)
"GIT_ALLOW_PROTOCOL"; gitcredentials(7) "Custom helpers"; ssh_config(5) "BatchMode".
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from types import MappingProxyType
from typing import IO, Final, NamedTuple

from pack.errors import Unavailable
from pack_connectors.local_git.process import (
    HARDENED_CONFIG,
    GitRunner,
    config_options,
    isolated_environment,
    trusting_command,
)
from pack_connectors.local_git.remote.url import PROTOCOLS, RemoteUrl, redacted

_POLL_SECONDS: Final = 0.05
_GRACE_SECONDS: Final = 0.5
_MOST_OUTPUT: Final = 16 * 1024 * 1024
_MOST_LINES: Final = 3

# Defaults that come before the user's own set-up, which may overrule them.
_DEFAULTS: Final[Mapping[str, str]] = {
    "credential.helper": "",
    "core.sshCommand": "ssh -oBatchMode=yes -oConnectTimeout=20",
    "http.lowSpeedLimit": "100",
    "http.lowSpeedTime": "60",
}
_OVERRULED: Final = ("core.sshCommand", "credential.helper", "protocol.allow")
_FIXED: Final[Mapping[str, str]] = {
    **{key: value for key, value in HARDENED_CONFIG.items() if key not in _OVERRULED},
    "transfer.fsckObjects": "true",
    "fetch.fsckObjects": "true",
    "fetch.recurseSubmodules": "false",
    "fetch.writeCommitGraph": "false",
    "push.recurseSubmodules": "no",
    "push.followTags": "false",
    "push.gpgSign": "false",
    "submodule.recurse": "false",
    "core.alternateRefsCommand": "true",
}
_FROM_URL: Final = (
    '!f() { test "$1" = get || return 0; '
    'test -z "$PACK_EXCHANGE_USER" || printf "username=%s\\n" "$PACK_EXCHANGE_USER"; '
    'test -z "$PACK_EXCHANGE_PASSWORD" || printf "password=%s\\n" "$PACK_EXCHANGE_PASSWORD"; }; f'
)


class GitAnswer(NamedTuple):
    """What a command came to.

    Attributes:
        status: Its exit status.
        out: What it printed.
        said: What went to its standard error, fit to be shown.
    """

    status: int
    out: str
    said: str


class GitExchange:
    """Runs the commands of one repository that talk to its remote.

    Args:
        runner: Runs git in the repository.
        seconds: How long a command may take.
        is_cancelled: Asked often while it runs; it is ended once the answer is yes.
        protocols: What may be used.
        config: What else git is told, over everything else.
    """

    def __init__(
        self,
        runner: GitRunner,
        seconds: float,
        is_cancelled: Callable[[], bool],
        protocols: Sequence[str] = PROTOCOLS,
        config: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        self._runner = runner
        self._seconds = seconds
        self._is_cancelled = is_cancelled
        self._protocols = protocols
        self._config = config
        self._own_config: list[str] | None = None

    def run(self, command: str, options: Sequence[str], url: RemoteUrl, *refs: str) -> GitAnswer:
        """Run a command that talks to a remote.

        Raises:
            Unavailable: It could not be started, ran too long, or was cancelled.
        """
        if self._is_cancelled():
            raise Unavailable(f"git {command} was given up")
        arguments = [
            *(self._runner.executable, "--literal-pathspecs", *self._options(url)),
            *(command, *options, "--", url.text, *refs),
        ]
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            process = self._start(arguments, url, out, err)
            try:
                status = self._wait(process, command)
            finally:
                _end(process)
            return GitAnswer(status, _text(out), _said(_text(err)))

    def _options(self, url: RemoteUrl) -> Iterator[str]:
        yield from config_options(_DEFAULTS)
        if url.username is not None:
            yield from config_options({"credential.helper": _FROM_URL})
        if self._own_config is None:
            self._own_config = list(self._find_own_config())
        for file in self._own_config:
            yield from ("-c", f"include.path={file}")
        if url.password is not None:  # the address says all: no helper is asked
            yield from config_options({"credential.helper": ""})
            yield from config_options({"credential.helper": _FROM_URL})
        yield from config_options({**_FIXED, **self._config})

    def _find_own_config(self) -> Iterator[str]:
        """The files in which the system and the user configure git, in git's order."""
        out = self._runner.run(["config", "--null", "--show-scope", "--show-origin", "--list"])
        fields = out.decode("utf-8", "surrogateescape").split("\0")
        rows = zip(fields[0::3], fields[1::3], strict=False)
        yield from dict.fromkeys(
            origin.removeprefix("file:")
            for scope, origin in rows
            if scope in ("system", "global") and origin.startswith("file:")
        )

    def _start(
        self, arguments: Sequence[str], url: RemoteUrl, out: IO[bytes], err: IO[bytes]
    ) -> subprocess.Popen[bytes]:
        environment = isolated_environment(self._runner.repository) | {
            "GIT_ALLOW_PROTOCOL": ":".join(self._protocols),
            "SSH_ASKPASS_REQUIRE": "never",
            "PACK_EXCHANGE_USER": url.username or "",
            "PACK_EXCHANGE_PASSWORD": url.password or "",
        }
        try:
            return subprocess.Popen(  # noqa: S603 - fixed commands, no shell
                arguments,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                env=environment,
                cwd=self._runner.work_tree,
                start_new_session=True,  # no terminal to ask at, and all of it can be ended at once
            )
        except OSError as error:
            raise Unavailable(f"git could not be started: {error.strerror}") from error

    def _wait(self, process: subprocess.Popen[bytes], command: str) -> int:
        deadline = time.monotonic() + self._seconds
        while True:
            with suppress(subprocess.TimeoutExpired):
                return process.wait(_POLL_SECONDS)
            if self._is_cancelled():
                raise Unavailable(f"git {command} was given up")
            if time.monotonic() >= deadline:
                raise Unavailable(f"git {command} did not finish in {self._seconds:.0f} s")


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a command and what it started, with a moment to remove its locks."""
    if process.poll() is not None:
        return
    _signal(process, signal.SIGTERM)
    try:
        process.wait(_GRACE_SECONDS)
    except subprocess.TimeoutExpired:
        if sys.platform != "win32":
            _signal(process, signal.SIGKILL)
        process.kill()
        process.wait()


def _signal(process: subprocess.Popen[bytes], number: int) -> None:
    if sys.platform == "win32":
        process.terminate()
        return
    with suppress(ProcessLookupError):
        os.killpg(process.pid, number)


def _text(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read(_MOST_OUTPUT).decode("utf-8", "replace")


_TELLING: Final = ("fatal:", "error:", "remote:", "ssh:")
# What git adds to any failure of ssh, and what is no failure at all.
_EMPTY_WORDS: Final = (
    "fatal: Could not read from remote repository",
    "Please make sure you have the correct access rights",
    "and the repository exists.",
    "hint:",
    "warning:",
    "**",
)


def _said(text: str) -> str:
    """The lines that hold the reason, of what git or the remote said."""
    lines = [line for line in text.splitlines() if line.strip()]
    plain = [line for line in lines if not line.startswith(_EMPTY_WORDS)] or lines
    telling = [line for line in plain if line.startswith(_TELLING)]
    said = "; ".join((telling or plain)[:_MOST_LINES])
    if (trust := trusting_command(text)) is not None:
        said += f"; if you trust what is in that folder, run `{trust}`"
    return redacted(said) or "no reason given"
