"""Connecting Notion with a memory; see `wiring.targets`.

Importing this needs the extra `notion`: call `extras.NOTION.require` first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Final

from pack_connectors.notion.api import NotionApi, parse_id
from pack_connectors.notion.checkpoint_file import CheckpointFile
from pack_connectors.notion.http import NotionHttp
from pack_connectors.notion.target import SETTING, NotionPage, NotionPages
from pack_connectors.system.service_url import parse_service_url

from pack.catalog.catalog import Catalog
from pack.connector import Connector
from pack.errors import InvalidConfig
from pack.memory import Memory
from pack.pages.checkpoint import PagesCheckpoint
from pack.provenance import Origin, Source
from pack.sync.routes import Route, WholeRoute
from pack.sync.target import Pages
from pack.sync.text import TextSource
from pack_servers.config.settings import NotionMode, Settings
from pack_servers.wiring.clock import new_request
from pack_servers.wiring.place import Place

STATE_FOLDER: Final = "sync"
"""The folder that also holds the states of the targets."""
_ORIGIN: Final = Origin(Source.AUTOMATION, "notion")


@contextmanager
def open_pages(settings: Settings, clock: Callable[[], datetime]) -> Iterator[Pages]:
    """The pages in Notion that the settings name; closed at the end.

    Raises:
        InvalidConfig: A setting is missing or invalid.
    """
    if settings.notion_token is None:
        raise InvalidConfig("NOTION_TOKEN", "it is not set")
    if not settings.notion_sync_page_id:
        raise InvalidConfig("NOTION_SYNC_PAGE_ID", "it is not set")
    pages = NotionPages(_api(settings, clock), settings.notion_sync_page_id)
    try:
        yield pages
    finally:
        pages.close()


def open_checkpoint(settings: Settings, place: Place) -> PagesCheckpoint:
    """Where pages are noted until `.notion-pages.json` records them; nothing is opened."""
    return checkpoint_in(place.state_dir(settings), settings)


def checkpoint_in(state_dir: Path, settings: Settings) -> PagesCheckpoint:
    """The same, given the folder for what is derived from the memory."""
    page = parse_id(settings.notion_sync_page_id, SETTING)
    return CheckpointFile(state_dir / STATE_FOLDER / f"notion-pages-{page}.json")


def open_route(
    settings: Settings,
    connector: Connector,
    catalog: Catalog,
    clock: Callable[[], datetime],
    source: TextSource,
    today: Callable[[], date] | None,
    state_dir: Path,
) -> Route:
    """How commits reach Notion.

    Args:
        settings: The settings; token and page are set.
        connector: Where the memory is kept.
        catalog: What is known about its files.
        clock: Tells the time.
        source: The texts of the memory.
        today: Returns the day on which expired files are left out; `None` to keep them.
        state_dir: Folder for what is derived from the memory.

    Raises:
        InvalidConfig: The page is not one.
    """
    single = NotionPage(_api(settings, clock), settings.notion_sync_page_id)
    if settings.notion_sync_mode is NotionMode.SINGLE:
        return WholeRoute(single, source, today)
    memory = Memory.over(
        connector,
        catalog,
        clock=clock,
        origin=_ORIGIN,
        new_request=new_request,
        v1_path=settings.github_memory_path,
    )
    pages = NotionPages(_api(settings, clock), settings.notion_sync_page_id)
    return memory.pages.route(pages, single, source, today, checkpoint_in(state_dir, settings))


def _api(settings: Settings, clock: Callable[[], datetime]) -> NotionApi:
    token = settings.notion_token
    base = parse_service_url(settings.notion_api_url, "NOTION_API_URL")
    return NotionApi(NotionHttp(token.get_secret_value if token else str, clock, base_url=base))
