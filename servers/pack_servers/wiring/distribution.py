"""Both ends of a distribution: the memory's releases, and the repositories that rules name."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote, urlsplit

from pack_connectors.local_git.connector import LocalGit
from pack_connectors.local_git.distribution.downstream import GitDownstream
from pack_connectors.local_git.distribution.scratch import Scratch
from pack_connectors.local_git.distribution.upstream import GitUpstream
from pack_connectors.local_git.distribution.web_address import web_address_of_repository

from pack.distribution.ports import Downstream
from pack.distribution.running.ends import Ends
from pack.errors import InvalidRequest
from pack.memory import Memory
from pack_servers.config.settings import Settings
from pack_servers.wiring.place import Announce

if TYPE_CHECKING:
    from pack_servers.wiring.github import GithubDownstreams

_GITHUB: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]*/[A-Za-z0-9._-]+")
_FILE: Final = "file://"


@contextmanager
def open_ends(memory: Memory, settings: Settings, announce: Announce) -> Iterator[Ends]:
    """Both ends of a memory's distribution, closed at the end.

    Raises:
        InvalidRequest: The memory is not in a folder, so that nothing knows its releases.
    """
    local = memory.connector
    if not isinstance(local, LocalGit):
        error = InvalidRequest("releases are the tags of a memory in a folder")
        error.remedy = "Clone the memory, and distribute from the clone."
        raise error
    folder = local.repository.work_tree
    web = web_address_of_repository(local.repository)
    name = (web or str(folder)).rstrip("/").rpartition("/")[2] or "memory"
    with ExitStack() as stack:
        downstreams = OpenedDownstreams(folder, web, settings, announce, stack)
        yield Ends(GitUpstream(local, web or name), downstreams, name)


class OpenedDownstreams:
    """Opens downstreams, each once; see `Downstreams`.

    Args:
        folder: The folder of the memory, from which relative paths are counted.
        web: Where the web shows the memory; `None` where that is not known.
        settings: Those in force.
        announce: Told of each wait that a host asks for.
        stack: Closes what was opened.
    """

    def __init__(
        self,
        folder: Path,
        web: str | None,
        settings: Settings,
        announce: Announce,
        stack: ExitStack,
    ) -> None:
        self._folder = folder
        self._web = web
        self._announce = announce
        self._settings = settings
        self._stack = stack
        self._scratch = Scratch()
        stack.callback(self._scratch.close)
        self._opened: dict[str, Downstream] = {}
        self._github: GithubDownstreams | None = None

    def open(self, repo: str) -> Downstream:
        """See `Downstreams.open`."""
        place = self.place(repo)
        if place not in self._opened:
            self._opened[place] = self._open(repo, place)
        return self._opened[place]

    def _open(self, repo: str, place: str) -> Downstream:
        if not self._is_on_host(repo):
            return GitDownstream(place, self._scratch)
        # Here, as it takes time to import, and repositories in folders need none of it.
        from pack_servers.wiring.github import GithubDownstreams  # noqa: PLC0415

        if self._github is None:
            found = GithubDownstreams(self._settings, self._announce)
            self._github = self._stack.enter_context(closing(found))
        return self._github.open(repo)

    def place(self, repo: str) -> str:
        """See `Downstreams.place`: `OWNER/REPO` in lower case, or a folder without links."""
        if self._is_on_host(repo):
            return repo.lower().removesuffix(".git")
        path = unquote(urlsplit(repo).path) if repo.startswith(_FILE) else repo
        found = Path(os.path.realpath(self._folder / Path(path).expanduser()))
        return str(found.parent if found.name == ".git" else found)

    def host(self, repo: str) -> str:
        """See `Downstreams.host`."""
        return self._settings.github_api_url if self._is_on_host(repo) else self.place(repo)

    def is_upstream(self, repo: str) -> bool:
        """See `Downstreams.is_upstream`."""
        if self._is_on_host(repo):
            return self._web is not None and self._web.lower().endswith(f"/{self.place(repo)}")
        return self.place(repo) == str(Path(os.path.realpath(self._folder)))

    @staticmethod
    def _is_on_host(repo: str) -> bool:
        return _GITHUB.fullmatch(repo) is not None
