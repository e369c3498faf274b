"""Git's own `upload-pack` for one repository, one request at a time, as smart HTTP has it.

So a stock `git clone` reads what a peer shares. Only the branch and the chains of the mesh are
shown. The repository's configuration is not read, so no hook of it runs. Git itself gives any
object to whoever names its id by version 2 of its protocol; so what is asked for is checked here.

Source: gitprotocol-http(5); gitprotocol-v2(5); git-upload-pack(1) "--stateless-rpc";
git-config(1) "uploadpack.hideRefs"; gitnamespaces(7) "SECURITY".
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from threading import Thread
from typing import IO, Final

from pack.errors import InvalidContent
from pack_connectors.local_git.process import GitRunner, failure
from pack_connectors.local_git.repository import Repository, current_branch

SERVICE: Final = "git-upload-pack"
_SHOWN: Final = ("refs/pack/group", "refs/pack/group-forks", "refs/pack/peers")
_PROTOCOL: Final = re.compile(r"version=[0-2]\Z")
_LENGTH: Final = re.compile(rb"[0-9a-fA-F]{4}\Z")
_PREFIX: Final = 4
_BLOCK: Final = 64 * 1024


class UploadPack:
    """Answers what git asks before and while it clones.

    Args:
        repository: The repository.
        runner: Runs git in it.
    """

    def __init__(self, repository: Repository, runner: GitRunner) -> None:
        self._repository = repository
        self._runner = runner

    def refs(self, protocol: str) -> bytes:
        """The answer to `info/refs`.

        Args:
            protocol: The header `Git-Protocol`; what is not known is left aside.

        Raises:
            ConnectorError: Git failed.
        """
        arguments = [*self._options(), "--http-backend-info-refs", "."]
        out = self._runner.run(arguments, env=_env(protocol))
        line = f"# service={SERVICE}\n"
        return f"{len(line) + 4:04x}{line}0000".encode() + out

    def answer(self, body: bytes, protocol: str) -> Iterator[bytes]:
        """The answer to one request.

        Args:
            body: What git sends.
            protocol: As for `refs`.

        Raises:
            InvalidContent: It is no request, or asks for what is not shown.
            ConnectorError: Git failed.
        """
        self._refuse_hidden(body)
        process = self._runner.start([*self._options(), "--stateless-rpc", "."], _env(protocol))
        assert process.stdin is not None  # noqa: S101 - pipes were asked for
        assert process.stdout is not None  # noqa: S101
        assert process.stderr is not None  # noqa: S101
        feed = Thread(target=_feed, args=(process.stdin, body), daemon=True)
        feed.start()
        try:
            while block := process.stdout.read(_BLOCK):
                yield block
            if process.wait() != 0:
                raise failure("upload-pack", process.stderr.read().decode("utf-8", "replace"))
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()
            feed.join()
            process.stdout.close()
            process.stderr.close()

    def _refuse_hidden(self, body: bytes) -> None:
        """Do nothing, unless something is asked for to which nothing that is shown leads."""
        command = ["for-each-ref", "--format=%(objectname)", *self._shown()]
        tips = set(self._runner.run(command).split())
        wanted = set(_wanted(body)) - tips
        if not wanted:
            return
        command = ["rev-list", "--objects", "--no-object-names", "--stdin"]
        reached = self._runner.run(command, stdin=b"".join(b"%b\n" % tip for tip in tips))
        if not wanted.issubset(reached.split()):
            raise InvalidContent("the request asks for what is not shown")

    def _shown(self) -> list[str]:
        return [current_branch(self._repository, self._runner), *_SHOWN]

    def _options(self) -> list[str]:
        shown = [f"!{ref}" for ref in self._shown()]
        hidden = [part for ref in ("refs", *shown) for part in ("-c", f"uploadpack.hideRefs={ref}")]
        return [*hidden, "-c", "uploadpack.allowFilter=true", "upload-pack", "--strict"]


def _wanted(body: bytes) -> Iterator[bytes]:
    """The objects that a request asks for; see gitprotocol-common(5) for its lines."""
    at = 0
    while at < len(body):
        digits = body[at : at + _PREFIX]
        if not _LENGTH.match(digits):
            raise InvalidContent("the body is no request of git")
        size = int(digits, 16)
        line = body[at + _PREFIX : at + size]
        if line.startswith(b"want "):
            yield line[5:45]
        at += max(size, _PREFIX)  # the shortest ones only divide the others


def _feed(stdin: IO[bytes], body: bytes) -> None:
    """Send git a request while its answer is read: it answers before it has read all of it."""
    with suppress(OSError), stdin:  # git has what it needs, or says itself what is wrong
        stdin.write(body)


def _env(protocol: str) -> dict[str, str]:
    return {"GIT_PROTOCOL": protocol} if _PROTOCOL.match(protocol) else {}
