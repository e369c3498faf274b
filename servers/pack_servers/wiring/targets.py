"""Putting the sync targets of a memory together; see `wiring`. Nothing is opened before its turn.

To add a target: a function that makes its destinations of the settings, in `_KINDS`; its setting in
`settings.has_targets`. What talks to its service is imported inside the destination's `open`.
"""

from __future__ import annotations

import hashlib
import random
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from typing import Final

from pack_connectors.sync_states import SyncFiles
from pack_connectors.webhook.url import host_of

from pack.catalog.catalog import Catalog
from pack.connector import Connector
from pack.paths import parse_path
from pack.sync.engine import Sync
from pack.sync.payload import PayloadVersion
from pack.sync.routes import Destination, EventRoute, Route, WholeRoute
from pack.sync.target import EventTarget
from pack.sync.text import TextSource
from pack_servers.config.extras import GOOGLE, NOTION
from pack_servers.config.settings import Settings, split_list
from pack_servers.wiring.place import Place, Store

_FOLDER: Final = "sync"


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the targets of a memory are made with.

    Attributes:
        settings: Those in force.
        connector: Where the memory is kept.
        repo: What payloads call it; see `Place.name`.
        clock: Tells the time.
        catalog: What is known of its files.
        state_dir: Folder for what is derived from it.
    """

    settings: Settings
    connector: Connector
    repo: str
    clock: Callable[[], datetime]
    catalog: Catalog
    state_dir: Path

    def source(self) -> TextSource:
        """The texts of the memory."""
        return TextSource(self.connector, parse_path(self.settings.github_memory_path))

    def left_out_on(self) -> Callable[[], date] | None:
        """Gives the day on which expired files are left out; `None` where they are not."""
        if self.settings.pack_sync_expired:
            return None
        return lambda: self.clock().astimezone(UTC).date()


@contextmanager
def open_sync(
    settings: Settings, place: Place, store: Store, clock: Callable[[], datetime]
) -> Iterator[Sync]:
    """The sync of a memory, closed at the end.

    Args:
        settings: Those in force.
        place: Where the memory is.
        store: What is open there.
        clock: Tells the time.
    """
    connector, catalog, state_dir = store.connector, store.catalog, store.state_dir
    around = Surroundings(settings, connector, place.name, clock, catalog, state_dir)
    states = SyncFiles(state_dir / _FOLDER, makes_parents=place.is_cache)
    destinations = [one for kind in _KINDS for one in kind(around)]
    sync = Sync(connector, destinations, states, clock, random.random)
    try:
        yield sync
    finally:
        sync.close()
        states.close()


def _webhooks(around: Surroundings) -> Iterator[Destination]:
    """One destination for each address. Another address is another target."""
    setting = around.settings.pack_webhook_url
    urls = dict.fromkeys(split_list(setting.get_secret_value())) if setting else {}
    hosts = Counter(map(host_of, urls))
    for url in urls:
        digest, host = _digest(url), host_of(url)
        name = f"webhook:{host or 'unusable'}"
        shown = name if hosts[host] == 1 else f"{name}-{digest[:8]}"
        yield Destination(
            shown,
            key=f"webhook-{digest}",
            config=_digest(url, *_webhook_settings(around.settings)),
            only_newest=False,
            open=partial(_open_webhook, around, url, shown),
            form=around.settings.in_words("pack_webhook_version"),
        )


def _webhook_settings(settings: Settings) -> tuple[str, ...]:
    secret = settings.pack_webhook_secret
    return (
        secret.get_secret_value() if secret else "",
        settings.in_words("pack_webhook_version"),
        settings.pack_webhook_allow,
    )


def open_webhooks(settings: Settings, clock: Callable[[], datetime]) -> Iterator[EventTarget]:
    """The webhooks of the settings, for what is no commit; whoever asks closes each."""
    setting = settings.pack_webhook_url
    for url in dict.fromkeys(split_list(setting.get_secret_value())) if setting else ():
        yield _webhook(settings, clock, url, f"webhook:{host_of(url) or 'unusable'}")


def _webhook(settings: Settings, clock: Callable[[], datetime], url: str, name: str) -> EventTarget:
    # Here, as they take time to import and most commands deliver nothing.
    from pack_connectors.webhook.signature import parse_secrets  # noqa: PLC0415
    from pack_connectors.webhook.target import Webhook  # noqa: PLC0415
    from pack_connectors.webhook.url import parse_webhook_url  # noqa: PLC0415

    secret = settings.pack_webhook_secret
    return Webhook(
        parse_webhook_url(url, split_list(settings.pack_webhook_allow)),
        parse_secrets(secret.get_secret_value()) if secret else (),
        clock,
        name=name,
    )


def _open_webhook(around: Surroundings, url: str, name: str) -> Route:
    settings = around.settings
    target = _webhook(settings, around.clock, url, name)
    return EventRoute(
        target,
        around.connector,
        around.source(),
        v1_path=parse_path(settings.github_memory_path),
        repo=around.repo,
        version=PayloadVersion(settings.pack_webhook_version),
        today=around.left_out_on(),
    )


def _notion(around: Surroundings) -> Iterator[Destination]:
    settings = around.settings
    token, page = settings.notion_token, settings.notion_sync_page_id
    if token is not None and page:
        # Another page, or another way to show it, is another target: it starts over.
        yield Destination(
            "notion",
            key=f"notion-{_digest(page, settings.in_words('notion_sync_mode'))}",
            config=_digest(*_notion_access(settings)),
            only_newest=True,
            open=partial(_open_notion, around),
        )


def _notion_access(settings: Settings) -> Iterator[str]:
    yield settings.notion_token.get_secret_value() if settings.notion_token else ""
    yield settings.notion_sync_page_id
    yield settings.in_words("notion_sync_mode")
    yield settings.notion_api_url
    yield from NOTION.missing()  # so that the target is tried again once they are installed


def _open_notion(around: Surroundings) -> Route:
    NOTION.require("NOTION_TOKEN")
    # Here, as it takes time to import and needs the extra.
    from pack_servers.wiring.notion import open_route  # noqa: PLC0415

    return open_route(
        around.settings,
        around.connector,
        around.catalog,
        around.clock,
        around.source(),
        around.left_out_on(),
        around.state_dir,
    )


def _google_document(around: Surroundings) -> Iterator[Destination]:
    """The Google document, if one is set. Another document is another target."""
    settings = around.settings
    if settings.google_doc_id:
        yield Destination(
            "google-docs",
            key=f"google-docs-{_digest(settings.google_doc_id)}",
            config=_digest(settings.in_words("google_doc_format"), *_google_access(settings)),
            only_newest=True,
            open=partial(_open_google_document, around),
        )


def _google_access(settings: Settings) -> Iterator[str]:
    yield settings.google_client_id
    yield settings.google_api_url
    yield settings.google_token_uri
    for secret in (settings.google_client_secret, settings.google_refresh_token):
        yield secret.get_secret_value() if secret else ""
    yield from GOOGLE.missing()  # so that the target is tried again once they are installed


def _open_google_document(around: Surroundings) -> Route:
    # Here, as they take time to import and most commands deliver nothing.
    from pack_servers.wiring.google import open_document  # noqa: PLC0415

    target = open_document(around.settings, around.clock)
    return WholeRoute(target, around.source(), around.left_out_on())


def _digest(*texts: str) -> str:
    """Tells one text from another without showing it."""
    # A setting may hold bytes that are no text; one that cannot be used stops its target alone.
    whole = "\0".join(texts).encode("utf-8", "surrogateescape")
    return hashlib.sha256(whole).hexdigest()[:16]


_KINDS: Final[tuple[Callable[[Surroundings], Iterator[Destination]], ...]] = (
    _notion,
    _google_document,
    _webhooks,
)
"""What makes the destinations of each kind of target."""
