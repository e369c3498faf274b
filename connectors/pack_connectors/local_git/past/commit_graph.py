"""Git's commit-graph with the paths that each commit changed, in PACK's own folder.

The log of one file in a long history takes git four times as long without it. In the repository
itself, PACK writes no such thing: it is the person's. So git is shown an object folder of ours, in
which there is nothing but the graph, with the repository's own beside it (an alternate).

A graph holds nothing that could go stale: commits that it lacks are read as without it, and git
ignores it where history is cut or grafted. It is written in the background, at most every ten
minutes, by processes that live long enough; what it knows already costs little. It may be deleted
at any time.

Source: git-commit-graph(1), gitrepository-layout(5), git(1) "GIT_ALTERNATE_OBJECT_DIRECTORIES".
"""

from __future__ import annotations

import subprocess
import time
from contextlib import suppress
from pathlib import Path
from typing import IO, Final

from pack.errors import ConnectorError
from pack.model import CommitId
from pack_connectors.local_git.process import GitRunner, check_id

_PAUSE_SECONDS: Final = 600.0
_ENDS_A_PATH: Final = frozenset(':;"\n')
_WRITE: Final = ("commit-graph", "write", "--stdin-commits", "--changed-paths")


class CommitGraph:
    """The graph of one repository.

    Args:
        runner: Runs git in the repository.
        folder: Where the graph is kept; made when first needed.
    """

    def __init__(self, runner: GitRunner, folder: Path) -> None:
        self._runner = runner
        self._folder = folder
        self._objects = str(runner.objects)
        self._file = folder / "info" / "commit-graph"
        self._can_be_used = _ENDS_A_PATH.isdisjoint(f"{folder}{self._objects}")
        self._child: subprocess.Popen[bytes] | None = None
        self._tended_at = -_PAUSE_SECONDS

    def environment(self) -> dict[str, str]:
        """What shows a reading git the graph; nothing if there is none."""
        is_there = self._can_be_used and self._file.is_file()
        return self._shown() if is_there else {}

    def _shown(self) -> dict[str, str]:
        return {
            "GIT_OBJECT_DIRECTORY": str(self._folder),
            "GIT_ALTERNATE_OBJECT_DIRECTORIES": self._objects,
        }

    def tend(self, head: CommitId) -> None:
        """Begin to write the graph, unless there is one of just now; nobody waits for it."""
        if not self._can_be_used or time.monotonic() - self._tended_at < _PAUSE_SECONDS:
            return
        self._tended_at = time.monotonic()
        # It only spares time, so what fails here is no reason to fail.
        with suppress(OSError, ConnectorError):
            if self._file.is_file() and time.time() - self._file.stat().st_mtime < _PAUSE_SECONDS:
                return
            self.close()
            self._file.parent.mkdir(parents=True, exist_ok=True)
            child = self._child = self._runner.start(_WRITE, self._shown())
            for stream in (child.stdout, child.stderr):
                _close(stream)
            assert child.stdin is not None  # noqa: S101 - a pipe was asked for
            child.stdin.write(f"{check_id(head)}\n".encode())
            child.stdin.close()

    def close(self) -> None:
        """End the writing, finished or not."""
        child, self._child = self._child, None
        if child is not None:
            child.terminate()
            child.wait()
            _close(child.stdin)


def _close(stream: IO[bytes] | None) -> None:
    if stream is not None:
        with suppress(OSError):
            stream.close()
