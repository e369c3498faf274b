"""Putting a memory on GitHub together; see `wiring`."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Final

from pack_connectors.catalog.catalog import SqliteCatalog
from pack_connectors.github import setup as github_setup
from pack_connectors.github.address import parse_host
from pack_connectors.github.connector import GitHub
from pack_connectors.github.session import GithubSession
from pack_connectors.github.setup import RepositoryFacts
from pack_connectors.system.retry import Pause

from pack_servers.config.github_token import find_token
from pack_servers.config.place import GithubPlace
from pack_servers.config.settings import Settings

_CACHE: Final = "github"
_DESCRIPTION: Final = "A memory for AI tools, kept by PACK"


@contextmanager
def open_store(
    settings: Settings,
    place: GithubPlace,
    clock: Callable[[], datetime],
    announce: Callable[[str], None],
) -> Iterator[tuple[GitHub, SqliteCatalog]]:
    """The connector and the catalog of a memory on GitHub, closed at the end.

    Args:
        settings: Those in force.
        place: The repository.
        clock: Tells the time.
        announce: Called with words before each wait that GitHub asks for.

    Raises:
        InvalidConfig: A setting cannot be used, or there is no token.
    """
    connector = GitHub(
        place.owner,
        place.repository,
        token_source(settings),
        clock,
        api_url=settings.github_api_url,
        branch=settings.github_branch or None,
        cache_dir=settings.pack_cache_dir / _CACHE,
        waiting=_words_for(announce),
        most_wait=settings.pack_github_wait,
    )
    catalog = SqliteCatalog(catalog_file(settings, place))
    try:
        yield connector, catalog
    finally:
        catalog.close()
        connector.close()


def find_repository(
    settings: Settings,
    place: GithubPlace,
    clock: Callable[[], datetime],
    announce: Callable[[str], None],
) -> RepositoryFacts | None:
    """What GitHub says about the repository; `None` if the token can see none of that name.

    Raises:
        As `open_store`.
        ConnectorError: GitHub cannot be asked, or does not know the token.
    """
    with _session(settings, clock, announce) as session:
        return github_setup.find_repository(session, place.owner, place.repository)


def create_repository(
    settings: Settings,
    place: GithubPlace,
    clock: Callable[[], datetime],
    announce: Callable[[str], None],
) -> RepositoryFacts:
    """A new, private repository.

    Raises:
        As `find_repository`.
        AuthFailed: The token may not create it.
    """
    with _session(settings, clock, announce) as session:
        return github_setup.create_repository(
            session, place.owner, place.repository, private=True, description=_DESCRIPTION
        )


@contextmanager
def _session(
    settings: Settings, clock: Callable[[], datetime], announce: Callable[[str], None]
) -> Iterator[GithubSession]:
    session = GithubSession(
        settings.github_api_url,
        token_source(settings),
        clock=clock,
        waiting=_words_for(announce),
        most_wait=settings.pack_github_wait,
    )
    try:
        yield session
    finally:
        session.close()


def _words_for(announce: Callable[[str], None]) -> Callable[[Pause], None]:
    def wait(pause: Pause) -> None:
        announce(f"waiting until {pause.until:%H:%M:%S} UTC: {pause.reason}")

    return wait


def token_source(settings: Settings) -> Callable[[], str]:
    """Returns the token, which is looked up now, so that a missing one is reported at once.

    Raises:
        InvalidConfig: There is none.
    """
    web = parse_host(settings.github_api_url).web
    token = find_token(settings, web.partition("://")[2])
    return token.get_secret_value


def catalog_file(settings: Settings, place: GithubPlace) -> Path:
    """Where the catalog of a memory on GitHub is: one for each server, repository and branch."""
    parts = (settings.github_api_url, place.full_name, settings.github_branch)
    digest = hashlib.sha256(" ".join(parts).lower().encode()).hexdigest()[:16]
    folder = settings.pack_cache_dir.absolute() / _CACHE
    return folder / f"{place.repository.lower()}-{digest}.catalog"
