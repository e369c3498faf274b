"""What the pages in Notion are made from: their record, and the files of a commit."""

from __future__ import annotations

from datetime import date

from pack.catalog.managed import sharing
from pack.core.core import Core
from pack.core.decision import Decision
from pack.core.session import Session
from pack.errors import NotFound
from pack.index.format import in_sync_order, read_head
from pack.model import ABSENT, BlobId, CommitId, EntryType, MemoryPath, Put
from pack.pages.contents import PageContent, make_content, with_own_titles
from pack.pages.mapping import MAPPING, PageMap, merge_maps, read_map, write_map
from pack.paths import INDEX
from pack.sync.text import read_section


def load_map(core: Core) -> PageMap | None:
    """The recorded pages; `None` if there is no record.

    Raises:
        InvalidConfig: The record cannot be trusted.
    """
    found = core.reader.find(MAPPING)
    return None if found is None else read_map(found.content)


def save_map(session: Session, base: PageMap, now: PageMap) -> None:
    """Record the pages in one commit that no sync target delivers; none if nothing has changed.

    Args:
        session: Who writes.
        base: The record that was read.
        now: What it has become. What another process recorded meanwhile is kept.

    Raises:
        PackError: The store refused, or the record can no longer be trusted.
    """
    if base == now:
        return

    def decide() -> Decision:
        there = session.core.reader.find(MAPPING)
        merged = merge_maps(base, now, read_map(there.content)) if there else now
        put = Put(MAPPING, write_map(merged), there.sha if there else ABSENT)
        count = len(merged.pages)
        subject = f"{MAPPING}: record {count} page{'' if count == 1 else 's'}"
        return Decision(MAPPING, [put], subject, skips_sync=True)

    session.write(decide)


def read_contents(
    core: Core, commit: CommitId | None, today: date | None
) -> dict[str, PageContent]:
    """What the pages should show at a commit, by path, in sync order.

    Raises:
        PackError: The store cannot be read.
    """
    blobs = blobs_at(core, commit)
    if INDEX not in blobs:
        return {}
    files = list(filter(sharing(core.connector), blobs))
    bytes_of = core.connector.read_blobs([blobs[INDEX], *(blobs[path] for path in files)])
    _, index = next(bytes_of)
    shared: dict[str, PageContent] = {}
    for path, (blob, text) in zip(files, bytes_of, strict=True):
        section = read_section(path, text)
        if section is None or not section.is_shared:
            continue
        if today is None or section.expires is None or today.isoformat() <= section.expires:
            shared[path] = make_content(path, blob, section.text)
    order = read_head(index.decode("utf-8", "replace")).sync_order
    ordered = [shared[path] for path in in_sync_order(order, shared)]
    return {content.path: content for content in with_own_titles(ordered)}


def blobs_at(core: Core, commit: CommitId | None) -> dict[MemoryPath, BlobId]:
    """The files of a commit; empty if it no longer exists."""
    try:
        entries = core.connector.get_tree(commit) if commit else []
    except NotFound:
        return {}
    return {entry.path: entry.sha for entry in entries if entry.type is EntryType.FILE}
