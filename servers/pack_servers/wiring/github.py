"""A memory in a repository on GitHub, without a clone. It takes time to import."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Final

from pack_connectors.catalog.catalog import SqliteCatalog
from pack_connectors.github import setup as github_setup
from pack_connectors.github.address import parse_host, repository_at
from pack_connectors.github.connector import GitHub
from pack_connectors.github.downstream import GithubDownstream
from pack_connectors.github.session import GithubSession
from pack_connectors.github.setup import RepositoryFacts
from pack_connectors.system.retry import Pause

from pack.errors import NotFound
from pack_servers.config.github_token import describe_source, find_token
from pack_servers.config.settings import Settings
from pack_servers.wiring.checks import Check, State, init_command, of_catalog
from pack_servers.wiring.clock import clock
from pack_servers.wiring.place import Announce, Beginning, Opening, Store

_CACHE: Final = "github"
_DESCRIPTION: Final = "A memory for AI tools, kept by PACK"


@dataclass(frozen=True, slots=True)
class GithubPlace:
    """A repository on the GitHub server of the settings; see `Place`.

    Attributes:
        owner: The user or organisation.
        repository: The name of the repository.
        chosen_by: The option or setting that chose it.
    """

    owner: str
    repository: str
    chosen_by: str

    is_cache: ClassVar[bool] = True
    why_no_clone: ClassVar[str | None] = "a memory on GitHub is used without a clone"

    @property
    def name(self) -> str:
        """`OWNER/REPO`."""
        return f"{self.owner}/{self.repository}"

    @property
    def arguments(self) -> list[str]:
        """See `Place.arguments`."""
        return ["--github", self.name]

    def __str__(self) -> str:
        return f"github:{self.name}"

    def state_dir(self, settings: Settings) -> Path:
        """See `Place.state_dir`: one for each server, repository and branch."""
        return self._catalog_file(settings).with_suffix("")

    def _catalog_file(self, settings: Settings) -> Path:
        parts = (settings.github_api_url, self.name, settings.github_branch)
        digest = hashlib.sha256(" ".join(parts).lower().encode()).hexdigest()[:16]
        folder = settings.pack_cache_dir.absolute() / _CACHE
        return folder / f"{self.repository.lower()}-{digest}.catalog"

    @contextmanager
    def open(self, opening: Opening) -> Iterator[Store]:
        """See `Place.open`."""
        settings = opening.settings
        with self._connected(settings, opening.announce) as connector:
            catalog = SqliteCatalog(self._catalog_file(settings))
            try:
                yield Store(connector, catalog, self.state_dir(settings))
            finally:
                catalog.close()

    @contextmanager
    def _connected(self, settings: Settings, announce: Announce) -> Iterator[GitHub]:
        connector = GitHub(
            self.owner,
            self.repository,
            _token_source(settings),
            clock,
            api_url=settings.github_api_url,
            branch=settings.github_branch or None,
            cache_dir=settings.pack_cache_dir / _CACHE,
            waiting=_words_for(announce),
            most_wait=settings.pack_github_wait,
        )
        try:
            yield connector
        finally:
            connector.close()

    def prepare(self, beginning: Beginning) -> AbstractContextManager[GithubPlace]:
        """See `Place.prepare`: a private repository, unless the person agrees to a public one."""
        settings, announce = beginning.settings, beginning.announce
        found = self._find(settings, announce)
        if found is None and beginning.dry_run:
            raise NotFound(f"the repository {self.name}", "Leave out --dry-run to create it.")
        if found is None:
            self._create(settings, announce)
            announce(f"created the private repository {self.name}")
        elif not found.is_private and not beginning.dry_run:
            announce(f"WARNING: {self.name} is PUBLIC: anyone can read what you store in it.")
            beginning.confirm("Use it anyway?", f"a memory that anyone can read ({self})")
        return nullcontext(self)

    def begin_on_use(self, *, create: bool) -> bool:
        """See `Place.begin_on_use`: only `pack init` makes a memory here."""
        del create
        return False

    def _find(self, settings: Settings, announce: Announce) -> RepositoryFacts | None:
        """What GitHub says about the repository; `None` if the token can see none of that name."""
        with _session(settings, announce) as session:
            return github_setup.find_repository(session, self.owner, self.repository)

    def _create(self, settings: Settings, announce: Announce) -> None:
        with _session(settings, announce) as session:
            github_setup.create_repository(
                session, self.owner, self.repository, private=True, description=_DESCRIPTION
            )

    def checks(self, settings: Settings, announce: Announce) -> Iterator[Check]:
        """See `Place.checks`."""
        yield Check("token", State.OK, describe_source(settings))
        found = self._find(settings, announce)
        words = f"{self} (from {self.chosen_by})"
        if found is None:
            remedy = f"Check the name and the token, or run `{init_command(*self.arguments)}`."
            words = f"{words}: it does not exist, or the token cannot see it"
            yield Check("memory", State.PROBLEM, words, remedy)
            return
        yield Check("memory", State.OK, f"{words}, {found.url}")
        yield from _of_access(found)
        with self._connected(settings, announce) as connector:
            yield Check("commits by", State.OK, connector.write_method)
        yield of_catalog(self._catalog_file(settings))


def _of_access(found: RepositoryFacts) -> Iterator[Check]:
    """Who can read the repository, and whether it can be written."""
    if not found.is_private:
        remedy = "Make it private in the repository's settings, unless you want it public."
        yield Check("visibility", State.NOTE, "anyone can read this memory", remedy)
    if found.is_archived:
        remedy = "Unarchive it in the repository's settings."
        yield Check("access", State.PROBLEM, "it is archived, so it cannot be written", remedy)
    elif found.can_write is False:
        remedy = "Give the token read and write access to the contents of this repository."
        yield Check("access", State.PROBLEM, "the token can only read", remedy)


SessionFor = tuple[GithubSession, str, str]
"""A session, and the owner and the name of a repository."""


class GithubDownstreams:
    """Repositories on GitHub that get files, all with one session."""

    def __init__(self, settings: Settings, announce: Announce) -> None:
        self._stack = ExitStack()
        self._session = self._stack.enter_context(_session(settings, announce))

    def open(self, repo: str) -> GithubDownstream:
        """A repository, as `OWNER/REPO`."""
        owner, _, name = repo.partition("/")
        found = GithubDownstream(self._session, owner, name.removesuffix(".git"))
        self._stack.callback(found.close)
        return found

    def close(self) -> None:
        """Close what was opened."""
        self._stack.close()


@contextmanager
def github_session(
    settings: Settings, announce: Announce, address: str
) -> Iterator[SessionFor | None]:
    """A session, and the repository that an address is of; `None` if it is on another server."""
    named = repository_at(parse_host(settings.github_api_url), address)
    if named is None:
        yield None
        return
    with _session(settings, announce) as session:
        yield session, *named


@contextmanager
def _session(settings: Settings, announce: Announce) -> Iterator[GithubSession]:
    session = GithubSession(
        settings.github_api_url,
        _token_source(settings),
        clock=clock,
        waiting=_words_for(announce),
        most_wait=settings.pack_github_wait,
    )
    try:
        yield session
    finally:
        session.close()


def _words_for(announce: Announce) -> Callable[[Pause], None]:
    def wait(pause: Pause) -> None:
        announce(f"waiting until {pause.until:%H:%M:%S} UTC: {pause.reason}")

    return wait


def _token_source(settings: Settings) -> Callable[[], str]:
    """Returns the token, which is looked up now, so that a missing one is reported at once.

    Raises:
        InvalidConfig: There is none.
    """
    web = parse_host(settings.github_api_url).web
    token = find_token(settings, web.partition("://")[2])
    return token.get_secret_value
