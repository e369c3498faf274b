"""The remotes of a local repository that the memory is exchanged with."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from pack.errors import Unavailable
from pack_connectors.local_git.connector import LocalGit
from pack_connectors.local_git.process import GitRunner
from pack_connectors.local_git.remote.config import read_config
from pack_connectors.local_git.remote.remote import EXCHANGE_SECONDS, GitRemote

# Git reads other files too: those that the repository's own includes, and the person's.
_TRUSTED_SECONDS: Final = 60.0


class _Found(NamedTuple):
    """The remotes that took part, in which state of the configuration, and when."""

    state: tuple[object, ...]
    at: float
    remotes: Sequence[GitRemote]


class GitRemotes:
    """Finds the remotes of one memory. See `pack.remote.remote.FindRemotes`.

    Args:
        local: The memory.
        seconds: How long git may talk to a remote.
        is_cancelled: Asked often while it does; git is ended once the answer is yes.
    """

    def __init__(
        self,
        local: LocalGit,
        *,
        seconds: float = EXCHANGE_SECONDS,
        is_cancelled: Callable[[], bool] = lambda: False,
    ) -> None:
        self._local = local
        self._seconds = seconds
        self._is_cancelled = is_cancelled
        repository = local.repository
        self._runner = GitRunner(repository)
        self._opened: dict[tuple[str, bool], GitRemote] = {}
        self._found: _Found | None = None

    def close(self) -> None:
        """Close the lock files."""
        for remote in self._opened.values():
            remote.close()

    def find(self) -> Sequence[GitRemote]:
        """The remotes that take part; cheap while git's configuration stays as it is."""
        state, now = self._state(), time.monotonic()
        found = self._found
        if found is None or found.state != state or now - found.at >= _TRUSTED_SECONDS:
            config = read_config(self._local.repository, self._runner)
            default = config.default()
            names = config.taking_part()
            remotes = [self._open(name, is_default=name == default) for name in names]
            found = self._found = _Found(state, now, remotes)
        return found.remotes

    def _open(self, name: str, *, is_default: bool) -> GitRemote:
        key = (name, is_default)
        if key not in self._opened:
            remote = GitRemote(
                self._local,
                name,
                is_default=is_default,
                seconds=self._seconds,
                is_cancelled=self._is_cancelled,
            )
            self._opened.setdefault(key, remote)  # another thread may have been faster
        return self._opened[key]

    def _state(self) -> tuple[object, ...]:
        """Changes when the repository's configuration or its branch does."""
        repository = self._local.repository
        try:
            found = (repository.common_dir / "config").stat()
            head = (repository.git_dir / "HEAD").read_bytes()
        except OSError as error:
            raise Unavailable(f"{error.filename}: {error.strerror}") from error
        return found.st_mtime_ns, found.st_ino, found.st_size, head
