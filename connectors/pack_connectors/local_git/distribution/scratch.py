"""A repository for the objects of downstreams, gone at the end of a run.

Nothing is checked out in it. Several downstreams share it: their objects are named by what they
hold, and are copied, so that git has computed the names itself. A shallow clone has one of its own,
as its history would end everybody's. None need survive a crash, so nothing is flushed to the disk.
"""

from __future__ import annotations

import itertools
import tempfile
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path
from threading import Lock
from typing import Final

from pack_connectors.local_git.objects import ObjectStore
from pack_connectors.local_git.process import GitRunner
from pack_connectors.local_git.remote.transport import GitExchange
from pack_connectors.local_git.remote.url import CLONED_PROTOCOLS
from pack_connectors.local_git.repository import create_repository, open_repository

_SECONDS: Final = 600.0
# People's history may be old, and hold what nobody would make today; see `git clone`.
_CONFIG: Final[Mapping[str, str]] = {
    "transfer.fsckObjects": "false",
    "fetch.fsckObjects": "false",
    "fetch.unpackLimit": "1",
    "core.fsync": "none",
}


class Scratch:
    """The repository; made on first use. May be used from any thread.

    Args:
        is_cancelled: Asked often while git talks to a downstream; it is ended once the answer is
            yes.
    """

    def __init__(self, is_cancelled: Callable[[], bool] = lambda: False) -> None:
        self._is_cancelled = is_cancelled
        self._stack = ExitStack()
        self._lock = Lock()
        self._numbers = itertools.count(1)
        self._made: tuple[GitRunner, GitExchange, ObjectStore] | None = None
        self._apart: list[Scratch] = []

    @property
    def runner(self) -> GitRunner:
        """Runs git in it."""
        return self._parts()[0]

    @property
    def exchange(self) -> GitExchange:
        """Talks to downstreams from it."""
        return self._parts()[1]

    @property
    def store(self) -> ObjectStore:
        """Its objects."""
        return self._parts()[2]

    def new_ref(self) -> str:
        """The name of a ref, or of a folder of refs, that nobody else uses."""
        return f"refs/downstreams/{next(self._numbers)}"

    def apart(self) -> Scratch:
        """One more, which is closed along with this one."""
        made = Scratch(self._is_cancelled)
        with self._lock:
            self._apart.append(made)
        return made

    def close(self) -> None:
        """Remove it."""
        with self._lock:
            for other in self._apart:
                other.close()
            self._apart.clear()
            if self._made is not None:
                self._made[2].close()
            self._made = None
            self._stack.close()

    def _parts(self) -> tuple[GitRunner, GitExchange, ObjectStore]:
        with self._lock:
            if self._made is None:
                folder = Path(
                    self._stack.enter_context(
                        tempfile.TemporaryDirectory(prefix="pack-sync-", ignore_cleanup_errors=True)
                    )
                )
                create_repository(folder)
                runner = GitRunner(open_repository(folder))
                how = (self._is_cancelled, CLONED_PROTOCOLS, _CONFIG)
                self._made = runner, GitExchange(runner, _SECONDS, *how), ObjectStore(runner)
            return self._made
