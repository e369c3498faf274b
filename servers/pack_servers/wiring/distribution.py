"""Both ends of a distribution: the memory's releases, and the repositories that rules name."""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote, urlsplit

from pack_connectors.local_git.connector import LocalGit
from pack_connectors.local_git.distribution.downstream import GitDownstream
from pack_connectors.local_git.distribution.filed_downstream import FiledDownstream, FileForm
from pack_connectors.local_git.distribution.own_places import git_place, remote_urls
from pack_connectors.local_git.distribution.scratch import Scratch
from pack_connectors.local_git.distribution.upstream import GitUpstream
from pack_connectors.local_git.distribution.web_address import web_address_of_repository

from pack.distribution.notices.alerts import SyncAlert, alert_fields, alert_text
from pack.distribution.ports import Downstream
from pack.distribution.running.ends import Ends
from pack.errors import InvalidRequest, PackError, Unavailable
from pack.memory import Memory
from pack.sync.payload import PayloadVersion
from pack.times import format_time
from pack_servers.config.settings import Settings
from pack_servers.wiring.clock import clock
from pack_servers.wiring.place import Announce

if TYPE_CHECKING:
    from pack_servers.wiring.github import GithubDownstreams

_GITHUB: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]*/[A-Za-z0-9._-]+")
_FILE: Final = "file://"


@dataclass(frozen=True, slots=True)
class Filed:
    """Folders that get files in the place of branches that are pushed; at most one is named.

    Attributes:
        bundles: Gets git bundles.
        patches: Gets patch series.
    """

    bundles: Path | None = None
    patches: Path | None = None

    @property
    def is_wanted(self) -> bool:
        """Whether one is named."""
        return self.bundles is not None or self.patches is not None

    def open(self, address: str, scratch: Scratch) -> Downstream:
        """A downstream that is read as it is, and whose branches become files."""
        folder = self.bundles or self.patches or Path()
        form = FileForm.BUNDLE if self.bundles is not None else FileForm.PATCH
        return FiledDownstream(address, scratch, folder.expanduser().absolute(), form)


_PUSHED: Final = Filed()


