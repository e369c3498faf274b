"""Git's own `upload-pack` for one repository, one request at a time, as smart HTTP has it.

So a stock `git clone` reads what a peer shares. Only the branch and the chains of the mesh are
shown. The repository's configuration is not read, so no hook of it runs.

Source: gitprotocol-http(5); git-upload-pack(1) "--stateless-rpc"; git-config(1)
"uploadpack.hideRefs".
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from threading import Thread
from typing import IO, Final

from pack_connectors.local_git.process import GitRunner, failure
from pack_connectors.local_git.repository import Repository, current_branch

SERVICE: Final = "git-upload-pack"
_SHOWN: Final = ("refs/pack/group", "refs/pack/group-forks", "refs/pack/peers")
_PROTOCOL: Final = re.compile(r"version=[0-2]\Z")
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
            ConnectorError: Git failed.
        """
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

    def _options(self) -> list[str]:
        branch = current_branch(self._repository, self._runner)
        shown = [f"!{ref}" for ref in (branch, *_SHOWN)]
        hidden = [part for ref in ("refs", *shown) for part in ("-c", f"uploadpack.hideRefs={ref}")]
        return [*hidden, "-c", "uploadpack.allowFilter=true", "upload-pack", "--strict"]


def _feed(stdin: IO[bytes], body: bytes) -> None:
    """Send git a request while its answer is read: it answers before it has read all of it."""
    with suppress(OSError), stdin:  # git has what it needs, or says itself what is wrong
        stdin.write(body)


def _env(protocol: str) -> dict[str, str]:
    return {"GIT_PROTOCOL": protocol} if _PROTOCOL.match(protocol) else {}