@contextmanager
def open_ends(
    memory: Memory, settings: Settings, announce: Announce, filed: Filed = _PUSHED
) -> Iterator[Ends]:
    """Both ends of a memory's distribution, closed at the end.

    Args:
        memory: The memory.
        settings: Those in force.
        announce: Told of each wait that a host asks for.
        filed: Where branches go that are not pushed.

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
        remotes = remote_urls(local.repository)
        downstreams = OpenedDownstreams(folder, web, remotes, settings, announce, filed, stack)
        # A clone's folder may have any name, and links to the memory are part of what goes.
        source = web or memory.distribution.registry().source or name
        yield Ends(GitUpstream(local, source), downstreams, name)


class OpenedDownstreams:
    """Opens downstreams, each once; see `Downstreams`.

    Args:
        folder: The folder of the memory, from which relative paths are counted.
        web: Where the web shows the memory; `None` where that is not known.
        remotes: What it fetches from and pushes to.
        settings: Those in force.
        announce: Told of each wait that a host asks for.
        filed: Where branches go that are not pushed.
        stack: Closes what was opened.
    """

    def __init__(
        self,
        folder: Path,
        web: str | None,
        remotes: Sequence[str],
        settings: Settings,
        announce: Announce,
        filed: Filed,
        stack: ExitStack,
    ) -> None:
        self._folder = folder
        self._web = web
        self._announce = announce
        self._filed = filed
        self._settings = settings
        self._stack = stack
        self._scratch = Scratch()
        stack.callback(self._scratch.close)
        self._own = {git_place(Path(_place(one, folder))) for one in (str(folder), *remotes)}
        self._opened: dict[str, Downstream] = {}
        self._github: GithubDownstreams | None = None

    def open(self, repo: str) -> Downstream:
        """See `Downstreams.open`."""
        place = self.place(repo)
        if place not in self._opened:
            self._opened[place] = self._open(repo, place)
        return self._opened[place]

    def _open(self, repo: str, place: str) -> Downstream:
        is_on_host = self._is_on_host(repo)
        if self._filed.is_wanted:
            address = f"{self._web_url()}/{repo}.git" if is_on_host else place
            return self._filed.open(address, self._scratch)
        if not is_on_host:
            return GitDownstream(place, self._scratch)
        # Here, as it takes time to import, and repositories in folders need none of it.
        from pack_servers.wiring.github import GithubDownstreams  # noqa: PLC0415

        if self._github is None:
            found = GithubDownstreams(self._settings, self._announce)
            self._github = self._stack.enter_context(closing(found))
        return self._github.open(repo)

    def _web_url(self) -> str:
        # Here, for the same reason.
        from pack_connectors.github.address import parse_host  # noqa: PLC0415

        return parse_host(self._settings.github_api_url).web

    def place(self, repo: str) -> str:
        """See `Downstreams.place`: `OWNER/REPO` in lower case, or a folder without links."""
        if self._is_on_host(repo):
            return repo.lower().removesuffix(".git")
        return _place(repo, self._folder)

    def host(self, repo: str) -> str:
        """See `Downstreams.host`."""
        return self._settings.github_api_url if self._is_on_host(repo) else self.place(repo)

    def is_upstream(self, repo: str, named_in: str | None = None) -> bool:
        """See `Downstreams.is_upstream`."""
        if self._is_on_host(repo):
            return self._web is not None and self._web.lower().endswith(f"/{self.place(repo)}")
        is_here = named_in is None or self._is_on_host(named_in)
        place = _place(repo, self._folder if is_here else Path(self.place(named_in or "")))
        return git_place(Path(place)) in self._own

    @staticmethod
    def _is_on_host(repo: str) -> bool:
        return _GITHUB.fullmatch(repo) is not None


def _place(repo: str, folder: Path) -> str:
    """A folder without links.

    Args:
        repo: As a rule names it.
        folder: What relative paths are counted from.
    """
    path = unquote(urlsplit(repo).path) if repo.startswith(_FILE) else repo
    found = Path(os.path.realpath(folder / Path(path).expanduser()))
    return str(found.parent if found.name == ".git" else found)


def write_files(folder: Path, contents: Mapping[str, bytes]) -> None:
    """Write files below a folder, each with exactly its bytes.

    Raises:
        Unavailable: One cannot be written.
    """
    for path, content in contents.items():
        file = folder.expanduser() / path
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)
        except OSError as error:
            raise Unavailable(f"{file} cannot be written: {error.strerror}") from error


def send_alerts(memory: Memory, settings: Settings, alerts: Sequence[SyncAlert]) -> list[str]:
    """Send alerts to each webhook of the settings; returns what was refused, in words.

    One that is sent again on the same day has the same id, so that its receiver knows it.
    """
    if not alerts or settings.pack_webhook_url is None:
        return []
    # Here, as it takes time to import and most commands send nothing.
    from pack_servers.wiring.targets import open_webhooks  # noqa: PLC0415

    refused: list[str] = []
    for target in open_webhooks(settings, clock):
        try:
            for alert in alerts:
                target.send(*_alert_event(alert, memory.connector.location, settings))
        except PackError as error:
            refused.append(str(error))
        finally:
            target.close()
    return refused


def _alert_event(alert: SyncAlert, repo: str, settings: Settings) -> tuple[str, bytes]:
    """The id and the body of an alert, in the form that the receiver expects."""
    fields: dict[str, object] = {
        "event": "sync_alert",
        "content": alert_text(alert),
        "sync_alert": alert_fields(alert),
        "repo": repo,
        "timestamp": format_time(alert.detected_at),
    }
    if settings.pack_webhook_version != PayloadVersion.V1:
        fields = {"version": int(PayloadVersion.V2), **fields}
    said = (alert.type, alert.rule_id, alert.target_repo, f"{alert.detected_at:%Y-%m-%d}")
    key = hashlib.sha256("\0".join((*said, alert.details)).encode()).hexdigest()[:32]
    return f"sync_alert_{key}", json.dumps(fields, ensure_ascii=False).encode("utf-8")
